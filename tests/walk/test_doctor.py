"""`postroom doctor`: a healthy mailbox and each broken one, for people and for programs."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select, update

from sandbox.knobs import Fault, Knobs
from shared.settings import ProcessSettings
from shared.storage.config import users
from shared.storage.engine import in_tenant
from tests.installation import TENANT, environment_of
from tests.system.shell import Shell
from tests.walk.letters import letter
from tests.walk.walking import Mailbox, Walk

pytestmark = pytest.mark.asyncio(loop_scope="module")

PASSED = (
    *("credential", "sign-in", "mailbox", "clock", "read", "folder inbox"),
    *("draft", "mark", "move", "send"),
)
CHECKS = (*PASSED, "send as", "probe")
"""In their order; of a healthy mailbox the last two are skipped unless they are asked for."""
SET_UP_WRONGLY: dict[str, tuple[dict[str, Any], str, str]] = {  # Any: whatever `add_mailbox` takes
    "wrong secret": ({"secret": "wrong"}, "sign-in", "AADSTS7000215"),
    "unknown app": ({"client": "99999999-0000-0000-0000-000000000000"}, "sign-in", "AADSTS700016"),
    "unknown mailbox": ({"known": False}, "mailbox", "ErrorInvalidUser"),
    "unknown folder": ({"folder": "Nowhere"}, "folder Nowhere", "folder_not_found"),
    "unknown folder to move to": (
        {"after_storing": "move", "move_to": "Nowhere"},
        "folder Nowhere",
        "folder_not_found",
    ),
}
REFUSED: dict[str, tuple[Knobs, tuple[str, ...], tuple[str, str, str]]] = {
    "policy": (Knobs(auth_denied=True), (), ("mailbox", "failed", "ErrorAccessDenied")),
    "no mailbox": (Knobs(disabled=True), (), ("mailbox", "failed", "MailboxNotEnabledForRESTAPI")),
    "throttled": (Knobs(throttle=1), (), ("mailbox", "warning", "ApplicationThrottled")),
    "down": (Knobs(fail_before=1), (), ("mailbox", "failed", "ServiceUnavailable")),
    "read": (Knobs(), ("list",), ("read", "failed", "ErrorAccessDenied")),
    "draft": (Knobs(), ("draft",), ("draft", "failed", "ErrorAccessDenied")),
    "mark": (Knobs(), ("patch",), ("mark", "failed", "ErrorAccessDenied")),
    "move": (Knobs(), ("move",), ("move", "failed", "ErrorAccessDenied")),
    "send": (Knobs(), ("send",), ("send", "failed", "ErrorAccessDenied")),
}
Findings = dict[str, dict[str, Any]]  # Any: JSON as it comes


def shell_of(walk: Walk, settings: ProcessSettings, **told: str) -> Shell:
    return Shell(environment_of(settings, walk.installation.sandbox) | told)


async def examined(shell: Shell, mailbox: Mailbox, *words: str) -> tuple[int, Findings]:
    """Ask as a program does; return the exit code, and what was found by its check."""
    code, said = await shell.run("doctor", TENANT, mailbox.address, "--json", *words)
    (told,) = json.loads(said)
    assert (told["tenant"], told["mailbox"]) == (TENANT, mailbox.address)
    return code, {finding["check"]: finding for finding in told["findings"]}


async def test_a_healthy_mailbox(walk: Walk, settings: ProcessSettings) -> None:
    mailbox = await walk.mailbox()
    await walk.stands(mailbox, "idle")
    code, found = await examined(shell_of(walk, settings), mailbox)
    assert code == 0
    assert {check: finding["verdict"] for check, finding in found.items()} == {
        "ingest": "ok",
        "notifications": "skipped",
        **dict.fromkeys(PASSED, "ok"),
        "send as": "skipped",
        "probe": "skipped",
    }
    code, said = await shell_of(walk, settings).run("doctor", TENANT, mailbox.address)
    assert code == 0
    assert f"{TENANT} {mailbox.address}: ok" in said
    assert "ok mark: a mail can be marked read" in said
    assert mailbox.sent() == []


async def test_a_probe_tells_what_becomes_of_header_fields_and_leaves_nothing(
    walk: Walk, settings: ProcessSettings
) -> None:
    mailbox = await walk.mailbox()
    shell = shell_of(walk, settings)
    code, found = await examined(shell, mailbox, "--send")
    assert (code, found["probe"]["verdict"]) == (0, "ok")
    mailbox.becomes(Knobs(rewrite_message_id=True, drop_headers=("In-Reply-To", "References")))
    code, found = await examined(shell, mailbox, "--send")
    assert (code, found["probe"]["verdict"]) == (0, "warning")
    assert "lost: In-Reply-To, References; its Message-ID was replaced" in found["probe"]["found"]
    assert [sent.recipients for sent in mailbox.sent()] == [(mailbox.address,)] * 2
    kinds = [event.kind for event in mailbox.sandbox.log(mailbox.address)]
    assert kinds.count("deleted") >= 2 * kinds.count("delivered")


@pytest.mark.parametrize(
    ("days", "verdict", "says"),
    [
        (31, "ok", "is valid until"),
        (29.5, "warning", "expires in 29 days"),
        (13.5, "warning", "expires in 13 days"),
        (2.5, "warning", "expires in 2 days"),
        (-1, "failed", "expired on"),
    ],
)
async def test_a_client_secret_whose_end_was_entered(
    walk: Walk, settings: ProcessSettings, days: float, verdict: str, says: str
) -> None:
    ends = datetime.now(UTC) + timedelta(days=days)
    mailbox = await walk.mailbox(enabled=False, secret_expires_at=ends)
    code, found = await examined(shell_of(walk, settings), mailbox)
    assert code == (verdict == "failed")
    finding = found["credential"]
    assert (finding["verdict"], says in finding["found"]) == (verdict, True), finding
    assert (finding["remedy"] is None) == (verdict == "ok")
    assert ("Do it today" in (finding["remedy"] or "")) == (days == 2.5)
    assert found["sign-in"]["verdict"] == "ok"


async def test_an_app_that_may_not_send_by_its_roles(walk: Walk, settings: ProcessSettings) -> None:
    app = walk.app()
    mailbox = await walk.mailbox(enabled=False, **app)
    walk.installation.sandbox.change_app(app["client"], roles=("Mail.ReadWrite",))
    code, found = await examined(shell_of(walk, settings), mailbox)
    assert (code, found["send"]["verdict"], found["send"]["code"]) == (1, "failed", "ErrorAccessDenied")
    assert found["move"]["verdict"] == "ok"


async def test_people_who_write_under_their_own_address(walk: Walk, settings: ProcessSettings) -> None:
    mailbox = await walk.mailbox(enabled=False)
    await walk.options(outgoing_mails_per_department={"default": "logged_in_user"})
    shell = shell_of(walk, settings)
    try:
        _, found = await examined(shell, mailbox)
        assert (found["send as"]["verdict"], "nobody may" in found["send as"]["found"]) == ("skipped", True)
        async with in_tenant(walk.installation.house.engine("desk"), TENANT) as db:
            await db.execute(update(users).values(may_send_as=True))
            address = (await db.scalars(select(users.c.address))).first()
        code, found = await examined(shell, mailbox)
        denied = found[f"send as {address}"]
        assert (code, denied["verdict"], denied["code"]) == (0, "warning", "ErrorSendAsDenied")
        assert "Add-RecipientPermission" in denied["remedy"]
        mailbox.becomes(Knobs(send_as=("*",)))
        code, found = await examined(shell, mailbox)
        assert (code, found[f"send as {address}"]["verdict"]) == (0, "ok")
        assert mailbox.sent() == []
        code, found = await examined(shell, mailbox, "--send")
        assert (code, found[f"send as {address}"]["found"]) == (0, "a mail from them came")
        mailbox.becomes(Knobs())
        _, found = await examined(shell, mailbox, "--send")
        assert found[f"send as {address}"]["code"] == "ErrorSendAsDenied"
        probe = letter("Postroom doctor", sender=str(address), X_Postroom_Probe="1")
        placed = (await walk.passport((await walk.mailbox()).receives(probe)))["placement"]
        assert (placed["ticket"], placed["reason"]) == (None, "it is a probe of the doctor")
        kinds = [event.kind for event in mailbox.sandbox.log(mailbox.address)]
        assert kinds.count("deleted") >= kinds.count("drafted")
    finally:
        async with in_tenant(walk.installation.house.engine("desk"), TENANT) as db:
            await db.execute(update(users).values(may_send_as=False))
        await walk.options(outgoing_mails_per_department={"default": "receiving_email"})


async def test_no_ticket_is_made_of_a_probe(walk: Walk) -> None:
    mailbox = await walk.mailbox()
    probe = letter("Postroom doctor", sender=mailbox.address, X_Postroom_Probe="1")
    placed = (await walk.passport(mailbox.receives(probe)))["placement"]
    assert (placed["ticket"], placed["reason"]) == (None, "it is a probe of the doctor")
    stranger = letter("Not one", sender="Bo <bo@firm.example>", X_Postroom_Probe="1")
    assert await walk.ticket_of(mailbox.receives(stranger))


@pytest.mark.parametrize(("how", "check", "code"), SET_UP_WRONGLY.values(), ids=SET_UP_WRONGLY)
async def test_a_mailbox_that_is_set_up_wrongly(
    walk: Walk, settings: ProcessSettings, how: dict[str, Any], check: str, code: str
) -> None:
    mailbox = await walk.mailbox(**how)
    exit_code, found = await examined(shell_of(walk, settings), mailbox)
    assert exit_code == 1
    assert (found[check]["verdict"], found[check]["code"]) == ("failed", code)
    assert found[check]["remedy"]
    if check == "sign-in":
        assert found["read"]["verdict"] == "skipped"
        assert "because of sign-in" in found["read"]["found"]


@pytest.mark.parametrize(("knobs", "faults", "finding"), REFUSED.values(), ids=REFUSED)
async def test_a_mailbox_that_graph_refuses(
    walk: Walk,
    settings: ProcessSettings,
    knobs: Knobs,
    faults: tuple[str, ...],
    finding: tuple[str, str, str],
) -> None:
    check, verdict, code = finding
    mailbox = await walk.mailbox(enabled=False)
    mailbox.becomes(knobs)
    for kind in faults:
        mailbox.breaks(Fault.model_validate({"match": kind, "status": 403}))
    exit_code, found = await examined(shell_of(walk, settings), mailbox)
    assert exit_code == (verdict == "failed")
    assert (found[check]["verdict"], found[check]["code"]) == (verdict, code)
    assert found[check]["remedy"]
    assert found["ingest"]["found"] == "it is switched off"


async def test_a_graph_that_cannot_be_reached(walk: Walk, settings: ProcessSettings) -> None:
    mailbox = await walk.mailbox()
    away = shell_of(walk, settings, POSTROOM_GRAPH_BASE_URL="https://127.0.0.1:9")
    exit_code, found = await examined(away, mailbox)
    assert (exit_code, found["mailbox"]["code"]) == (1, "network")
    code, said = await away.run("doctor", TENANT, mailbox.address)
    assert code == 1
    assert "failed mailbox: [network]" in said


async def test_a_mailbox_that_is_not_there_is_named(walk: Walk, settings: ProcessSettings) -> None:
    code, said = await shell_of(walk, settings).run("doctor", TENANT, "nobody@helpdesk.example")
    assert code == 78
    assert "no mailbox nobody@helpdesk.example" in said
