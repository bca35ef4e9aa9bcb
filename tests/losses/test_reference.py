"""Each loss against a slow reference in plain Python numbers, written from the formulas of the papers alone."""

import math

import torch
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from hembench.losses import ce, class_similarity, dice, focal, hem, hem_plus, la, ln, mm, mm_maz, mm_thres

# Multiples of 1/16: differences and their sums are exact, so no rounding decides what is above a margin.
sixteenths = st.integers(-64, 64).map(lambda k: k / 16)
always_the_same = settings(database=None, derandomize=True, max_examples=150)
powers = st.sampled_from([1.0, 0.5, 0.75, 2.0])
margins = st.sampled_from([0.0, 0.25, 1.0])


@st.composite
def batches(draw):
    """Return (logits, labels, counts): lists; None as a label stands for an ignored sample."""
    classes = draw(st.integers(2, 6))
    samples = draw(st.integers(1, 5))
    logits = [draw(st.lists(sixteenths, min_size=classes, max_size=classes)) for _ in range(samples)]
    labels = draw(
        st.lists(st.none() | st.integers(0, classes - 1), min_size=samples, max_size=samples).filter(
            lambda labels: any(label is not None for label in labels)
        )
    )
    counts = draw(st.lists(st.integers(1, 5000), min_size=classes, max_size=classes))
    return logits, labels, counts


def softmax(row):
    total = sum(math.exp(value) for value in row)
    return [math.exp(value) / total for value in row]


def minus_log_softmax(row, label):
    top = max(row)  # else exp(4 / 0.04) is lost beside others
    return top - row[label] + math.log(sum(math.exp(value - top) for value in row))


def mean(values):
    values = list(values)
    return sum(values) / len(values) if values else 0.0


def counted(logits, labels):
    return [(row, label) for row, label in zip(logits, labels, strict=True) if label is not None]


def errors_of(row, label, margin_of, power):
    """Return max(0, y_i - y_l + mu_i) ** power for each class, 0 at the label."""
    return [
        max(0.0, value - row[label] + margin_of(i, label)) ** power if i != label else 0.0
        for i, value in enumerate(row)
    ]


def kept(errors):
    threshold = sum(errors) / len(errors)
    # At exponents other than 1 rounding may decide a tie between an error and the mean: not what is tested here.
    assume(
        all(e == 0 or abs(e - threshold) > 1e-9 for e in errors) or all(e == round(e * 16) / 16 for e in errors)
    )
    return [e if e >= threshold else 0.0 for e in errors]


def above_zero(values):
    return mean(v for v in values if v > 0)


def check(loss, logits, labels, expected):
    values = torch.tensor(logits, dtype=torch.float64, requires_grad=True)
    indices = torch.tensor([-100 if label is None else label for label in labels])
    value = loss(values, indices)
    torch.testing.assert_close(value.item(), expected, rtol=1e-9, atol=1e-9)


@always_the_same
@given(batches(), st.sampled_from([0.0, 0.1, 1.0]), st.sampled_from([1.0, 0.04, 2.0]))
def test_ce(batch, smoothing, temperature):
    logits, labels, _ = batch
    samples = counted([[v / temperature for v in row] for row in logits], labels)
    expected = mean(
        (1 - smoothing) * minus_log_softmax(row, label)
        + smoothing * mean(minus_log_softmax(row, i) for i in range(len(row)))
        for row, label in samples
    )
    loss = ce.build(len(logits[0]), label_smoothing=smoothing, temperature=temperature)
    check(loss, logits, labels, expected)


@always_the_same
@given(batches(), st.sampled_from([0.04, 0.5, 1.0]))
def test_ln(batch, temperature):
    logits, labels, _ = batch
    expected = mean(
        minus_log_softmax([v / ((math.hypot(*row) + 1e-7) * temperature) for v in row], label)
        for row, label in counted(logits, labels)
    )
    check(ln.build(len(logits[0]), temperature=temperature), logits, labels, expected)


@always_the_same
@given(batches(), st.sampled_from([0.0, 0.1, 1.0]), st.integers(1, 9))
def test_class_similarity(batch, weight, by):
    logits, labels, _ = batch
    classes = range(len(logits[0]))
    matrix = [[0 if i == j else 1 + (by * i + j) % 4 for j in classes] for i in classes]
    expected = mean(
        (1 - weight) * minus_log_softmax(row, label)
        + weight * sum(matrix[label][j] / sum(matrix[label]) * minus_log_softmax(row, j) for j in classes)
        for row, label in counted(logits, labels)
    )
    check(class_similarity.build(len(classes), matrix=matrix, weight=weight), logits, labels, expected)


