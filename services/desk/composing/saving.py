"""Saved replies: checked when they are saved, filled from the ticket that they are put into."""

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID, uuid4

from pydantic import BaseModel, ConfigDict, Field, JsonValue
from sqlalchemy.ext.asyncio import AsyncConnection

from services.desk.composing.writing import LONGEST, Words, words_of
from services.desk.configuration.templating import SIGNER_FACTS, facts_with
from services.desk.desk import Desk
from services.desk.errors import Invalid, NotAllowed, NotHere
from services.desk.languages import gettext
from services.desk.queries.people import User
from services.desk.queries.reading import Reading
from services.desk.queries.saved import Saved, keep_saved, remove_saved, saved_named
from services.desk.queries.ticket import FullTicket, snapshot
from services.desk.queries.uploads import Upload, keep_again
from shared.contracts.mail import Address, MailFile
from shared.plugins.markup import text_of_html
from shared.plugins.signatures import signer_facts
from shared.plugins.templates import TemplateError, check_facts, render_template, ticket_facts
from shared.storage.defined import custom_fields_of

Scope = Literal["shared", "department", "personal"]


class SavedReplyIn(BaseModel):
    """A reply to be used often. Its words may name facts of the ticket, as `{{ contact.name }}`."""

    model_config = ConfigDict(extra="forbid", str_strip_whitespace=True)

    name: Annotated[str, Field(min_length=1, max_length=80)] = Field(examples=["Password reset"])
    text: str = Field(default="", max_length=LONGEST, examples=["Hello {{ contact.name }},"])
    html: str = Field(default="", max_length=LONGEST, description="The same with form: it counts.")
    scope: Scope = "personal"
    department: UUID | None = Field(default=None, description="Of the scope `department`.")


async def save(
    desk: Desk, user: User, wanted: SavedReplyIn, *, reply: UUID | None = None, files: Sequence[MailFile] = ()
) -> UUID:
    """Add a saved reply, or change one.

    Raises:
        Invalid: it is empty, or names what no ticket has. NotAllowed, NotHere: it is not theirs.
    """
    if reply is not None:
        await _theirs(desk, user, reply)
    words = words_to_save(user, wanted)
    async with desk.writing(user.tenant) as db:
        return await keep(db, user, reply or uuid4(), wanted, words, desk.clock(), files)


def words_to_save(user: User, wanted: SavedReplyIn) -> Words:
    """Return the words of a saved reply that they may save. Raises Invalid or NotAllowed."""
    if wanted.scope != "personal" and not user.is_admin:
        raise NotAllowed(gettext("What everybody uses is for administrators. Save it as your own."))
    if wanted.scope == "department" and wanted.department is None:
        raise Invalid(
            gettext("No department is named."), errors={"department": gettext("Choose the department.")}
        )
    words = words_of(wanted.text, wanted.html)
    if words.blank:
        raise Invalid(gettext("A saved reply has words."), errors={"text": gettext("Write the words.")})
    return words


async def keep(  # noqa: PLR0917 - what is kept
    db: AsyncConnection,
    user: User,
    reply: UUID,
    wanted: SavedReplyIn,
    words: Words,
    at: datetime,
    files: Sequence[MailFile] = (),
) -> UUID:
    """Keep a saved reply. Raises Invalid: its words name what no ticket has."""
    await _check(db, user.tenant, words.text, words.html or "")
    values: dict[str, JsonValue | UUID] = {
        "name": wanted.name,
        "text": words.text,
        "html": words.html or "",
        "user": user.id if wanted.scope == "personal" else None,
        "department": wanted.department if wanted.scope == "department" else None,
        "files": [file.model_dump(mode="json") for file in files],
    }
    await keep_saved(db, user.tenant, reply, values, at)
    return reply


async def remove(desk: Desk, user: User, reply: UUID) -> None:
    """Raises NotAllowed or NotHere: it is not theirs."""
    await _theirs(desk, user, reply)
    async with desk.writing(user.tenant) as db:
        await remove_saved(db, user.tenant, reply)


async def filled(reading: Reading, user: User, ticket: FullTicket, saved: Saved) -> tuple[str, str]:
    """Return the text and the HTML as this person would send them on this ticket.

    Raises:
        Invalid: it names what this ticket does not have.
    """
    speaks = Address(address=user.address, name=user.called)
    facts = ticket_facts(await snapshot(reading, ticket)) | signer_facts(speaks, ticket.department_name or "")
    try:
        html = render_template(saved.html, facts, "html") if saved.html else ""
        words = words_of(render_template(saved.text, facts) if not html else text_of_html(html), html)
    except TemplateError as error:
        raise Invalid(
            gettext("%(name)s cannot be used here: %(error)s.", name=saved.name, error=error)
        ) from error
    return words.text, words.html or ""


async def lent(desk: Desk, user: User, files: Sequence[MailFile]) -> list[Upload]:
    """Let files of a saved reply be uploads of who uses it."""
    made = [Upload(uuid4(), one.name, one.size, one.sha256, one.media_type) for one in files]
    async with desk.writing(user.tenant) as db:
        for one in made:
            await keep_again(db, user.tenant, user.id, one, desk.clock())
    return made


async def _theirs(desk: Desk, user: User, reply: UUID) -> Saved:
    async with desk.reading(user) as reading:
        found = await saved_named(reading, user.id, reply)
    if found is None:
        raise NotHere(gettext("There is no such saved reply."))
    if found.user is None and not user.is_admin:
        raise NotAllowed(gettext("What everybody uses is changed by administrators."))
    return found


async def _check(db: AsyncConnection, tenant: str, *templates: str) -> None:
    facts = facts_with(await custom_fields_of(db, tenant)) | SIGNER_FACTS
    for template in templates:
        try:
            check_facts(template, facts)
        except TemplateError as error:
            why = f"{str(error)[:1].upper()}{str(error)[1:]}."
            raise Invalid(why, errors={"text": why}) from error
