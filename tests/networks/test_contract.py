"""Every network keeps the contract of its kind."""

from __future__ import annotations

import pytest
import torch

from hembench.core import plugins

CASES = {
    "mlp": [((1, 28, 28), 10, 239_410), ((1, 8, 8), 10, 95_410), ((3, 32, 32), 100, 715_100)],
    "lenet": [((1, 28, 28), 10, 20_192), ((3, 32, 32), 100, 32_782)],
    "convnet": [((1, 28, 28), 10, 30_954), ((1, 8, 8), 10, 30_954), ((3, 32, 32), 100, 57_540)],
}
"""(image shape, classes, parameters) by network: a new network needs a row here."""

ALL = [(name, *case) for name in plugins.names("networks") for case in CASES.get(name, [((1, 32, 32), 10, -1)])]


def _images(shape: tuple[int, int, int], count: int = 4) -> torch.Tensor:
    return torch.rand((count, *shape), generator=torch.Generator().manual_seed(1))


def _built(name: str, shape: tuple[int, int, int], num_classes: int) -> torch.nn.Module:
    torch.manual_seed(3)
    return plugins.load("networks", name).build(num_classes, shape)


@pytest.mark.parametrize(("name", "shape", "num_classes", "parameters"), ALL)
def test_parameter_count(name, shape, num_classes, parameters):
    network = _built(name, shape, num_classes)
    assert sum(p.numel() for p in network.parameters() if p.requires_grad) == parameters


@pytest.mark.parametrize(("name", "shape", "num_classes", "parameters"), ALL)
def test_output_and_gradient(name, shape, num_classes, parameters):
    network = _built(name, shape, num_classes).train()
    logits = network(_images(shape))
    assert logits.shape == (4, num_classes)
    assert logits.dtype == torch.float32
    logits.square().sum().backward()
    assert all(p.grad is not None and torch.isfinite(p.grad).all() for p in network.parameters())
    assert any(p.grad.abs().sum() > 0 for p in network.parameters())


@pytest.mark.parametrize(("name", "shape", "num_classes", "parameters"), ALL)
def test_a_batch_of_one_in_eval_mode_equals_its_row(name, shape, num_classes, parameters):
    network = _built(name, shape, num_classes).eval()
    images = _images(shape)
    with torch.no_grad():
        together, alone = network(images), network(images[:1])
    torch.testing.assert_close(alone, together[:1], rtol=1e-4, atol=1e-5)
    with torch.no_grad():
        assert torch.equal(network(images), together)


@pytest.mark.parametrize(("name", "shape", "num_classes", "parameters"), ALL)
@pytest.mark.parametrize("dtype", [torch.bfloat16, torch.float16])
def test_autocast(name, shape, num_classes, parameters, dtype):
    network = _built(name, shape, num_classes)
    with torch.autocast("cpu", dtype=dtype):
        logits = network(_images(shape))
    assert torch.isfinite(logits).all()
    torch.testing.assert_close(logits.float(), network(_images(shape)), rtol=0.1, atol=0.1)


@pytest.mark.parametrize(("name", "shape", "num_classes", "parameters"), ALL)
def test_initial_weights_follow_the_generator(name, shape, num_classes, parameters):
    first, second = _built(name, shape, num_classes), _built(name, shape, num_classes)
    assert all(torch.equal(a, b) for a, b in zip(first.parameters(), second.parameters(), strict=True))
    other = plugins.load("networks", name).build(num_classes, shape)
    assert not all(torch.equal(a, b) for a, b in zip(first.parameters(), other.parameters(), strict=True))


@pytest.mark.parametrize("name", plugins.names("networks"))
def test_signature_and_a_row_in_the_table(name):
    positional, options = plugins.signature("networks", name)
    assert positional == ("num_classes", "image_shape")
    assert not any(option.required for option in options.values())
    assert name in CASES
