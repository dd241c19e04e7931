"""Keep the words of a post beside it, so that search finds it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import cast, select, update
from sqlalchemy.dialects.postgresql import TSVECTOR
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.ext.asyncio import AsyncConnection

from shared.contracts.documents import Document
from shared.storage.languages import stemmer_for
from shared.storage.tickets import contacts, tickets, words
from shared.storage.wording import Part, stems_of, vector, with_addresses, words_of

PEOPLE = 100
"""Of each of To and Cc, as many are found by."""


@dataclass(frozen=True)
class Said:
    """What a post says, for search: its own text without what it quotes, and the names of its files."""

    text: str
    files: tuple[str, ...] = ()
    language: str | None = None


NOTHING_SAID = Said("")


def said_in(document: Document) -> Said:
    """Return what a mail says itself, with the words of whoever forwarded it."""
    body = document.body
    text = f"{document.comment_text}\n{body.reply_text}" if document.comment_text else body.reply_text
    files = tuple(file.name for file in document.files if file.listed and not file.inline)
    return Said(text, files, document.language)


async def keep_words(db: AsyncConnection, post: Mapping[str, Any], said: Said) -> None:
    """Keep the words of a post; `post`: its columns. Any earlier ones are replaced."""
    row = {
        "id": post["id"],
        "tenant": post["tenant"],
        "ticket": post["ticket"],
        "words": cast(await _vector(db, post, said), TSVECTOR),
        "due_at": None,
        "lease": None,
        "lease_until": None,
    }
    kept = upsert(words).values(row)
    await db.execute(
        kept.on_conflict_do_update(
            index_elements=["id"], set_={name: kept.excluded[name] for name in row if name != "id"}
        )
    )


async def read_again(db: AsyncConnection, ticket: UUID, *, now: object) -> None:
    """Let the posts of a ticket be read anew: what all of them are found by has changed."""
    await db.execute(update(words).where(words.c.ticket == ticket).values(due_at=now))


async def _vector(db: AsyncConnection, post: Mapping[str, Any], said: Said) -> str:
    found = await db.execute(
        select(tickets.c.subject, contacts.c.address, contacts.c.name)
        .outerjoin(contacts, contacts.c.id == tickets.c.contact)
        .where(tickets.c.id == post["ticket"])
    )
    ticket = found.one()
    details = post.get("details") or {}
    senders = [(ticket.address or "", ticket.name or "")]
    senders += [(post.get("author_address") or "", post.get("author_name") or "")]
    senders += _people([details.get("forwarded_by")])
    recipients = _people(details.get("to", ())[:PEOPLE]) + _people(details.get("cc", ())[:PEOPLE])
    parts = [
        Part("subject", ticket.subject),
        *([Part("subject", post["subject"])] if post.get("subject") not in (None, ticket.subject) else []),
        *(Part("from", f"{name} {address}") for address, name in dict.fromkeys(senders)),
        *(Part("to", f"{name} {address}") for address, name in dict.fromkeys(recipients)),
        *(Part("file", name) for name in said.files),
        *([Part("file", "file")] if said.files or post.get("has_files") else []),
        Part("any", said.text),
    ]
    everything = [word for part in parts for word in words_of(part.text)]
    language = stemmer_for(said.language, words_of(said.text))
    stems = (await stems_of(db, everything, [language]))[0] if language else {}
    written = vector(post["tenant"], parts, stems)
    written = with_addresses(written, post["tenant"], "sender", (address for address, _ in senders))
    return with_addresses(written, post["tenant"], "recipient", (address for address, _ in recipients))


def _people(rows: Sequence[Mapping[str, str] | None]) -> list[tuple[str, str]]:
    return [(row.get("address", ""), row.get("name", "")) for row in rows if row]
