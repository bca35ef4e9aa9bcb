import math

import pytest
import torch

from hembench.core.errors import InputError
from hembench.losses import ce, class_similarity

ALIKE = [[0.0, 0.75, 0.25], [1.0, 0.0, 1.0], [3.0, 1.0, 0.0]]


def test_worked_example():
    """Target (.8, .15, .05), log softmax (-.407606, -1.407606, -2.407606)."""
    loss = class_similarity.build(3, matrix=ALIKE, weight=0.2)
    value = loss(torch.tensor([[2.0, 1.0, 0.0]], dtype=torch.float64), torch.tensor([0]))
    assert value.item() == pytest.approx(0.657606, abs=1e-6)


def test_rows_of_the_target_are_distributions():
    loss = class_similarity.build(3, matrix=ALIKE, weight=0.2)
    expected = [[0.8, 0.15, 0.05], [0.1, 0.8, 0.1], [0.15, 0.05, 0.8]]
    torch.testing.assert_close(loss.targets, torch.tensor(expected, dtype=torch.float64), rtol=0, atol=1e-12)


def test_no_weight_is_cross_entropy_and_no_matrix_label_smoothing():
    logits, labels = torch.randn(2, 5, 3, 4), torch.randint(0, 5, (2, 3, 4))
    labels[0, 0] = 255
    alone = class_similarity.build(5, ignore_index=255, weight=0.0)(logits, labels)
    torch.testing.assert_close(alone, ce.build(5, ignore_index=255)(logits, labels))
    alike = class_similarity.build(5, ignore_index=255, weight=0.1)(logits, labels)
    smooth = ce.build(5, ignore_index=255, label_smoothing=0.1 * 5 / 4)(logits, labels)
    torch.testing.assert_close(alike, smooth)


def test_the_least_value_is_the_entropy_of_the_target():
    loss = class_similarity.build(3, matrix=ALIKE, weight=0.2)
    best = loss.targets[:1].log()
    entropy = -sum(p * math.log(p) for p in (0.8, 0.15, 0.05))
    assert loss(best, torch.tensor([0])).item() == pytest.approx(entropy)


@pytest.mark.parametrize(
    ("matrix", "message"),
    [
        ([[0.0, 1.0], [1.0, 0.0]], r"expected 3 rows of 3 numbers, one for each class, got the shape \(2, 2\)"),
        ([[0.0, -1.0, 2.0], [1.0, 0.0, 1.0], [1.0, 1.0, 0.0]], "expected finite numbers, at least 0"),
        ([[0.0, math.nan, 2.0], [1.0, 0.0, 1.0], [1.0, 1.0, 0.0]], "expected finite numbers, at least 0"),
        ([[0.5, 1.0, 2.0], [1.0, 0.0, 1.0], [1.0, 1.0, 0.0]], "expected zeros on the diagonal"),
        ([[0.0, 0.0, 0.0], [1.0, 0.0, 1.0], [1.0, 1.0, 0.0]], "a number above zero in each row"),
    ],
)
def test_no_such_matrix(matrix, message):
    with pytest.raises(InputError, match=message):
        class_similarity.build(3, matrix=matrix)


def test_weight_out_of_range():
    with pytest.raises(InputError, match="class_similarity: weight: expected a number at least 0 and at most 1"):
        class_similarity.build(3, weight=1.5)
