"""Read settings as users of the original have them: JSON, TOML, or lines of `key: value`."""

import json
import re
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from shared.contracts.options import OnClosed

Pairs = list[tuple[str, object]]

ON_CLOSED = "response_to_closed_ticket_action"
SWITCH = "close_inactive_tickets"
"""What the original calls by the name of ON_CLOSED too: a boolean there means this."""
WORDS: dict[str, object] = {"true": True, "yes": True, "on": True, "false": False, "no": False, "off": False,
                            "null": None, "~": None}  # fmt: skip
LINE = re.compile(
    r"""(?P<indent>\s*)(?P<quote>['"]?)(?P<key>[\w][\w .-]*?)(?P=quote)\s*(?::|=>|=)\s*(?P<value>.*)"""
)
FRAME = re.compile(r"(<\?php|return|\[|\]|\{|\}|array\(|\)|;|,|\s)*")
"""Lines that hold a configuration of PHP together and say nothing."""
COMMENT = re.compile(r"(^|\s)(#|//).*$|/\*.*?\*/")


class Unreadable(ValueError):
    """The file cannot be understood; the text says where."""


@dataclass(frozen=True)
class Entry:
    """A line that names something, and the lines below it that belong to it."""

    key: str
    value: str
    below: tuple[str, ...]


def read_settings(text: str) -> dict[str, object]:
    """Return options under their names of today. Raises Unreadable."""
    wanted: dict[str, object] = {}
    for written, value in _pairs(text):
        name, said = _named(re.sub(r"[\s-]+", "_", written.strip().lower()), value)
        if name in wanted and wanted[name] != said:
            raise Unreadable(f"{written} stands in it twice, with different values")
        wanted[name] = said
    if not wanted:
        raise Unreadable("no setting stands in it")
    return wanted


def _named(name: str, value: object) -> tuple[str, object]:
    match name, value:
        case "response_to_closed_ticket_action", bool():
            return SWITCH, value
        case "response_to_closed_ticket_action", str() if value.strip().lower() in WORDS:
            return SWITCH, WORDS[value.strip().lower()]
        case "response_to_closed_ticket_action", str():
            return name, _underscored(value, {choice.value for choice in OnClosed})
        case "outgoing_mails_per_department", str():
            return name, {"default": _underscored(value)}
        case "outgoing_mails_per_department", Mapping():
            return name, {str(key): _underscored(str(choice)) for key, choice in value.items()}
        case (("mail_forwarding_domains" | "allowed_mime_types"), None):
            return name, ()
        case _:
            return name, value


def _underscored(text: str, known: Iterable[str] = ()) -> str:
    """`reopen old ticket`, `Reopen_old_ticket` and the like."""
    folded = re.sub(r"[\s_-]+", "_", text.strip().lower())
    return folded if not known or folded in known else text


def _pairs(text: str) -> Pairs:
    if text.lstrip().startswith("{"):
        try:
            found = json.loads(text, object_pairs_hook=_Object)
        except ValueError as error:
            raise Unreadable(f"it is not JSON: {error}") from error
        assert isinstance(found, _Object), "it begins with a brace"
        return found.pairs
    try:
        return list(tomllib.loads(text).items())
    except tomllib.TOMLDecodeError:
        return _of_lines(text.splitlines())


class _Object(dict[str, object]):
    """An object of JSON that remembers a name that stands in it twice."""

    def __init__(self, pairs: Pairs) -> None:
        super().__init__(pairs)
        self.pairs = pairs


def _of_lines(lines: list[str]) -> Pairs:
    return [(entry.key, _value_of(entry)) for entry in _entries(lines)]


def _entries(lines: Iterable[str]) -> list[Entry]:
    """Cut lines at those that stand as far to the left as the first one."""
    found: list[Entry] = []
    left: int | None = None
    for number, raw in enumerate(lines, 1):
        line = COMMENT.sub("", raw).rstrip()
        match = LINE.fullmatch(line)
        is_item = line.lstrip().startswith("- ")
        deeper = left is not None and len(line) - len(line.lstrip()) > left
        if found and line.strip() and (is_item or deeper or match is None):
            below = (*found[-1].below, line)
            found[-1] = Entry(found[-1].key, found[-1].value, below)
        elif match is not None:
            left = len(match["indent"]) if left is None else left
            found.append(Entry(match["key"], match["value"], ()))
        elif not FRAME.fullmatch(line):
            raise Unreadable(f"line {number} is not understood; write NAME: VALUE")
    return found


def _value_of(entry: Entry) -> object:
    value = entry.value.strip().rstrip(",").strip()
    if value not in {"", "[", "array("}:
        return _scalar(value)
    below = [line.strip().rstrip(",").strip() for line in entry.below if not FRAME.fullmatch(line)]
    if not below:
        return [] if value else None
    if all(LINE.fullmatch(line) and not line.startswith("- ") for line in below):
        return dict(_of_lines(below))
    return [_scalar(line.removeprefix("- ").strip()) for line in below]


def _scalar(text: str) -> object:
    text = text.rstrip(",").strip()
    if text.startswith("[") and text.endswith("]"):
        return [_scalar(each) for each in text[1:-1].split(",") if each.strip()]
    if len(text) > 1 and text[0] == text[-1] and text[0] in "'\"":
        return text[1:-1]
    if text.lower() in WORDS:
        return WORDS[text.lower()]
    return int(text) if re.fullmatch(r"\d{1,15}", text) else text
