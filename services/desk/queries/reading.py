"""A transaction that reads one tenant's rows, and of these what its reader may see."""

from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import ColumnElement, FromClause, Table, literal, or_, select, true
from sqlalchemy.ext.asyncio import AsyncConnection

from shared.storage.config import mailboxes
from shared.storage.tickets import tickets


@dataclass(frozen=True)
class Reading:
    """For a person, with the departments hidden from them; sweeps and commands see all."""

    db: AsyncConnection
    tenant: str
    person: UUID | None = None
    hidden: tuple[UUID, ...] = ()
    visible: tuple[UUID, ...] = ()
    """All other departments. Tickets are asked for by these: an index leads to what is named."""

    def own(self, table: Table) -> ColumnElement[bool]:
        """The first lock: rows of this tenant. Row-level security is the second."""
        mine: ColumnElement[bool] = table.c.tenant == self.tenant
        return mine

    def seen(self, some: FromClause = tickets) -> ColumnElement[bool]:
        """Of tickets, those the person may see. Where nothing is hidden, the query does not ask for it."""
        if not self.hidden:
            return true()
        c = some.c
        return or_(c.department.is_(None), c.department.in_(self.visible), c.assignee == self.person)

    def shown(self, ticket: ColumnElement[UUID]) -> ColumnElement[bool]:
        """Of what hangs on the ticket in a column: seen where that leads, as its posts are after a merge."""
        if not self.hidden:
            return true()
        c = tickets.c
        names = (c.id, c.merged_into, c.department, c.assignee)
        here = select(*names).where(self.own(tickets), c.id == ticket).correlate(ticket.table)
        chain = here.cte("chain", recursive=True, nesting=True)
        further = (
            select(*names).join(chain, c.id == chain.c.merged_into).where(self.own(tickets)).correlate(None)
        )
        chain = chain.union(further)
        ends = select(literal(1)).select_from(chain).where(chain.c.merged_into.is_(None), self.seen(chain))
        return ends.correlate(ticket.table).exists()

    def seen_mailbox(self, mailbox: ColumnElement[UUID]) -> ColumnElement[bool]:
        """Of what hangs on a mailbox and on no ticket: seen as the mailbox's department is. The offset lets
        each row be asked, in whatever order they are read."""
        if not self.hidden:
            return true()
        of_hidden = select(mailboxes.c.id).where(
            self.own(mailboxes), mailboxes.c.department.in_(self.hidden), mailboxes.c.id == mailbox
        )
        return ~of_hidden.correlate(mailbox.table).offset(0).exists()
