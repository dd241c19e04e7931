"""Whether a mailbox may send under the address of a person who works with it."""

from contextlib import suppress

from pydantic import JsonValue

from plugins.mailboxes.graph.client import GraphClient, quoted
from plugins.mailboxes.graph.remedies import remedy
from plugins.mailboxes.graph.shapes import MessageRead, read
from shared.contracts.errors import Permanent, Transient
from shared.plugins.mailboxes import Finding, Gone, Verdict

_DENIED = "ErrorSendAsDenied"
_NO_RECIPIENT = "ErrorInvalidRecipients"


async def may_write_as(client: GraphClient, check: str, author: str) -> Finding:
    """Ask to send a draft from that author to nobody. Exchange may look at recipients before authors, so only
    a refusal is certain."""
    mail: JsonValue = {"subject": "Postroom doctor", "from": {"emailAddress": {"address": author}}}
    draft = f"messages/{quoted(read(MessageRead, await client.post('messages', mail)).id)}"
    try:
        await client.post(f"{draft}/send")
    except Permanent as error:
        if error.code == _DENIED:
            text = f"mail goes out from the mailbox with their name: {error.reason}"
            return Finding(check, Verdict.WARNING, text, remedy(_DENIED), _DENIED, error.request_id)
        if error.code != _NO_RECIPIENT:
            raise
    finally:
        with suppress(Gone, Transient, Permanent):
            await client.delete(draft)
            await client.delete(draft)
    return Finding(check, Verdict.OK, "Exchange does not refuse the author (asked with a draft to nobody)")
