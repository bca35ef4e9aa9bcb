"""Sets in shards: what preparing writes is what is read, and who reads can't tell them from arrays."""

from __future__ import annotations

import tracemalloc
from pathlib import Path

import numpy as np
import pytest

from hembench.core.errors import DataError
from hembench.core.streams import numpy_stream
from hembench.datasets._pictures import Pictures, of_tree
from hembench.sets.shards import read as read_set
from hembench.stages import prepare_corruption_published_shards, prepare_ood_natural_shards, prepare_shards
from hembench.stages._shards import in_shards
from hembench.stages.api import Inputs
from hembench.stages.prepare_ood_natural import adapt
from hembench.store.content import arrays, read_arrays

SIDE = 32
IMAGES = np.random.default_rng(0).integers(0, 256, (11, 3, SIDE, SIDE), dtype=np.uint8)
LABELS = np.arange(11) % 3


def written(folder, contents):
    folder.mkdir()
    for name, content in contents.items():
        content(folder / name)
    return folder


def set_in_shards(folder, images, per_shard=4, **rest):
    flat = images.reshape(-1, *images.shape[-3:])
    return written(
        folder, in_shards(lambda start, stop: flat[start:stop], images.shape, rest, per_shard, Inputs())
    )


@pytest.fixture
def tree(tmp_path, picture):
    """Return a function: pictures of each of two kinds -> a folder tree of JPEGs."""
    content = [picture(50 + number, 40, number) for number in range(4)]

    def made(each):
        for kind in ("b", "a"):
            (tmp_path / f"tree{each}" / kind).mkdir(parents=True)
            for number in range(each):
                (tmp_path / f"tree{each}" / kind / f"{number:04}.jpg").write_bytes(content[number % 4])
        return tmp_path / f"tree{each}"

    return made


def options(which, images, per_shard=4, num_classes=2):
    return {
        "dataset": "made",
        "set": which,
        "options": {"side": SIDE, "short": 37},
        "num_classes": num_classes,
        "images": images,
        "per_shard": per_shard,
    }


def test_a_set_in_shards_reads_like_an_array(tmp_path):
    folder = set_in_shards(tmp_path / "x", IMAGES, labels=LABELS)
    assert sorted(path.name for path in folder.iterdir()) == [
        "images-00000.npy", "images-00001.npy", "images-00002.npy", "set.npz",
    ]  # fmt: skip
    found = read_set(folder)
    images = found["images"]
    assert set(found) == {"images", "labels"}
    np.testing.assert_array_equal(found["labels"], LABELS)
    assert (images.shape, images.dtype, images.ndim, len(images)) == (IMAGES.shape, np.uint8, 4, 11)
    for which in (
        slice(None),
        slice(3, 9),
        slice(9, 99),
        np.array([10, 0, 7, 5, 5]),
        np.array([], dtype=np.int64),
    ):
        np.testing.assert_array_equal(images[which], IMAGES[which])
    np.testing.assert_array_equal(np.asarray(images), IMAGES)
    assert isinstance(images.shard(1), np.memmap)
    np.testing.assert_array_equal(images.shard(2), IMAGES[8:])


def test_each_part_of_five_dimensions_is_a_set(tmp_path):
    both = np.stack([IMAGES, 255 - IMAGES])
    images = read_set(set_in_shards(tmp_path / "x", both))["images"]
    assert images.shape == both.shape
    for part in range(2):
        assert images[part].shape == IMAGES.shape
        np.testing.assert_array_equal(images[part][2:7], both[part][2:7])
        np.testing.assert_array_equal(np.asarray(images[part]), both[part])


def test_a_set_that_fits_is_read_as_arrays(tmp_path):
    arrays(images=IMAGES, labels=LABELS)(tmp_path / "set.npz")
    found = read_set(tmp_path)
    assert type(found["images"]) is np.ndarray
    np.testing.assert_array_equal(found["images"], IMAGES)


def test_a_test_set_keeps_its_order(tmp_path, tree):
    inputs = Inputs(plugins={"read": of_tree}, raw=tree(5))
    found = read_set(written(tmp_path / "x", prepare_shards.compute(inputs, options("test", 10))))
    pictures, labels = of_tree(inputs.raw, side=SIDE, short=37)
    np.testing.assert_array_equal(np.asarray(found["images"]), np.asarray(pictures))
    assert found["labels"].tolist() == labels.tolist() == [0] * 5 + [1] * 5
    assert found["counts"].tolist() == [5, 5]


def test_every_shard_of_a_training_set_is_a_sample_of_it(tmp_path, tree):
    inputs = Inputs(plugins={"read": of_tree}, raw=tree(50))
    found = read_set(written(tmp_path / "x", prepare_shards.compute(inputs, options("train", 100, 20))))
    pictures, labels = of_tree(inputs.raw, side=SIDE, short=37)
    order = numpy_stream("made", "shards").permutation(100)
    for number in range(5):
        of_shard = np.sort(order[20 * number : 20 * number + 20])  # read forward
        np.testing.assert_array_equal(found["images"].shard(number), pictures[of_shard])
        part = found["labels"][20 * number : 20 * number + 20]
        np.testing.assert_array_equal(part, labels[of_shard])
        assert 3 <= part.sum() <= 17
    assert found["counts"].tolist() == [50, 50]


