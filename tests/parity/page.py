"""The parity table: `python -m tests.parity.page` writes it into `docs/providers.md`, between two marks.

The port's part is what pytest collects of the contract suite, rail by rail, with `reasons.py` where one is left out;
the shop's part is `behaviours.py`, whose tests have to be among what is collected.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections import defaultdict
from pathlib import Path

from tests.parity.behaviours import BEHAVIOURS, Cell, Reason
from tests.parity.reasons import find_reason

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs" / "providers.md"
BEGIN, END = "<!-- parity: begin -->\n", "<!-- parity: end -->\n"
SUITE, JOURNEYS = "tests/gateways", "e2e/journeys"
# What the parameters of the suite's rails begin with, and of the journeys'.
RAILS = ("fake", "stripe", "paypal")
HEADS = {"fake": "in memory", "stripe": "Stripe on the sandbox", "paypal": "PayPal on the sandbox"}
# Every name of a test, with the rails it is collected for; empty where it knows none.
Collected = dict[str, frozenset[str]]


def collect() -> Collected:
    """Ask pytest what it would run of the contract suite and the journeys. Raises CalledProcessError."""
    suite = sorted(path.relative_to(ROOT).as_posix() for path in (ROOT / SUITE).glob("test_contract*.py"))
    command = [sys.executable, "-m", "pytest", "--collect-only", "-q", "-p", "no:cacheprovider"]
    ours = {name: value for name, value in os.environ.items() if not name.startswith("PYTEST_")}
    options = ["-o", "addopts=--import-mode=importlib", *suite, JOURNEYS]
    said = subprocess.run([*command, *options], cwd=ROOT, env=ours, capture_output=True, text=True, check=True)
    found: defaultdict[str, set[str]] = defaultdict(set)
    for line in said.stdout.splitlines():
        if parted := re.fullmatch(r"([\w/]+\.py::\w+)(?:\[(.*)\])?", line):
            name, parameters = parted.groups()
            found[name] |= _read_rails(name, parameters or "")
    return {name: frozenset(rails) for name, rails in found.items()}


def write_table(collected: Collected) -> str:
    """The text between the marks."""
    lines = ["### The shop\n", "| behaviour | Stripe | PayPal |", "|---|---|---|"]
    lines += [f"| {one.text} | {_cell(one.stripe)} | {_cell(one.paypal)} |" for one in BEHAVIOURS]
    lines += ["\n### The port\n", f"| what the shop relies on | {' | '.join(HEADS.values())} |", "|---|---|---|---|"]
    for name, rails in collected.items():
        if name.startswith(SUITE):
            file, _, function = name.removeprefix(f"{SUITE}/").partition("::")
            cells = [f"`{file}`" if rail in rails else _explain(file, function, rail) for rail in RAILS]
            lines.append(f"| {_spell(function)} | {' | '.join(cells)} |")
    return "\n".join(lines) + "\n"


def put_in(page: str, table: str) -> str:
    """The page with the table between its marks."""
    before, _, rest = page.partition(BEGIN)
    _, _, after = rest.partition(END)
    return before + BEGIN + table + END + after


def _read_rails(name: str, parameters: str) -> set[str]:
    if name.startswith(SUITE):
        # What names no rail asks for PayPal's alone; a file that has no reason for the others is an error.
        return {rail for rail in RAILS if parameters.startswith(rail)} or {"paypal"}
    return {rail for rail in RAILS if rail in parameters.split("-")}


def _explain(file: str, function: str, rail: str) -> str:
    """Why a test does not run on a rail, or which other one does."""
    reason = find_reason(file, function, rail)
    other, _, name = reason.partition("::")
    return f"`{other}`: {_spell(name)}" if name else reason


def _spell(function: str) -> str:
    return function.removeprefix("test_").replace("_", " ")


def _cell(cell: Cell) -> str:
    return cell.words if isinstance(cell, Reason) else "<br>".join(f"`{test}`" for test in cell)


if __name__ == "__main__":
    DOCS.write_text(put_in(DOCS.read_text(), write_table(collect())))
