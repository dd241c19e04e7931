"""The words of a mail as they will leave: what a person wrote, or what templates say, and a signature."""

import structlog
from pydantic import ValidationError

from shared.blobs.store import BlobStore
from shared.contracts.errors import Permanent
from shared.contracts.sending import Draft, SendMail, WrittenBody
from shared.plugins.letters import Letter, letter_of
from shared.plugins.signatures import signature_of, signed, signer_facts
from shared.plugins.templates import TemplateError, ticket_facts
from shared.storage.signing import Signing

log = structlog.get_logger()


async def words_of(
    message: SendMail, signing: Signing | None, blobs: BlobStore
) -> tuple[str, str, str | None]:
    """Return the subject, the blob of the body, and what is wrong with the template, if anything."""
    if isinstance(message.body, WrittenBody):
        body = message.body.blob
        return message.subject, await _written(message, signing, blobs) if signing else body, None
    letter, problem = _from_templates(message)
    if signing is not None and problem is None:
        letter = _signed(message, letter, signing)
    return (
        letter.subject,
        await keep(blobs, message.tenant, Draft(text=letter.text, html=letter.html)),
        problem,
    )


async def keep(blobs: BlobStore, tenant: str, draft: Draft) -> str:
    return await blobs.put(tenant, draft.model_dump_json().encode())


async def _written(message: SendMail, signing: Signing, blobs: BlobStore) -> str:
    assert isinstance(message.body, WrittenBody)
    try:
        draft = Draft.model_validate_json(await blobs.get(message.tenant, message.body.blob))
    except ValidationError as error:
        raise Permanent("what was written is no draft", code="draft_invalid") from error
    letter = _signed(message, Letter(message.subject, draft.text, draft.html), signing)
    return await keep(blobs, message.tenant, Draft(text=letter.text, html=letter.html))


def _from_templates(message: SendMail) -> tuple[Letter, str | None]:
    assert not isinstance(message.body, WrittenBody)
    template, html = message.body.template, message.body.html
    try:
        return letter_of(message.subject, template, html, ticket_facts(message.ticket) | message.facts), None
    except TemplateError as error:
        return Letter(message.subject, template or html or ""), f"the template is not valid: {error}"


def _signed(message: SendMail, letter: Letter, signing: Signing) -> Letter:
    """Put the signature in. One that cannot be filled keeps no mail from leaving."""
    facts = ticket_facts(message.ticket) | signer_facts(signing.agent, signing.department)
    try:
        signature = signature_of(signing.text, signing.html, facts)
    except TemplateError as error:
        log.warning("signature.left_out", tenant=message.tenant, line=error.line)
        return letter
    return signed(letter, signature) if signature else letter
