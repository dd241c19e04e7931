"""Contact, employee and organization of an address, asked of the registered resources (docs/resources.md)."""

import asyncio
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

import structlog
from pydantic import JsonValue, ValidationError
from sqlalchemy.ext.asyncio import AsyncEngine

from services.ticketing.remembering import Heard, Question, recent, remember
from services.ticketing.resting import Rests
from shared.contracts.errors import Transient
from shared.contracts.mail import Address
from shared.observability.metrics import resource_answers, resource_seconds
from shared.plugins.aside import Aside, Broke
from shared.plugins.loading import plugins
from shared.plugins.resources import (
    GROUP,
    QUESTIONS,
    Employee,
    Firm,
    Person,
    ResourceTools,
    checked,
    order_of,
)
from shared.storage.engine import in_tenant

log = structlog.get_logger()

PATIENCE_SECONDS = 5.0
"""How long a resource may take to answer; then what it said last counts."""


@dataclass(frozen=True)
class Mark:
    """A resource did not answer: its answer of then counts, or it has none."""

    resource: str
    as_of: datetime | None

    def told(self) -> JsonValue:
        return {"resource": self.resource, "as_of": self.as_of.isoformat() if self.as_of else None}


@dataclass(frozen=True)
class Who:
    """What the resources know of an address, and which of them told it."""

    address: Address
    employee: Employee | None = None
    person: Person | None = None
    firm: Firm | None = None
    person_by: str | None = None
    firm_by: str | None = None
    """The outside resource that told it; None for the built-in ones."""
    marks: tuple[Mark, ...] = ()

    def told(self) -> dict[str, JsonValue]:
        """What a post tells of resources that did not answer; nothing when all did."""
        return {"resources_down": [mark.told() for mark in self.marks]} if self.marks else {}


class People:
    """Asks resources by their kind: each answers the questions whose methods it has."""

    def __init__(
        self,
        engine: AsyncEngine,
        *,
        resources: Callable[[], Mapping[str, object]] = lambda: plugins(GROUP),
        patience: float = PATIENCE_SECONDS,  # with outside resources
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._engine = engine
        self._resources = resources
        self._patience = patience
        self._clock = clock
        self._rests = Rests()
        self._asides: dict[str, Aside] = {}

    async def who_is(self, tenant: str, address: Address, max_age: timedelta | None = None) -> Who:
        """Ask every resource at once; the first in order that knows wins. Never inside a unit: a resource may
        be remote. `max_age`: an answer of an outside one that is not older does as well as a new one."""
        if not address.address:
            return Who(address)
        tools = ResourceTools(tenant, lambda: in_tenant(self._engine, tenant))
        asked = {"find_by_address": address.address.lower(), "find_by_domain": address.domain.lower()}
        in_order = sorted(self._resources().items(), key=lambda each: order_of(*each))
        questions = [
            (resource, Question(name, method, asked[method]))
            for name, resource in in_order
            for method in QUESTIONS
            if asked[method] and callable(getattr(resource, method, None))
        ]
        known: dict[Question, Heard] = {}
        if max_age is not None:
            async with in_tenant(self._engine, tenant) as db:
                since = datetime.now(UTC) - max_age
                known = await recent(db, tenant, [question for _, question in questions], since)
        heard = await asyncio.gather(*(self._ask(*each, tools) for each in questions if each[1] not in known))
        by_question = {each.question: each for each in heard} | known
        heard = [by_question[question] for _, question in questions]
        if any(each.outside for each in heard):
            async with in_tenant(self._engine, tenant) as db:
                heard = await remember(db, tenant, heard, datetime.now(UTC))
        return merged(address, heard)

    def close(self) -> None:
        for aside in self._asides.values():
            aside.close()

    async def _ask(self, resource: object, question: Question, tools: ResourceTools) -> Heard:
        method = getattr(resource, question.method)
        if is_built_in(resource):
            try:
                async with asyncio.timeout(PATIENCE_SECONDS):
                    return Heard(question, await method(tools, question.asked))
            except TimeoutError as error:
                raise Transient(f"the resource {question.resource} is slow", code="slow") from error
            except ValidationError:
                # a row that cannot be told of, such as a name of marks alone: the mail is a ticket without it
                log.warning("resource.failed", resource=question.resource, question=question.method)
                return Heard(question)
        heard, outcome = Heard(question, failed=True, outside=True), "resting"
        if self._rests.may_ask(tools.tenant, question.resource, self._clock()):
            heard, outcome = await self._ask_outside(method, heard, tools)
        resource_answers.labels(question.resource, outcome).inc()
        return heard

    async def _ask_outside(
        self, method: Callable[..., object], heard: Heard, tools: ResourceTools
    ) -> tuple[Heard, str]:
        """Ask; return what was heard, and how it went for the metrics."""
        name, begun = heard.question.resource, self._clock()
        aside = self._asides.setdefault(name, Aside(f"resource-{name}"))
        try:
            told = await aside.call(method, tools, heard.question.asked, seconds=self._patience)
            answer = checked(told, heard.question.method)
        except (TimeoutError, Broke, ValidationError, TypeError) as error:
            kind = error.kind if isinstance(error, Broke) else type(error).__name__
            log.warning("resource.failed", resource=name, question=heard.question.method, error=kind)
            if self._rests.failed(tools.tenant, name, self._clock()):
                log.warning("resource.rests", resource=name, tenant=tools.tenant)
            return heard, "timed_out" if isinstance(error, TimeoutError) else "failed"
        finally:
            resource_seconds.labels(name).observe(self._clock() - begun)
        if self._rests.answered(tools.tenant, name):
            log.info("resource.recovered", resource=name, tenant=tools.tenant)
        return replace(heard, answer=answer, failed=False), "known" if answer else "unknown"


def is_built_in(resource: object) -> bool:
    """One of ours reads Postroom's own tables: without them there is no ticket either."""
    return type(resource).__module__.startswith("plugins.resources.")


def merged(address: Address, heard: Sequence[Heard]) -> Who:
    """Take of each kind the first answer, in the order of the resources. A person's own firm goes before the
    one of their domain."""
    person = next((each for each in heard if isinstance(each.answer, Person)), None)
    firm = next((each for each in heard if isinstance(each.answer, Firm)), None)
    if person is not None and isinstance(person.answer, Person) and person.answer.firm is not None:
        firm = replace(person, answer=person.answer.firm)
    down: dict[str, datetime | None] = {}
    for each in heard:
        if each.failed or each.as_of:
            before = down.get(each.question.resource, each.as_of)
            down[each.question.resource] = min(before, each.as_of) if before and each.as_of else None
    return Who(
        address,
        employee=next((each.answer for each in heard if isinstance(each.answer, Employee)), None),
        person=person.answer if person and isinstance(person.answer, Person) else None,
        firm=firm.answer if firm and isinstance(firm.answer, Firm) else None,
        person_by=_outside(person),
        firm_by=_outside(firm),
        marks=tuple(Mark(name, as_of) for name, as_of in down.items()),
    )


def _outside(heard: Heard | None) -> str | None:
    return heard.question.resource if heard and heard.outside else None
