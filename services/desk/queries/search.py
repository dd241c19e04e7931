"""Which tickets a search finds.

Words are looked up in an index that knows no order. Few that match are named by their ids, then ordered. Of
many, the list is walked in its own order and each ticket is asked whether it matches, so many tickets a
page and no more: so all are quick.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, time
from typing import Any
from uuid import UUID

from sqlalchemy import (
    Boolean,
    ColumnElement,
    FromClause,
    Select,
    Text,
    Uuid,
    and_,
    cast,
    exists,
    false,
    func,
    literal,
    literal_column,
    or_,
    select,
)
from sqlalchemy.dialects.postgresql import ARRAY, TSQUERY

from services.desk.queries.expecting import expected_rows
from services.desk.queries.named import named, statuses_named
from services.desk.queries.reading import Reading
from services.desk.searching import Asked, Filter, Term, asked_for, day_of
from shared.contracts.references import read
from shared.contracts.statuses import ENDED, Category
from shared.storage.conditions import UNENDED
from shared.storage.languages import STEMMERS
from shared.storage.options import formats_of
from shared.storage.references import referred_to
from shared.storage.tickets import tickets
from shared.storage.wording import lexeme, quoted, search, stems_of, tagged

FEW = 3_000
"""As many posts are looked at by their ids; what more match is common, and walked."""
SURELY_COMMON = 10 * FEW
"""Where the server expects as many to match, they are not looked up to see."""

Each = Callable[[FromClause], ColumnElement[bool]]
"""A condition that no order of the list helps with, on tickets or a query that chose some of them."""
WORDS_THAT_NARROW = 2
"""So many words that stand side by side are on few posts."""


@dataclass(frozen=True)
class Found:
    """What a search means for the list of tickets."""

    conditions: tuple[ColumnElement[bool], ...] = ()
    each: tuple[Each, ...] = ()
    """What each ticket of a walk is asked."""
    is_common: bool = False
    """So many match that they are not counted."""
    is_named: bool = False
    """The tickets are few and named by their ids: no order of the list leads to them."""
    problems: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()


@dataclass
class _Sources:
    """Conditions that an index answers without order: one of them that is rare is enough."""

    number: int | None
    """The number of a ticket that is found as well."""
    conditions: list[ColumnElement[bool]] = field(default_factory=list)
    each: list[Each] = field(default_factory=list)
    has_ids: bool = False


async def find(reading: Reading, typed: str, user: UUID) -> Found:
    """Turn what was typed into conditions on tickets; with problems, nothing is found."""
    if not typed.strip():
        return Found()
    asked = asked_for(typed)
    asked = replace(asked, perhaps_number=asked.perhaps_number or await _number_of(reading, typed))
    problems = list(asked.problems)
    conditions = [
        await _condition(reading, wanted, user, problems)
        for wanted in asked.filters
        if not _is_source(wanted)
    ]
    if problems:
        return Found((_among([]),), problems=tuple(problems), notes=asked.notes, is_named=True)
    sources = await _sources(reading, asked)
    is_common = bool(sources.each) and not sources.has_ids
    return Found(
        (*conditions, *sources.conditions),
        tuple(sources.each),
        is_common=is_common,
        is_named=sources.has_ids,
        notes=asked.notes,
    )


async def _number_of(reading: Reading, typed: str) -> int | None:
    """Find the ticket whose reference was typed, with brackets or without."""
    formats = await formats_of(reading.db, reading.tenant)
    said = read(typed.strip().removeprefix("[").removesuffix("]"), formats)
    found = await reading.db.execute(select(tickets.c.number).where(reading.own(tickets), referred_to(said)))
    numbers = found.scalars().all()
    return numbers[0] if len(numbers) == 1 else None


async def _sources(reading: Reading, asked: Asked) -> _Sources:
    sources = _Sources(asked.perhaps_number)
    said, unsaid, looked_up = await _queries(reading, asked.terms)
    if said:
        matches = _said(reading, looked_up)
        if looked_up != said:
            # asked of an expression, the whole is no question to the index
            matches = (*matches, _match(func.coalesce(search.c.words, literal_column("''::tsvector")), said))
        await _add(reading, sources, select(search.c.ticket).where(*matches), _of_ticket(reading, said))
    for wanted in filter(_is_source, asked.filters):
        has = (tagged.c.tenant == reading.tenant, tagged.c.tags.contains([wanted.value]))
        await _add(reading, sources, select(tagged.c.id.label("ticket")).where(*has), _has_tag(wanted.value))
    if unsaid:
        says = _of_ticket(reading, unsaid)
        sources.each.append(lambda chosen: ~says(chosen))
    return sources


def _is_source(wanted: Filter) -> bool:
    return wanted.name == "tag" and not wanted.negated


async def _add(reading: Reading, sources: _Sources, matching: Select[tuple[UUID]], each: Each) -> None:
    """Add the ids where they are few, else what `each` ticket is asked."""
    ids = None if sources.has_ids else await _few(reading, matching)
    number = sources.number
    if ids is not None:
        among = _among(ids)
        sources.has_ids = True
        sources.conditions.append(among if number is None else or_(among, tickets.c.number == number))
    elif number is not None:
        sources.each.append(lambda chosen: or_(each(chosen), chosen.c.number == number))
    else:
        sources.each.append(each)


def _among(ids: list[UUID]) -> ColumnElement[bool]:
    """Name tickets; also where there are none, since a plain false is planned as if the table was read."""
    return tickets.c.id == func.any(literal(ids, ARRAY(Uuid)))


async def _few(reading: Reading, matching: Select[tuple[UUID]]) -> list[UUID] | None:
    """Return the tickets of what matches; None when it is common."""
    if await expected_rows(reading, matching) > SURELY_COMMON:
        return None
    # materialized, or the server counts on finding the first few soon and reads the table from its start
    first = matching.cte("matching").prefix_with("MATERIALIZED")
    found = [row.ticket for row in await reading.db.execute(select(first.c.ticket).limit(FEW + 1))]
    return list(set(found)) if len(found) <= FEW else None


def _has_tag(tag: str) -> Each:
    def has_tag(chosen: FromClause) -> ColumnElement[bool]:
        has: ColumnElement[bool] = chosen.c.tags.contains([tag])
        return has

    return has_tag


def _said(reading: Reading, query: str) -> tuple[ColumnElement[bool], ...]:
    return (search.c.tenant == reading.tenant, _match(search.c.words, query))


def _match(words: ColumnElement[Any], query: str) -> ColumnElement[bool]:
    asked: ColumnElement[bool] = words.op("@@", is_comparison=True)(cast(literal(query, Text), TSQUERY))
    return asked


def _of_ticket(reading: Reading, query: str) -> Each:
    """Say that a post of the ticket matches. The offset keeps the server from joining the other way round,
    which takes all that match before it orders them."""

    def of_ticket(chosen: FromClause) -> ColumnElement[bool]:
        matches = (search.c.ticket == chosen.c.id, *_said(reading, query))
        return exists(select(literal(1)).select_from(search).where(*matches).correlate(chosen).offset(0))

    return of_ticket


async def _queries(reading: Reading, terms: Iterable[Term]) -> tuple[str, str, str]:
    """Write the words that one post must have, those that no post may have, and what the index is asked of
    the first: without a last word that only begins so, where two before it narrow more. It has to take
    together all that begins so before it can compare, and every second address ends alike."""
    plain = {
        term.words[0] for term in terms if term.place == "any" and not term.exact and len(term.words) == 1
    }
    stems = await stems_of(reading.db, plain, tuple(STEMMERS.values()))
    said = [_written(reading.tenant, term, stems) for term in terms if not term.negated]
    unsaid = [_written(reading.tenant, term, stems) for term in terms if term.negated]
    looked_up = [_written(reading.tenant, _before_its_end(term), stems) for term in terms if not term.negated]
    return " & ".join(said), " | ".join(unsaid), " & ".join(looked_up)


def _before_its_end(term: Term) -> Term:
    if not term.begins or len(term.words) <= WORDS_THAT_NARROW:
        return term
    return replace(term, words=term.words[:-1], begins=False)


def _written(tenant: str, term: Term, stems: list[dict[str, str]]) -> str:
    *before, last = (quoted(lexeme(tenant, term.place, word)) for word in term.words)
    phrase = " <-> ".join((*before, f"{last}:*" if term.begins else last))
    if term.exact or before or term.place != "any":
        return f"({phrase})"
    forms = {known[term.words[0]] for known in stems if term.words[0] in known}
    others = [quoted(lexeme(tenant, place, form)) for form in sorted(forms) for place in ("any", "stem")]
    return f"({' | '.join((phrase, *others))})"


async def _condition(
    reading: Reading, wanted: Filter, user: UUID, problems: list[str]
) -> ColumnElement[bool]:
    condition = await _holds(reading, wanted, user, problems)
    # what is not set is not so either
    return ~func.coalesce(condition, false()) if wanted.negated else condition


async def _holds(reading: Reading, wanted: Filter, user: UUID, problems: list[str]) -> ColumnElement[bool]:
    value = wanted.value
    match wanted.name:
        case "number":
            return tickets.c.number == int(value)
        case "status":
            return tickets.c.status.in_(await statuses_named(reading, value, problems))
        case "kind":
            return tickets.c.kind == value
        case "before":
            return tickets.c.changed_at < _begin_of(value)
        case "after":
            return tickets.c.changed_at >= _begin_of(value)
        case "tag":
            return _has_tag(value)(tickets)
        case "is":
            return _state(value)
        case "assignee" if value == "none":
            return tickets.c.assignee.is_(None)
        case "assignee" if value == "me":
            return tickets.c.assignee == user
        case name:
            return tickets.c[name].in_(await named(reading, name, value, problems))


def _state(value: str) -> ColumnElement[bool]:
    match value:
        case "closed":
            return tickets.c.category.in_(ENDED)
        case "unassigned":
            return and_(unended(), tickets.c.assignee.is_(None))
        case "waiting":
            return tickets.c.category == Category.PENDING
        case _:
            return unended()


def unended() -> ColumnElement[bool]:
    """Say it in the very words of the indexes that hold only these."""
    return literal_column(f"ticketing.ticket.{UNENDED}", Boolean)


def _begin_of(day: str) -> datetime:
    return datetime.combine(day_of(day), time(), UTC)
