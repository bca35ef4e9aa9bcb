"""What every file of losses/ has to do, and every option that changes its path through the code."""

import pytest
import torch
import torch.nn.functional as F

from hembench.core import plugins
from hembench.core.errors import ConfigError, InputError
from hembench.losses import _pieces

CLASSES = 5
COUNTS = [5000, 1200, 500, 120, 50]
CASES = [(name, {}) for name in plugins.names("losses")] + [
    ("ce", {"label_smoothing": 0.1}),
    ("ce", {"temperature": 0.5}),
    ("class_similarity", {"weight": 0.3}),
    ("dice", {"form": "squared", "smooth": 1.0, "absent": "keep"}),
    ("dice", {"absent": "drop"}),
    ("focal", {"gamma": 0.5}),
    ("hem", {"power": 0.5}),
    ("hem", {"power": 1.5, "margin": 0.5}),
    ("hem_plus", {"margin_index": "competitor"}),
    ("hem_plus", {"power": 0.5}),
    ("mm", {"power": 0.5}),
    ("mm", {"margin": 0.0}),
    ("mm_maz", {"power": 0.5}),
    ("mm_thres", {"power": 0.5}),
]
every_loss = pytest.mark.parametrize(("name", "options"), CASES, ids=[f"{n}-{o}" if o else n for n, o in CASES])


def build(name, options, **given):
    return plugins.load("losses", name).build(CLASSES, COUNTS, **given, **options)


def batch(*shape, seed=0, dtype=torch.float64):
    """Return random logits that need a gradient, of ``shape`` without the class axis, and labels."""
    generator = torch.Generator().manual_seed(seed)
    logits = torch.randn(shape[0], CLASSES, *shape[1:], generator=generator, dtype=torch.float64).to(dtype)
    return logits.requires_grad_(), torch.randint(0, CLASSES, shape, generator=generator)


def value_and_gradient(loss, logits, labels):
    value = loss(logits, labels)
    (gradient,) = torch.autograd.grad(value, logits)
    return value.detach(), gradient


@every_loss
@pytest.mark.parametrize("shape", [(1,), (7,), (2, 3, 4), (1, 1, 1)])
def test_scalar_with_finite_gradient(name, options, shape):
    logits, labels = batch(*shape, dtype=torch.float32)
    value, gradient = value_and_gradient(build(name, options), logits, labels)
    assert value.shape == ()
    assert value.dtype == torch.float32
    assert value.isfinite()
    assert value > 0
    assert gradient.isfinite().all()
    assert gradient.abs().sum() > 0


@every_loss
@pytest.mark.parametrize("shape", [(6,), (2, 2, 3)])
def test_gradient_against_finite_differences(name, options, shape):
    logits, labels = batch(*shape, seed=3)
    labels.view(-1)[1] = -100
    loss = build(name, options)
    assert torch.autograd.gradcheck(lambda y: loss(y, labels), (logits,))


@every_loss
@pytest.mark.parametrize("memory_format", [torch.contiguous_format, torch.channels_last])
@pytest.mark.parametrize("together", [None, 40])
def test_dense_equals_the_same_samples_laid_out_flat(name, options, memory_format, together, monkeypatch):
    if together:  # logits handled together: many pieces, whose edges do not meet those of the images
        monkeypatch.setattr(_pieces, "_CPU", together)
    logits, labels = batch(2, 3, 4)
    labels[1, 2, 0] = -100
    flat = logits.detach().permute(0, 2, 3, 1).reshape(-1, CLASSES).requires_grad_()
    logits = logits.detach().contiguous(memory_format=memory_format).requires_grad_()
    loss = build(name, options)
    value, gradient = value_and_gradient(loss, logits, labels)
    expected, flat_gradient = value_and_gradient(loss, flat, labels.reshape(-1))
    torch.testing.assert_close(value, expected)
    torch.testing.assert_close(gradient.permute(0, 2, 3, 1).reshape(-1, CLASSES), flat_gradient)
    with torch.no_grad():
        assert loss(logits, labels) == value


@every_loss
@pytest.mark.parametrize("number", [0.0, 1e-30, 1e19, 1e30, -1e30])
def test_dense_equals_flat_at_extreme_logits(name, options, number):
    flat = torch.tensor([[number] * CLASSES, [number, 0.0, 0.0, 0.0, 0.0], [0.0, number, 1.0, 2.0, 3.0]])
    labels = torch.tensor([0, 0, 1])
    flat.requires_grad_()
    dense = flat.detach().t()[None, :, None].contiguous().requires_grad_()
    loss = build(name, options)
    expected, flat_gradient = value_and_gradient(loss, flat, labels)
    value, gradient = value_and_gradient(loss, dense, labels[None, None])
    torch.testing.assert_close(value, expected)
    torch.testing.assert_close(gradient[0, :, 0].t(), flat_gradient)


@every_loss
@pytest.mark.parametrize("ignore_index", [-100, 255, 2])
def test_ignored_samples_take_no_part(name, options, ignore_index):
    logits, labels = batch(9)
    labels[[0, 4, 8]] = ignore_index
    counted = labels != ignore_index
    loss = build(name, options, ignore_index=ignore_index)
    value, gradient = value_and_gradient(loss, logits, labels)
    rest = logits.detach()[counted].requires_grad_()
    expected, rest_gradient = value_and_gradient(loss, rest, labels[counted])
    torch.testing.assert_close(value, expected)
    torch.testing.assert_close(gradient[counted], rest_gradient)
    assert not gradient[~counted].any()


