"""Images in shards: every epoch sees each once, mixed, reading each shard once; training can't tell them apart."""

from __future__ import annotations

import hashlib
import threading
from collections import Counter

import numpy as np
import pytest
import torch
from torch import nn

from hembench.augmentations import crop_and_flip
from hembench.engine import streamed
from hembench.engine.inference import logits
from hembench.engine.loop import Trainer
from hembench.engine.samples import batches_of, in_order, on_device, order_of
from hembench.engine.state import from_bytes, to_bytes
from hembench.engine.streamed import Streamed
from hembench.optimisers import sgd
from hembench.sets import shards as shards_set
from hembench.sets.shards import Sharded
from hembench.stages._shards import in_shards
from hembench.stages.api import Inputs

CPU = torch.device("cpu")
IMAGES = np.random.default_rng(0).integers(0, 256, (70, 1, 6, 6), dtype=np.uint8)
LABELS = torch.arange(70) % 3


@pytest.fixture
def shards(tmp_path):
    """70 images in 14 shards of 5; the last four batches' worth of a window of 20 are 4 shards."""
    return stored(tmp_path, IMAGES, 5)


@pytest.fixture(autouse=True)
def window(monkeypatch):
    monkeypatch.setattr(streamed, "WINDOW", 20)


def stored(folder, images, per_shard):
    for name, content in in_shards(lambda a, b: images[a:b], images.shape, {}, per_shard, Inputs()).items():
        content(folder / name)
    return shards_set.read(folder)["images"]


def generator(seed=0):
    return torch.Generator().manual_seed(seed)


def network():
    with torch.random.fork_rng():
        torch.manual_seed(0)
        return nn.Sequential(nn.Conv2d(1, 4, 3), nn.BatchNorm2d(4), nn.Flatten(), nn.Dropout(), nn.Linear(64, 3))


def trainer(recipe, images):
    parts = {"optimiser": sgd.build, "augmentation": crop_and_flip.build}
    return Trainer(network(), nn.CrossEntropyLoss(), images, LABELS, recipe, "c", 0, parts)


def sha256(made):
    weights = sorted(made.weights().items())
    return hashlib.sha256(b"".join(value.numpy().tobytes() for _, value in weights)).digest()


def test_an_array_is_moved_and_shards_are_streamed(shards):
    assert torch.equal(on_device(IMAGES, CPU), torch.from_numpy(IMAGES))
    streamed = on_device(shards, CPU)
    assert isinstance(streamed, Streamed)
    assert (streamed.shape, streamed.dim(), streamed.dtype, len(streamed)) == (IMAGES.shape, 4, torch.uint8, 70)


def test_a_set_that_fits_is_permuted_as_a_whole():
    assert torch.equal(order_of(torch.from_numpy(IMAGES), generator()), torch.randperm(70, generator=generator()))


