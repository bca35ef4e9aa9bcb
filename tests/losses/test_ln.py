import pytest
import torch

from hembench.core.errors import InputError
from hembench.losses import ce, ln


@pytest.mark.parametrize(
    ("logits", "label", "expected"),
    [
        ([2, 0, 0], 0, 0.0),
        ([0, 0, 0, 0], 2, 1.386294),
        ([1, -1, -1, -1], 0, 0.0),
        ([0, 1, 0, 0], 0, 24.999998),
        ([3, 1, -2], 1, 13.363063),
        ([0.6, 0.5, 0, -0.7], 0, 0.088206),
    ],
)
def test_worked_examples(logits, label, expected):
    value = ln.build(len(logits))(torch.tensor([logits], dtype=torch.float64), torch.tensor([label]))
    assert value.item() == pytest.approx(expected, abs=1e-6)


def test_worked_example_at_temperature_one():
    value = ln.build(3, temperature=1.0)(torch.tensor([[3.0, 1.0, -2.0]], dtype=torch.float64), torch.tensor([1]))
    assert value.item() == pytest.approx(1.149040, abs=1e-6)


def test_the_length_of_the_logits_does_not_matter_up_to_sizes_whose_squares_overflow():
    logits, labels = torch.randn(4, 6), torch.tensor([0, 1, 2, 3])
    loss = ln.build(6)
    for factor in (10.0, 1e10, 1e30):
        torch.testing.assert_close(loss(logits * factor, labels), loss(logits, labels), rtol=1e-5, atol=1e-5)


def test_zero_logits_have_the_gradient_of_the_formula():
    logits = torch.zeros(1, 3, dtype=torch.float64, requires_grad=True)
    (gradient,) = torch.autograd.grad(ln.build(3)(logits, torch.tensor([1])), logits)
    (plain,) = torch.autograd.grad(ce.build(3)(logits, torch.tensor([1])), logits)
    torch.testing.assert_close(gradient, plain / (1e-7 * 0.04))


def test_options_out_of_range():
    with pytest.raises(InputError, match="ln: temperature: expected a number above 0, got 0"):
        ln.build(5, temperature=0.0)
