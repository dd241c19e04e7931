"""The Graph provider against the sandbox: the suite, signing in, listing and settling."""

from datetime import timedelta
from pathlib import Path

import pytest

from sandbox.knobs import Fault, Knobs
from shared.contracts.errors import AuthExpired, Permanent, Transient
from shared.plugins.mailboxes import CursorExpired, Done, Gone, MailboxConnection, MarkRead, MoveTo, Settled
from shared.plugins.notifying import Notifying
from tests.plugins.graph_post import SUPPORT, GraphPost
from tests.plugins.mailbox_suite import KEY, MailboxSuite, a_mail, an_answer, every_page, only_mail
from tests.plugins.notifying_suite import NotifyingSuite


@pytest.fixture
def post(graph_post: GraphPost) -> GraphPost:
    return graph_post


@pytest.fixture
def connection(graph_connection: MailboxConnection) -> MailboxConnection:
    return graph_connection


class TestGraph(MailboxSuite, NotifyingSuite):
    many = 510

    @pytest.fixture
    def provider(self, graph_post: GraphPost) -> Notifying:
        return graph_post.provider

    @pytest.fixture
    def other_folder(self) -> str:
        return "archive"


async def test_wrong_secret_is_told_with_its_code(post: GraphPost) -> None:
    with pytest.raises(AuthExpired) as caught:
        await post.connect(secret="wrong").list(None, None)
    assert caught.value.code == "AADSTS7000215"
    assert "wrong" not in str(caught.value).replace("wrong secret", "")


async def test_missing_secret_is_told_before_any_request(post: GraphPost) -> None:
    with pytest.raises(AuthExpired, match="no client secret"):
        await post.connect(secret="").list(None, None)
    assert post.requests == 0


async def test_wrong_secret_of_one_mailbox_does_not_live_on_the_token_of_another(post: GraphPost) -> None:
    await post.connect().list(None, None)
    with pytest.raises(AuthExpired):
        await post.connect(secret="wrong").list(None, None)
    await post.connect().list(None, None)


async def test_unknown_tenant_is_told(post: GraphPost) -> None:
    with pytest.raises(AuthExpired):
        await post.connect(tenant="00000000-0000-0000-0000-000000000000").list(None, None)


async def test_unreachable_token_endpoint_is_transient(
    post: GraphPost, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("POSTROOM_GRAPH_AUTHORITY", "https://127.0.0.1:9")
    with pytest.raises(Transient) as caught:
        await post.connect().list(None, None)
    assert caught.value.code == "token_endpoint"


async def test_token_endpoint_that_comes_back_is_used(post: GraphPost, connection: MailboxConnection) -> None:
    post.breaks(Fault(match="token", status=503, times=2, retry_after=7))
    with pytest.raises(Transient) as caught:
        await connection.list(None, None)
    assert caught.value.retry_after == timedelta(seconds=7)
    with pytest.raises(Transient):
        await connection.list(None, None)
    await connection.list(None, None)


async def test_environment_bundle_does_not_replace_the_ca_file(
    post: GraphPost, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(tmp_path / "missing.pem"))
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "missing.pem"))
    await post.connect().list(None, None)