@every_loss
@pytest.mark.parametrize("shape", [(4,), (2, 2, 3)])
def test_all_ignored_is_a_zero_that_keeps_the_graph(name, options, shape):
    logits, labels = batch(*shape)
    value, gradient = value_and_gradient(build(name, options), logits, torch.full_like(labels, -100))
    assert value == 0
    assert not gradient.any()


@every_loss
def test_labels_of_any_integer_type(name, options):
    logits, labels = batch(2, 3, 4)
    labels[0, 0, 0] = 255
    loss = build(name, options, ignore_index=255)
    torch.testing.assert_close(loss(logits, labels.to(torch.uint8)), loss(logits, labels), rtol=0, atol=0)


@every_loss
@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16])
@pytest.mark.parametrize("shape", [(7,), (2, 3, 4)])
def test_half_precision_is_computed_in_float32(name, options, dtype, shape):
    logits, labels = batch(*shape, dtype=dtype)
    loss = build(name, options)
    value, gradient = value_and_gradient(loss, logits, labels)
    wide = logits.detach().float().requires_grad_()
    expected, wide_gradient = value_and_gradient(loss, wide, labels)
    assert value.dtype == torch.float32
    torch.testing.assert_close(value, expected, rtol=0, atol=0)
    assert gradient.dtype == dtype
    torch.testing.assert_close(gradient, wide_gradient.to(dtype), rtol=0, atol=0)


@every_loss
def test_autocast_changes_nothing(name, options):
    logits, labels = batch(7, dtype=torch.float32)
    loss = build(name, options)
    expected = loss(logits, labels)
    with torch.autocast("cpu", dtype=torch.bfloat16):
        value = loss(logits, labels)
    assert value.dtype == torch.float32
    assert torch.equal(value, expected)


@every_loss
@pytest.mark.parametrize(
    ("dtype", "size"),
    [(torch.float16, 65504.0), (torch.bfloat16, 1e30), (torch.float32, 1e30), (torch.float32, 1e-38)],
)
def test_extreme_logits_stay_finite(name, options, dtype, size):
    if options.get("power", 1.0) > 1.0:
        size = min(size, 1e20)  # 1e30 ** 1.5 is beyond float32
    logits, labels = batch(8, dtype=torch.float32)
    logits = (logits.detach().sign() * size).to(dtype).requires_grad_()
    value, gradient = value_and_gradient(build(name, options), logits, labels)
    assert value.isfinite()
    assert gradient.isfinite().all()


@every_loss
def test_nan_is_not_hidden(name, options):
    logits, labels = batch(4)
    with torch.no_grad():
        logits[2, 1] = torch.nan
    assert build(name, options)(logits, labels).isnan()


@every_loss
def test_a_common_shift_of_the_logits_changes_nothing_except_for_ln(name, options):
    logits, labels = batch(6)
    loss = build(name, options)
    same = torch.allclose(loss(logits, labels), loss(logits + 3.0, labels))
    assert same == (name != "ln")


@every_loss
def test_two_classes(name, options):
    loss = plugins.load("losses", name).build(2, [60, 40], **options)
    value, gradient = value_and_gradient(loss, torch.tensor([[0.5, 1.0]], requires_grad=True), torch.tensor([0]))
    assert value > 0
    assert gradient[0, 0] < 0
    assert gradient[0, 1] > 0


@every_loss
def test_labels_out_of_range(name, options):
    logits, _ = batch(3)
    loss = build(name, options)
    for wrong in (-1, CLASSES, 255):
        with pytest.raises(InputError, match=rf"{wrong} is out of range for 5 classes"):
            loss(logits, torch.tensor([0, wrong, 1]))


@every_loss
def test_wrong_shapes_and_types(name, options):
    logits, labels = batch(3)
    loss = build(name, options)
    for wrong in (labels[:2], labels[:, None], labels.float(), labels.bool(), F.one_hot(labels, CLASSES)):
        with pytest.raises(InputError, match=r"labels: expected integers of shape \(3,\), got"):
            loss(logits, wrong)
    for wrong in (logits[0], logits[:, :, None], logits.long()):
        with pytest.raises(InputError, match="logits: expected floating point of shape"):
            loss(wrong, labels)
    with pytest.raises(InputError, match="was built for 5 classes, got float64 of shape"):
        loss(logits[:, :4], labels)
    with pytest.raises(InputError, match="num_classes: expected at least 2, got 1"):
        plugins.load("losses", name).build(1, [3], **options)


@pytest.mark.parametrize("name", plugins.names("losses"))
def test_unknown_option(name):
    with pytest.raises(ConfigError, match=f"'{name}' has no option 'margn'"):
        plugins.check_options("losses", name, {"margn": 0.2})


@pytest.mark.parametrize("name", plugins.names("losses"))
def test_default_options_build(name):
    options = plugins.check_options("losses", name, {})
    logits, labels = batch(3)
    assert build(name, options)(logits, labels) == build(name, {})(logits, labels)
    assert not build(name, options).state_dict()  # nothing to save beside the network
