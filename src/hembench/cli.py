"""The command line: a table of commands, each a file of commands/ that is imported when it is called."""

from __future__ import annotations

import argparse
import importlib
import logging
import sys
from importlib.metadata import version

from hembench.core.errors import HembenchError, StoppedError, nearest, of_the_disk

COMMANDS = {
    "plan": "what exists, what would run and what it costs; --against REF: the price of an edit",
    "status": "the grid live: what is done, running (and how long), waiting, failed and why",
    "why": "which definition, option or data file made a result stale",
    "path": "where a result is",
    "show": "headline numbers of a finished study, and where its report is",
    "data": "data-sets: list them, fetch their raw files, check these",
    "claims": "the verdict on each claim of the paper by what studies have measured",
    "run": "make one result, as a job of the workflow does",
    "verify": "check every file of a study's results against its sha256",
    "gc": "free what no study names, or one result",
    "adopt": "take results over after a refactoring that changes none",
    "table": "Table 1 of the paper from our losses",
}
"""Commands in the order of the help; the name is the file's."""


def parser() -> argparse.ArgumentParser:
    """Return the parser that knows the names of the commands, without importing any."""
    lines = "\n".join(f"  {name:8} {words}" for name, words in COMMANDS.items())
    result = argparse.ArgumentParser(
        prog="hembench",
        description="Reproduce, check and extend the paper 'A margin-based replacement for cross-entropy loss'.\n"
        "Running a study is Snakemake's: `snakemake` in the project's folder (README.md).",
        epilog=f"commands:\n{lines}\n\n`hembench COMMAND --help` shows a command's arguments and an example.",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    result.add_argument("--version", action="version", version=f"hembench {version('hembench')}")
    result.add_argument("command", metavar="COMMAND", nargs="?", help="one of the commands below")
    result.add_argument("arguments", nargs=argparse.REMAINDER, help=argparse.SUPPRESS)
    return result


def main(arguments: list[str] | None = None) -> int:
    """Run one command; return its exit status: 2 for a message to the user, 128 + n where signal n stopped it."""
    top = parser()
    given = top.parse_args(arguments)
    if given.command is None:
        top.print_help()
        return 0
    if given.command not in COMMANDS:
        top.error(f"no command {given.command!r}.{nearest(given.command, COMMANDS)} See hembench --help.")
    module = importlib.import_module(f"hembench.commands.{given.command}")
    command = argparse.ArgumentParser(
        prog=f"hembench {given.command}",
        description=module.HELP,
        epilog=f"example:\n  {module.EXAMPLE}",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    module.add_arguments(command)
    logging.basicConfig(
        level=logging.INFO, format="%(asctime)s %(message)s", datefmt="%H:%M:%S", stream=sys.stderr
    )
    try:
        return int(module.run(command.parse_args(given.arguments)))
    except StoppedError as error:
        print(f"hembench {given.command}: {error}", file=sys.stderr)
        return 128 + error.number
    except HembenchError as error:
        print(f"hembench {given.command}: {error}", file=sys.stderr)
        return 2
    except BrokenPipeError:  # `hembench plan demo | head`
        return 0
    except OSError as error:
        if message := of_the_disk(error):
            print(f"hembench {given.command}: {message}", file=sys.stderr)
            return 2
        raise
