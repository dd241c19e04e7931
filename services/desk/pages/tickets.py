"""The list of tickets."""

from typing import Annotated
from urllib.parse import urlencode
from uuid import UUID

from fastapi import APIRouter, Query
from fastapi.responses import RedirectResponse, Response
from pydantic import BaseModel, BeforeValidator

from services.desk.auth import Signed
from services.desk.desk import TheDesk
from services.desk.pages.showing import show
from services.desk.queries.counts import last_mail_at, troubled_mailboxes
from services.desk.queries.defined import status_choices
from services.desk.queries.people import agents, mailbox_choices
from services.desk.queries.search import find
from services.desk.queries.tickets import Filters, Sort, View, count_of, ticket_page
from services.desk.replying import options_for

router = APIRouter(include_in_schema=False)

TITLES = {
    "mine": "Mine",
    "new": "New",
    "unassigned": "Unassigned",
    "waiting": "Waiting for the customer",
    "open": "Open",
    "all": "All",
}
Empty = BeforeValidator(lambda value: None if value == "" else value)


class ListQuery(BaseModel):
    """What the address of the list says: a link to it shows the same."""

    view: View = "open"
    status: str = ""
    mailbox: Annotated[UUID | None, Empty] = None
    assignee: Annotated[UUID | None, Empty] = None
    q: str = ""
    sort: Sort = "activity"
    after: str = ""
    said: str = ""

    def filters(self) -> Filters:
        return Filters(self.view, self.status, self.mailbox, self.assignee, self.sort)

    def address(self, **changed: str) -> str:
        """The list's address with something changed; what is empty is left out."""
        parts = {
            "view": self.view,
            "status": self.status,
            "mailbox": str(self.mailbox or ""),
            "assignee": str(self.assignee or ""),
            "q": self.q,
            "sort": self.sort if self.sort != "activity" else "",
        } | changed
        return "/tickets?" + urlencode({name: value for name, value in parts.items() if value})


@router.get("/")
async def home() -> Response:
    return RedirectResponse("/tickets", status_code=303)


@router.get("/tickets")
async def ticket_list(desk: TheDesk, signed: Signed, asked: Annotated[ListQuery, Query()]) -> Response:
    async with desk.reading(signed.user) as reading:
        filters = asked.filters()
        found = await find(reading, asked.q[:200], signed.user.id)
        page = await ticket_page(reading, filters, signed.user.id, found, after=asked.after)
        mailboxes = await mailbox_choices(reading)
        return await show(
            desk,
            reading,
            signed,
            "tickets.html",
            said=asked.said,
            title=TITLES[asked.view],
            asked=asked,
            is_filtered=bool(asked.status or asked.mailbox or asked.assignee or asked.q),
            rows=page.rows,
            more=page.more,
            how=(await options_for(reading)).ticket_number_format,
            total=await count_of(reading, filters, signed.user.id, found),
            problems=found.problems,
            notes=found.notes,
            mailboxes=mailboxes,
            agents=await agents(reading),
            statuses=await status_choices(reading),
            troubles=await troubled_mailboxes(reading, desk.clock()),
            last_mail=await last_mail_at(reading),
            view=asked.view,
            q=asked.q,
        )