async def test_missing_ca_file_is_told(
    post: GraphPost, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("POSTROOM_GRAPH_CA_FILE", str(tmp_path / "missing.pem"))
    with pytest.raises(Permanent) as caught:
        post.connect()
    assert caught.value.code == "ca_file"


async def test_server_that_the_ca_file_does_not_know_is_not_trusted(
    post: GraphPost, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("POSTROOM_GRAPH_CA_FILE")
    with pytest.raises(Transient):
        await post.connect().list(None, None)


async def test_token_refused_in_mid_run_is_replaced_once(
    post: GraphPost, connection: MailboxConnection
) -> None:
    post.receive(a_mail())
    _, cursor = await every_page(connection)
    post.sandbox.revoke_tokens()
    before = post.requests
    await connection.list(cursor, None)
    assert post.requests == before + 2


async def test_token_that_stays_refused_is_told(post: GraphPost, connection: MailboxConnection) -> None:
    post.breaks(Fault(match="delta", status=401, times=2))
    with pytest.raises(AuthExpired) as caught:
        await connection.list(None, None)
    assert caught.value.code == "InvalidAuthenticationToken"


@pytest.mark.parametrize(("told", "waits"), [(17, timedelta(seconds=17)), (None, None)])
async def test_throttling_says_when_to_come_again(
    post: GraphPost, connection: MailboxConnection, told: int | None, waits: timedelta | None
) -> None:
    post.breaks(Fault(match="delta", status=429, retry_after=told))
    with pytest.raises(Transient) as caught:
        await connection.list(None, None)
    assert caught.value.code == "ApplicationThrottled"
    assert caught.value.retry_after == waits


@pytest.mark.parametrize("status", [500, 502, 503, 504, "drop"])
async def test_trouble_of_the_service_is_transient(
    post: GraphPost, connection: MailboxConnection, status: object
) -> None:
    post.breaks(Fault.model_validate({"match": "delta", "status": status}))
    with pytest.raises(Transient):
        await connection.list(None, None)
    await connection.list(None, None)


async def test_expired_cursor_is_told_and_listing_begins_anew(
    post: GraphPost, connection: MailboxConnection
) -> None:
    post.receive(a_mail())
    found, cursor = await every_page(connection)
    post.sandbox.expire_delta(SUPPORT)
    with pytest.raises(CursorExpired):
        await connection.list(cursor, None)
    assert (await every_page(connection))[0] == found


async def test_cursor_of_a_folder_that_was_deleted_has_expired(
    post: GraphPost, connection: MailboxConnection
) -> None:
    """Somebody may have made another one of that name, or the whole mailbox anew."""
    post.receive(a_mail())
    found, cursor = await every_page(connection)
    post.breaks(Fault(match="delta", status=404, times=2))
    with pytest.raises(CursorExpired):
        await connection.list(cursor, None)
    with pytest.raises(Permanent) as caught:
        await connection.list(None, None)
    assert caught.value.code == "folder_not_found"
    assert (await every_page(connection))[0] == found


async def test_cursor_of_another_folder_has_expired(post: GraphPost, connection: MailboxConnection) -> None:
    _, cursor = await every_page(connection)
    with pytest.raises(CursorExpired):
        await post.connect(folder="archive").list(cursor, None)


async def test_cursor_never_takes_the_token_to_another_host(connection: MailboxConnection) -> None:
    _, cursor = await every_page(connection)
    with pytest.raises(CursorExpired):
        await connection.list(cursor.replace("127.0.0.1", "localhost"), None)


async def test_unsteady_delta_loses_nothing(post: GraphPost, connection: MailboxConnection) -> None:
    weather = Knobs(seed=3, duplicate_delta=0.3, empty_pages=0.3, late_delta=0.3, replay_delta=0.5)
    post.sandbox.set_knobs(SUPPORT, weather)
    for number in range(150):
        post.receive(a_mail(f"Mail {number}"))
    found, cursor = await every_page(connection)
    for _ in range(20):
        more, cursor = await every_page(connection, cursor)
        found += more
    assert len(set(found)) == 150


async def test_drafts_and_removed_mail_are_not_listed(post: GraphPost, connection: MailboxConnection) -> None:
    drafts = post.connect(folder="drafts")
    await drafts.prepare(an_answer(SUPPORT), KEY)
    assert (await every_page(drafts))[0] == []
    post.receive(a_mail())
    (found,), cursor = await every_page(connection)
    await connection.settle(found, MoveTo("archive"))
    assert (await every_page(connection, cursor))[0] == []


@pytest.mark.parametrize(
    ("knobs", "code"),
    [
        (Knobs(disabled=True), "MailboxNotEnabledForRESTAPI"),
        (Knobs(auth_denied=True), "ErrorAccessDenied"),
    ],
)
async def test_mailbox_that_is_closed_to_us_is_told_with_its_code(
    post: GraphPost, connection: MailboxConnection, knobs: Knobs, code: str
) -> None:
    post.sandbox.set_knobs(SUPPORT, knobs)
    with pytest.raises(Permanent) as caught:
        await connection.list(None, None)
    assert caught.value.code == code
    assert not isinstance(caught.value, Gone | AuthExpired)


async def test_mailbox_that_does_not_exist_is_told(post: GraphPost) -> None:
    with pytest.raises(Permanent) as caught:
        await post.connect(to="nobody@acme.example").list(None, None)
    assert caught.value.code == "ErrorInvalidUser"


async def test_folder_that_does_not_exist_is_told(post: GraphPost) -> None:
    with pytest.raises(Permanent) as caught:
        await post.connect(folder="Invoices").list(None, None)
    assert caught.value.code == "folder_not_found"


async def test_folder_is_found_by_its_shown_path(post: GraphPost) -> None:
    post.receive(a_mail())
    assert len((await every_page(post.connect(folder="Inbox")))[0]) == 1
    assert (await every_page(post.connect(folder="junk email")))[0] == []


async def test_mail_that_somebody_removed_is_gone_and_told(
    post: GraphPost, connection: MailboxConnection
) -> None:
    post.receive(a_mail())
    found = await only_mail(connection)
    post.breaks(Fault(match="value", status=404))
    post.breaks(Fault(match="get", status=404))
    with pytest.raises(Gone):
        await connection.fetch(found)
    post.breaks(Fault(match="patch", status=404))
    with pytest.raises(Gone):
        await connection.settle(found, MarkRead())
    post.breaks(Fault(match="get", status=404))
    with pytest.raises(Gone):
        await connection.settle(found, MoveTo("archive"))


async def test_a_receipt_says_where_the_mail_is(post: GraphPost, connection: MailboxConnection) -> None:
    post.receive(a_mail())
    found = await only_mail(connection)
    ids = {folder.name: folder.id for folder in await connection.folders()}
    read = Settled(Done.MARKED_READ, ids["Inbox"], found)
    moved = Settled(Done.MOVED, ids["Archive"], found)
    assert await connection.settle(found, MarkRead()) == read
    assert [await connection.settle(found, MoveTo("archive")) for _ in range(2)] == [moved, moved]


async def test_a_mail_that_somebody_moved_stays_there(post: GraphPost, connection: MailboxConnection) -> None:
    post.receive(a_mail())
    found = await only_mail(connection)
    post.sandbox.move(SUPPORT, found, "deleteditems")
    settled = await connection.settle(found, MoveTo("archive"))
    assert settled is not None
    assert settled.done is Done.ELSEWHERE
    kinds = [event.kind for event in post.sandbox.log(SUPPORT) if event.item == found]
    assert "moved" not in kinds


async def test_a_folder_that_was_deleted_is_told_and_the_mail_is_not_gone(
    post: GraphPost, connection: MailboxConnection
) -> None:
    orders = post.sandbox.add_folder(SUPPORT, "Orders")
    post.receive(a_mail("first"))
    await connection.settle(await only_mail(connection), MoveTo(orders))
    post.receive(a_mail("second"))
    post.sandbox.remove_folder(SUPPORT, orders)
    with pytest.raises(Permanent) as caught:
        await connection.settle(await only_mail(connection), MoveTo(orders))
    assert caught.value.code == "folder_not_found"
    post.sandbox.add_folder(SUPPORT, "Orders")
    settled = await connection.settle(await only_mail(connection), MoveTo("Orders"))
    assert settled is not None
    assert settled.done is Done.MOVED
