"""`postroom tenant`, `user`, `mailbox`, `trigger` and `parked`: an installation's first rows, by command."""

import json
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Row, select

from shared.messaging.dispatch import Delivery
from shared.messaging.parked import park
from shared.messaging.unit import now
from shared.settings import ProcessSettings
from shared.storage.config import mailboxes, tokens, triggers
from shared.storage.messages import deliveries, parked
from tests.certificates import certificate
from tests.installation import SUPPORT, TENANT, Installation, environment_of, installed
from tests.system.shell import REFUSED, Shell

QUEUE = "ticketing.mail.parsed.v1"
MESSAGE = "11111111-2222-4333-8444-555555555555"


@pytest.fixture
def settings(database_url: str, redis_url: str, home: Path) -> ProcessSettings:
    return ProcessSettings(home=home, database_url=database_url, redis_url=redis_url)


async def test_a_fresh_installation_is_made_by_commands(settings: ProcessSettings) -> None:
    async with installed(settings) as installation:
        shell = Shell(environment_of(settings, installation.sandbox))
        code, said = await shell.run("user", "add", "eva@helpdesk.example", says="long enough\n")
        assert (code, said) == (
            REFUSED,
            f"postroom: no tenant {TENANT}; make it: postroom tenant create {TENANT}",
        )
        for words, typed in (
            (("tenant", "create", TENANT), ""),
            (("user", "add", "eva@helpdesk.example", "--role", "admin"), "long enough\n"),
            (("mailbox", "add", "help@helpdesk.example", "--set", "tenant_id=a", "--set", "client_id=b"),
             "secret\n"),
            (("mailbox", "add", "files@helpdesk.example", "--provider", "maildir", "--set", "directory=files",
              "--set", "layout=eml", "--set", "outgoing=file"), ""),
            (("trigger", "add", "Thanks", "--on", "NEW_TICKET_CREATED", "--when", "kinds=both",
              "--set", "subject=Re: {{ ticket.subject }}", "--set", "body=Thanks."), ""),
        ):  # fmt: skip
            code, said = await shell.run(*words, says=typed)
            assert code == 0, said
        assert (await shell.run("trigger", "list"))[1] == "Thanks: NEW_TICKET_CREATED, send_email, active"
        boxes = await installation.rows(select(mailboxes).where(mailboxes.c.provider == "maildir"))
        assert [(one.settings["directory"], one.secret) for one in boxes] == [("files", None)]
        (made,) = await installation.rows(select(triggers.c.when, triggers.c.params))
        assert made.when == {"kinds": "both"}
        assert made.params["body"] == "Thanks."


async def test_a_trigger_that_is_not_valid_is_refused_with_the_reason(settings: ProcessSettings) -> None:
    async with installed(settings) as installation:
        await installation.set_up()
        shell = Shell(environment_of(settings, installation.sandbox))
        code, said = await shell.run("trigger", "add", "Thanks", "--on", "NEW_TICKET_CREATED")
        assert code == REFUSED
        assert "kinds" in said or "when" in said
        code, said = await shell.run(
            *("trigger", "add", "Thanks", "--on", "NEW_TICKET_CREATED", "--when", "kinds=both"),
            *("--set", "subject=x", "--set", "body={{ nonsense"),
        )
        assert code == REFUSED
        assert "body" in said
        assert await installation.rows(select(triggers.c.id)) == []


async def test_a_token_is_printed_once_and_kept_as_a_digest(settings: ProcessSettings) -> None:
    async with installed(settings) as installation:
        await installation.set_up()
        shell = Shell(environment_of(settings, installation.sandbox))
        code, said = await shell.run("user", "token", "eva@helpdesk.example")
        assert (code, said) == (REFUSED, f"postroom: no user eva@helpdesk.example in tenant {TENANT}")
        await shell.run("user", "add", "eva@helpdesk.example", says="long enough\n")
        code, token = await shell.run("user", "token", "eva@helpdesk.example")
        assert code == 0
        assert token.startswith(f"{TENANT}.")
        (row,) = await installation.rows(select(tokens.c.digest))
        assert token not in row.digest


async def test_parked_messages_are_listed_replayed_and_dropped(settings: ProcessSettings) -> None:
    async with installed(settings) as installation:
        await installation.set_up()
        shell = Shell(environment_of(settings, installation.sandbox))
        replayed = await _parked(installation, TENANT, MESSAGE)
        dropped = await _parked(installation, None, None)
        _, said = await shell.run("parked", "list", "--json")
        listed = json.loads(f"[{said.replace('} {', '}, {')}]")
        assert {row["id"] for row in listed} == {replayed, dropped}
        assert {row["error"] for row in listed} == {"gave up"}
        assert (await shell.run("parked", "replay"))[0] == 2
        assert await shell.run("parked", "replay", replayed) == (0, f"{replayed} replayed")
        assert (await shell.run("parked", "replay", replayed))[0] == REFUSED
        assert await shell.run("parked", "drop", "--all") == (0, f"{dropped} dropped")
        assert await installation.rows(select(parked.c.id)) == []
        (row,) = await installation.rows(select(deliveries.c.queue, deliveries.c.message_id))
        assert (row.queue, str(row.message_id)) == (QUEUE, MESSAGE)


