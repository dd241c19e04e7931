import httpx
import pytest

from sandbox.knobs import Knobs
from sandbox.server import Sandbox
from tests.sandbox.clients import IMMUTABLE, SUPPORT, GraphClient, Json, make_mail

DELTA = "mailFolders/inbox/messages/delta"


def deliver_some(sandbox: Sandbox, count: int) -> list[str]:
    return [sandbox.deliver(SUPPORT, make_mail(number=number)) for number in range(count)]


def ids(entries: list[Json]) -> list[str]:
    return [entry["id"] for entry in entries]


async def test_first_round_shows_what_is_there_and_the_next_what_is_new(
    sandbox: Sandbox, graph: GraphClient
) -> None:
    old = deliver_some(sandbox, 2)
    first, link = await graph.round(headers=IMMUTABLE)
    new = sandbox.deliver(SUPPORT, make_mail(number=9))
    second, link = await graph.round(link, headers=IMMUTABLE)
    third, _ = await graph.round(link, headers=IMMUTABLE)
    assert (ids(first), ids(second), third) == (old, [new], [])


async def test_a_round_is_split_into_pages_of_the_preferred_size(
    sandbox: Sandbox, graph: GraphClient
) -> None:
    delivered = deliver_some(sandbox, 5)
    headers = {"Prefer": 'IdType="ImmutableId", odata.maxpagesize=2'}
    page = await graph.json(DELTA, headers=headers)
    assert ids(page["value"]) == delivered[:2]
    assert "@odata.nextLink" in page
    rest, _ = await graph.round(page["@odata.nextLink"], headers=headers)
    assert ids(rest) == delivered[2:]


@pytest.mark.parametrize("spelling", ["delta()", "microsoft.graph.delta()", "delta"])
@pytest.mark.parametrize("folder", ["mailFolders/inbox", "mailfolders('inbox')", "mailFolders('Inbox')"])
async def test_delta_has_many_spellings(
    sandbox: Sandbox, graph: GraphClient, folder: str, spelling: str
) -> None:
    deliver_some(sandbox, 1)
    assert len((await graph.json(f"{folder}/messages/{spelling}"))["value"]) == 1


async def test_selected_fields_stay_selected_in_later_rounds(sandbox: Sandbox, graph: GraphClient) -> None:
    _, link = await graph.round(params={"$select": "subject,receivedDateTime"})
    deliver_some(sandbox, 1)
    [entry], _ = await graph.round(link)
    shown = {"@odata.type", "@odata.etag", "id", "subject", "receivedDateTime"}
    assert entry.keys() == shown


async def test_a_mark_is_an_update(sandbox: Sandbox, graph: GraphClient) -> None:
    [mail] = deliver_some(sandbox, 1)
    _, link = await graph.round()
    await graph.http.patch(f"messages/{mail}", json={"isRead": True})
    [entry], _ = await graph.round(link, headers=IMMUTABLE)
    assert (entry["id"], entry["isRead"]) == (mail, True)


@pytest.mark.parametrize("immutable", [True, False])
async def test_a_move_out_is_a_removal(sandbox: Sandbox, graph: GraphClient, *, immutable: bool) -> None:
    headers = IMMUTABLE if immutable else {}
    deliver_some(sandbox, 1)
    [entry], link = await graph.round(headers=headers)
    await graph.post(f"messages/{entry['id']}/move", {"destinationId": "archive"})
    [removed], _ = await graph.round(link, headers=headers)
    assert removed["id"] == entry["id"]
    assert removed["@removed"] == {"reason": "deleted"}


async def test_out_and_back_in_is_one_update_under_the_immutable_id(
    sandbox: Sandbox, graph: GraphClient
) -> None:
    [mail] = deliver_some(sandbox, 1)
    _, link = await graph.round(headers=IMMUTABLE)
    for folder in ("archive", "inbox"):
        await graph.post(f"messages/{mail}/move", {"destinationId": folder})
    entries, _ = await graph.round(link, headers=IMMUTABLE)
    assert [(entry["id"], "@removed" in entry) for entry in entries] == [(mail, False)]


async def test_what_left_before_the_first_round_is_not_shown(sandbox: Sandbox, graph: GraphClient) -> None:
    [mail] = deliver_some(sandbox, 1)
    await graph.post(f"messages/{mail}/move", {"destinationId": "archive"})
    assert (await graph.round())[0] == []


