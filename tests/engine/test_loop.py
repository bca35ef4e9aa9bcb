from __future__ import annotations

import hashlib
import shutil

import pytest
import torch
import torch.nn.functional as F
from torch import nn

from hembench.augmentations import crop_and_flip
from hembench.core.errors import InputError, StoreError
from hembench.engine.course import Course
from hembench.engine.loop import Trainer
from hembench.engine.state import from_bytes, to_bytes
from hembench.losses import hem
from hembench.optimisers import adam, sgd

IMAGES = torch.randint(0, 256, (70, 1, 6, 6), dtype=torch.uint8, generator=torch.Generator().manual_seed(0))
LABELS = torch.arange(70) % 3


def network(dropout=0.2):
    with torch.random.fork_rng():
        torch.manual_seed(0)
        return nn.Sequential(
            nn.Conv2d(1, 4, 3), nn.BatchNorm2d(4), nn.ReLU(), nn.Flatten(), nn.Dropout(dropout), nn.Linear(64, 3)
        )


def parts(recipe):
    optimisers = {"sgd": sgd.build, "adam": adam.build}
    return {"optimiser": optimisers[recipe["optimiser"]["name"]], "augmentation": crop_and_flip.build}


def trainer(recipe, model=None, images=IMAGES, labels=LABELS, criterion=None, seed=0):
    return Trainer(
        model or network(), criterion or nn.CrossEntropyLoss(), images, labels, recipe, "c", seed, parts(recipe)
    )


def sha256(made):
    content = b"".join(name.encode() + value.numpy().tobytes() for name, value in sorted(made.weights().items()))
    return hashlib.sha256(content).hexdigest()


class Stop:
    """A pause at the given step, counted over the whole run."""

    def __init__(self, at):
        self.left = at

    def __call__(self):
        self.left -= 1
        return self.left == 0


class Diverging(nn.Module):
    """Cross-entropy that is not finite from a call on."""

    def __init__(self, call):
        super().__init__()
        self.left = call

    def forward(self, logits, labels):
        self.left -= 1
        return F.cross_entropy(logits, labels) * (1.0 if self.left >= 0 else float("nan"))


def test_it_equals_a_bare_loop_bit_for_bit(recipe):
    made = recipe(augmentation=None, warmup={"epochs": 0})
    ours, bare = trainer(made, network(dropout=0.0)), network(dropout=0.0)
    samples = []
    hook = ours._batches
    ours._batches = lambda: samples.append(hook()) or samples[-1]
    assert ours.run()
    optimiser = torch.optim.SGD(bare.parameters(), 0.1, momentum=0.9, weight_decay=5e-4)
    for epoch, batches in enumerate(samples):
        total, right = 0.0, 0
        optimiser.param_groups[0]["lr"] = 0.1 if epoch < 2 else 0.1 * 0.1
        for batch in batches:
            logits = bare(IMAGES[batch].float() / 255)
            loss = F.cross_entropy(logits, LABELS[batch])
            optimiser.zero_grad()
            loss.backward()
            optimiser.step()
            total += loss.item() * len(batch)
            right += int((logits.argmax(1) == LABELS[batch]).sum())
        assert ours.history["train_loss"][epoch] == pytest.approx(total / 70, rel=1e-12)
        assert ours.history["train_accuracy"][epoch] == right / 70
    for name, value in bare.state_dict().items():
        assert torch.equal(ours.weights()[name], value), name
    assert ours.history["learning_rate"] == pytest.approx([0.1, 0.1, 0.01])


def test_every_epoch_sees_every_sample_once_in_another_order(recipe):
    made = trainer(recipe())
    seen = []
    for made.epoch in range(3):
        batches = made._batches()
        assert [len(batch) for batch in batches] == [16, 16, 16, 16, 6]
        seen.append(torch.cat(batches))
    assert all(torch.equal(order.sort().values, torch.arange(70)) for order in seen)
    assert not torch.equal(seen[0], seen[1])


def test_a_last_batch_of_one_joins_the_one_before(recipe):
    made = trainer(recipe(), images=IMAGES[:65], labels=LABELS[:65])
    assert [len(batch) for batch in made._batches()] == [16, 16, 16, 17]
    assert made.run()


def test_the_caller_s_random_state_neither_matters_nor_changes(recipe):
    first = trainer(recipe())
    torch.manual_seed(1)
    before = torch.get_rng_state()
    first.run()
    assert torch.equal(before, torch.get_rng_state())
    torch.manual_seed(2)
    torch.rand(17)
    second = trainer(recipe())
    second.run()
    assert sha256(first) == sha256(second)


