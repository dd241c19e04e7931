"""Every key of the desk, in one table: the dialog of `?` is made of it, and a test compares the scripts."""

from collections.abc import Sequence
from dataclasses import dataclass

from services.desk.languages import later


@dataclass(frozen=True)
class Key:
    shown: str
    """The caps as they are printed; `then` between what is pressed one after another."""
    does: str
    names: tuple[str, ...]
    """As scripts name them: `event.key`, with Ctrl and Shift before it where the script asks for them."""


@dataclass(frozen=True)
class Part:
    """The keys of one place."""

    where: str
    these: Sequence[Key]


EVERYWHERE = (
    Key("Ctrl K", later("Palette: go anywhere, do anything"), ("Ctrl k",)),
    Key(
        "G then M N U H Q S O",
        later("Mine, new, unassigned, held, quarantine, settings, operations"),
        ("g", "m", "n", "u", "h", "q", "s", "o"),
    ),
    Key("[", later("Narrow or widen the navigation"), ("[",)),
    Key("/", later("Search"), ("/",)),
    Key("C", later("New ticket"), ("c",)),
    Key(".", later("Show what is new"), (".",)),
    Key("Z", later("Undo"), ("z",)),
    Key("?", later("These keys"), ("?",)),
)
LIST = (
    Key("J K", later("Next and previous row"), ("j", "k", "ArrowDown", "ArrowUp")),
    Key("O Enter", later("Open the ticket"), ("o",)),
    Key("X then Shift X", later("Select a row, and all up to another"), ("x", "X")),
    Key("Ctrl A", later("Select all shown"), ("Ctrl a",)),
    Key("A I", later("Assign, or to me"), ("a", "i")),
    Key("S P T", later("Status, priority, tags"), ("s", "p", "t")),
    Key("#", later("Close the tickets"), ("#",)),
    Key("V F", later("Views, filter"), ("v", "f")),
)
TICKET = (
    Key("J K", later("Next and previous ticket"), ("j", "k")),
    Key("N B", later("Next and previous post"), ("n", "b")),
    Key("R", later("Reply"), ("r",)),
    Key("Shift R", later("Reply to all"), ("R",)),
    Key("W", later("Forward the last mail"), ("w",)),
    Key("M", later("Internal note"), ("m",)),
    Key("A I", later("Assign, or to me"), ("a", "i")),
    Key("S P T E", later("Status, priority, tags, subject"), ("s", "p", "t", "e")),
    Key("U", later("Back to the list"), ("u",)),
)
EDITOR = (
    Key("Ctrl Enter", later("Send"), ("Ctrl Enter",)),
    Key("Ctrl Shift Enter", later("Send and close the ticket"), ("Ctrl Shift Enter",)),
    Key("Ctrl Shift P", later("More ways to send: wait, plan"), ("Ctrl Shift p",)),
    Key("/", later("Saved reply, at the start of a line"), ("/",)),
    Key("@", later("Mention a colleague in a note"), ("@",)),
    Key("Esc", later("Leave; the text stays"), ("Escape",)),
)
ALL = (
    Part(later("Everywhere"), EVERYWHERE),
    Part(later("List of tickets"), LIST),
    Part(later("Ticket"), TICKET),
    Part(later("Editor"), EDITOR),
)
