"""What others leave, and folders with odd names, as a run meets them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pathlib import Path

    from conftest import Project


def test_locks_of_a_run_without_our_profile_stop_nothing_and_have_a_way_out(pretended: Project) -> None:
    locks = pretended.root / ".snakemake" / "locks"
    locks.mkdir(parents=True)
    (locks / "0.input.lock").write_text("results/train\n")
    (locks / "0.output.lock").write_text("results/report/tiny\n")
    without = ("--workflow-profile", "none")
    refused = pretended.snakemake(*without, check=False)
    assert refused.returncode == 1
    assert ".snakemake/locks is not empty" in refused.stdout + refused.stderr
    assert "`snakemake --unlock` removes the locks" in refused.stdout + refused.stderr
    pretended.snakemake(*without, "-n")
    pretended.snakemake("-n")
    pretended.snakemake(*without, "--unlock")
    assert not list(locks.glob("*"))
    locks.mkdir(exist_ok=True)
    (locks / "0.input.lock").write_text("results/train\n")
    pretended.snakemake("data")  # with our profile: it finds everything and minds no lock


def test_a_data_folder_that_can_not_be_made_is_a_message_before_anything_starts(bare: Any, tmp_path: Path) -> None:
    copy = bare("without data")
    (tmp_path / "file").touch()
    for folder in (tmp_path / "file", "/proc/x"):
        refused = copy.snakemake("data", check=False, env={"HEMBENCH_DATA": str(folder)})
        said = refused.stdout + refused.stderr
        assert refused.returncode == 1
        assert f"raw data folder {folder}/digits: can't be made or written to" in said
        assert "HEMBENCH_DATA" in said
        assert "Traceback" not in said
    assert not list((copy.root / "results").glob("*/*/*/lease"))


def test_folders_with_spaces_and_quotes(bare: Any, tmp_path: Path) -> None:
    copy = bare("a clone's folder")
    odd = tmp_path / "it's a $HOME; folder & more"
    copy.snakemake("data", env={"HEMBENCH_RESULTS": str(odd / "results"), "HEMBENCH_DATA": str(odd / "data")})
    assert len(list((odd / "results").glob("prepare/*/*/done"))) == 2
    assert (odd / "data" / "digits" / "digits.csv.gz").is_file()
    failed = copy.snakemake("-n", check=False, env={"HEMBENCH_RESULTS": str(odd / "{cell}")})
    assert "takes braces in a path for a wildcard" in failed.stdout + failed.stderr
    assert not (odd / "{cell}").exists()
