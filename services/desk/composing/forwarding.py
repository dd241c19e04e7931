"""Pass a post on to others: its words quoted below one's own, and those of its files that are chosen."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from html import escape
from uuid import UUID

from services.desk.composing.writing import Words
from services.desk.desk import Desk
from services.desk.errors import NotHere
from services.desk.languages import gettext
from services.desk.queries.reading import Reading
from services.desk.queries.timeline import Post, last_posts, one_post
from services.desk.timeline.mailview import document_of, draft_of, own_files
from shared.contracts.errors import Permanent
from shared.contracts.mail import Address, FileDecision, MailFile
from shared.contracts.sending import Draft
from shared.plugins.markup import safe_html
from shared.plugins.signatures import as_html

LOOKED_AT = 200
"""Posts among which one is looked for that was passed on."""


@dataclass(frozen=True)
class Original:
    """A mail as it is passed on."""

    heads: tuple[tuple[str, str], ...]
    text: str
    html: str
    files: tuple[MailFile, ...] = ()

    @property
    def listed(self) -> tuple[MailFile, ...]:
        """Its files to choose among; images that its words draw go along by themselves."""
        return tuple(file for file in self.files if not self._is_drawn(file))

    def chosen(self, hashes: Collection[str]) -> tuple[MailFile, ...]:
        drawn = tuple(_drawn_again(file) for file in self.files if self._is_drawn(file))
        return (*drawn, *(_beside(file) for file in self.listed if file.sha256 in hashes))

    def below(self, words: Words) -> Words:
        """Words of one's own with the original quoted below them."""
        heads = [f"{name}: {value}" for name, value in self.heads]
        quoted = "\n".join(f"> {line}".rstrip() for line in [*heads, "", *self.text.splitlines()])
        own = words.html or (f"<div>{as_html(words.text)}</div>" if words.text else "")
        head = "<br>".join(escape(line) for line in heads)
        html = f"{own}<blockquote><div>{head}</div><div><br></div>{self.html}</blockquote>"
        return Words(f"{words.text}\n\n{quoted}".strip(), html)

    def above(self, draft: Draft) -> Words | None:
        """One's own words of a mail that passes this one on; None: it does not."""
        tail = self.below(Words(""))
        html, text = draft.html or "", draft.text
        if not tail.html or not html.endswith(tail.html) or not text.endswith(tail.text):
            return None
        own, said = html.removesuffix(tail.html), text.removesuffix(tail.text).strip()
        return Words(said, own if own and own != f"<div>{as_html(said)}</div>" else None)

    def _is_drawn(self, file: MailFile) -> bool:
        return bool(file.inline and file.content_id and f"cid:{file.content_id}" in self.html)


async def original_of(desk: Desk, tenant: str, post: Post) -> Original:
    """What a mail of a ticket says, from whom and to whom.

    Raises:
        NotHere: it is a note, or its words are lost.
    """
    try:
        if post.kind == "mail_in" and post.body:
            return await _of_mail(desk, tenant, post)
        if post.kind == "mail_out" and post.body:
            return await _of_ours(desk, tenant, post)
    except Permanent as error:
        raise NotHere(
            gettext("The words of this post cannot be read: %(reason)s.", reason=error.reason)
        ) from error
    raise NotHere(
        gettext("This post is no mail, and notes are not passed on."),
        remedy=gettext("Copy what may be told."),
    )


async def passed_on(desk: Desk, reading: Reading, ticket: UUID, draft: Draft) -> Post | None:
    """Find the post of a ticket that a mail passes on: it names the minute of it, and ends with its words."""
    for post in reversed(await last_posts(reading, ticket, LOOKED_AT)):
        if post.kind == "note" or _date(post) not in draft.text:
            continue
        found = await one_post(reading, post.id)
        if found and (await original_of(desk, reading.tenant, found)).above(draft):
            return found
    return None


async def _of_ours(desk: Desk, tenant: str, post: Post) -> Original:
    assert post.body is not None
    draft = await draft_of(desk.blobs, tenant, post.body)
    lines = post.outgoing.recipients if post.outgoing else {}
    to, cc = ([Address.model_validate(one) for one in lines.get(line, ())] for line in ("to", "cc"))
    heads = _heads(post, Address(address=post.author_address, name=post.author_name), to, cc)
    html = safe_html(draft.html) if draft.html else as_html(draft.text)
    return Original(heads, draft.text, html, own_files(post, ()))


async def _of_mail(desk: Desk, tenant: str, post: Post) -> Original:
    assert post.body is not None
    document = await document_of(desk.blobs, tenant, post.body)
    body = document.body
    parts = (body.reply_text, body.signature_text, body.quoted_text)
    text = "\n\n".join(part.strip("\n") for part in parts if part.strip())
    html = f"{body.reply_html}{body.quoted_html or ''}" if body.reply_html else ""
    files = tuple(
        file for file in document.files if file.decision is not FileDecision.IGNORED and file.listed
    )
    heads = _heads(post, document.sender, document.to, document.cc)
    return Original(heads, text, safe_html(html) if html else as_html(text), files)


def _heads(
    post: Post, sender: Address, to: Sequence[Address], cc: Sequence[Address]
) -> tuple[tuple[str, str], ...]:
    told = [
        ("From", _named([sender])),
        ("Date", _date(post)),
        ("Subject", post.subject),
        ("To", _named(to)),
        ("Cc", _named(cc)),
    ]
    return tuple((name, value) for name, value in told if value)


def _date(post: Post) -> str:
    return f"{post.shown_at:%Y-%m-%d %H:%M} UTC"


def _named(people: Sequence[Address]) -> str:
    return ", ".join(
        f"{one.name} <{one.address}>" if one.name and one.address else one.name or one.address
        for one in people
    )


def _beside(file: MailFile) -> MailFile:
    return file.model_copy(update={"inline": False, "content_id": None})


def _drawn_again(file: MailFile) -> MailFile:
    return file.model_copy(update={"decision": FileDecision.KEPT, "reason": ""})


def forward_subject(subject: str) -> str:
    return subject if subject.lower().startswith(("fwd:", "fw:", "wg:")) else f"Fwd: {subject}"
