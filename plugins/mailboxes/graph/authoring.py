"""Whether a mailbox may send under the address of a person who works with it."""

from contextlib import suppress

from pydantic import JsonValue

from plugins.mailboxes.graph.client import GraphClient, quoted
from plugins.mailboxes.graph.probing import probe
from plugins.mailboxes.graph.remedies import remedy
from plugins.mailboxes.graph.shapes import MessageRead, read
from shared.contracts.errors import Permanent, Transient
from shared.plugins.mailboxes import Finding, Gone, Verdict

_DENIED = "ErrorSendAsDenied"
_NO_RECIPIENT = "ErrorInvalidRecipients"


async def may_write_as(client: GraphClient, check: str, address: str, author: str, *, send: bool) -> Finding:
    """Ask to send a draft from that author to nobody; Exchange may look at recipients before authors, so only
    a refusal is certain. `send`: let a mail really leave, to the mailbox itself."""
    try:
        if send:
            return await _sent(client, check, address, author)
        await _asked(client, author)
    except Permanent as error:
        if error.code != _DENIED:
            raise
        text = f"mail goes out from the mailbox with their name: {error.reason}"
        return Finding(check, Verdict.WARNING, text, remedy(_DENIED), _DENIED, error.request_id)
    return Finding(check, Verdict.OK, "Exchange does not refuse the author (asked with a draft to nobody)")


async def _asked(client: GraphClient, author: str) -> None:
    mail: JsonValue = {"subject": "Postroom doctor", "from": {"emailAddress": {"address": author}}}
    draft = f"messages/{quoted(read(MessageRead, await client.post('messages', mail)).id)}"
    try:
        await client.post(f"{draft}/send")
    except Permanent as error:
        if error.code != _NO_RECIPIENT:
            raise
    finally:
        with suppress(Gone, Transient, Permanent):
            await client.delete(draft)
            await client.delete(draft)


async def _sent(client: GraphClient, check: str, address: str, author: str) -> Finding:
    seen = await probe(client, address, author)
    if seen is None:
        cure = "Look into the mailbox for a report that says why, and into its junk folder."
        return Finding(check, Verdict.WARNING, "a mail from them left and did not come", cure)
    if seen.authors == author.lower():
        return Finding(check, Verdict.OK, "a mail from them came")
    return Finding(check, Verdict.WARNING, f"a mail from them came as from {seen.authors}", remedy(_DENIED))