async def _parked(installation: Installation, tenant: str | None, message: str | None) -> str:
    """Park a message and return by which id it is listed."""
    delivery = Delivery(QUEUE, "mail.parsed.v1", "{}", 4, message)
    async with installation.house.engine("desk").begin() as db:
        before = set(await db.scalars(select(parked.c.id)))
        await park(db, delivery, tenant=tenant, error="gave up", at=now())
        (made,) = set(await db.scalars(select(parked.c.id))) - before
        return str(made)


async def test_a_mailbox_signs_in_with_a_certificate_from_a_file(
    settings: ProcessSettings, tmp_path: Path
) -> None:
    pair, file = certificate(), tmp_path / "app.pfx"
    async with installed(settings) as installation:
        await installation.set_up()
        sandbox = installation.sandbox
        sandbox.add_mailbox(SUPPORT)
        sandbox.change_app(sandbox.client_id, certificates=(pair.certificate,), secret=None)
        shell = Shell(environment_of(settings, sandbox))
        named = (f"tenant_id={sandbox.tenant}", f"client_id={sandbox.client_id}", "sign_in=certificate")
        add = ["mailbox", "add", SUPPORT, *(word for each in named for word in ("--set", each))]
        file.write_bytes(pair.pfx("sesame"))
        code, said = await shell.run(*add, "--secret-file", str(file))
        assert (code, said) == (REFUSED, "postroom: the pass phrase does not open the PFX file")
        code, said = await shell.run(*add, "--secret-file", str(file), "--passphrase", says="sesame\n")
        assert code == 0, said
        code, said = await shell.run("doctor", TENANT, SUPPORT)
        assert code == 0, said
        (row,) = await installation.rows(select(mailboxes))
        assert (row.secret_expires_at, len(row.secret_thumbprint)) == (pair.ends, 40)


async def test_the_sign_in_of_a_mailbox_is_changed_by_command(settings: ProcessSettings) -> None:
    pair = certificate()
    async with installed(settings) as installation:
        await installation.set_up()
        await installation.add_mailbox()
        shell = Shell(environment_of(settings, installation.sandbox))
        change = ("mailbox", "set", SUPPORT)

        async def row() -> Row[Any]:  # Any: the columns of a mailbox
            (found,) = await installation.rows(select(mailboxes))
            return found

        code, said = await shell.run(*change, "--secret-expires", "2027-01-31")
        assert code == 0, said
        assert f"{(await row()).secret_expires_at:%Y-%m-%d}" == "2027-01-31"
        code, said = await shell.run(*change, "--set", "sign_in=certificate")
        assert (code, said) == (REFUSED, "postroom: enter the certificate: what is kept is none")
        code, said = await shell.run(*change, "--set", "sign_in=certificate", "--secret", says=pair.pem)
        assert code == 0, said
        assert (await row()).secret_expires_at == pair.ends
        code, said = await shell.run(*change, "--set", "sign_in=federated")
        assert (code, (await row()).secret) == (0, None), said
        assert (await row()).settings["sign_in"] == "federated"
        code, said = await shell.run(*change, "--set", "sign_in=secret", "--secret", says="s~1\n")
        assert code == 0, said
        changed = await row()
        assert installation.house.keys.opener("mailbox").open(changed.secret) == "s~1"
        assert (changed.secret_expires_at, changed.secret_thumbprint) == (None, None)
        code, said = await shell.run(*change, "--alias", "Info@helpdesk.example", "--alias", "x@y.test")
        assert (code, (await row()).aliases) == (0, ["info@helpdesk.example", "x@y.test"]), said
        code, said = await shell.run(*change, "--no-aliases")
        assert (code, (await row()).aliases) == (0, []), said
        code, said = await shell.run("mailbox", "set", "nobody@x.test")
        assert (code, "has no mailbox nobody@x.test" in said) == (REFUSED, True)


async def test_a_scan_tells_once_that_a_secret_ends_soon(settings: ProcessSettings) -> None:
    async with installed(settings) as installation:
        await installation.set_up()
        await installation.add_mailbox(secret_expires_at=now() + timedelta(days=10))
        shell = Shell(environment_of(settings, installation.sandbox))
        for told in (True, False):
            code, said = await shell.run("scan", "--force")
            assert (code, "mailbox.credential_expires" in said) == (0, told), said
