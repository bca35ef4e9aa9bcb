"""Data-sets: which there are, fetching their raw files, checking them."""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import Any

from hembench.commands._raw import absent, bring, facts_of, files_of, state, take_over, with_files
from hembench.commands._study import project_root
from hembench.core.errors import ConfigError, DataError
from hembench.store.layout import data_folder

HELP = """List data-sets, fetch their raw files into the data folder, check them.

A run fetches what it needs by itself; fetch is for machines that compute without a network, and for files that
you have already: --from FOLDER looks for them anywhere in it, by name and sha256, and copies them."""
EXAMPLE = "hembench data fetch mnist --from ~/datasets"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    parser.add_argument("action", choices=("list", "fetch", "check"), help="what to do")
    parser.add_argument(
        "names", metavar="NAME", nargs="*", help="data-sets; default: all (fetch: needs one; check: those here)"
    )
    parser.add_argument(
        "--from", dest="source", type=Path, metavar="FOLDER", help="fetch: copy from here, no download"
    )
    parser.add_argument(
        "--data", type=Path, metavar="FOLDER", help="raw data folder; default: HEMBENCH_DATA, or data/"
    )
    parser.add_argument("--json", action="store_true", help="print JSON")


def run(arguments: argparse.Namespace) -> int:
    """Run the command."""
    for name in arguments.names:
        facts_of(name)
    if arguments.source is not None and arguments.action != "fetch":
        raise ConfigError(f"--from goes with fetch, not with {arguments.action}.")
    data = arguments.data.absolute() if arguments.data else data_folder(None, project_root())
    action = {"list": _list, "fetch": _fetch, "check": _check}[arguments.action]
    return action(arguments, data)


def _list(arguments: argparse.Namespace, data: Path) -> int:
    facts = [_facts(name, data) for name in arguments.names or with_files()]
    if arguments.json:
        print(json.dumps(facts, indent=1))
        return 0
    print(f"raw data in {data}")
    for fact in facts:
        here = (
            "here" if not fact["absent"] else f"{len(fact['absent'])} of {len(fact['files'])} files are not here"
        )
        sizes = ", ".join(f"{size:,} {part}" for part, size in fact["sizes"].items())
        part = "" if fact["complete"] else ", not the whole published set"
        print(f"\n{fact['name']}: {here}")
        print(f"  {sizes} images{_described(fact)}{part}")
        print(f"  source:  {fact['source']}\n  licence: {fact['licence']}")
    return 0


def _described(fact: dict[str, Any]) -> str:
    if "of" in fact:
        return f", {len(fact['members'])} corruptions of {fact['of']}"
    return f" of {'x'.join(map(str, fact['image_shape']))}, {fact['num_classes']} classes"


FACTS = ("SOURCE", "LICENCE", "COMPLETE", "NUM_CLASSES", "IMAGE_SHAPE", "OF", "MEMBERS", "SIZES", "FILES")
"""Constants of a data-set's file that are shown."""


def _facts(name: str, data: Path) -> dict[str, Any]:
    facts = facts_of(name)
    return {"name": name, "absent": absent(name, data)} | {
        key.lower(): facts[key] for key in FACTS if key in facts
    }


def _fetch(arguments: argparse.Namespace, data: Path) -> int:
    if not arguments.names:
        raise ConfigError(f"fetch: name the data-sets. Known: {', '.join(with_files())}.")
    if arguments.source is not None:
        if not arguments.source.is_dir():
            raise ConfigError(f"--from {arguments.source}: no such folder.")
        copied = _taken_over(arguments.names, data, arguments.source)
    else:
        before = {name: absent(name, data) for name in arguments.names}
        bring(arguments.names, data)
        copied = before
    if arguments.json:
        print(json.dumps({"data": str(data), "fetched": copied}, indent=1))
        return 0
    for name, files in copied.items():
        print(f"{data / name}: {', '.join(files) if files else 'everything was here'}")
    return 0


def _taken_over(names: list[str], data: Path, source: Path) -> dict[str, list[str]]:
    """Return the files that were copied of each data-set; what is incomplete is told of all of them at once."""
    copied, failed = {}, []
    for name in names:
        try:
            copied[name] = take_over(name, data, source)
        except DataError as error:
            failed.append(str(error))
    if failed:
        raise DataError("\n".join(failed))
    return copied


def _check(arguments: argparse.Namespace, data: Path) -> int:
    here = [name for name in with_files() if len(absent(name, data)) < len(files_of(name))]
    found = {name: state(name, data) for name in arguments.names or here}
    wrong = {name: files for name, files in found.items() if set(files.values()) != {"right"}}
    if arguments.json:
        print(json.dumps({"data": str(data), "files": found}, indent=1))
        return 1 if wrong else 0
    for name, files in found.items():
        print(f"{name}: {'right' if name not in wrong else 'not right'}")
        for file, what in files.items():
            if what == "missing":
                print(f"  {data / name / file} is missing: hembench data fetch {name}")
            elif what == "a folder":
                print(f"  {data / name / file} is a folder: move it away, hembench data fetch {name}")
            elif what == "another file":
                print(f"  {data / name / file} is damaged or another file: delete it, hembench data fetch {name}")
    if not found:
        print(f"{data}: no raw files here")
    return 1 if wrong else 0
