"""The published layouts of CIFAR-C, Tiny-ImageNet-C and ImageNet-C, in small archives made here."""

from __future__ import annotations

import io

import numpy as np
import pytest

from hembench.core.errors import DataError
from hembench.corruptions import cifar10_c, cifar100_c, imagenet_c, tiny_imagenet_c
from hembench.datasets._pictures import Pictures, decoded

COUNT = 6
CIFAR = pytest.mark.parametrize("module", [cifar10_c, cifar100_c])
LABELS = np.arange(COUNT) % 4


def npy(array):
    content = io.BytesIO()
    np.save(content, array, allow_pickle=True)
    return content.getvalue()


def images_of(member, severity):
    return np.full((COUNT, 32, 32, 3), (hash_of(member) + severity, 0, 255), dtype=np.uint8)


def hash_of(member):
    return cifar10_c.MEMBERS.index(member) * 10


@pytest.fixture
def cifar(tmp_path, tarred, make_known, monkeypatch):
    """Return a function: module and changed files -> a folder with its archive."""

    def made(module, changes=None):
        monkeypatch.setattr(module, "SIZES", {"test": COUNT})
        name = next(iter(module.FILES))
        root = name.removesuffix(".tar")
        files = {f"{root}/README.txt": b"x", f"{root}/labels.npy": npy(np.tile(LABELS, 5))}
        for member in module.MEMBERS:
            whole = np.concatenate([images_of(member, severity) for severity in module.SEVERITIES])
            whole[:, 0, 1] = 77  # right of the corner
            files[f"{root}/{member}.npy"] = npy(whole)
        files |= {f"{root}/{file}": content for file, content in (changes or {}).items()}
        tarred(tmp_path / name, {file: content for file, content in files.items() if content is not None})
        make_known(module, tmp_path)
        return tmp_path

    return made


@CIFAR
def test_every_severity_of_every_corruption_is_read(cifar, module):
    folder = cifar(module)
    assert len(module.MEMBERS) == 19
    for member in module.MEMBERS:
        for severity in module.SEVERITIES:
            images, labels = module.read(folder, member, severity)
            assert (images.dtype, images.shape) == (np.uint8, (COUNT, 3, 32, 32))
            assert images.flags.c_contiguous
            assert images[:, :, 5, 5].tolist() == [[hash_of(member) + severity, 0, 255]] * COUNT
            assert images[0, :, 0, 1].tolist() == [77, 77, 77]
            assert (labels.dtype, labels.tolist()) == (np.int64, LABELS.tolist())


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"fog.npy": None}, "0 files fog.npy, expected one"),
        ({"more/fog.npy": b"x"}, "2 files fog.npy, expected one"),
        ({"fog.npy": b"no array"}, "fog.npy is damaged"),
        ({"fog.npy": npy(np.zeros((COUNT, 32, 32, 3), np.uint8))}, "fog.npy is uint8 .* expected five times"),
        ({"fog.npy": npy(np.zeros((5 * COUNT, 3, 32, 32), np.uint8))}, "expected five times"),
        ({"fog.npy": npy(np.zeros((5 * COUNT, 32, 32, 3)))}, "fog.npy holds float64"),
        ({"fog.npy": npy(np.asfortranarray(np.zeros((5 * COUNT, 32, 32, 3), np.uint8)))}, "expected five times"),
        ({"labels.npy": npy(np.tile(LABELS, 5).astype(object))}, "expected five times"),
    ],
)
def test_arrays_that_are_missing_damaged_or_others_are_refused(cifar, changes, message):
    with pytest.raises(DataError, match=message):
        cifar10_c.read(cifar(cifar10_c, changes), "fog", 2)


@pytest.mark.parametrize("module", [cifar10_c, cifar100_c, tiny_imagenet_c, imagenet_c])
@pytest.mark.parametrize("severity", [0, 6])
def test_there_are_five_severities(tmp_path, module, severity):
    with pytest.raises(DataError, match=f"no severity {severity}; it has 1 to 5"):
        module.read(tmp_path, module.MEMBERS[0], severity)


@CIFAR
def test_another_archive_is_refused(tmp_path, module):
    (tmp_path / next(iter(module.FILES))).write_bytes(b"x")
    with pytest.raises(DataError, match=r"-C\.tar: sha256 is"):
        module.read(tmp_path, "fog", 1)


def test_fifteen_of_the_article_and_four_more():
    for module in (cifar10_c, cifar100_c, tiny_imagenet_c, imagenet_c):
        assert len(module.MEMBERS) == len(set(module.MEMBERS)) == 19
        assert module.MEMBERS == cifar10_c.MEMBERS
        assert module.MEMBERS[15:] == module.EXTRA
    inside = [member for members in imagenet_c.ARCHIVES.values() for member in members]
    assert sorted(inside) == sorted(imagenet_c.MEMBERS)
    assert set(imagenet_c.ARCHIVES) == set(imagenet_c.FILES)


KINDS = [f"n{number:08}" for number in range(200)]


