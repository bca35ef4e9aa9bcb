"""Every network keeps the contract of its kind."""

from __future__ import annotations

from typing import Any

import pytest
import torch

from hembench.core import plugins

CIFAR, PHOTO = (3, 32, 32), (3, 224, 224)

CASES: dict[str, list[tuple[tuple[int, int, int], int, int, dict[str, Any]]]] = {
    "mlp": [((1, 28, 28), 10, 239_410, {}), ((1, 8, 8), 10, 95_410, {}), (CIFAR, 100, 715_100, {})],
    "lenet": [((1, 28, 28), 10, 20_192, {}), (CIFAR, 100, 32_782, {})],
    "convnet": [((1, 28, 28), 10, 30_954, {}), ((1, 8, 8), 10, 30_954, {}), (CIFAR, 100, 57_540, {})],
    "fcn": [((3, 32, 32), 6, 7_510, {}), ((1, 8, 8), 11, 1_931, {"channels": 8})],
    "fpn": [
        ((3, 64, 96), 11, 23_156_683, {}),
        ((3, 64, 96), 11, 19_353_043, {"encoder": "efficientnet-b4"}),
        ((3, 64, 96), 11, 20_866_059, {"encoder": "densenet201"}),
        ((3, 64, 96), 11, 25_589_195, {"encoder": "resnext50_32x4d"}),
    ],
    "inception": [((3, 64, 64), 200, 23_851_600, {})],
    "mobilenet_v3": [(CIFAR, 10, 1_528_106, {}), (CIFAR, 100, 4_330_132, {"size": "large"})],
    "preact_resnet": [(CIFAR, 100, 11_218_340, {})],
    "resnet": [
        (CIFAR, 10, 464_154, {"depth": 32}),
        (CIFAR, 100, 11_220_132, {}),
        (CIFAR, 10, 1_094_750, {"depth": 18, "width": 20}),
        (CIFAR, 100, 1_109_240, {"depth": 18, "width": 20}),
        (CIFAR, 10, 11_173_962, {"depth": 18, "width": 64}),
        ((3, 64, 64), 200, 11_271_432, {}),
        (PHOTO, 1000, 25_557_032, {"depth": 50}),
    ],
    "swin_v2": [(PHOTO, 1000, 28_351_570, {})],
    "vit": [(PHOTO, 1000, 86_567_656, {})],
    "wide_resnet": [(CIFAR, 10, 26_797_914, {"depth": 22}), ((3, 64, 64), 200, 36_600_984, {})],
}
"""(image shape, classes, parameters, options) by network: a new network needs a row here."""

NOT_FINITE = {("swin_v2", torch.float16), ("inception", torch.float16)}
"""Networks that give NaN under autocast to a type on the CPU: train and predict them in bfloat16 or float32."""

DENSE = {"fcn", "fpn"}
"""Networks with logits for each pixel."""

UNUSED = {("fpn", "efficientnet-b4"): 3}
"""Tensors that a network carries along and never uses, by network and first option."""

LARGE = 5_000_000
"""Networks with more parameters take seconds for an image: `make test-all` runs them."""


def _case(name: str, shape: tuple[int, int, int], classes: int, parameters: int, options: dict[str, Any]) -> Any:
    marks = [pytest.mark.slow] if parameters > LARGE else []
    shown = "-".join(map(str, [name, *options.values(), shape[1], classes]))
    return pytest.param(name, shape, classes, options, marks=marks, id=shown)


ROWS = [(name, *case) for name in plugins.names("networks") for case in CASES.get(name, [])]
ALL = [_case(*row) for row in ROWS]


def _images(shape: tuple[int, int, int], count: int = 2) -> torch.Tensor:
    return torch.rand((count, *shape), generator=torch.Generator().manual_seed(1))


def _built(name: str, shape: tuple[int, int, int], num_classes: int, options: dict[str, Any]) -> torch.nn.Module:
    torch.manual_seed(3)
    network: torch.nn.Module = plugins.load("networks", name).build(num_classes, shape, **options)
    return network


@pytest.mark.parametrize(("name", "shape", "num_classes", "parameters", "options"), ROWS)
def test_parameter_count(name, shape, num_classes, parameters, options):
    with torch.device("meta"):
        network = plugins.load("networks", name).build(num_classes, shape, **options)
    assert sum(p.numel() for p in network.parameters() if p.requires_grad) == parameters


@pytest.mark.parametrize(("name", "shape", "num_classes", "options"), ALL)
def test_output_and_gradient(name, shape, num_classes, options):
    network = _built(name, shape, num_classes, options).train()
    outputs = network(_images(shape))
    expected = (2, num_classes, *shape[1:]) if name in DENSE else (2, num_classes)
    outputs = outputs if isinstance(outputs, tuple) else (outputs,)
    for logits in outputs:  # with an auxiliary head there are two
        assert logits.shape == expected
        assert logits.dtype == torch.float32
    assert len(outputs) == 1 or network.auxiliary_weight > 0
    sum((logits + 1).square().sum() for logits in outputs).backward()  # a last layer may start at zero
    gradients = [p.grad for p in network.parameters()]
    assert sum(gradient is None for gradient in gradients) == UNUSED.get((name, *options.values()), 0)
    found = [gradient for gradient in gradients if gradient is not None]
    assert all(torch.isfinite(gradient).all() for gradient in found)
    assert any(gradient.abs().sum() > 0 for gradient in found)


@pytest.mark.parametrize(("name", "shape", "num_classes", "options"), ALL)
def test_a_batch_of_one_in_eval_mode_equals_its_row(name, shape, num_classes, options):
    network = _built(name, shape, num_classes, options).eval()
    images = _images(shape)
    with torch.no_grad():
        together, alone = network(images), network(images[:1])
    torch.testing.assert_close(alone, together[:1], rtol=1e-4, atol=1e-5)
    with torch.no_grad():
        assert torch.equal(network(images), together)


@pytest.mark.parametrize(("name", "shape", "num_classes", "options"), ALL)
@pytest.mark.parametrize("dtype", [torch.bfloat16, torch.float16])
def test_autocast(name, shape, num_classes, options, dtype):
    network = _built(name, shape, num_classes, options).eval()  # without what is drawn at random
    with torch.no_grad():
        with torch.autocast("cpu", dtype=dtype):
            logits = network(_images(shape))
        expected = network(_images(shape))
    if (name, dtype) in NOT_FINITE:
        assert not torch.isfinite(logits).all(), "it is now: take it out of the list"
        return
    assert torch.isfinite(logits).all()
    scale = max(1.0, float(expected.abs().max()))
    torch.testing.assert_close(logits.float(), expected, rtol=0.1, atol=0.1 * scale)


@pytest.mark.parametrize(("name", "shape", "num_classes", "options"), ALL)
def test_initial_weights_follow_the_generator(name, shape, num_classes, options):
    first, second = _built(name, shape, num_classes, options), _built(name, shape, num_classes, options)
    assert all(torch.equal(a, b) for a, b in zip(first.parameters(), second.parameters(), strict=True))
    other = plugins.load("networks", name).build(num_classes, shape, **options)
    assert not all(torch.equal(a, b) for a, b in zip(first.parameters(), other.parameters(), strict=True))


@pytest.mark.parametrize("name", plugins.names("networks"))
def test_signature_and_a_row_in_the_table(name):
    positional, options = plugins.signature("networks", name)
    assert positional == ("num_classes", "image_shape")
    assert not any(option.required for option in options.values())
    assert name in CASES