async def test_received_filter_keeps_old_mail_out(sandbox: Sandbox, graph: GraphClient) -> None:
    [new] = deliver_some(sandbox, 1)
    shown = (await graph.json(f"messages/{new}"))["receivedDateTime"]
    for operator, expected in (("ge", 1), ("gt", 0)):
        entries, _ = await graph.round(params={"$filter": f"receivedDateTime {operator} {shown}"})
        assert len(entries) == expected


async def test_a_filtered_round_tells_of_so_many_and_of_what_comes_later(
    sandbox: Sandbox, graph: GraphClient
) -> None:
    """Graph's own number is 5,000; what it leaves out never comes."""
    sandbox.set_knobs(SUPPORT, Knobs(filtered_delta_cap=3))
    old = deliver_some(sandbox, 5)
    headers = {"Prefer": 'IdType="ImmutableId", odata.maxpagesize=2'}
    params = {"$filter": "receivedDateTime ge 2000-01-01T00:00:00Z"}
    told, link = await graph.round(params=params, headers=headers)
    new = sandbox.deliver(SUPPORT, make_mail(number=9))
    later, _ = await graph.round(link, headers=headers)
    assert (ids(told), ids(later)) == (old[:3], [new])


async def test_other_filters_are_refused(graph: GraphClient) -> None:
    await graph.json(DELTA, 400, params={"$filter": "isRead eq false"})


async def test_expired_and_unknown_tokens_answer_410(sandbox: Sandbox, graph: GraphClient) -> None:
    _, link = await graph.round()
    sandbox.expire_delta(SUPPORT)
    for lost in (link, f"{DELTA}?$deltatoken=unknown", f"{DELTA}?$skiptoken=elsewhere"):
        answer = await graph.http.get(lost)
        assert answer.status_code == 410
        assert answer.json()["error"]["code"] == "SyncStateNotFound"
        assert "token" not in answer.headers["location"]


async def test_a_token_of_one_folder_is_lost_on_another(graph: GraphClient) -> None:
    _, link = await graph.round()
    token = httpx.URL(link).params["$deltatoken"]
    await graph.json("mailFolders/archive/messages/delta", 410, params={"$deltatoken": token})


async def test_gone_strikes_only_with_a_token(sandbox: Sandbox, graph: GraphClient) -> None:
    sandbox.set_knobs(SUPPORT, Knobs(gone=1))
    _, link = await graph.round()
    await graph.json(link, 410)


async def test_an_empty_page_has_a_next_link_and_loses_nothing(sandbox: Sandbox, graph: GraphClient) -> None:
    delivered = deliver_some(sandbox, 1)
    sandbox.set_knobs(SUPPORT, Knobs(empty_pages=1))
    page = await graph.json(DELTA)
    assert page["value"] == []
    rest, _ = await graph.round(page["@odata.nextLink"], headers=IMMUTABLE)
    assert ids(rest) == delivered


async def test_duplicates_stand_in_one_page(sandbox: Sandbox, graph: GraphClient) -> None:
    [mail] = deliver_some(sandbox, 1)
    sandbox.set_knobs(SUPPORT, Knobs(duplicate_delta=1))
    assert ids((await graph.round(headers=IMMUTABLE))[0]) == [mail, mail]


async def test_replay_shows_a_round_again(sandbox: Sandbox, graph: GraphClient) -> None:
    [mail] = deliver_some(sandbox, 1)
    sandbox.set_knobs(SUPPORT, Knobs(replay_delta=1))
    _, link = await graph.round()
    sandbox.set_knobs(SUPPORT, Knobs())
    again, link = await graph.round(link, headers=IMMUTABLE)
    assert ids(again) == [mail]
    assert (await graph.round(link))[0] == []


async def test_a_late_mail_comes_in_the_next_round(sandbox: Sandbox, graph: GraphClient) -> None:
    [mail] = deliver_some(sandbox, 1)
    sandbox.set_knobs(SUPPORT, Knobs(late_delta=1))
    first, link = await graph.round()
    second, _ = await graph.round(link, headers=IMMUTABLE)
    assert (first, ids(second)) == ([], [mail])


async def test_pages_without_end(sandbox: Sandbox, graph: GraphClient) -> None:
    deliver_some(sandbox, 1)
    sandbox.set_knobs(SUPPORT, Knobs(endless_pages=True))
    page = await graph.json("mailFolders/inbox/messages/delta")
    assert len(page["value"]) == 1
    for _ in range(3):
        assert "@odata.deltaLink" not in page
        page = await graph.json(page["@odata.nextLink"])
        assert page["value"] == []
    sandbox.set_knobs(SUPPORT, Knobs())
    assert "@odata.deltaLink" in await graph.json(page["@odata.nextLink"])
