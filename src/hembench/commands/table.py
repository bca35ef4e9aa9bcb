"""``hembench table``: Tables 1 and 2 of the paper from our losses and networks, beside what it prints.

Table 3 is a table of a study: ``table3_ablation``.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from hembench.commands import _networks
from hembench.commands._study import project_root, study_file
from hembench.core.errors import ConfigError
from hembench.plan.cells import conditions_of
from hembench.plan.study import read

if TYPE_CHECKING:
    import argparse

    from torch import nn

HELP = "print Table 1 (losses) or 2 (networks) of the paper from our code, and whether every cell agrees"
EXAMPLE = """hembench table 1 --json
hembench table 2 demo"""

COLUMNS = ("ce", "ln", "mm", "hem")
MARGIN = 0.5
TEMPERATURE = 0.04
POWER = 0.5
"""The only round settings with which any logits give the printed table; no margin does it at power 1."""

LOGITS = (
    (2.0, 0.0, 0.0, 0.0),
    (0.6, 0.1, 0.1, 0.1),
    (0.6, 0.3, 0.0, -0.1),
    (0.6, 0.5, 0.0, -0.7),
    (0.6, 0.7, 0.0, -3.5),
    (0.0, 1.0, 0.0, 0.0),
)
"""The first neuron is the target. Recovered: the paper's own column of logits is lost in the text that we have."""

PRINTED = (
    ("0.34", "0.00", "0.00", "0.00"),
    ("1.04", "0.00", "0.00", "0.00"),
    ("1.02", "0.00", "0.11", "0.45"),
    ("1.00", "0.09", "0.16", "0.63"),
    ("0.98", "1.10", "0.19", "0.77"),
    ("1.74", "25.00", "0.66", "0.88"),
)
"""The paper's values, rows as LOGITS, columns as COLUMNS."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    parser.add_argument("number", type=int, choices=[1, 2], help="number of the table in the paper")
    parser.add_argument(
        "study", nargs="?", help="Table 2: the networks of this study instead of all of the paper's"
    )
    parser.add_argument("--power", type=float, default=POWER, help="Table 1: exponent of MM's and HEM's errors")
    parser.add_argument("--json", action="store_true", help="print the rows as JSON")


def run(args: argparse.Namespace) -> int:
    """Print the table; return 0 (whether the cells agree is part of what is printed).

    Raises:
        ConfigError: a study is named beside Table 1, or there is none of that name.
    """
    if args.number == 2:
        networks = _networks.compute() if args.study is None else _of_study(args.study)
        print(json.dumps(networks, indent=1) if args.json else _networks.render(networks))
        return 0
    if args.study is not None:
        raise ConfigError("Table 1 is about losses alone: it takes no study. Table 2 does.")
    rows = compute(args.power)
    print(json.dumps(rows, indent=1) if args.json else render(rows, args.power))
    return 0


def _of_study(name: str) -> list[dict[str, Any]]:
    root = project_root()
    study = read(study_file(name, root))
    return _networks.of_study(conditions_of(study, root / "config" / "recipes"))


def compute(power: float = POWER) -> list[dict[str, list[float] | float]]:
    """Return the six rows {"logits", "ce", "ln", "mm", "hem"}, each loss that of one sample, in float64.

    Raises:
        InputError: ``power`` is not above 0.
    """
    import torch

    target = torch.zeros(1, dtype=torch.int64)
    rows: list[dict[str, list[float] | float]] = []
    for logits in LOGITS:
        sample = torch.tensor([logits], dtype=torch.float64)
        row: dict[str, list[float] | float] = {"logits": list(logits)}
        for name, loss in _losses(power).items():
            row[name] = loss(sample, target).item()
        rows.append(row)
    return rows


def agrees(value: float, printed: str) -> bool:
    """Tell whether ``value``, rounded to two decimals, is what the paper prints."""
    return f"{value:.2f}" == printed


def render(rows: list[dict[str, list[float] | float]], power: float) -> str:
    """Return the table as text: ours, the paper's value, and a mark where they differ."""
    lines = [
        f"Table 1: loss of one sample of four classes, target = first logit (margin {MARGIN}, "
        f"temperature {TEMPERATURE}, power {power:g})",
        "each cell: ours, in brackets the paper's, ! where they differ at two decimals",
        "",
        f"{'logits':<22}" + "".join(f"{name.upper():>19}" for name in COLUMNS),
    ]
    agreeing = 0
    for row, printed in zip(rows, PRINTED, strict=True):
        cells = []
        for name, paper in zip(COLUMNS, printed, strict=True):
            value = row[name]
            assert isinstance(value, float)
            same = agrees(value, paper)
            agreeing += same
            cells.append(f"{value:>9.4f} ({paper:>5}){' ' if same else '!'}")
        logits = row["logits"]
        assert isinstance(logits, list)
        lines.append(
            f"{', '.join(f'{logit:g}' for logit in logits):<22}" + "".join(f"{cell:>19}" for cell in cells)
        )
    return "\n".join([*lines, "", f"{agreeing} of {len(rows) * len(COLUMNS)} cells agree to two decimals."])


def _losses(power: float) -> dict[str, nn.Module]:
    from hembench.losses import ce, hem, ln, mm

    classes = len(LOGITS[0])
    return {
        "ce": ce.build(classes),
        "ln": ln.build(classes, temperature=TEMPERATURE),
        "mm": mm.build(classes, margin=MARGIN, power=power),
        "hem": hem.build(classes, margin=MARGIN, power=power),
    }
