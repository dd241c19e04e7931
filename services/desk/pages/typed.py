"""What a person has typed into a form of the editor: sent, begun before, or taken back."""

from dataclasses import dataclass
from typing import Self
from uuid import UUID

from pydantic import JsonValue
from starlette.datastructures import FormData

from services.desk.composing.addressing import ticked, written
from services.desk.composing.drafting import Begun
from services.desk.composing.uploading import NO_FILES, Chosen, again
from services.desk.composing.writing import for_editor
from services.desk.desk import Desk
from services.desk.forms.fields import id_of, number_of, text_of, texts_of
from services.desk.queries.outgoing import outgoing_by_id
from services.desk.queries.uploads import waiting_uploads
from services.desk.signin.auth import SignedIn
from services.desk.timeline.mailview import draft_of
from shared.contracts.errors import Permanent
from shared.contracts.mail import Address, MailFile


@dataclass(frozen=True)
class Typed:
    """What stands in a form when it is shown."""

    text: str = ""
    html: str = ""
    to: tuple[Address, ...] = ()
    cc: tuple[Address, ...] = ()
    bcc: tuple[Address, ...] = ()
    to_more: str = ""
    cc_more: str = ""
    bcc_more: str = ""
    send_at: str = ""
    zone: str = ""
    chosen: bool = False
    """The recipients are the person's, not what we suggest."""
    files: Chosen = NO_FILES
    seen: UUID | None = None
    """The newest post that they saw when they began."""
    anyway: bool = False
    """They were told that a file lacks."""
    answers: UUID | None = None
    """The post that it answers, when that is not the last mail."""
    draft: UUID | None = None
    version: int = 0
    at: str = ""
    """When the draft was kept."""
    others: tuple[JsonValue, ...] = ()
    """Other drafts of the same, from other places."""

    @classmethod
    def of(cls, form: FormData, files: Chosen) -> Self:
        return cls(
            text=text_of(form, "text"),
            html=text_of(form, "html"),
            to=tuple(ticked(texts_of(form, "to"))),
            cc=tuple(ticked(texts_of(form, "cc"))),
            bcc=tuple(ticked(texts_of(form, "bcc"))),
            to_more=text_of(form, "to_more"),
            cc_more=text_of(form, "cc_more"),
            bcc_more=text_of(form, "bcc_more"),
            send_at=text_of(form, "send_at"),
            zone=text_of(form, "zone"),
            chosen=True,
            files=files,
            seen=id_of(form, "seen"),
            anyway="anyway" in form,
            answers=id_of(form, "answers"),
            draft=id_of(form, "draft"),
            version=number_of(form, "version"),
        )

    @classmethod
    def begun(cls, begun: Begun) -> Self:
        answers = begun.one("answers")
        return cls(
            text=begun.draft.text,
            html=begun.html,
            to=tuple(ticked(begun.all("to"))),
            cc=tuple(ticked(begun.all("cc"))),
            bcc=tuple(ticked(begun.all("bcc"))),
            to_more=begun.one("to_more"),
            cc_more=begun.one("cc_more"),
            bcc_more=begun.one("bcc_more"),
            send_at=begun.one("send_at"),
            chosen=True,
            files=Chosen(tuple(begun.files)),
            answers=UUID(answers) if answers else None,
            draft=begun.draft.id,
            version=begun.draft.version,
            at=begun.draft.changed_at.isoformat() if begun.draft.changed_at else "",
        )

    @property
    def told(self) -> dict[str, JsonValue]:
        """For the script of the page."""
        lines = {"to": self.to, "cc": self.cc, "bcc": self.bcc}
        return {
            "text": self.text,
            "html": self.html,
            "fields": {name: [written(one) for one in line] for name, line in lines.items()},
            "files": [{"id": str(one.id), "name": one.name, "size": one.size} for one in self.files.taken],
        }


async def taken_back(desk: Desk, signed: SignedIn, mail: UUID) -> Typed | None:
    """What a person had typed into a reply that was cancelled; None when there is none to be had."""
    async with desk.reading(signed.user) as reading:
        row = await outgoing_by_id(reading, mail)
        if row is None or row.mail.state != "cancelled" or row.mail.written_by != "person":
            return None
        files = [MailFile.model_validate(one) for one in row.mail.files]
        named = {file: again(mail, signed.user, file) for file in files}
        kept = await waiting_uploads(reading.db, signed.tenant, signed.user.id, named.values())
    try:
        draft = await draft_of(desk.blobs, signed.tenant, row.mail.written or row.mail.body)
    except Permanent:
        return None
    to, cc, bcc = (
        tuple(Address.model_validate(one) for one in row.mail.recipients.get(line, ()))
        for line in ("to", "cc", "bcc")
    )
    drawn = {file.content_id: upload for file, upload in named.items() if file.inline and file.content_id}
    listed = tuple(one for one in kept if one.id not in drawn.values())
    html = for_editor(draft, drawn) if draft.html else ""
    return Typed(text=draft.text, html=html, to=to, cc=cc, bcc=bcc, chosen=True, files=Chosen(listed))
