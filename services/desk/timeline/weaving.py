"""Weave posts, changes and held mails into one timeline, oldest first. Pure."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby
from uuid import UUID

from pydantic import JsonValue

from services.desk.languages import gettext, later
from services.desk.queries.changes import Change
from services.desk.queries.timeline import Held, Outgoing, Post, Window
from services.desk.queries.unseen import UNSEEN
from services.desk.timeline.mailview import ShownMail
from services.desk.timeline.noting import Life, May, life_of
from services.desk.wording.signs import HAPPENED, field_word, link_word, priority_sign, status_sign

_ID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
NOTHING_MAY: Mapping[UUID, May] = {}
OPEN_AT_END = 3
"""Posts that are open at the end of the timeline; older ones are one line until asked for."""


@dataclass(frozen=True)
class PostEntry:
    post: Post
    mail: ShownMail
    is_open: bool
    may: May = ""
    """What the person who looks may do with a note."""
    kind: str = "post"

    @property
    def at(self) -> datetime:
        return self.post.shown_at

    @property
    def life(self) -> Life:
        return life_of(self.post)


@dataclass(frozen=True)
class ChangeLine:
    """One change in words."""

    text: str
    at: datetime


@dataclass(frozen=True)
class ChangesEntry:
    """Changes with no post between them, folded to one line."""

    lines: tuple[ChangeLine, ...]
    kind: str = "changes"

    @property
    def at(self) -> datetime:
        return self.lines[0].at


@dataclass(frozen=True)
class HeldEntry:
    held: Held
    mail: ShownMail
    kind: str = "held"

    @property
    def at(self) -> datetime:
        return self.held.at


@dataclass(frozen=True)
class PendingEntry:
    """A mail that the mailer has and the ticket does not yet."""

    outgoing: Outgoing
    mail: ShownMail
    kind: str = "pending"

    @property
    def at(self) -> datetime:
        return self.outgoing.created_at


Entry = PostEntry | ChangesEntry | HeldEntry | PendingEntry


def weave(
    window: Window,
    mails: Mapping[UUID, ShownMail],
    names: Mapping[str, str],
    may: Mapping[UUID, May] = NOTHING_MAY,
) -> list[Entry]:
    """Order everything by time and fold runs of changes. `may`: what may be done with which notes."""
    latest = {post.id for post in window.posts[-OPEN_AT_END:]} if not window.newer else set()
    entries: list[Entry | Change] = [
        *(
            PostEntry(post, mails[post.id], is_open=_is_open(post, latest), may=may.get(post.id, ""))
            for post in window.posts
        ),
        *(HeldEntry(held, mails[held.id]) for held in window.held),
        *(PendingEntry(mail, mails[mail.id]) for mail in window.pending),
        *window.changes,
    ]
    entries.sort(key=lambda entry: (entry.at, isinstance(entry, Change)))
    woven: list[Entry] = []
    for is_change, run in groupby(entries, key=lambda entry: isinstance(entry, Change)):
        if is_change:
            woven.append(ChangesEntry(tuple(change_lines([c for c in run if isinstance(c, Change)], names))))
        else:
            woven.extend(entry for entry in run if not isinstance(entry, Change))
    return woven


def _is_open(post: Post, latest: set[UUID]) -> bool:
    """Automatic mail and what was cancelled stay folded; trouble is always open."""
    state = post.outgoing.state if post.outgoing else ""
    if state in {"held", "failed", "bounced", "planned"}:
        return True
    return post.id in latest and post.automatic is None and state != "cancelled"


def change_in_words(change: Change, names: Mapping[str, str]) -> str:
    """Say who set what from what to what, for a person."""
    person = who(change.actor, names)
    if did := _did(change):
        text, facts = did
        return gettext(text, who=person, **facts)
    old, new = (shown_value(change.field, value, names) for value in (change.old, change.new))
    return gettext(
        "%(who)s set %(field)s %(old)s → %(new)s",
        who=person,
        field=field_word(change.field, names),
        old=old,
        new=new,
    )


def change_lines(changes: Sequence[Change], names: Mapping[str, str]) -> list[ChangeLine]:
    return [ChangeLine(change_in_words(change, names), change.at) for change in changes]


def happened(
    contract: str, changes: Iterable[Change], actor: Mapping[str, JsonValue], names: Mapping[str, str]
) -> str:
    """Say what it was that triggers were asked about."""
    told = [change_in_words(change, names) for change in changes]
    if told:
        return "; ".join(told)
    return gettext(HAPPENED.get(contract, "%(who)s: %(what)s"), who=who(actor, names), what=contract)


def named(why: JsonValue, names: Mapping[str, str]) -> JsonValue:
    """Put names where a reason holds ids."""
    match why:
        case str():
            return _ID.sub(lambda found: names.get(found[0], found[0]), why)
        case list():
            return [named(part, names) for part in why]
        case dict():
            return {key: named(part, names) for key, part in why.items()}
        case _:
            return why


Did = tuple[str, dict[str, object]]
"""A sentence with gaps, and what fills them beside who did it."""


def _did(change: Change) -> Did | None:
    """Say what was done where no field was set."""
    match change.field, change.old, change.new:
        case "note", _, None:
            return later("%(who)s withdrew a note"), {}
        case "note", _, _:
            return later("%(who)s edited a note"), {}
        case "participants", None, str(address):
            return later("%(who)s added %(address)s"), {"address": address}
        case "participants", str(address), None:
            return later("%(who)s removed %(address)s"), {"address": address}
        case "links", None, str(link):
            return later("%(who)s linked this: %(link)s"), {"link": _link_in_words(link)}
        case "links", str(link), None:
            return later("%(who)s removed the link: %(link)s"), {"link": _link_in_words(link)}
        case field, old, new:
            return _parted_or_joined(field, old, new)


def _parted_or_joined(field: str, old: JsonValue, new: JsonValue) -> Did | None:
    other = old if new is None else new
    facts: dict[str, object] = {"ticket": gettext(UNSEEN) if other == UNSEEN else f"#{other}"}
    match field, old, new:
        case "merged_into", None, _:
            return later("%(who)s merged this into %(ticket)s"), facts
        case "merged", None, _:
            return later("%(who)s merged %(ticket)s into this"), facts
        case (("merged_into" | "merged"), _, None):
            return later("%(who)s undid the merge with %(ticket)s"), facts
        case "split", None, _:
            return later("%(who)s split posts off to %(ticket)s"), facts
        case "split_from", None, _:
            return later("%(who)s split this off %(ticket)s"), facts
    return None


def _link_in_words(link: str) -> str:
    how, _, number = link.partition(" ")
    return f"{link_word(how)} {gettext(number) if number == UNSEEN else number}"


def who(actor: Mapping[str, JsonValue], names: Mapping[str, str]) -> str:
    """Name who or what acted."""
    name = str(actor.get("name") or "")
    if actor.get("user"):
        return name or names.get(str(actor["user"]), gettext("A person"))
    if actor.get("trigger"):
        return gettext("Trigger %(name)s", name=name).strip()
    if actor.get("mail"):
        return name or gettext("A mail")
    return name or "Postroom"


def shown_value(field: str, value: JsonValue, names: Mapping[str, str]) -> str:
    if value is None or value in ("", []):
        return gettext("nobody") if field == "assignee" else gettext("nothing")
    if field == "status":
        return names.get(f"status.{value}") or status_sign(str(value)).word
    if field == "priority":
        return priority_sign(str(value)).word
    if isinstance(value, list):
        return ", ".join(str(part) for part in value)
    return names.get(str(value), str(value))