@always_the_same
@given(batches(), st.sampled_from([0.0, 0.5, 1.0]))
def test_la(batch, tau):
    logits, labels, counts = batch
    offsets = [tau * math.log(count / sum(counts)) for count in counts]
    expected = mean(
        minus_log_softmax([v + o for v, o in zip(row, offsets, strict=True)], label)
        for row, label in counted(logits, labels)
    )
    check(la.build(len(counts), counts, tau=tau), logits, labels, expected)


@always_the_same
@given(batches(), st.sampled_from([0.0, 0.5, 2.0]))
def test_focal(batch, gamma):
    logits, labels, _ = batch
    expected = mean(
        (1 - softmax(row)[label]) ** gamma * minus_log_softmax(row, label)
        for row, label in counted(logits, labels)
    )
    check(focal.build(len(logits[0]), gamma=gamma), logits, labels, expected)


@always_the_same
@given(
    batches(),
    st.sampled_from(["linear", "squared"]),
    st.sampled_from([0.0, 1.0]),
    st.sampled_from(["zero", "drop", "keep"]),
)
def test_dice(batch, form, smooth, absent):
    logits, labels, _ = batch
    samples = [(softmax(row), label) for row, label in counted(logits, labels)]
    k = 1 if form == "linear" else 2
    losses = []
    for c in range(len(logits[0])):
        overlap = sum(z[c] for z, label in samples if label == c)
        size = sum(z[c] ** k for z, _ in samples) + sum(1 for _, label in samples if label == c)
        loss = 1 - (2 * overlap + smooth) / (size + smooth)
        if absent == "keep" or any(label == c for _, label in samples):
            losses.append(loss)
        elif absent == "zero":
            losses.append(0.0)
    check(dice.build(len(logits[0]), form=form, smooth=smooth, absent=absent), logits, labels, mean(losses))


@always_the_same
@given(batches(), margins, powers)
def test_mm(batch, margin, power):
    logits, labels, _ = batch
    expected = mean(
        e for row, label in counted(logits, labels) for e in errors_of(row, label, lambda i, j: margin, power)
    )
    check(mm.build(len(logits[0]), margin=margin, power=power), logits, labels, expected)


@always_the_same
@given(batches(), margins, powers)
def test_mm_maz(batch, margin, power):
    logits, labels, _ = batch
    expected = above_zero(
        above_zero(errors_of(row, label, lambda i, j: margin, power)) for row, label in counted(logits, labels)
    )
    check(mm_maz.build(len(logits[0]), margin=margin, power=power), logits, labels, expected)


@always_the_same
@given(batches(), margins, powers)
def test_mm_thres(batch, margin, power):
    logits, labels, _ = batch
    expected = mean(
        e
        for row, label in counted(logits, labels)
        for e in kept(errors_of(row, label, lambda i, j: margin, power))
    )
    check(mm_thres.build(len(logits[0]), margin=margin, power=power), logits, labels, expected)


@always_the_same
@given(batches(), margins, powers)
def test_hem(batch, margin, power):
    logits, labels, _ = batch
    expected = above_zero(
        above_zero(kept(errors_of(row, label, lambda i, j: margin, power)))
        for row, label in counted(logits, labels)
    )
    check(hem.build(len(logits[0]), margin=margin, power=power), logits, labels, expected)


@always_the_same
@given(batches(), st.sampled_from(["total", "per_class"]), powers)
def test_hem_with_its_margin_from_counts(batch, rule, power):
    logits, labels, counts = batch
    margin = math.sqrt(2000 / (sum(counts) if rule == "total" else sum(counts) / len(counts)))
    expected = above_zero(
        above_zero(kept(errors_of(row, label, lambda i, j: margin, power)))
        for row, label in counted(logits, labels)
    )
    check(hem.build(len(counts), counts, margin_rule=rule, power=power), logits, labels, expected)


@always_the_same
@given(batches(), st.sampled_from(["target", "competitor"]), st.sampled_from(["total", "per_class"]), powers)
def test_hem_plus(batch, index, rule, power):
    logits, labels, counts = batch
    margin = [math.sqrt(2000 / ((len(counts) if rule == "total" else 1) * count)) for count in counts]

    def margin_of(i, label):
        return margin[label] if index == "target" else margin[i]

    expected = above_zero(
        above_zero(kept(errors_of(row, label, margin_of, power))) for row, label in counted(logits, labels)
    )
    loss = hem_plus.build(len(counts), counts, margin_index=index, margin_rule=rule, power=power)
    check(loss, logits, labels, expected)
