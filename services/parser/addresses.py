"""Address lists of RFC 5322, read by one linear pass that any text survives."""

import re
from dataclasses import dataclass

from services.parser.headers import decode_words
from shared.contracts.mail import Address

MAX_NAME = 200
"""Characters of a display name that are kept."""
MAX_ADDRESS = 320

_BARE = re.compile(r"[^\s<>\"'(),;:\[\]]{1,64}@[^\s<>\"'(),;:\[\]@]{1,255}")
_DOUBLED = re.compile(r"\s*[<\[(]mailto:[^\s>\])]{1,320}[>\])]\s*", re.IGNORECASE)


def addresses(text: str, max_bytes: int = 13_000) -> tuple[Address, ...]:
    """The mailboxes of a header, groups dissolved, doubles removed, until `max_bytes` of JSON are filled:
    a name of quotes takes twice its length there."""
    found: dict[tuple[str, str], Address] = {}
    filled = 0
    for item in _split(text):
        one = address(item)
        if one is None or (one.address, one.name) in found:
            continue
        filled += len(one.model_dump_json().encode()) + 1
        if filled > max_bytes:
            break
        found[one.address, one.name] = one
    return tuple(found.values())


def address(text: str) -> Address | None:
    """One mailbox: `Name <a@b>`, `a@b (Name)`, `a@b`, or a name alone; None for an empty text."""
    text = text[: 4 * MAX_ADDRESS + MAX_NAME].strip()
    before, bracket, inside = text.rpartition("<")
    if bracket and "@" in inside:
        mailbox = _mailbox(inside.partition(">")[0])
        before = before.partition("<")[0] if mailbox and mailbox in before.lower() else before
    else:
        match = _BARE.search(text)
        mailbox = match.group().strip(".").lower() if match else ""
        # Some write `Name (a@b)`.
        before = re.sub(r"\(\s{0,3}\)", " ", text.replace(match.group(), " ", 1)) if match else text
    name = _name(before)
    if not mailbox and not name:
        return None
    return Address(address=mailbox, name="" if name.lower() == mailbox else name)


def written_address(text: str) -> Address | None:
    """A mailbox as clients write it in a forwarded mail's text: `Name [mailto:a@b]`, `a@b<mailto:a@b>`."""
    if "/" in text and not set("<[(") & set(text):
        # A name of Notes, `Ann Roe/Sales/Firm@Firm`, is no address on the internet.
        name = _name(text.partition("/")[0][:MAX_NAME])
        return Address(address="", name=name) if name else None
    if match := _DOUBLED.search(text):
        target = match.group().strip(" <>[]()\t")[len("mailto:") :]
        rest = _DOUBLED.sub(" ", text)
        return address(rest if "@" in rest else f"{rest} <{target}>")
    bracketed = re.sub(r"\[([^\s\[\]]{1,320}@[^\s\[\]]{1,255})\]", r"<\1>", text[:2000])
    return address(bracketed)


def written_addresses(text: str) -> tuple[Address, ...]:
    """The recipients as clients write them there; with semicolons between them a comma is part of a name."""
    items = text.split(";") if ";" in text else _split(text) if "@" in text else [text]
    found = (written_address(item) for item in items)
    return tuple(dict.fromkeys(one for one in found if one is not None))


def _mailbox(text: str) -> str:
    cleaned = re.sub(r"\s+", "", text).removeprefix("mailto:").strip("\"'")
    # A route (`@relay:a@b`) and anything else before the last colon is history.
    return cleaned.rpartition(":")[2].lower()[:MAX_ADDRESS] if "@" in cleaned else ""


def _name(text: str) -> str:
    text = text.strip().strip(",;").strip()
    if text.startswith("(") and text.endswith(")"):
        text = text[1:-1]
    text = re.sub(r'\\(["\\])', r"\1", text.strip().strip('"'))
    text = decode_words(text).strip().strip("\"'").strip()
    return re.sub(r"\s+", " ", "".join(c for c in text if c.isprintable() or c == "\t"))[:MAX_NAME]


@dataclass
class _Scan:
    """Where in a list the scan is: inside quotes, comments or angle brackets a comma separates nothing."""

    quoted: bool = False
    comment: int = 0
    angle: bool = False
    escaped: bool = False

    @property
    def open(self) -> bool:
        return self.quoted or self.comment > 0 or self.angle

    def passes(self, char: str) -> bool:
        """Whether `char` stands outside everything."""
        if self.escaped:
            self.escaped = False
        elif char == "\\":
            self.escaped = self.quoted or self.comment > 0
        elif char == '"' and not self.comment:
            self.quoted = not self.quoted
        elif not self.quoted and char in "()":
            self.comment = max(0, self.comment + (1 if char == "(" else -1))
        elif not self.quoted and not self.comment and char in "<>":
            self.angle = char == "<"
        else:
            return not self.open
        return False


def _split(text: str) -> list[str]:
    """Cut at the commas and semicolons that stand outside, and after the name of a group."""
    items: list[str] = []
    start, scan = 0, _Scan()
    for position, char in enumerate(text):
        if not scan.passes(char):
            continue
        if char in ",;":
            items.append(text[start:position])
            start = position + 1
        elif char == ":" and "@" not in text[max(start, position - MAX_ADDRESS) : position]:
            start = position + 1
    items.append(text[start:])
    # An unclosed quote or bracket swallowed the list; cut plainly rather than lose it.
    if scan.open and len(items) == 1 and text.count("@") > 1:
        return re.split(r"[,;]", text)
    return items
