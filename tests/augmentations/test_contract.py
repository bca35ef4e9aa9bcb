"""What every file of augmentations/ has to do."""

from __future__ import annotations

import pytest
import torch

from hembench.core import plugins

OPTIONS = {
    "crop_and_flip": {"flip": True, "crop_padding": 2},
    "random_crop": {"flip": True},
    "random_scale_crop": {"flip": True, "smallest": 1.0},
}


@pytest.fixture(params=plugins.names("augmentations"))
def made(request):
    assert request.param in OPTIONS, "name options of the new augmentation here"
    return plugins.load("augmentations", request.param).build(**OPTIONS[request.param])


def draw(made, count=12, seed=0):
    return made.draw(count, torch.Generator().manual_seed(seed))


def images():
    return torch.randint(0, 256, (12, 3, 8, 8), dtype=torch.uint8, generator=torch.Generator().manual_seed(1))


def test_draws_are_on_the_cpu_and_one_for_each_image(made):
    for part in draw(made):
        assert part.device.type == "cpu"
        assert len(part) == 12


def test_same_generator_same_images_whatever_the_global_state(made):
    first = made.apply(images(), draw(made))
    torch.manual_seed(5)
    assert torch.equal(first, made.apply(images(), draw(made)))
    assert not torch.equal(first, made.apply(images(), draw(made, seed=1)))


def test_images_keep_shape_and_kind_and_the_given_ones_are_left_alone(made):
    given = images()
    changed = made.apply(given, draw(made))
    assert (changed.shape, changed.dtype) == (given.shape, given.dtype)
    assert torch.equal(given, images())
    assert not torch.equal(changed, given)


def test_an_image_knows_nothing_of_its_neighbours(made):
    drawn = draw(made)
    alone = made.apply(images()[3:5], [part[3:5] for part in drawn])
    assert torch.equal(alone, made.apply(images(), drawn)[3:5])


@pytest.mark.parametrize("name", plugins.names("augmentations"))
def test_labels_for_each_pixel_go_where_their_pixels_go(name):
    """Of those that change pictures with such labels; the others have no ``apply_to_labels``."""
    made = plugins.load("augmentations", name).build(**OPTIONS[name])
    assert hasattr(made, "apply_to_labels") == plugins.constants("augmentations", name).get("OF_LABELS", False)
    if not hasattr(made, "apply_to_labels"):
        assert name == "crop_and_flip"
        return
    labels, drawn = images()[:, 0], draw(made)
    changed = made.apply_to_labels(labels, drawn)
    assert not torch.equal(changed, labels)
    assert torch.equal(changed, made.apply(images(), drawn)[:, 0])
