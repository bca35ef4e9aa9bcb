import pytest
import torch

from hembench.core.errors import InputError
from hembench.losses import ce, la


@pytest.mark.parametrize(
    ("logits", "label", "counts", "expected"),
    [
        ([0, 0], 0, (90, 10), 0.105361),
        ([0, 0], 1, (90, 10), 2.302585),
        ([2, 1, 0], 2, (50, 30, 20), 3.159128),
        ([2, 1, 0], 2, (7, 7, 7), 2.407606),
        ([1, 2, 3], 0, (5000, 500, 50), 0.296928),
    ],
)
def test_worked_examples(logits, label, counts, expected):
    loss = la.build(len(logits), counts)
    value = loss(torch.tensor([logits], dtype=torch.float64), torch.tensor([label]))
    assert value.item() == pytest.approx(expected, abs=1e-6)


@pytest.mark.parametrize(("counts", "tau"), [([7] * 5, 1.0), ([7] * 5, 0.3), ([9, 8, 7, 6, 5], 0.0)])
def test_equals_cross_entropy_on_equal_counts_or_without_tau(counts, tau):
    logits, labels = torch.randn(2, 5, 3, 4), torch.randint(0, 5, (2, 3, 4))
    torch.testing.assert_close(la.build(5, counts, tau=tau)(logits, labels), ce.build(5)(logits, labels))


def test_wrong_counts():
    with pytest.raises(InputError, match="la: needs counts"):
        la.build(3)
    with pytest.raises(InputError, match="la: expected 3 counts, one per class, got 2"):
        la.build(3, [1, 2])
    for wrong in (0, -1, float("inf"), float("nan")):
        with pytest.raises(
            InputError, match=r"la: the count of class 1 is .*; every class needs a positive count"
        ):
            la.build(3, [5, wrong, 5])
    with pytest.raises(InputError, match="la: tau: expected a number at least 0, got -1"):
        la.build(3, [1, 2, 3], tau=-1.0)
