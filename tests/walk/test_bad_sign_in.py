"""Sign-in fails for one app: its mailboxes say so and recover by themselves, all others go on."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from urllib.parse import urlsplit

import pytest
import pytest_asyncio

from sandbox.knobs import Fault, Knobs
from tests.certificates import certificate
from tests.walk.door import Door
from tests.walk.letters import letter
from tests.walk.walking import Mailbox, Walk

pytestmark = pytest.mark.asyncio(loop_scope="module")

MINUTE = timedelta(minutes=1)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def door(walk: Walk) -> AsyncIterator[Door]:
    """The only way to the token endpoint."""
    authority = urlsplit(walk.installation.sandbox.authority)
    assert authority.port is not None
    with pytest.MonkeyPatch.context() as patch:
        async with Door(authority.port) as made:
            patch.setenv("POSTROOM_GRAPH_AUTHORITY", f"https://127.0.0.1:{made.port}{authority.path}")
            yield made


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def neighbour(walk: Walk, door: Door) -> Mailbox:
    """A mailbox whose app has signed in."""
    del door
    made = await walk.mailbox()
    await walk.stands(made, "idle")
    return made


async def goes_on(walk: Walk, neighbour: Mailbox) -> None:
    """Show that another mailbox is not disturbed now."""
    await walk.ticket_of(neighbour.receives(letter("Undisturbed")))
    assert (await walk.standing(neighbour))["error_code"] is None


async def recovers(walk: Walk, mailbox: Mailbox, mail: str) -> None:
    """Show that a mailbox recovers by itself, and that the mail which came meanwhile is a ticket."""
    await walk.stands(mailbox, "idle", passing=MINUTE)
    await walk.ticket_of(mail)
    await walk.rest()


async def test_a_token_endpoint_that_cannot_be_reached(walk: Walk, door: Door, neighbour: Mailbox) -> None:
    door.shut()
    mailbox = await walk.mailbox(**walk.app())
    mail = mailbox.receives(letter("Anybody there?"))
    told = await walk.stands(mailbox, "failing", "token_endpoint")
    assert told["error_text"] == "the token endpoint cannot be reached"
    await goes_on(walk, neighbour)
    await door.open()
    await recovers(walk, mailbox, mail)


@pytest.mark.parametrize(
    ("status", "code"),
    [(503, "503"), (500, "500"), (429, "429"), ("drop", "token_endpoint"), (403, "http_403")],
)
async def test_a_token_endpoint_that_refuses(
    walk: Walk, neighbour: Mailbox, status: int | str, code: str
) -> None:
    walk.installation.sandbox.add_fault(
        neighbour.address, Fault.model_validate({"match": "token", "status": status, "times": 2})
    )
    mailbox = await walk.mailbox(**walk.app())
    mail = mailbox.receives(letter("Let me in"))
    told = await walk.stands(mailbox, "failing", code)
    assert told["error_text"]
    await goes_on(walk, neighbour)
    await recovers(walk, mailbox, mail)


@pytest.mark.parametrize(
    ("how", "code", "says"),
    [
        ({"secret": "not the secret"}, "AADSTS7000215", "Invalid client secret provided"),
        ({"client": "not-registered"}, "AADSTS700016", "was not found in the directory"),
    ],
    ids=["wrong secret", "unknown app"],
)
async def test_a_sign_in_that_is_refused_shows_the_code_of_entra_until_a_person_repairs_it(
    walk: Walk, neighbour: Mailbox, how: dict[str, str], code: str, says: str
) -> None:
    app = walk.app()
    mailbox = await walk.mailbox(**app | how)
    mail = mailbox.receives(letter("Locked"))
    told = await walk.stands(mailbox, "failing", code)
    assert says in told["error_text"]
    await goes_on(walk, neighbour)
    await walk.installation.give_secret(mailbox.id, **app)
    await recovers(walk, mailbox, mail)


async def test_tokens_that_were_revoked_are_replaced_and_nobody_notices(
    walk: Walk, neighbour: Mailbox
) -> None:
    walk.installation.sandbox.revoke_tokens()
    await goes_on(walk, neighbour)


async def test_mail_waits_while_its_mailbox_may_not_sign_in_and_leaves_once_afterwards(walk: Walk) -> None:
    mailbox = await walk.mailbox()
    number = await walk.ticket_of(mailbox.receives(letter("Bill")))
    await walk.installation.give_secret(mailbox.id, "expired")
    done = await walk.ask("POST", f"/tickets/{number}/replies", {"text": "Attached."})

    async def refused() -> bool:
        told = await walk.sending(done["outgoing"], number)
        return (told["state"], told["code"]) == ("queued", "AADSTS7000215")

    await walk.installation.until(refused, "the mail waits, and the desk says why")
    assert mailbox.sent() == []
    await walk.installation.give_secret(mailbox.id, walk.installation.sandbox.client_secret)
    await walk.rest(passing=MINUTE)
    await walk.left(mailbox)


async def test_a_certificate_that_is_not_registered_is_told_until_it_is(
    walk: Walk, neighbour: Mailbox
) -> None:
    pair, app, sandbox = certificate(), walk.app(), walk.installation.sandbox
    mailbox = await walk.mailbox(client=app["client"], secret=pair.pem, sign_in="certificate")
    mail = mailbox.receives(letter("Signed"))
    told = await walk.stands(mailbox, "failing", "AADSTS700027")
    assert "not registered" in told["error_text"]
    await goes_on(walk, neighbour)
    sandbox.change_app(app["client"], certificates=(pair.certificate,))
    await recovers(walk, mailbox, mail)


async def test_a_secret_that_expires_is_told_and_tokens_of_before_end_with_it(walk: Walk) -> None:
    app, sandbox = walk.app(), walk.installation.sandbox
    mailbox = await walk.mailbox(**app)
    await walk.stands(mailbox, "idle")
    sandbox.change_app(app["client"], secret_expires_at=datetime.now(UTC) - timedelta(days=1))
    sandbox.revoke_tokens()
    mail = mailbox.receives(letter("Too late"))
    await walk.stands(mailbox, "failing", "AADSTS7000222", passing=MINUTE)
    sandbox.change_app(app["client"], secret_expires_at=None)
    await recovers(walk, mailbox, mail)


async def test_a_tenant_that_may_not_sign_in_as_this_machine_is_told(walk: Walk, neighbour: Mailbox) -> None:
    for way in ("federated", "managed_identity"):
        mailbox = await walk.mailbox(sign_in=way)
        told = await walk.stands(mailbox, "failing", "identity_not_lent")
        assert told["error_text"] == "this tenant's mailboxes may not sign in as this machine"
    await goes_on(walk, neighbour)


async def test_a_claims_challenge_is_answered_and_nobody_notices(walk: Walk, neighbour: Mailbox) -> None:
    neighbour.becomes(Knobs(claims_challenge="1604106651"))
    await goes_on(walk, neighbour)
    neighbour.becomes(Knobs())
