"""Around real runs of a bare study: boundary code edited, branches and their reports, Snakemake's report."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from hembench.plan.boundary import BOUNDARY

if TYPE_CHECKING:
    from conftest import Project

BOUNDARY_EDITS = {
    "hembench.core.atomic": ('f".{path.name}.{uuid', 'f".new.{path.name}.{uuid'),
    "hembench.core.checkpoint": ("        return False", "        return True"),
    "hembench.core.errors": ("class StoreError(HembenchError):", "class StoreError(HembenchError, RuntimeError):"),
    "hembench.core.plugins": ('"ood": "OOD set"', '"ood": "set of unknown classes"'),
    "hembench.core.wording": ("<= 60", "<= 80"),
    "hembench.datasets._download": (".part", ".half"),
    "hembench.datasets._present": ("is another file", "is another one"),
    "hembench.claims._rests": ('return {"predict", "attack"} if any', 'return {"attack", "predict"} if any'),
    "hembench.plan.jobs": ('LOCAL_STAGES = ("fetch", ', "LOCAL_STAGES = ("),
    "hembench.stages._device": ('"no GPU: the CPU is used"', '"no GPU"'),
    "hembench.stages._pace": ("SECONDS = 5.0", "SECONDS = 0.0"),
    "hembench.stages._ranks": ('COMPUTE, NOTHING = "compute", ', 'COMPUTE, NOTHING = "go on", '),
    "hembench.stages._raw": ("if ours is not None", "if True"),
    "hembench.stages._stopping": ("if before not in", "if number != signal.SIGUSR1 and before not in"),
    "hembench.stages.api": ('"""Show no progress."""', "return"),
    "hembench.stages.driver": ('if self.chain and job.stage == "train"', "if False"),
    "hembench.stages.publish": ("name == PAGE, name", "name == PAGE, name[::-1]"),
    "hembench.store.adopt": ('NEVER = ("report",)', 'NEVER = ("report", "claims")'),
    "hembench.store.artefact": ('STAGING = ".staging-"', 'STAGING = ".made-"'),
    "hembench.store.environment": ('GIT_STATE = "git.json"', 'GIT_STATE = "commit.json"'),
    "hembench.store.frozen": ('PLANS = "plans"', 'PLANS = "frozen"'),
    "hembench.store.gc": ('_TRASH = ".trash-"', '_TRASH = ".rubbish-"'),
    "hembench.store.layout": ("expanduser().absolute()", "expanduser().resolve()"),
    "hembench.store.lease": ("BEAT = 20.0", "BEAT = 10.0"),
    "hembench.store.lineage": ('("train", "predict", "attack")', '("attack", "predict", "train")'),
    "hembench.store.owner": ('    "TIMEOUT",\n', ""),
    "hembench.store.progress": ('isoformat(timespec="seconds")', "isoformat()"),
    "hembench.store.strays": ("HOUR = 3600.0", "HOUR = 3601.0"),
    "hembench.store.survey": ('Seen("waiting")', 'Seen("in line")'),
    "hembench.store.state": ("SECONDS = 180.0", "SECONDS = 1.0"),
    "hembench.store.verify": ("is missing or torn", "is torn"),
    "hembench.__main__": ("sys.exit(main())", "raise SystemExit(main())"),
    "hembench.cli": ('"%H:%M:%S"', '"%M:%S"'),
    "hembench.commands.run": ("not arguments.no_chain and", "False and"),
    "hembench.load": ("is not trained yet, or was pruned", "is not trained, or was pruned"),
    "hembench.workflow": ('"figures": ("table", "figure"),', '"figures": ("figure",),'),
}
"""An edit of each part of the boundary, of one module of each room in it."""

RULES = [
    f"{stage}_result"
    for stage in ("fetch", "prepare", "train", "predict", "evaluate", "table", "figure", "report")
]


def test_an_edit_of_boundary_code_changes_no_byte_of_a_result(bare: Any, finished: Project) -> None:
    project = bare("edited")
    assert {m if m in BOUNDARY else m.rpartition(".")[0] for m in BOUNDARY_EDITS} == set(BOUNDARY)
    for module, (old, new) in BOUNDARY_EDITS.items():
        project.edit(f"src/{module.replace('.', '/')}.py", old, new)
    assert set(project.plan()) == set(finished.plan()), "the same keys"
    project.snakemake()
    assert project.contents() == finished.contents()


def test_each_branch_shows_its_own_report_after_its_run(finished: Project) -> None:
    page = finished.root / "reports" / "tiny" / "index.html"
    stamps = finished.root / "reports" / "tiny" / ".published"
    finished.git("init", "--quiet", "--initial-branch=main")
    finished.git("add", "--all")
    finished.git("commit", "--quiet", "--message=as it is")
    first, computed = page.read_bytes(), finished.computed()

    finished.git("checkout", "--quiet", "-b", "other")
    finished.edit("src/hembench/figures/learning_curves.py", 'TITLE = "', 'TITLE = "Other ')
    finished.git("commit", "--quiet", "--all", "--message=other")
    assert finished.would_make() == {"figure/tiny-learning_curves", "report/tiny", "publish"}
    finished.snakemake()
    other = page.read_bytes()
    assert other != first
    made = finished.computed() - computed
    assert {path.rsplit("/", 1)[0] for path in made} == {"figure/tiny-learning_curves", "report/tiny"}

    for branch, shown in (("main", first), ("other", other)):
        finished.git("checkout", "--quiet", branch)
        assert finished.would_make() == {"publish"}
        finished.snakemake()
        assert page.read_bytes() == shown
        assert finished.would_make() == set()
        assert len(list(stamps.iterdir())) == 1
    assert finished.computed() - computed == made, "nothing is computed again"


def test_snakemakes_own_report_tells_of_the_jobs_of_every_target_named(finished: Project) -> None:
    """Trainings have to be named: nothing that is finished needs them."""
    finished.snakemake("--report", "provenance.html", "--", "all", "train")
    page = (finished.root / "provenance.html").read_text(encoding="utf-8")
    assert [rule for rule in RULES if f'"rule": "{rule}"' not in page] == []


def test_a_network_that_is_trained_anew_and_comes_out_the_same_is_not_predicted_again(finished: Project) -> None:
    """The edit changes the training's key and not a bit of its weights: content cut-off."""
    computed, before = finished.computed(), finished.made()
    finished.edit_inside("src/hembench/losses/ce.py", "CrossEntropy.compute")
    stale = finished.would_make()
    assert "predict/digits-mlp_tiny-one_epoch-ce-s0-main" in stale, "nobody knows before the training is done"
    finished.snakemake()
    anew = {path.rpartition("/")[0] for path in finished.computed() - computed}
    assert {path.rpartition("/")[0] for path in finished.made() - before} == stale - {"publish"}
    assert anew == {"train/digits-mlp_tiny-one_epoch-ce-s0", "report/tiny"}, "all else is taken over"
    page = (finished.root / "reports" / "tiny" / "index.html").read_text(encoding="utf-8")
    assert "inputs have the same content as those of evaluate/" in page
