"""The resources that are installed, in words for a person: what each is asked, in which order, and what in
triggers depends on what it says."""

import inspect
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from services.desk.configuration.triggers import TriggerSettings
from services.desk.languages import later
from shared.contracts.triggers import NewTicket, facts_asked
from shared.plugins.loading import Installed, installed
from shared.plugins.resources import GROUP, QUESTIONS, order_of

BUILT_IN = {
    "employee": later("Users of the desk are employees: a ticket of theirs is internal."),
    "contact": later("Whoever wrote before keeps the name that is known of them."),
    "organization": later("The domain of an address says which organization it belongs to."),
}
ASKED = {"find_by_address": later("Who has this address?"), "find_by_domain": later("Whose is this domain?")}
ORGANIZATION = frozenset({"organization", "organization_name"})
TOLD = {"find_by_address": ORGANIZATION | {"kind"}, "find_by_domain": ORGANIZATION}
"""Facts that conditions ask and that may come from an answer."""
OF_BUILT_IN = {"employee": frozenset({"kind"}), "contact": frozenset[str](), "organization": ORGANIZATION}


@dataclass(frozen=True)
class Resource:
    name: str
    origin: str
    built_in: bool
    state: str
    """`works`, `broken` or `replaced`."""
    place: int | None
    """Where it stands when all are asked; the first that knows counts."""
    does: str
    asked: tuple[str, ...]
    facts: frozenset[str]


def resources() -> list[Resource]:
    """Return them in the order in which their answers count; those that are not asked last.

    Raises:
        Permanent: one that the configuration file names is broken.
    """
    found = installed(GROUP)
    working = sorted((one for one in found if one.plugin is not None), key=_order)
    rows = [_resource(one, place) for place, one in enumerate(working, 1)]
    return rows + [_resource(one, None) for one in found if one.plugin is None]


def depend_on(facts: frozenset[str], triggers: Iterable[TriggerSettings]) -> Iterator[str]:
    """Return the names of the triggers whose type or conditions ask one of the facts."""
    for one in triggers:
        asked = set(facts_asked(one.conditions)) if one.conditions else set[str]()
        if isinstance(one.when, NewTicket) and one.when.kinds != "both":
            asked.add("kind")
        if asked & facts:
            yield one.name


def _order(one: Installed) -> tuple[int, str]:
    return order_of(one.name, one.plugin)


def _resource(one: Installed, place: int | None) -> Resource:
    built_in = one.origin.startswith("postroom ") and one.name in BUILT_IN
    methods = [name for name in QUESTIONS if callable(getattr(one.plugin, name, None))]
    told = frozenset[str]().union(*(TOLD[name] for name in methods))
    return Resource(
        name=one.name,
        origin=one.origin,
        built_in=built_in,
        state="works" if place else "replaced" if one.replaced else "broken",
        place=place,
        does=BUILT_IN[one.name] if built_in else _said_of(one.plugin),
        asked=tuple(ASKED[name] for name in methods),
        facts=OF_BUILT_IN[one.name] if built_in and place else told,
    )


def _said_of(plugin: object) -> str:
    """The first line of what its author wrote."""
    written = inspect.getdoc(type(plugin)) if plugin is not None else None
    return (written or "").partition("\n")[0]
