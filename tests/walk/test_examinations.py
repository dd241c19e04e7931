"""The doctor for the desk: asked over HTTP, done by ingest, each finding told as it comes."""

from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import select

from sandbox.knobs import Fault, Knobs
from shared.contracts.examining import ExamineMailbox
from shared.storage.ingest import examinations
from tests.installation import TENANT
from tests.walk.test_doctor import CHECKS, PASSED, REFUSED, SET_UP_WRONGLY
from tests.walk.walking import Json, Mailbox, Walk

pytestmark = pytest.mark.asyncio(loop_scope="module")


async def asked(walk: Walk, mailbox: Mailbox, body: object = None) -> Json:
    answer = await walk.desk.post(f"/api/v1/mailboxes/{mailbox.id}/examinations", json=body)
    assert answer.status_code == 202, answer.text
    run: Json = answer.json()
    assert answer.headers["location"].endswith(f"/mailboxes/{mailbox.id}/examinations/{run['id']}")
    return run


async def ended(walk: Walk, mailbox: Mailbox, run: str) -> Json:
    """Wait until an examination has ended; return it."""
    path = f"/mailboxes/{mailbox.id}/examinations/{run}"

    async def so() -> bool:
        return (await walk.read(path))["ended_at"] is not None

    await walk.installation.until(so, "the examination ends")
    told: Json = await walk.read(path)
    return told


async def examined(walk: Walk, mailbox: Mailbox, body: object = None) -> Json:
    return await ended(walk, mailbox, (await asked(walk, mailbox, body))["id"])


def by_check(run: Json) -> dict[str, Json]:
    return {finding["check"]: finding for finding in run["findings"]}


async def test_a_healthy_mailbox_is_examined_for_the_desk(walk: Walk) -> None:
    mailbox = await walk.mailbox()
    await walk.stands(mailbox, "idle")
    run = await examined(walk, mailbox)
    assert (run["state"], run["verdict"], run["asked_by"]) == ("done", "ok", "Eva Stein")
    assert [finding["check"] for finding in run["findings"]] == ["ingest", "notifications", *CHECKS]
    verdicts = {check: finding["verdict"] for check, finding in by_check(run).items()}
    skipped = dict.fromkeys(("notifications", "send as", "probe"), "skipped")
    assert verdicts == {"ingest": "ok", **dict.fromkeys(PASSED, "ok"), **skipped}
    assert await walk.read(f"/mailboxes/{mailbox.id}/examinations/latest") == run
    assert await walk.listed(f"/mailboxes/{mailbox.id}/examinations") == [run]
    assert mailbox.sent() == []


async def test_a_probe_leaves_only_when_it_is_asked_for(walk: Walk) -> None:
    mailbox = await walk.mailbox()
    run = await examined(walk, mailbox, {"send": True})
    assert (run["send"], by_check(run)["probe"]["verdict"]) == (True, "ok")
    assert [sent.recipients for sent in mailbox.sent()] == [(mailbox.address,)]


@pytest.mark.parametrize(("how", "check", "code"), SET_UP_WRONGLY.values(), ids=SET_UP_WRONGLY)
async def test_what_is_set_up_wrongly_is_found(
    walk: Walk, how: dict[str, Any], check: str, code: str
) -> None:
    run = await examined(walk, await walk.mailbox(**how))
    finding = by_check(run)[check]
    assert (run["state"], run["verdict"]) == ("done", "failed")
    assert (finding["verdict"], finding["code"]) == ("failed", code)
    assert finding["remedy"]


@pytest.mark.parametrize(("knobs", "faults", "finding"), REFUSED.values(), ids=REFUSED)
async def test_what_graph_refuses_is_found(
    walk: Walk, knobs: Knobs, faults: tuple[str, ...], finding: tuple[str, str, str]
) -> None:
    check, verdict, code = finding
    mailbox = await walk.mailbox(enabled=False)
    mailbox.becomes(knobs)
    for kind in faults:
        mailbox.breaks(Fault.model_validate({"match": kind, "status": 403}))
    told = by_check(await examined(walk, mailbox))[check]
    assert (told["verdict"], told["code"]) == (verdict, code)
    assert told["remedy"]
    assert told["request_id"]


async def test_while_one_runs_it_is_the_answer(walk: Walk) -> None:
    mailbox = await walk.mailbox(enabled=False)
    mailbox.becomes(Knobs(latency_ms=(400, 400)))
    first = await asked(walk, mailbox)
    assert (await asked(walk, mailbox))["id"] == first["id"]
    await ended(walk, mailbox, first["id"])
    assert (await asked(walk, mailbox))["id"] != first["id"]


async def test_findings_are_told_as_they_come(walk: Walk) -> None:
    mailbox = await walk.mailbox(enabled=False)
    mailbox.becomes(Knobs(latency_ms=(400, 400)))
    run = await asked(walk, mailbox)

    async def some() -> bool:
        now = await walk.read(f"/mailboxes/{mailbox.id}/examinations/{run['id']}")
        return bool(now["ended_at"] is None and 1 < len(now["findings"]) < len(CHECKS))

    await walk.installation.until(some, "some findings are there, and more to come")
    await ended(walk, mailbox, run["id"])


async def test_two_commands_at_once_make_one_examination(walk: Walk) -> None:
    mailbox = await walk.mailbox(enabled=False)
    mailbox.becomes(Knobs(latency_ms=(200, 200)))
    for _ in range(4):
        await walk.installation.tell(ExamineMailbox(tenant=TENANT, mailbox=mailbox.id))
    await ended(walk, mailbox, (await asked(walk, mailbox))["id"])
    await walk.rest()
    assert len(await walk.listed(f"/mailboxes/{mailbox.id}/examinations")) == 1


async def test_a_mailbox_that_is_not_there_is_not_examined(walk: Walk) -> None:
    for method, rest in (("POST", ""), ("GET", ""), ("GET", "/latest")):
        answer = await walk.desk.request(method, f"/api/v1/mailboxes/{uuid4()}/examinations{rest}")
        assert answer.status_code == 404


async def test_old_examinations_are_removed(walk: Walk) -> None:
    mailbox = await walk.mailbox(enabled=False)
    await examined(walk, mailbox)
    kept = select(examinations.c.id).where(examinations.c.mailbox == mailbox.id)

    async def gone() -> bool:
        return not await walk.installation.rows(kept)

    assert not await gone()
    await walk.later(timedelta(days=31))
    await walk.installation.until(gone, "the examination is removed")
