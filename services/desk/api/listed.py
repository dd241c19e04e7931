"""Which tickets a list is asked for."""

from typing import Annotated, Literal
from uuid import UUID

from fastapi import Depends, Query

from services.desk.errors import NotHere
from services.desk.listing import Asked, with_saved
from services.desk.queries.people import User
from services.desk.queries.reading import Reading
from services.desk.queries.tickets import Sort, View
from services.desk.queries.views import view_named


def _wanted(  # noqa: PLR0917 - the parameters of an address, each by its name
    view: Annotated[
        View | None, Query(description="Which tickets; `all` includes the closed ones. Left out: `open`.")
    ] = None,
    saved: Annotated[UUID | None, Query(description="A saved view: what it asks for, and its order.")] = None,
    status: Annotated[str, Query(examples=["open"])] = "",
    mailbox: UUID | None = None,
    assignee: UUID | None = None,
    department: UUID | None = None,
    priority: Literal["", "low", "normal", "high", "urgent"] = "",
    organization: Annotated[str, Query(max_length=200, description="Its name.")] = "",
    tag: Annotated[str, Query(max_length=200)] = "",
    waiting: Annotated[int | None, Query(ge=1, le=100_000, description="Hours, at least.")] = None,
    q: Annotated[
        str,
        Query(max_length=200, description="What to look for, as in the desk's search box (docs/search.md)."),
    ] = "",
    sort: Sort | None = None,
    *,
    held: Annotated[bool, Query(description="With mail that is held.")] = False,
) -> Asked:
    return Asked(
        view=view,
        saved=saved,
        status=status,
        mailbox=mailbox,
        assignee=assignee,
        department=department,
        priority=priority,
        organization=organization,
        tag=tag,
        waiting=waiting,
        held="yes" if held else "",
        q=q,
        sort=sort,
    )


Listed = Annotated[Asked, Depends(_wanted)]


async def with_view(reading: Reading, user: User, listed: Asked) -> Asked:
    """Let the saved view that is named say what is not said. Raises NotHere."""
    if listed.saved is None:
        return listed
    kept = await view_named(reading, user.id, listed.saved)
    if kept is None:
        raise NotHere("There is no such view.")
    return with_saved(listed, kept.asked)