@pytest.mark.parametrize("optimiser", ["sgd", "adam"])
@pytest.mark.parametrize("precision", ["float32", "float16"])
def test_stopped_at_any_step_and_restored_it_ends_with_the_same_bytes(recipe, optimiser, precision):
    made = recipe(precision=precision)
    if optimiser == "adam":
        made["optimiser"] = {"name": "adam", "learning_rate": 0.01}
    straight = trainer(made)
    straight.run()
    for at in range(1, 16):
        stopped = trainer(made)
        assert not stopped.run(pause=Stop(at))
        assert stopped.epoch * 5 + stopped.step == at
        resumed = trainer(made, network(dropout=0.2).apply(scrambled))
        resumed.restore(from_bytes(to_bytes(stopped.state())))
        torch.manual_seed(at)
        assert resumed.run()
        assert sha256(resumed) == sha256(straight), at
        assert resumed.history == straight.history


def scrambled(module):
    for parameter in module.parameters(recurse=False):
        parameter.data.fill_(3.0)


def test_a_paused_training_goes_on_where_it_is(recipe):
    straight, paused = trainer(recipe()), trainer(recipe())
    straight.run()
    stops = 0
    while not paused.run(pause=Stop(4)):
        stops += 1
    assert stops == 3
    assert sha256(paused) == sha256(straight)


def test_a_state_is_a_copy_that_further_training_leaves_alone(recipe):
    made = trainer(recipe())
    made.run(pause=Stop(7))
    state = made.state()
    before = to_bytes(state)
    made.run()
    assert to_bytes(state) == before


def test_a_state_of_another_training_is_refused(recipe):
    state = trainer(recipe()).state()
    other = trainer(recipe(), seed=1)
    with pytest.raises(StoreError, match="belongs to another training than 'c', seed 1"):
        other.restore(state)
    with pytest.raises(StoreError, match="another training"):
        trainer(recipe(epochs=4)).restore(state)


def test_a_loss_that_is_not_finite_ends_the_training_and_keeps_its_record(recipe):
    made = trainer(recipe(epochs=10), criterion=Diverging(7))
    assert made.run()
    assert made.epoch == 2
    assert made.history["diverged"] == [0.0, 1.0]
    assert made.history["train_loss"][0] > 0
    assert made.history["train_loss"][1] is None
    assert {len(values) for values in made.history.values()} == {2}
    assert not torch.isfinite(made.weights()["5.weight"]).all()


def test_without_divergence_the_history_has_no_such_entry(recipe):
    made = trainer(recipe())
    made.run()
    assert set(made.history) == {"train_loss", "train_accuracy", "zero_loss_share", "learning_rate"}


@pytest.mark.parametrize("changes", [{"precision": "bfloat16"}, {"precision": "float16"}, {"channels_last": True}])
def test_precision_and_memory_format_train_and_give_plain_weights(recipe, changes):
    plain, made = trainer(recipe()), trainer(recipe(**changes))
    plain.run()
    made.run()
    for name, value in made.weights().items():
        assert value.is_contiguous()
        assert value.dtype == plain.weights()[name].dtype
        torch.testing.assert_close(value, plain.weights()[name], rtol=0.3, atol=0.1)


def test_labels_below_zero_count_neither_as_right_nor_as_wrong(recipe):
    labels = LABELS.clone()
    labels[::2] = -100
    made = trainer(recipe(epochs=1), labels=labels)
    made.run()
    right = made.history["train_accuracy"][0] * 35  # of the 35 that are left
    assert 0 < right <= 35
    assert right == pytest.approx(round(right))


def test_the_share_of_samples_without_loss_is_counted(recipe):
    made = trainer(recipe(epochs=1, warmup={"epochs": 0}), criterion=hem.build(3, [24, 23, 23], margin=0.05))
    expected, seen = 0, 0
    batches = made._batches
    made._batches = lambda: kept.extend(batches()) or kept
    made.model.register_forward_hook(lambda model, given, logits: logged.append(logits.detach().clone()))
    kept, logged = [], []
    made.run()
    for samples, logits in zip(kept, logged, strict=True):
        labels = LABELS[samples]
        errors = logits - logits.gather(1, labels[:, None]) + 0.05
        errors.scatter_(1, labels[:, None], 0.0)
        expected += int((errors <= 0).all(1).sum())
        seen += len(samples)
    assert seen == 70
    assert 0 < expected < 70
    assert made.history["zero_loss_share"] == [expected / 70]


