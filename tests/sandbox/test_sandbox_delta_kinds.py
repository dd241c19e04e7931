"""What a delta may be asked for: kinds of changes, dates; and what it refuses."""

import pytest

from sandbox.server import Sandbox
from tests.sandbox.clients import IMMUTABLE, SUPPORT, GraphClient, Json, make_mail

DELTA = "mailFolders/inbox/messages/delta"


def told(entries: list[Json]) -> list[tuple[str, bool]]:
    return [(entry["id"], "@removed" in entry) for entry in entries]


async def test_kinds_of_changes_are_told_apart(sandbox: Sandbox, graph: GraphClient) -> None:
    old, leaving = (sandbox.deliver(SUPPORT, make_mail(number=number)) for number in range(2))
    links = {}
    for kind in ("created", "updated", "deleted"):
        entries, links[kind] = await graph.round(f"{DELTA}?changeType={kind}", headers=IMMUTABLE)
        assert told(entries) == ([(old, False), (leaving, False)] if kind == "created" else [])
    new = sandbox.deliver(SUPPORT, make_mail(number=9))
    await graph.http.patch(f"messages/{old}", json={"isRead": True})
    await graph.http.patch(f"messages/{new}", json={"isRead": True})
    await graph.post(f"messages/{leaving}/move", {"destinationId": "archive"})
    found = {kind: told((await graph.round(link, headers=IMMUTABLE))[0]) for kind, link in links.items()}
    assert found == {"created": [(new, False)], "updated": [(old, False)], "deleted": [(leaving, True)]}


async def test_a_return_is_a_creation_of_an_old_mail(sandbox: Sandbox, graph: GraphClient) -> None:
    mail = sandbox.deliver(SUPPORT, make_mail())
    _, link = await graph.round(f"{DELTA}?changeType=created", headers=IMMUTABLE)
    for folder in ("archive", "inbox"):
        await graph.post(f"messages/{mail}/move", {"destinationId": folder})
    assert told((await graph.round(link, headers=IMMUTABLE))[0]) == [(mail, False)]


@pytest.mark.parametrize(
    "asked",
    [
        "$deltatoken=latest",
        "$deltaToken=latest",
        "$search=x",
        "$filter=receivedDateTime le 2026-01-01T00:00:00Z",
        "$filter=receivedDateTime ge 2026-01-01T00:00:00Z and isRead eq true",
        "$orderby=subject",
        "changeType=moved",
        "$select=colour",
        "$top=0",
    ],
)
async def test_what_delta_refuses(graph: GraphClient, asked: str) -> None:
    await graph.json(f"{DELTA}?{asked}", 400)


async def test_a_whole_mailbox_is_not_tracked(graph: GraphClient) -> None:
    for spelling in ("messages/delta", "messages/delta()", "messages/microsoft.graph.delta()"):
        error = (await graph.json(spelling, 400))["error"]
        assert "Change tracking is not supported" in error["message"]


async def test_the_newest_come_first_when_asked(graph: GraphClient) -> None:
    await graph.json(f"{DELTA}?$orderby=receivedDateTime desc")
