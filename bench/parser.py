"""How the cost of reading a mail grows with the mail, and how fast it is beside other libraries.

`python bench/parser.py [growth] [speed] [--rounds N]`; both without a word. Growth: each hazard of
tests/unit/parser/test_hazards.py, and it doubled, each in a process of its own; the time of the doubled one
is a multiple of the other's, the peak of memory, above that of an empty mail, a multiple of the input. Speed:
replies in common frames, decoded already, as text and as HTML; other libraries are installed into a virtual
environment of their own, and one that does not install is named; each compares with ours on the mails that it
does not break on. Ours makes HTML safe to show, which no
other does: both with and without that. Only ratios within one run mean anything. Ends
with 1 when a growth is above its bound.
"""

import argparse
import json
import subprocess
import sys
import venv
from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from rich.console import Console
from rich.table import Table

HERE = Path(__file__).resolve().parent
SECTIONS = ("TEXTS", "HTML", "HEADERS", "TREES")
MOST_GROWTH, MOST_MEMORY = 2.2, 10.0
LEAST_BYTES = 100_000
"""Below this, the memory of an empty mail is most of what is measured."""
LEAST_SECONDS = 0.05
"""Below this, what else the machine does is most of what is measured."""
ROUNDS_AGAIN = 7
"""What seems to grow too much is measured again, so often."""
PEERS = ("talon", "quotequail", "mail-parser-reply", "unquotemail")
KINDS = {
    "text": "text",
    "html": "HTML, ours also makes it safe",
    "unsafe": "HTML, ours does not either",
    "forward": "forwards",
}
console = Console(width=120)

Measured = dict[str, Any]  # Any: JSON of the scripts beside this one


def main() -> None:
    options = argparse.ArgumentParser()
    options.add_argument("what", nargs="*", default=["growth", "speed"], choices=["growth", "speed"])
    options.add_argument("--rounds", type=int, default=3)
    asked = options.parse_args()
    if "speed" in asked.what:
        speed()
    if "growth" in asked.what and growth(asked.rounds):
        raise SystemExit(1)


def growth(rounds: int) -> int:
    """Return how many hazards grow beyond their bounds."""
    empty = _measured("parser_hazard.py", "", "", "1")
    table, beyond = Table("hazard", "bytes", "time, doubled", "memory : input"), 0
    for section, name in _hazards():
        one, two = _pair(section, name, rounds)
        if _grown(one, two) > MOST_GROWTH:
            one, two = _pair(section, name, ROUNDS_AGAIN)
        times = _grown(one, two)
        memory = (two["peak"] - empty["peak"]) / two["bytes"]
        too_much = times > MOST_GROWTH or (memory > MOST_MEMORY and two["bytes"] > LEAST_BYTES)
        beyond += too_much
        told = f"{times:.2f}" if times else "-"
        table.add_row(name, f"{one['bytes']:,.0f}", told, f"{memory:.1f}", style="red" if too_much else "")
    console.print(table)
    console.print(f"{beyond} beyond {MOST_GROWTH} times the time or {MOST_MEMORY} times the input")
    return beyond


def _grown(one: Measured, two: Measured) -> float:
    """How many times as long the doubled input takes; 0 when both are too quick to tell."""
    return float(two["seconds"] / one["seconds"]) if two["seconds"] > LEAST_SECONDS else 0.0


def speed() -> None:
    """Print how many times as long as ours each library takes."""
    ours = _measured("parser_peers.py", "postroom")
    table = Table("library", *KINDS.values(), title="time : ours")
    with TemporaryDirectory() as folder:
        venv.create(folder, with_pip=True)
        python = str(Path(folder, "bin", "python"))
        for peer in PEERS:
            if not _installed(python, peer):
                table.add_row(peer, "does not install", "")
                continue
            found = _measured("parser_peers.py", peer, python=python)
            table.add_row(peer, *(_compared(found.get(kind), ours[kind]) for kind in KINDS))
    console.print(table)


def _compared(theirs: Sequence[float | None] | None, ours: Sequence[float | None]) -> str:
    """On the mails that the library does not break on; how many those are, if not all."""
    pairs = [(one, own) for one, own in zip(theirs or (), ours, strict=bool(theirs)) if one and own]
    if not pairs:
        return "-"
    ratio = sum(one for one, _ in pairs) / sum(own for _, own in pairs)
    broken = len(ours) - len(pairs)
    return f"{ratio:.2f}{f', breaks on {broken} of {len(ours)}' if broken else ''}"


def _hazards() -> list[tuple[str, str]]:
    sys.path.insert(0, str(HERE.parent))
    from tests.unit.parser import test_hazards  # noqa: PLC0415 - only growth needs the tests

    return [(section, name) for section in SECTIONS for name in getattr(test_hazards, section)]


def _pair(section: str, name: str, rounds: int) -> tuple[Measured, Measured]:
    """The input and its double, rounds of both in turns; of each the quickest."""
    pairs = [
        (_measured("parser_hazard.py", section, name, "1"), _measured("parser_hazard.py", section, name, "2"))
        for _ in range(rounds)
    ]
    return min((one for one, _ in pairs), key=_seconds), min((two for _, two in pairs), key=_seconds)


def _seconds(found: Measured) -> float:
    return float(found["seconds"])


def _measured(script: str, *words: str, python: str = sys.executable) -> Measured:
    done = subprocess.run(  # noqa: S603 - the scripts beside this one
        [python, str(HERE / script), *words], check=True, capture_output=True, text=True
    )
    found: Measured = json.loads(done.stdout.splitlines()[-1])
    return found


def _installed(python: str, peer: str) -> bool:
    words = [python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", peer]
    return subprocess.run(words, check=False, capture_output=True).returncode == 0  # noqa: S603 - as above


if __name__ == "__main__":
    main()
