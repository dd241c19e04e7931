"""The last answers of resources of others: kept as they come, given when the resource is down."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from pydantic import JsonValue, TypeAdapter, ValidationError
from sqlalchemy import delete, or_, select, tuple_
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.ext.asyncio import AsyncConnection

from shared.plugins.resources import Answer, Employee, Firm, Person
from shared.storage.people import known_answers

KINDS: dict[str, type[Answer]] = {"employee": Employee, "person": Person, "firm": Firm}
_ADAPTERS = {name: TypeAdapter(kind) for name, kind in KINDS.items()}

FRESH = timedelta(days=1)
"""An answer that did not change is confirmed so often: each mail would write a row otherwise."""

KEPT = timedelta(days=180)
"""For so long an address is remembered that nobody asks about."""

LONGEST_ASKED = 320


@dataclass(frozen=True)
class Question:
    resource: str
    method: str
    asked: str


@dataclass(frozen=True)
class Heard:
    """What one resource said, or did not say."""

    question: Question
    answer: Answer | None = None
    failed: bool = False
    outside: bool = False
    as_of: datetime | None = None
    """Set: it is down, and this is what it said then."""


async def remember(db: AsyncConnection, tenant: str, heard: Sequence[Heard], now: datetime) -> list[Heard]:
    """Keep what was answered; give what was answered before for what failed."""
    told = [each for each in heard if each.outside and not each.failed]
    await _keep(db, tenant, told, now)
    known = await _known(db, tenant, [each.question for each in heard if each.failed])
    return [known.get(each.question, each) if each.failed else each for each in heard]


async def recent(
    db: AsyncConnection, tenant: str, questions: Sequence[Question], since: datetime
) -> dict[Question, Heard]:
    """Return the answers that are known and were told since then."""
    known = await _known(db, tenant, questions)
    return {
        question: replace(heard, as_of=None)
        for question, heard in known.items()
        if heard.as_of is not None and heard.as_of >= since
    }


async def forget(db: AsyncConnection, tenant: str, now: datetime) -> int:
    """Remove answers that nobody asked for in a long time."""
    old = delete(known_answers).where(known_answers.c.tenant == tenant, known_answers.c.at < now - KEPT)
    return (await db.execute(old)).rowcount


async def _keep(db: AsyncConnection, tenant: str, heard: Sequence[Heard], now: datetime) -> None:
    rows = [
        {
            "tenant": tenant,
            "resource": each.question.resource,
            "question": each.question.method,
            "asked": each.question.asked,
            "answer": _stored(each.answer),
            "at": now,
        }
        # in an order that all keep: two mails of one sender must not wait for each other
        for each in sorted(heard, key=lambda each: (each.question.resource, each.question.method))
        if len(each.question.asked) <= LONGEST_ASKED
    ]
    if not rows:
        return
    kept = upsert(known_answers).values(rows)
    told = kept.excluded
    changed = or_(known_answers.c.answer.is_distinct_from(told.answer), known_answers.c.at < now - FRESH)
    key = ["tenant", "resource", "question", "asked"]
    await db.execute(
        kept.on_conflict_do_update(
            index_elements=key, set_={"answer": told.answer, "at": told.at}, where=changed
        )
    )


async def _known(db: AsyncConnection, tenant: str, questions: Sequence[Question]) -> dict[Question, Heard]:
    if not questions:
        return {}
    c = known_answers.c
    wanted = [(each.resource, each.method, each.asked) for each in questions]
    rows = await db.execute(
        select(known_answers).where(c.tenant == tenant, tuple_(c.resource, c.question, c.asked).in_(wanted))
    )
    found: dict[Question, Heard] = {}
    for row in rows:
        question = Question(row.resource, row.question, row.asked)
        found[question] = replace(Heard(question, outside=True, as_of=row.at), answer=_read(row.answer))
    return found


def _stored(answer: Answer | None) -> JsonValue:
    for name, kind in KINDS.items():
        if isinstance(answer, kind):
            facts: JsonValue = _ADAPTERS[name].dump_python(answer, mode="json")
            return {name: facts}
    return None


def _read(stored: JsonValue) -> Answer | None:
    """An answer as it was; one of an older version that cannot be read any more is none."""
    for name, facts in (stored if isinstance(stored, dict) else {}).items():
        try:
            answer: Answer = _ADAPTERS[name].validate_python(facts)
        except (KeyError, ValidationError):
            return None
        return answer
    return None
