"""Drafts of people: read from a form that is still being written, kept, and shown in it again."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID, uuid4

from pydantic import JsonValue
from starlette.datastructures import FormData

from services.desk.composing.writing import for_editor, own_html
from services.desk.desk import Desk
from services.desk.forms.fields import ids_of, number_of, text_of, texts_of
from services.desk.queries import drafts
from services.desk.queries.drafts import Draft, Kept, Kind, Newer
from services.desk.queries.people import User
from services.desk.queries.reading import Reading
from services.desk.queries.uploads import Upload, waiting_uploads
from shared.contracts import sending

FIELDS = (
    *("to", "cc", "bcc", "to_more", "cc_more", "bcc_more", "send_at", "answers"),
    *("subject", "contact", "department", "mailbox", "as"),
)
"""Of a form, what is kept with its words."""
OWN = ("to", "cc", "bcc", "to_more", "cc_more", "bcc_more", "subject", "contact")
"""What is a draft without any words: the page sends it where it differs from what the form began with."""
LONGEST_FIELD = 1_000
MOST_VALUES = 60


@dataclass(frozen=True)
class Begun:
    """A draft with its files as they are now."""

    draft: Draft
    files: Sequence[Upload] = ()

    @property
    def html(self) -> str:
        return for_editor(sending.Draft(text="", html=self.draft.html), {})

    def one(self, name: str) -> str:
        return next(iter(self.draft.fields.get(name, ())), "")

    def all(self, name: str) -> list[str]:
        return self.draft.fields.get(name, [])

    @property
    def told(self) -> dict[str, JsonValue]:
        """For the script of the page."""
        at = self.draft.changed_at
        return {
            "id": str(self.draft.id),
            "version": self.draft.version,
            "at": at.isoformat() if at else "",
            "text": self.draft.text,
            "html": self.html,
            "fields": {name: [*values] for name, values in self.draft.fields.items()},
            "files": [{"id": str(one.id), "name": one.name, "size": one.size} for one in self.files],
        }


def draft_in(form: FormData, draft: UUID, ticket: UUID | None, kind: Kind) -> Draft:
    """Read a form that somebody has not sent yet."""
    fields = {name: [one[:LONGEST_FIELD] for one in texts_of(form, name)][:MOST_VALUES] for name in FIELDS}
    html = text_of(form, "html")
    return Draft(
        id=draft,
        kind=kind,
        ticket=ticket,
        text=text_of(form, "text"),
        html=own_html(html) if html else "",
        fields={name: values for name, values in fields.items() if any(values)},
        files=ids_of(form, "upload")[:MOST_VALUES],
        version=number_of(form, "version"),
    )


async def keep_draft(desk: Desk, user: User, draft: Draft) -> dict[str, JsonValue]:
    """Keep a draft; say what became of it, for the script of the page."""
    async with desk.writing(user.tenant) as db:
        if not (draft.text or draft.html or draft.files or draft.fields.keys() & set(OWN)):
            await drafts.end(db, user.tenant, user.id, draft.id, desk.clock())
            return {"state": "ended", "fresh": str(uuid4())}
        match await drafts.keep(db, user.tenant, user.id, draft, desk.clock()):
            case Kept(version):
                return {"state": "kept", "version": version, "at": desk.clock().isoformat()}
            case Newer(other):
                files = await waiting_uploads(db, user.tenant, user.id, other.files)
                return {"state": "newer", "fresh": str(uuid4()), "other": Begun(other, files).told}
            case _:
                return {"state": "ended", "fresh": str(uuid4())}


async def end_draft(desk: Desk, user: User, draft: UUID | None) -> None:
    """Its words are sent, or nobody wants them."""
    if draft is not None:
        async with desk.writing(user.tenant) as db:
            await drafts.end(db, user.tenant, user.id, draft, desk.clock())


async def begun_on(reading: Reading, user: User, ticket: UUID | None, kind: Kind) -> list[Begun]:
    """Return what a person has begun to write, the newest first."""
    found = await drafts.drafts_on(reading, user.id, ticket, kind)
    return [
        Begun(one, await waiting_uploads(reading.db, reading.tenant, user.id, one.files)) for one in found
    ]
