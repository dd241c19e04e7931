"""How long the list, a search and a ticket page take with many tickets, and what pruning needs.

`python bench/tickets.py [--tickets 100000,300000,1000000] [--url postgresql://…] [--rounds N] [--prune]`: a
scratch database for each number, filled by the server itself, then asked as the desk asks, under the desk's
role with the tenant set. `--url` names a server where databases may be made; without it, a private one is
started. There the databases stay, and one that is there is not filled again; `--prune` works on a copy.

The last line is JSON: what was too slow twice, and what read a large table from end to end. It ends with 1
when there is any.
"""

import argparse
import asyncio
import json
import sys
from dataclasses import dataclass, field

from asking import MOST_MILLISECONDS, Measured, measure
from databases import copied, filled, server_at
from pruning import pruned
from rich.console import Console
from rich.table import Table

console = Console(width=120)


@dataclass
class Verdict:
    """What must not be, by the number of tickets."""

    too_slow: list[str] = field(default_factory=list)
    read_whole: list[str] = field(default_factory=list)

    def say(self) -> bool:
        """Print it, for a program; return whether all is well."""
        facts = {"at_most_ms": MOST_MILLISECONDS, "too_slow": self.too_slow, "read_whole": self.read_whole}
        console.file.write(f"{json.dumps(facts)}\n")
        return not (self.too_slow or self.read_whole)


async def run(asked: argparse.Namespace) -> Verdict:
    results, verdict = {}, Verdict()
    async with server_at(asked.url) as server:
        for count in asked.tickets:
            url = await filled(server, count)
            if asked.rounds:
                results[count] = await measure(url, asked.rounds)
                verdict.too_slow += [f"{count:,}: {one}" for one in results[count].late]
                verdict.read_whole += [f"{count:,}: {one}" for one in results[count].scans]
            if asked.prune:
                console.print(f"{count:,} tickets")
                async with copied(server, count) as copy:
                    scans = await pruned(copy, asked.prune_at_most)
                verdict.read_whole += [f"{count:,}: {one}" for one in scans]
    if results:
        _show(results)
    return verdict


def _show(results: dict[int, Measured]) -> None:
    table = Table(title="milliseconds, p50 / p95, and blocks looked at")
    table.add_column("asked")
    for count in results:
        table.add_column(f"{count:,} tickets", justify="right")
    for name in next(iter(results.values())).median:
        cells = (
            f"{one.median[name]:.0f} / {one.slow[name]:.0f}, {one.blocks[name]:,}" for one in results.values()
        )
        table.add_row(name, *cells)
    console.print(table)


def main() -> None:
    """Fill, measure, print."""
    parser = argparse.ArgumentParser(description=__doc__)
    numbers = "100000,300000,1000000"
    parser.add_argument(
        "--tickets", type=lambda value: [int(one) for one in value.split(",")], default=numbers
    )
    parser.add_argument("--url")
    parser.add_argument("--rounds", type=int, default=40, help="each question so often; 0: none")
    parser.add_argument("--prune", action="store_true", help="also remind and close all that have not ended")
    parser.add_argument("--prune-at-most", type=int, help="end each of the two after as many tickets")
    sys.exit(not asyncio.run(run(parser.parse_args())).say())


if __name__ == "__main__":
    main()
