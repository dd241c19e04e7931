"""The tickets that a ticket is linked to: by people, and by how it came to be."""

from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import RowMapping, and_, false, literal, select, true, union

from services.desk.queries.reading import Reading
from shared.storage.config import statuses
from shared.storage.merging import leads_to
from shared.storage.tickets import tickets
from shared.storage.together import links

SEEN_FROM_THE_OTHER = {
    "parent": "child",
    "duplicate_of": "duplicated_by",
    "follows": "followed_by",
    "split_from": "split_into",
}
BORN_WITH = frozenset({"follows", "followed_by", "split_from", "split_into"})
"""What nobody made and nobody takes back."""


@dataclass(frozen=True)
class Link:
    """Another ticket, and what it is to the one that is shown."""

    how: str
    number: int
    subject: str
    status: str
    status_name: str | None
    """Of an own one."""
    category: str

    @property
    def by_people(self) -> bool:
        return self.how not in BORN_WITH


async def links_of(reading: Reading, ticket: UUID) -> list[Link]:
    """Return what a ticket is linked to, also by what was merged into it."""
    family = list(await reading.db.scalars(leads_to(reading.tenant, ticket)))
    mine, own = reading.own(links), reading.own(tickets)
    born = [(literal(name).label("how"), tickets.c[name]) for name in ("follows", "split_from")]
    linked = union(
        select(links.c.how, links.c.target.label("other"), false().label("back")).where(
            mine, links.c.source.in_(family)
        ),
        select(links.c.how, links.c.source, true()).where(mine, links.c.target.in_(family)),
        *(select(how, column, false()).where(own, tickets.c.id.in_(family)) for how, column in born),
        *(select(how, tickets.c.id, true()).where(own, column.in_(family)) for how, column in born),
    ).subquery()
    shown = (tickets.c[name] for name in ("number", "subject", "status", "category"))
    found = await reading.db.execute(
        select(linked.c.how, linked.c.back, *shown, statuses.c.name.label("status_name"))
        .select_from(linked)
        .join(tickets, tickets.c.id == linked.c.other)
        .outerjoin(statuses, and_(reading.own(statuses), statuses.c.key == tickets.c.status))
        .where(reading.own(tickets), reading.seen(), tickets.c.id.not_in(family))
        .order_by(linked.c.how, tickets.c.number)
    )
    return [_link(row) for row in found.mappings()]


def _link(row: RowMapping) -> Link:
    how = SEEN_FROM_THE_OTHER.get(row["how"], row["how"]) if row["back"] else row["how"]
    return Link(how, row["number"], row["subject"], row["status"], row["status_name"], row["category"])