def test_a_natural_set_is_adapted_piece_by_piece(tmp_path):
    set_in_shards(tmp_path / "natural", IMAGES, labels=LABELS)
    given = {"ood": {"name": "x", "options": {"invert": True}}, "image_shape": [1, 8, 8], "per_shard": 3}
    inputs = Inputs(folders={"natural": tmp_path / "natural"})
    found = read_set(written(tmp_path / "x", prepare_ood_natural_shards.compute(inputs, given)))
    assert set(found) == {"images"}
    np.testing.assert_array_equal(np.asarray(found["images"]), adapt(IMAGES, (1, 8, 8), invert=True))


def corrupted(folder, read):
    given = {"dataset": "c", "member": "fog", "severities": [1, 3, 5], "per_shard": 4}
    inputs = Inputs(folders={"test": folder}, plugins={"read": read})
    return prepare_corruption_published_shards.compute(inputs, given)


def test_a_published_corruption_has_its_severities_one_after_the_other(tmp_path):
    folder = set_in_shards(tmp_path / "test", IMAGES, labels=LABELS)
    contents = corrupted(folder, lambda _, member, severity: (IMAGES // severity, LABELS))
    found = read_set(written(tmp_path / "x", contents))
    assert found["severities"].tolist() == [1, 3, 5]
    np.testing.assert_array_equal(found["labels"], LABELS)
    assert found["images"].shape == (3, *IMAGES.shape)
    assert [len(found["images"].shard(number)) for number in range(9)] == [4] * 8 + [1]
    for part, severity in enumerate((1, 3, 5)):
        np.testing.assert_array_equal(np.asarray(found["images"][part]), IMAGES // severity)


@pytest.mark.parametrize(
    ("images", "labels", "message"),
    [
        (IMAGES[:3], LABELS[:3], "'c', fog, severity 1: images are uint8"),
        (IMAGES, LABELS[::-1], "labels are not those of the test set"),
    ],
)
def test_a_corruption_of_other_images_is_refused(tmp_path, images, labels, message):
    folder = set_in_shards(tmp_path / "test", IMAGES, labels=LABELS)
    with pytest.raises(DataError, match=message):
        corrupted(folder, lambda *_: (images, labels))


def test_a_corrupt_picture_is_named(tmp_path, tree):
    folder = tree(5)
    broken = folder / "b" / "0003.jpg"
    broken.write_bytes(broken.read_bytes()[:400])
    inputs = Inputs(plugins={"read": of_tree}, raw=folder)
    with pytest.raises(DataError, match=r"tree5/b/0003\.jpg: not a whole picture"):
        written(tmp_path / "x", prepare_shards.compute(inputs, options("train", 10)))


@pytest.mark.parametrize(
    ("given", "message"),
    [
        (options("train", 11), "'made', train set: 10 images, expected 11.$"),
        (options("test", 9), "'made', test set: 10 images, expected 9.$"),
        (options("train", 10, num_classes=4), r"expected 10; classes without any: \[2, 3\]"),
        (options("train", 10, num_classes=1), "labels go from 0 to 1, expected 0 to 0"),
    ],
)
def test_other_images_than_there_should_be_are_refused_before_any_is_read(tree, given, message, monkeypatch):
    monkeypatch.setattr(Pictures, "__getitem__", None)
    with pytest.raises(DataError, match=message):
        prepare_shards.compute(Inputs(plugins={"read": of_tree}, raw=tree(5)), given)


def test_missing_empty_and_unknown_folders_are_named(tree):
    folder = tree(5)
    with pytest.raises(DataError, match=r"tree5: c: such folders are missing"):
        of_tree(folder, side=SIDE, short=37, kinds=("a", "b", "c"))
    (folder / "a2").mkdir()
    with pytest.raises(DataError, match=r"tree5: a2: such folders are missing, or not known"):
        of_tree(folder, side=SIDE, short=37, kinds=("a", "b"))
    with pytest.raises(DataError, match=r"tree5/a2: no pictures there"):
        of_tree(folder, side=SIDE, short=37)
    assert len(of_tree(Path(folder / "b").parent.parent, side=SIDE, short=37, kinds=None)[1]) > 0


def test_progress_is_told(tmp_path):
    told = []
    inputs = Inputs(progress=lambda share, words: told.append((share, words)))
    in_shards(lambda start, stop: IMAGES[start:stop], IMAGES.shape, {}, 4, inputs)
    assert told[-1] == (1.0, "shard 3 of 3")
    assert [share for share, _ in told] == pytest.approx([1 / 3, 2 / 3, 1])


def test_equal_sets_have_equal_bytes(tmp_path):
    first, second = set_in_shards(tmp_path / "a", IMAGES), set_in_shards(tmp_path / "b", IMAGES.copy())
    assert [path.read_bytes() for path in sorted(first.iterdir())] == [
        path.read_bytes() for path in sorted(second.iterdir())
    ]
    assert read_arrays(first / "set.npz")["per_shard"] == 4


def test_memory_is_taken_for_one_shard(tmp_path):
    def peak(count):
        image = np.zeros((1, 3, 64, 64), dtype=np.uint8)
        contents = in_shards(lambda a, b: np.repeat(image, b - a, axis=0), (count, 3, 64, 64), {}, 32, Inputs())
        tracemalloc.start()
        written(tmp_path / f"{count}", contents)
        _, most = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        return most

    shard = 32 * 3 * 64 * 64
    peak(16)  # imports
    small, large = peak(64), peak(640)
    assert small > shard  # what is measured is what images take
    assert large - small < shard / 4
