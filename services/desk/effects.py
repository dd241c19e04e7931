"""What a change of many tickets does to each of them, and how that is told before it happens. Pure."""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Self

from pydantic import BaseModel, ConfigDict, JsonValue

from services.desk.wording.amounts import counted, number
from services.desk.wording.signs import field_word

Values = dict[str, JsonValue]
"""Fields of a ticket as changes name them."""
WORDS_EACH = 3
"""So many old values of a field are told apart."""


class Wanted(BaseModel):
    """What is to be changed on each ticket."""

    model_config = ConfigDict(frozen=True)

    values: Values = {}
    add_tags: tuple[str, ...] = ()
    remove_tags: tuple[str, ...] = ()
    read: bool | None = None
    """Mark as read, or as unread, for whoever asks."""

    def __bool__(self) -> bool:
        return bool(self.values or self.add_tags or self.remove_tags or self.read is not None)

    @property
    def fields(self) -> list[str]:
        tags = ["tags"] if self.add_tags or self.remove_tags else []
        return [*self.values, *(one for one in tags if one not in self.values)]


@dataclass(frozen=True)
class Now:
    """A ticket as it is."""

    number: int
    values: Values
    version: int = 1
    is_merged: bool = False
    is_held: bool = False
    is_unread: bool = False


def new_values(wanted: Wanted, now: Values) -> Values:
    """Return what differs from how the ticket is now."""
    asked = dict(wanted.values)
    if wanted.add_tags or wanted.remove_tags:
        have = asked.get("tags", now.get("tags"))
        kept = [str(tag) for tag in have if tag not in wanted.remove_tags] if isinstance(have, list) else []
        asked["tags"] = list(dict.fromkeys([*kept, *wanted.add_tags]))
    return {name: value for name, value in asked.items() if not _same(value, now.get(name))}


def undone(old: Values, new: Values, now: Values) -> Values | str:
    """Return what gives a ticket its earlier values back, or the field that somebody changed since."""
    for name, value in new.items():
        if not _same(now.get(name), value):
            return name
    return dict(old)


@dataclass
class Effect:
    """What a change would do, in words."""

    tickets: int = 0
    """How many it changes."""
    lines: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    @classmethod
    def of(cls, wanted: Wanted, tickets: Iterable[Now], word: Callable[[str, JsonValue], str]) -> Self:
        """`word`: how a value of a field is called."""
        changed: dict[str, Counter[tuple[str, str]]] = {}
        same = merged = held = count = 0
        for one in tickets:
            if one.is_merged:
                merged += 1
                continue
            new = new_values(wanted, one.values)
            reads = wanted.read is not None and one.is_unread == wanted.read
            if not new and not reads:
                same += 1
                continue
            count += 1
            held += one.is_held
            for name, value in new.items():
                pair = (word(name, one.values.get(name)), word(name, value))
                changed.setdefault(name, Counter())[pair] += 1
            if reads:
                said = "read" if wanted.read else "unread"
                changed.setdefault("read", Counter())["", said] += 1
        return cls(count, _lines(changed), _notes(same=same, merged=merged, held=held))


def _lines(changed: Mapping[str, Counter[tuple[str, str]]]) -> list[str]:
    lines = []
    for name, pairs in changed.items():
        whole = sum(pairs.values())
        if name == "read":
            lines += [_marked(whole, said) for _, said in pairs]
            continue
        shown = pairs if len(pairs) <= WORDS_EACH else _by_new(pairs)
        for (old, new), count in shown.most_common(WORDS_EACH):
            many = f" ({number(count)})" if len(shown) > 1 else ""
            lines.append(f"{field_word(name)} {old} → {new}{many}".replace("  ", " "))
        if (others := len(shown) - WORDS_EACH) > 0:
            lines.append(_others(name, others))
    return lines


def _others(name: str, count: int) -> str:
    return counted(
        count,
        "%(field)s: %(count)s other change",
        "%(field)s: %(count)s other changes",
        field=field_word(name),
    )


def _marked(count: int, how: str) -> str:
    if how == "read":
        return counted(count, "%(count)s ticket marked as read", "%(count)s tickets marked as read")
    return counted(count, "%(count)s ticket marked as unread", "%(count)s tickets marked as unread")


def _by_new(pairs: Counter[tuple[str, str]]) -> Counter[tuple[str, str]]:
    by_new: Counter[tuple[str, str]] = Counter()
    for (_, new), count in pairs.items():
        by_new["", new] += count
    return by_new


def _notes(*, same: int, merged: int, held: int) -> list[str]:
    notes = []
    if held:
        notes.append(counted(held, "%(count)s has a held mail", "%(count)s have a held mail"))
    if same:
        notes.append(counted(same, "%(count)s is so already", "%(count)s are so already"))
    if merged:
        notes.append(
            counted(
                merged,
                "%(count)s was merged and cannot be changed",
                "%(count)s were merged and cannot be changed",
            )
        )
    return notes


def _same(one: JsonValue, other: JsonValue) -> bool:
    if isinstance(one, list) and isinstance(other, list):
        return sorted(map(str, one)) == sorted(map(str, other))
    return one == other
