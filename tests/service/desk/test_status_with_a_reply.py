"""The status that a ticket gets with a reply goes back when the reply is undone."""

from datetime import timedelta
from uuid import uuid4, uuid5

import pytest

from shared.storage import tickets as tables
from tests.service.desk.conftest import NOW, Browser, House
from tests.service.desk.test_commands_sent import sent


@pytest.mark.parametrize("later", [[], [("open", 3)]], ids=["as it was closed", "opened since"])
async def test_a_reply_that_is_undone_takes_its_status_back_unless_somebody_changed_it(
    house: House, eva: Browser, later: list[tuple[str, int]]
) -> None:
    ticket, effect, key = await house.ticket(7, status="closed", version=2 + len(later)), uuid4(), uuid4()
    mail = await house.mail_out(ticket, "planned", send_at=NOW + timedelta(seconds=10), effect=effect)
    for status, version in [("closed", 2), *later]:
        change = {"field": "status", "old": "open", "new": status, "version": version, "actor": {}}
        caused = uuid5(effect, "close") if status == "closed" else uuid4()
        await house.add(tables.history, tenant="default", ticket=ticket, caused_by=caused, at=NOW, **change)
    await house.answers("mailer.mail.cancel.v1", key, {"ok": True})
    answer = await eva.post(f"/outgoing/{mail}/cancel", **{"key": str(key), "from": "ticket"})
    said = "undone-alone" if later else "undone"
    assert answer.headers["location"] == f"/tickets/7?undone={mail}&said={said}#editor"
    changes = [(one["changes"], one["expected_version"]) for one in await sent(house, "ticket.change.v1")]
    assert changes == ([] if later else [({"status": "open"}, 2)])
