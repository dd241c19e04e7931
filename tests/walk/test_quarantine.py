"""Out of quarantine: retried, made a ticket of anyway, or dropped."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import select

from sandbox.knobs import Fault, Knobs
from services.parser.salvaging import TEXT
from services.parser.worker import TRAPS_VARIABLE
from shared.settings import ProcessSettings
from shared.storage.ingest import mails
from shared.storage.secrets import make_keys
from tests import servers
from tests.walk.letters import letter
from tests.walk.stack import LEASE, forget_all
from tests.walk.walking import LARGEST, Walk, free_port

pytestmark = pytest.mark.asyncio(loop_scope="module")

MINUTE = timedelta(minutes=1)
CRASH = "X-Postroom-Trap: crash"


@pytest.fixture(scope="module")
def settings(
    postgres_url: str, template_url: str, redis_url: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[ProcessSettings]:
    """As usual, and the parser knows the traps."""
    home: Path = tmp_path_factory.mktemp("home")
    forget_all(redis_url)
    make_keys(home)
    with servers.database(postgres_url, template=template_url) as url, pytest.MonkeyPatch.context() as patch:
        patch.setenv(TRAPS_VARIABLE, "1")
        yield ProcessSettings(
            home=home,
            database_url=url,
            redis_url=redis_url,
            lease=LEASE,
            desk_port=free_port(),
            parser_workers=1,
            largest_mail=LARGEST,
        )


async def quarantined(walk: Walk, mail: str, reason: str, *, passing: timedelta | None = None) -> str:
    """Wait until a mail is in quarantine; return its id in the ledger."""

    async def so() -> bool:
        found[:] = [
            each["id"]
            for each in await walk.listed("/quarantine")
            if each["id"] in ids and each["reason"] == reason
        ]
        if passing and not found:
            await walk.later(passing)
        return bool(found)

    found: list[str] = []
    await walk.installation.until(lambda: _listed(walk, mail), "it is listed", scanning=True)
    ids = {(await walk.ledger(mail))["mail"]}
    await walk.installation.until(so, f"in quarantine: {reason}", 60, scanning=True)
    return found[0]


async def _listed(walk: Walk, mail: str) -> bool:
    return bool(await walk.installation.rows(select(mails.c.id).where(mails.c.provider_id == mail)))


async def test_a_mail_that_cannot_be_read_is_a_ticket_when_a_person_wants_it(walk: Walk) -> None:
    mailbox = await walk.mailbox()
    mail = mailbox.receives(letter("It breaks you", f"{CRASH}\n", sender="Ann <ann@firm.example>"))
    entry = await quarantined(walk, mail, "crash")
    await walk.ask("POST", f"/quarantine/{entry}/retry")
    assert await quarantined(walk, mail, "crash") == entry
    await walk.ask("POST", f"/quarantine/{entry}/accept")
    ticket = await walk.ticket(await walk.ticket_of(mail))
    (post,) = await walk.timeline(ticket["number"])
    assert (ticket["subject"], ticket["contact"]["address"]) == ("It breaks you", "ann@firm.example")
    assert post["text"].strip() == TEXT
    assert [file["name"] for file in post["files"]] == ["mail.eml"]
    told = await walk.ledger(mail)
    assert (told["state"], told["reason"], told["receipt"]["done"]) == ("settled", "accepted", "marked_read")
    assert "Eva Stein" in told["detail"]


async def test_a_mail_whose_header_cannot_be_read_is_a_ticket_too(walk: Walk) -> None:
    mailbox = await walk.mailbox()
    mail = mailbox.receives(letter("Broken", X_Postroom_Trap="crash"))
    entry = await quarantined(walk, mail, "crash")
    await walk.ask("POST", f"/quarantine/{entry}/accept")
    (post,) = await walk.timeline(await walk.ticket_of(mail))
    assert post["text"].strip() == TEXT
    assert [file["name"] for file in post["files"]] == ["mail.eml"]


async def test_a_mail_that_was_refused_is_fetched_when_it_is_retried(walk: Walk) -> None:
    mailbox = await walk.mailbox()
    await walk.stands(mailbox, "idle")
    mailbox.breaks(Fault(match="value", status=403, times=100))
    mail = mailbox.receives(letter("Labelled"))
    entry = await quarantined(walk, mail, "ErrorAccessDenied", passing=MINUTE)
    refused = await walk.desk.post(f"/api/v1/quarantine/{entry}/accept")
    assert refused.status_code == 409
    assert "never fetched" in refused.json()["detail"]
    mailbox.becomes(Knobs())
    await walk.ask("POST", f"/quarantine/{entry}/retry")
    await walk.ticket_of(mail)
    await walk.rest(passing=MINUTE)
    assert (await walk.ledger(mail))["reason"] is None
    again = await walk.desk.post(f"/api/v1/quarantine/{entry}/retry")
    assert again.status_code == 409
    assert "not in quarantine" in again.json()["detail"]


async def test_a_mail_that_is_still_too_large_goes_back(walk: Walk) -> None:
    mailbox = await walk.mailbox()
    mail = mailbox.receives(letter("Our film") + b"A frame.\r\n" * (LARGEST // 10))
    entry = await quarantined(walk, mail, "too_large")
    await walk.ask("POST", f"/quarantine/{entry}/retry")
    assert await quarantined(walk, mail, "too_large") == entry


async def test_a_dropped_mail_makes_no_ticket_is_kept_and_becomes_one_when_it_is_retried(walk: Walk) -> None:
    mailbox = await walk.mailbox()
    await walk.stands(mailbox, "idle")
    mailbox.breaks(Fault(match="value", status=403, times=100))
    mail = mailbox.receives(letter("Labelled too"))
    entry = await quarantined(walk, mail, "ErrorAccessDenied", passing=MINUTE)
    await walk.ask("POST", f"/quarantine/{entry}/drop")
    told = await walk.ledger(mail)
    assert (told["state"], told["dropped_by"], told["reason"]) == (
        "dropped",
        "Eva Stein",
        "ErrorAccessDenied",
    )
    again = await walk.desk.post(f"/api/v1/quarantine/{entry}/drop")
    assert again.status_code == 409
    [kept] = await walk.listed("/quarantine?state=dropped")
    assert (kept["id"], kept["dropped_by"]) == (str(entry), "Eva Stein")
    mailbox.becomes(Knobs())
    await walk.ask("POST", f"/quarantine/{entry}/retry")
    await walk.ticket_of(mail)
    await walk.rest(passing=MINUTE)
    told = await walk.ledger(mail)
    assert (told["dropped_by"], told["dropped_at"]) == (None, None)
