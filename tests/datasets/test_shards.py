from __future__ import annotations

import tracemalloc

import numpy as np
import pytest

from hembench.core.errors import DataError
from hembench.datasets._pictures import of_tree
from hembench.datasets._shards import read, verify, write

SIDE = 32
IMAGES = np.random.default_rng(0).integers(0, 256, (11, 3, SIDE, SIDE), dtype=np.uint8)
LABELS = np.arange(11) % 3


@pytest.fixture(scope="module")
def tree(tmp_path_factory, picture):
    """Return a function: pictures of each of two kinds -> a folder tree of JPEGs."""
    content = [picture(50 + number, 40, number) for number in range(4)]

    def made(each):
        folder = tmp_path_factory.mktemp("tree")
        for kind in ("b", "a"):
            (folder / kind).mkdir()
            for number in range(each):
                (folder / kind / f"{number:04}.jpg").write_bytes(content[number % 4])
        (folder / "a" / ".hidden").write_bytes(b"x")
        return folder

    return made


def contents(folder):
    return {path.name: path.read_bytes() for path in folder.iterdir()}


@pytest.fixture
def written(tmp_path):
    folder = tmp_path / "written"
    write(folder, IMAGES, LABELS, per_shard=4)
    return folder


def test_what_was_written_is_read(written):
    shards = read(written)
    assert (len(shards), shards.shape) == (3, IMAGES.shape)
    read_back = list(shards)
    assert [images.shape[0] for images, _ in read_back] == [4, 4, 3]
    np.testing.assert_array_equal(np.concatenate([images for images, _ in read_back]), IMAGES)
    np.testing.assert_array_equal(np.concatenate([labels for _, labels in read_back]), LABELS)
    assert isinstance(read_back[0][0], np.memmap)
    assert sorted(contents(written)) == [
        "images-00000.npy", "images-00001.npy", "images-00002.npy", "index.json", "labels.npy",
    ]  # fmt: skip
    verify(written)


def test_a_tree_of_photographs_is_written(tmp_path, tree):
    pictures, labels = of_tree(tree(5), side=SIDE, short=37)
    write(tmp_path / "x", pictures, labels, per_shard=4)
    shards = read(tmp_path / "x")
    assert shards.labels.tolist() == [0] * 5 + [1] * 5
    np.testing.assert_array_equal(np.concatenate([images for images, _ in shards]), np.asarray(pictures))
    assert pictures[0:1].tobytes() != pictures[1:2].tobytes()


def test_a_folder_without_photographs_is_refused(tmp_path):
    (tmp_path / "a").mkdir()
    with pytest.raises(DataError, match="no pictures"):
        of_tree(tmp_path, side=SIDE, short=SIDE)


class StoppedError(Exception):
    pass


@pytest.mark.parametrize("after", [0, 1, 2])
def test_interrupted_writing_goes_on_and_gives_the_same_bytes(tmp_path, written, after):
    class Slices:
        shape = IMAGES.shape

        def __init__(self, fails):
            self.asked, self.fails = [], fails

        def __len__(self):
            return len(IMAGES)

        def __getitem__(self, which):
            if self.fails and len(self.asked) == after:
                raise StoppedError
            self.asked.append(which.start)
            return IMAGES[which]

    folder = tmp_path / "x"
    with pytest.raises(StoppedError):
        write(folder, Slices(fails=True), LABELS, per_shard=4)
    if after:
        with pytest.raises(DataError, match=rf"no whole set in shards \({after} of them"):
            read(folder)
    second = Slices(fails=False)
    write(folder, second, LABELS, per_shard=4)
    assert second.asked == [0, 4, 8][after:]
    assert contents(folder) == contents(written)


def test_damage_is_named_and_only_it_is_made_anew(written):
    before = contents(written)
    kept = (written / "images-00000.npy").stat().st_ino
    damaged = bytearray(before["images-00001.npy"])
    damaged[-1] ^= 1
    (written / "images-00001.npy").write_bytes(damaged)
    (written / "images-00002.npy").unlink()
    with pytest.raises(DataError, match=r"written: images-00001\.npy, images-00002\.npy missing or damaged"):
        verify(written)
    write(written, IMAGES, LABELS, per_shard=4)
    assert contents(written) == before
    assert (written / "images-00000.npy").stat().st_ino == kept


@pytest.mark.parametrize(
    ("images", "labels", "per_shard"),
    [(IMAGES, LABELS, 5), (IMAGES, LABELS + 1, 4), (IMAGES[:10], LABELS[:10], 4)],
)
def test_another_set_is_refused(written, images, labels, per_shard):
    with pytest.raises(DataError, match="holds another set"):
        write(written, images, labels, per_shard=per_shard)


def test_nothing_there_is_no_set(tmp_path):
    with pytest.raises(DataError, match=r"no whole set in shards \(0 of them"):
        read(tmp_path)


def test_progress_is_told(tmp_path):
    told = []
    write(tmp_path / "x", IMAGES, LABELS, per_shard=4, progress=lambda share, words: told.append((share, words)))
    assert told[-1] == (1.0, "shard 3 of 3")
    assert [share for share, _ in told] == pytest.approx([1 / 3, 2 / 3, 1])


def test_peak_memory_does_not_grow_with_the_set(tmp_path, tree):
    def peak(each):
        pictures, labels = of_tree(tree(each), side=64, short=64)
        tracemalloc.start()
        write(tmp_path / f"{each}", pictures, labels, per_shard=32)
        for images, _ in read(tmp_path / f"{each}"):
            images.sum()
        _, most = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        return most

    shard = 32 * 3 * 64 * 64
    peak(16)  # imports and caches
    small, large = peak(32), peak(160)  # 2 and 10 shards
    assert small > shard  # what is measured is what images take
    assert large - small < shard / 4