def test_an_epoch_takes_every_image_once_in_windows_of_whole_shards(shards):
    order = order_of(on_device(shards, CPU), generator())
    assert order.sort().values.tolist() == list(range(70))
    for window in torch.split(order, 20):
        of_window = window // 5
        assert len(of_window.unique()) == -(-len(window) // 5)
        assert not torch.equal(of_window, of_window.sort().values), "images of a window are mixed"
    first = [int(window[0]) // 20 for window in torch.split(order, 20)]
    assert first != sorted(first), "shards come in random order"


def test_the_order_is_drawn_from_the_generator_alone(shards):
    torch.manual_seed(0)
    first = order_of(on_device(shards, CPU), generator(1))
    torch.manual_seed(1)
    assert torch.equal(first, order_of(on_device(shards, CPU), generator(1)))
    assert not torch.equal(first, order_of(on_device(shards, CPU), generator(2)))


def test_every_place_is_equally_likely(shards):
    """Over many epochs each image is in the first batch as often as any other: 300 times 8/70 = 34 +- 5.5."""
    seen = Counter()
    for seed in range(300):
        seen.update(order_of(on_device(shards, CPU), generator(seed))[:8].tolist())
    assert len(seen) == 70
    chi = sum((seen[number] - 2400 / 70) ** 2 / (2400 / 70) for number in range(70))
    assert chi < 112  # 69 degrees of freedom: p = 0.001 (batches are drawn without replacement, so less)


@pytest.mark.parametrize("size", [1, 7, 16, 33, 70, 100])
def test_batches_are_the_images_of_their_numbers(shards, size):
    streamed = on_device(shards, CPU)
    numbers = torch.split(order_of(streamed, generator()), size)
    taken = list(batches_of(streamed, numbers))
    assert len(taken) == len(numbers)
    for batch, of_batch in zip(taken, numbers, strict=True):
        assert torch.equal(batch, torch.from_numpy(IMAGES)[of_batch])
    assert torch.equal(torch.cat(list(in_order(streamed, size))), torch.from_numpy(IMAGES))
    assert torch.equal(torch.cat(list(in_order(torch.from_numpy(IMAGES), size))), torch.from_numpy(IMAGES))


@pytest.mark.parametrize("size", [4, 20, 23])
def test_each_shard_is_read_once_and_two_windows_at_most_are_mapped(tmp_path, monkeypatch, size):
    images = np.random.default_rng(1).integers(0, 256, (400, 1, 6, 6), dtype=np.uint8)
    shards = stored(tmp_path, images, 5)
    mapped, most, reads = Counter(), [0], []
    of_shard = Sharded.shard

    class Mapped(np.memmap):
        def __del__(self):
            mapped.pop(id(self), None)

    def shard(self, number):
        found = of_shard(self, number).view(Mapped)
        mapped[id(found)] += 1
        most[0] = max(most[0], len(mapped))
        reads.append(number)
        return found

    monkeypatch.setattr(Sharded, "shard", shard)
    streamed = on_device(shards, CPU)
    for _ in batches_of(streamed, torch.split(order_of(streamed, generator()), size)):
        pass
    assert sorted(reads) == list(range(80))
    assert 4 <= most[0] <= 2 * 4 + 2 + size // 5, "a window, the next one, and what the batch asks of it"
    reads.clear()
    most[0] = 0
    for _ in in_order(streamed, 20):
        pass
    assert reads == list(range(80))
    assert most[0] <= 4 + 4 + 2


def test_training_can_t_tell_shards_from_an_array_in_their_order(shards, recipe, monkeypatch):
    streamed = trainer(recipe(), on_device(shards, CPU))
    assert streamed.run()
    resident = trainer(recipe(), torch.from_numpy(IMAGES))
    monkeypatch.setattr("hembench.engine.loop.order_of", lambda _, drawn: order_of(on_device(shards, CPU), drawn))
    assert resident.run()
    assert sha256(streamed) == sha256(resident)
    assert streamed.history == resident.history


@pytest.mark.parametrize("at", [1, 4, 5, 8])
def test_a_training_that_is_stopped_in_an_epoch_goes_on_to_the_same_bytes(shards, recipe, at):
    whole = trainer(recipe(), on_device(shards, CPU))
    assert whole.run()
    steps = iter(range(1, 100))
    stopped = trainer(recipe(), on_device(shards, CPU))
    assert not stopped.run(pause=lambda: next(steps) == at)
    again = trainer(recipe(), on_device(shards, CPU))
    again.restore(from_bytes(to_bytes(stopped.state())))
    assert 5 * again.epoch + again.step == at
    assert again.run()
    assert sha256(again) == sha256(whole)
    assert again.history == whole.history


def test_logits_of_shards_are_those_of_the_array(shards):
    made = network().eval()
    assert torch.equal(logits(made, on_device(shards, CPU), 16), logits(made, torch.from_numpy(IMAGES), 16))


def test_a_shard_that_is_gone_ends_the_epoch_with_its_name(shards, tmp_path):
    before = threading.active_count()
    (tmp_path / "images-00009.npy").unlink()
    with pytest.raises(FileNotFoundError, match=r"images-00009\.npy"):
        list(in_order(on_device(shards, CPU), 16))
    assert threading.active_count() == before


def test_who_stops_before_the_end_leaves_no_thread(shards):
    before = threading.active_count()
    taken = in_order(on_device(shards, CPU), 4)
    next(taken)
    assert threading.active_count() == before + 1
    taken.close()
    assert threading.active_count() == before


@pytest.mark.optional
@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a GPU")
@pytest.mark.parametrize("size", [7, 16])
def test_a_gpu_gets_the_same_batches(shards, size):
    streamed = on_device(shards, torch.device("cuda"))
    numbers = torch.split(order_of(streamed, generator()), size)
    taken = [(batch.device.type, batch.cpu()) for batch in batches_of(streamed, numbers)]
    for (device, batch), of_batch in zip(taken, numbers, strict=True):
        assert device == "cuda"
        assert torch.equal(batch, torch.from_numpy(IMAGES)[of_batch])