def test_cross_entropy_is_never_done_with_a_sample(recipe):
    labels = LABELS.clone()
    labels[:35] = -100  # no sample that is left out counts as one without loss
    made = trainer(recipe(), labels=labels)
    made.run()
    assert made.history["zero_loss_share"] == [0.0, 0.0, 0.0]


class WithAuxiliary(nn.Module):
    """Two heads on the same images in training, one in evaluation."""

    auxiliary_weight = 0.4

    def __init__(self):
        super().__init__()
        self.main, self.side = network(), nn.Sequential(nn.Flatten(), nn.Linear(36, 3))

    def forward(self, images):
        return (self.main(images), self.side(images)) if self.training else self.main(images)


def test_an_auxiliary_head_adds_its_weighted_loss(recipe):
    made = trainer(recipe(epochs=1, batch_size=70, augmentation=None), WithAuxiliary())
    by_hand = WithAuxiliary()
    by_hand.load_state_dict(made.weights())
    logged = []
    made.criterion.register_forward_hook(lambda module, given, loss: logged.append(loss.detach()))
    made.run()
    main, side = logged
    assert made.history["train_loss"][0] == pytest.approx(float(main + 0.4 * side), rel=1e-6)
    F.cross_entropy(by_hand.side(IMAGES / 255), LABELS).mul(0.4).backward()
    moved = made.weights()["side.1.bias"] - by_hand.side[1].bias
    assert torch.allclose(
        moved, -0.001 * by_hand.side[1].bias.grad - 0.001 * 5e-4 * by_hand.side[1].bias, atol=1e-7
    )


@pytest.mark.filterwarnings("ignore::DeprecationWarning")  # of torch's compiler in itself
@pytest.mark.optional
@pytest.mark.skipif(shutil.which("g++") is None, reason="torch.compile needs a C++ compiler")
def test_a_compiled_training_learns_the_same_under_the_same_names(recipe):
    plain, made = (
        trainer(recipe(epochs=1), network(dropout=0.0)),
        trainer(recipe(epochs=1, compile=True), network(dropout=0.0)),
    )
    assert plain.run()
    assert made.run()
    assert made.weights().keys() == plain.weights().keys()
    for name, value in made.weights().items():
        torch.testing.assert_close(value, plain.weights()[name], rtol=1e-3, atol=1e-5)


def test_what_is_drawn_for_a_batch_depends_on_every_part_of_its_position(recipe):
    def seen(condition="c", seed=0, epoch=0, step=0):
        made = Trainer(
            network(), nn.CrossEntropyLoss(), IMAGES, LABELS, recipe(), condition, seed, parts(recipe())
        )
        made.epoch, made.step = epoch, step
        return made._prepare(IMAGES, LABELS, len(IMAGES), "augment", made.epoch, made.step)[0]

    base = seen()
    torch.manual_seed(1)
    assert torch.equal(base, seen())
    for other in ({"condition": "d"}, {"seed": 1}, {"epoch": 1}, {"step": 1}):
        assert not torch.equal(base, seen(**other)), other


def test_a_course_can_take_labels_out_of_the_augmented_images(recipe):
    """As segmentation does; labels that came with the samples are then without meaning."""

    class Split(Course):
        def split(self, images, labels):
            assert images.dtype == torch.uint8
            assert not labels.any()
            return images[:, :-1], images[:, -1].long().amax((1, 2))

    plain = Trainer(network(), nn.CrossEntropyLoss(), IMAGES, LABELS, recipe(), "c", 0, parts(recipe()))
    more = LABELS.to(torch.uint8)[:, None, None, None].expand(-1, 1, *IMAGES.shape[2:])
    joint = torch.cat([IMAGES, more], dim=1)
    nothing = torch.zeros_like(LABELS)
    split = Trainer(network(), nn.CrossEntropyLoss(), joint, nothing, recipe(), "c", 0, parts(recipe()), Split())
    assert plain.run()
    assert split.run()
    assert plain.history == split.history
    for name, value in plain.weights().items():
        assert torch.equal(value, split.weights()[name]), name


def test_progress_ends_at_one(recipe):
    told = []
    trainer(recipe()).run(lambda share, words: told.append((share, words)))
    assert told[-1][0] == 1
    assert told[-1][1].startswith("epoch 3 of 3, loss ")


@pytest.mark.parametrize(
    ("images", "labels"),
    [(IMAGES.float(), LABELS), (IMAGES, LABELS[:5]), (IMAGES[:0], LABELS[:0]), (IMAGES[0], LABELS)],
)
def test_bad_data_is_an_error(recipe, images, labels):
    with pytest.raises(InputError, match="needs uint8 images"):
        trainer(recipe(), images=images, labels=labels)
