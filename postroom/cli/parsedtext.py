"""A report on a parsed mail for the terminal."""

from rich.console import Console
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from postroom.cli.parsereport import Report, Section

STYLES = {"reply": "", "quoted": "dim", "signature": "italic dim"}
"""Of the lines of a part."""


def print_report(report: Report) -> None:
    console = Console(highlight=False)
    for section in report.sections:
        console.print(Text(section.title, "bold"))
        console.print(Padding(_table(section), (0, 0, 1, 2), expand=False))
    for title, words in report.texts:
        console.print(Text(title, "bold"))
        console.print(Padding(Text(words), (0, 0, 1, 2), expand=False))
    for section in report.lines:
        console.print(Text(section.title, "bold"))
        console.print(
            Padding(_table(section, by_part=True), (0, 0, 0 if section.below else 1, 2), expand=False)
        )
        if section.below:
            console.print(Padding(Text(section.below, "dim"), (0, 0, 1, 2), expand=False))


def _table(section: Section, *, by_part: bool = False) -> Table:
    """A mail's words are never markup here: each cell is a text of its own."""
    table = Table(box=None, show_header=bool(section.heads), header_style="dim", pad_edge=False)
    for head in section.heads or ("",) * len(section.rows[0]):
        table.add_column(head, overflow="fold", no_wrap=head in ("line", "depth", "kind", "part", "rule"))
    for row in section.rows:
        style = STYLES.get(row[4], "") if by_part else ""
        table.add_row(*map(Text, row), style=style)
    return table