@pytest.fixture
def tiny(tmp_path, tarred, picture, make_known, monkeypatch):
    """Return a function: members -> a folder with an archive of 3 pictures for each kind, names mixed up."""
    content = [picture(64, 64, number) for number in range(4)]
    monkeypatch.setattr(tiny_imagenet_c, "SIZES", {"test": 600})

    def made(changes=None, more=None):
        files = {"Tiny-ImageNet-C/README.txt": b"x"}
        for severity in (1, 2):
            for number in reversed(range(600)):
                name = f"Tiny-ImageNet-C/fog/{severity}/{KINDS[number * 7 % 200]}/test_{number}.JPEG"
                files[name] = content[number % 3 if severity == 1 else 3]
        files |= changes or {}
        tarred(tmp_path / "Tiny-ImageNet-C.tar", files)
        tarred(tmp_path / "Tiny-ImageNet-C-extra.tar", {"Tiny-ImageNet-C-extra/README.txt": b"x"} | (more or {}))
        make_known(tiny_imagenet_c, tmp_path)
        return tmp_path

    return made


def test_a_tree_of_pictures_is_read_kind_by_kind(tiny, picture):
    folder = tiny()
    images, labels = tiny_imagenet_c.read(folder, "fog", 1)
    assert (images.dtype, images.shape) == (np.uint8, (600, 3, 64, 64))
    assert labels.tolist() == [kind for kind in range(200) for _ in range(3)]
    # kind 150 has the numbers 50, 250, 450: by number, not by name as text
    expected = [decoded(picture(64, 64, number % 3), "x") for number in (50, 250, 450)]
    np.testing.assert_array_equal(images[450:453], [np.asarray(one).transpose(2, 0, 1) for one in expected])
    assert (tiny_imagenet_c.read(folder, "fog", 2)[0] == images).all(axis=(1, 2, 3)).sum() == 0


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        (
            {"Tiny-ImageNet-C/fog/1/n00000000/test_600.JPEG": b"x"},
            "601 pictures of 200 kinds, expected 600 of 200",
        ),
        ({"Tiny-ImageNet-C/fog/1/n00000000/test_0.JPEG": b"x"}, r"test_0\.JPEG: not a whole picture"),
    ],
)
def test_another_tree_is_refused(tiny, changes, message):
    with pytest.raises(DataError, match=message):
        tiny_imagenet_c.read(tiny(changes), "fog", 1)


def test_a_corruption_that_is_not_there_is_refused(tiny):
    folder = tiny()
    with pytest.raises(DataError, match=r"C\.tar: snow, severity 1: 0 pictures of 0 kinds"):
        tiny_imagenet_c.read(folder, "snow", 1)
    with pytest.raises(DataError, match="no corruption identity"):
        tiny_imagenet_c.read(folder, "identity", 1)


def test_the_four_more_are_read_from_an_archive_of_their_own(tiny, picture):
    content = picture(64, 64, 9)
    more = {f"C-extra/spatter/3/{KINDS[number % 200]}/test_{number}.JPEG": content for number in range(600)}
    folder = tiny(more=more)
    images, labels = tiny_imagenet_c.read(folder, "spatter", 3)
    assert (images.shape, labels[-1]) == ((600, 3, 64, 64), 199)
    np.testing.assert_array_equal(images[0], np.asarray(decoded(content, "x")).transpose(2, 0, 1))
    with pytest.raises(DataError, match=r"extra\.tar: spatter, severity 1: 0 pictures"):
        tiny_imagenet_c.read(folder, "spatter", 1)


def test_imagenet_c_reads_the_archive_of_the_corruption_and_decodes_when_asked(
    tmp_path, tarred, picture, monkeypatch
):
    monkeypatch.setattr(imagenet_c, "SIZES", {"test": 1000})
    content = [picture(224, 224, number) for number in range(5)]
    files = {
        f"frost/4/n{kind:08}/ILSVRC2012_val_{50_000 - kind:08}.JPEG": content[kind % 5] for kind in range(1000)
    }
    tarred(tmp_path / "weather.tar", files | {"frost/4/n00000999/ILSVRC2012_val_00049001.JPEG": picture(223, 224)})
    from hembench.datasets._checksum import checksum_like

    known = {"weather.tar": checksum_like(tmp_path / "weather.tar", "md5:")}
    monkeypatch.setattr(imagenet_c, "FILES", imagenet_c.FILES | known)
    images, labels = imagenet_c.read(tmp_path, "frost", 4)
    assert isinstance(images, Pictures)
    assert images.shape == (1000, 3, 224, 224)
    assert labels.tolist() == list(range(1000))
    np.testing.assert_array_equal(images[7:8][0], np.asarray(decoded(content[2], "x")).transpose(2, 0, 1))
    with pytest.raises(DataError, match=r"n00000999/ILSVRC2012_val_00049001\.JPEG: 223x224 pixels"):
        images[990:]
    with pytest.raises(DataError, match=r"blur\.tar: raw file is missing"):
        imagenet_c.read(tmp_path, "zoom_blur", 1)
    with pytest.raises(DataError, match="no corruption zoom"):
        imagenet_c.read(tmp_path, "zoom", 1)
