import pytest
import torch
import torch.nn.functional as F

from hembench.core.errors import InputError
from hembench.losses import ce


@pytest.mark.parametrize(
    ("logits", "label", "expected"),
    [
        ([2, 0, 0], 0, 0.239545),
        ([0, 0, 0, 0], 2, 1.386294),
        ([1, -1, -1, -1], 0, 0.340753),
        ([0, 1, 0, 0], 0, 1.743668),
        ([3, 1, -2], 1, 2.132845),
        ([0.6, 0.5, 0, -0.7], 0, 1.002902),
    ],
)
def test_worked_examples(logits, label, expected):
    value = ce.build(len(logits))(torch.tensor([logits], dtype=torch.float64), torch.tensor([label]))
    assert value.item() == pytest.approx(expected, abs=1e-6)


@pytest.mark.parametrize("label_smoothing", [0.0, 0.2])
def test_equals_torch(label_smoothing):
    logits, labels = torch.randn(2, 5, 3, 4), torch.randint(0, 5, (2, 3, 4))
    labels[0, 0] = 255
    torch.testing.assert_close(
        ce.build(5, ignore_index=255, label_smoothing=label_smoothing)(logits, labels),
        F.cross_entropy(logits, labels, ignore_index=255, label_smoothing=label_smoothing),
    )


def test_temperature_divides_the_logits():
    logits, labels = torch.tensor([[0.0, 1.0, 0.0, 0.0]], dtype=torch.float64), torch.tensor([0])
    assert ce.build(4, temperature=0.04)(logits, labels).item() == pytest.approx(25.0, abs=1e-6)
    logits, labels = torch.randn(6, 5), torch.randint(0, 5, (6,))
    torch.testing.assert_close(
        ce.build(5, temperature=0.5, label_smoothing=0.1)(logits, labels),
        F.cross_entropy(2.0 * logits, labels, label_smoothing=0.1),
    )
    assert torch.equal(ce.build(5)(logits, labels), F.cross_entropy(logits, labels, reduction="sum") / 6)


def test_options_out_of_range():
    for wrong in (0.0, -1.0, float("inf")):
        with pytest.raises(InputError, match="ce: temperature: expected a number above 0"):
            ce.build(5, temperature=wrong)

    for wrong in (-0.1, 1.1, float("nan")):
        with pytest.raises(InputError, match="ce: label_smoothing: expected a number at least 0 and at most 1"):
            ce.build(5, label_smoothing=wrong)
