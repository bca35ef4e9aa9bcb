import pytest
import torch

from hembench.core.errors import InputError
from hembench.losses import dice

LOGITS = torch.tensor([[2.0, 0, 0], [0, 2, 0], [0, 0, 0]], dtype=torch.float64)
LABELS = torch.tensor([0, 1, 0])


@pytest.mark.parametrize(
    ("form", "smooth", "absent", "expected"),
    [
        ("squared", 0.0, "keep", 0.426380),
        ("squared", 0.0, "drop", 0.139570),
        ("squared", 0.0, "zero", 0.093047),
        ("squared", 1.0, "keep", 0.104386),
        ("linear", 0.0, "keep", 0.532933),
        ("linear", 0.0, "drop", 0.299399),
        ("linear", 0.0, "zero", 0.199600),
        ("linear", 1.0, "keep", 0.262984),
    ],
)
def test_worked_examples(form, smooth, absent, expected):
    value = dice.build(3, form=form, smooth=smooth, absent=absent)(LOGITS, LABELS)
    assert value.item() == pytest.approx(expected, abs=1e-6)


@pytest.mark.parametrize(("form", "expected"), [("squared", 0.882353), ("linear", 0.9)])
def test_one_sample_with_equal_logits(form, expected):
    value = dice.build(4, form=form, absent="keep")(torch.zeros(1, 4), torch.tensor([1]))
    assert value.item() == pytest.approx(expected, abs=1e-6)


@pytest.mark.parametrize("form", ["squared", "linear"])
def test_perfect_softmax_is_zero(form):
    assert dice.build(3, form=form)(1000 * torch.eye(3), torch.arange(3)) == 0


def test_default_is_linear_without_smoothing_and_absent_zeroed():
    assert dice.build(3)(LOGITS, LABELS).item() == pytest.approx(0.199600, abs=1e-6)


def test_classes_without_samples_change_the_gradient_only_where_dropped():
    def gradient(absent):
        logits = LOGITS.clone().requires_grad_()
        return torch.autograd.grad(dice.build(3, absent=absent)(logits, LABELS), logits)[0]

    torch.testing.assert_close(gradient("keep"), gradient("zero"))
    torch.testing.assert_close(gradient("drop"), gradient("zero") * 3 / 2)


def test_options_out_of_range():
    with pytest.raises(InputError, match="dice: form: expected 'linear' or 'squared', got 'cubic'"):
        dice.build(3, form="cubic")
    with pytest.raises(InputError, match="dice: absent: expected 'zero', 'drop' or 'keep', got 'no'"):
        dice.build(3, absent="no")
    with pytest.raises(InputError, match="dice: smooth: expected a number at least 0"):
        dice.build(3, smooth=-1.0)
