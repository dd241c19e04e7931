"""The Graph provider against the sandbox: one mail leaves once, whatever breaks."""

from collections.abc import Callable
from email import message_from_bytes

import pytest

from sandbox.knobs import Fault, Knobs
from shared.contracts.errors import Permanent, Transient
from shared.plugins.mailboxes import MailboxConnection, Prepared, Sent
from tests.plugins.graph_post import SUPPORT, GraphPost
from tests.plugins.mailbox_suite import KEY, an_answer


@pytest.fixture
def post(graph_post: GraphPost) -> GraphPost:
    return graph_post


@pytest.fixture
def connection(graph_connection: MailboxConnection) -> MailboxConnection:
    return graph_connection


async def test_refused_author_is_permanent_and_the_draft_stays(connection: MailboxConnection) -> None:
    handle = await connection.prepare(an_answer("ann@acme.example"), KEY)
    with pytest.raises(Permanent) as caught:
        await connection.dispatch(handle)
    assert caught.value.code == "ErrorSendAsDenied"
    assert await connection.find_sent(handle, KEY) == Prepared(handle)


@pytest.mark.parametrize("status", [503, 504, 429, "drop"])
async def test_mail_refused_before_it_was_accepted_is_still_prepared(
    post: GraphPost, connection: MailboxConnection, status: object
) -> None:
    handle = await connection.prepare(an_answer(SUPPORT), KEY)
    post.breaks(Fault.model_validate({"match": "send", "status": status}))
    with pytest.raises(Transient):
        await connection.dispatch(handle)
    assert await connection.find_sent(handle, KEY) == Prepared(handle)
    await connection.dispatch(handle)
    assert len(post.left()) == 1


@pytest.mark.parametrize("status", [503, 504, "drop"])
@pytest.mark.parametrize("rewrites", [False, True])
@pytest.mark.parametrize("key", [KEY, "0b7e3a52-7c39-4a3e-8a39-3b0c8c2d7a11"])
async def test_mail_accepted_without_an_answer_is_found_as_sent(
    post: GraphPost, connection: MailboxConnection, status: object, key: str, *, rewrites: bool
) -> None:
    post.sandbox.set_knobs(SUPPORT, Knobs(rewrite_message_id=rewrites))
    handle = await connection.prepare(an_answer(SUPPORT), key)
    post.breaks(Fault.model_validate({"match": "send", "status": status, "when": "after"}))
    with pytest.raises(Transient):
        await connection.dispatch(handle)
    (left,) = post.sandbox.sent(SUPPORT)
    assert await connection.find_sent(handle, key) == Sent(left.internet_message_id.strip("<>"))
    assert rewrites is (left.internet_message_id != f"<{KEY}>")


async def test_copy_that_lost_its_key_is_found_by_message_id(
    post: GraphPost, connection: MailboxConnection
) -> None:
    post.sandbox.set_knobs(SUPPORT, Knobs(drop_headers=("X-Postroom-Key",)))
    handle = await connection.prepare(an_answer(SUPPORT), KEY)
    await connection.dispatch(handle)
    assert await connection.find_sent(handle, KEY) == Sent(KEY)


async def test_blind_copies_are_reached_and_not_told(post: GraphPost, connection: MailboxConnection) -> None:
    post.sandbox.add_mailbox("boss@acme.example")
    mime = b"Bcc: boss@acme.example\r\n" + an_answer(SUPPORT)
    await connection.dispatch(await connection.prepare(mime, KEY))
    (left,) = post.sandbox.sent(SUPPORT)
    assert left.recipients == ("ada@customer.example", "boss@acme.example")


@pytest.mark.parametrize("operation", ["draft", "patch", "attachment", "upload"])
@pytest.mark.parametrize("when", ["before", "after"])
async def test_preparing_that_died_is_done_again_and_one_whole_mail_leaves(
    post: GraphPost, connection: MailboxConnection, operation: str, when: str
) -> None:
    mime = an_answer(SUPPORT, b"a" * 3_400_000, b"b" * 2_900_000)
    post.breaks(Fault.model_validate({"match": operation, "status": 503, "when": when}))
    with pytest.raises(Transient):
        await connection.prepare(mime, KEY)
    await connection.dispatch(await connection.prepare(mime, KEY))
    (left,) = post.left()
    assert left.count(b"filename") == 2
    assert await connection.find_sent(None, KEY) == Sent(KEY)


async def test_mail_too_large_without_its_files_is_permanent(connection: MailboxConnection) -> None:
    with pytest.raises(Permanent) as caught:
        await connection.prepare(an_answer(SUPPORT) + b"x" * 4_000_000, KEY)
    assert caught.value.code == "ErrorMessageSizeExceeded"


async def test_key_with_quotes_is_only_a_key(connection: MailboxConnection) -> None:
    key = "o'brien' or 'x' eq 'x"
    assert await connection.find_sent(None, key) is None
    handle = await connection.prepare(an_answer(SUPPORT), key)
    assert await connection.find_sent(None, key) == Prepared(handle)


async def test_every_request_to_graph_keeps_to_the_limit(
    post: GraphPost, connection: MailboxConnection
) -> None:
    await connection.prepare(an_answer(SUPPORT, b"a" * 3_700_000), KEY)
    # two looks into Drafts, the draft, a session, two ranges, the key
    assert post.requests == 7


@pytest.mark.parametrize("status", ["html", "garbled", "hang"])
@pytest.mark.parametrize("when", ["before", "after"])
async def test_what_a_gateway_answers_is_no_acceptance(
    post: GraphPost, connection: MailboxConnection, status: str, when: str
) -> None:
    handle = await connection.prepare(an_answer(SUPPORT), KEY)
    post.breaks(Fault.model_validate({"match": "send", "status": status, "when": when, "seconds": 0.1}))
    with pytest.raises(Transient):
        await connection.dispatch(handle)
    found = await connection.find_sent(handle, KEY)
    assert found == (Prepared(handle) if when == "before" else Sent(KEY))


@pytest.mark.parametrize(("chance", "seed"), [(0.4, 1), (0.4, 2), (0.4, 3)])
async def test_lost_ranges_are_sent_again(
    post: GraphPost, connection: MailboxConnection, chance: float, seed: int, noise: Callable[[int], bytes]
) -> None:
    post.sandbox.set_knobs(SUPPORT, Knobs(seed=seed, lost_ranges=chance))
    content = noise(9_000_000)
    await connection.dispatch(await connection.prepare(an_answer(SUPPORT, content), KEY))
    (raw,) = post.left()
    assert content in [part.get_payload(decode=True) for part in message_from_bytes(raw).walk()]


async def test_a_session_that_keeps_nothing_is_told_and_leaves_no_draft(
    post: GraphPost, connection: MailboxConnection, noise: Callable[[int], bytes]
) -> None:
    post.sandbox.set_knobs(SUPPORT, Knobs(lost_ranges=1))
    with pytest.raises(Transient) as caught:
        await connection.prepare(an_answer(SUPPORT, noise(4_000_000)), KEY)
    assert caught.value.code == "upload_range"
    assert await connection.find_sent(None, KEY) is None


@pytest.mark.parametrize("match", ["upload", "patch"])
async def test_a_draft_that_goes_while_it_is_made_is_made_anew(
    post: GraphPost, connection: MailboxConnection, noise: Callable[[int], bytes], match: str
) -> None:
    mail = an_answer(SUPPORT, noise(4_000_000), noise(1_000_000))
    post.breaks(Fault.model_validate({"match": match, "status": 404}))
    with pytest.raises(Transient):
        await connection.prepare(mail, KEY)
    await connection.dispatch(await connection.prepare(mail, KEY))
    assert len(post.left()) == 1


@pytest.mark.parametrize("status", [404, 416, 503, "drop", "hang", "html", "garbled"])
async def test_a_session_that_breaks_is_told_and_leaves_no_draft(
    post: GraphPost, connection: MailboxConnection, noise: Callable[[int], bytes], status: object
) -> None:
    post.breaks(Fault.model_validate({"match": "upload", "status": status, "skip": 1, "seconds": 0.1}))
    with pytest.raises(Transient):
        await connection.prepare(an_answer(SUPPORT, noise(4_000_000)), KEY)
    assert await connection.find_sent(None, KEY) is None
    await connection.dispatch(await connection.prepare(an_answer(SUPPORT, noise(4_000_000)), KEY))
    assert len(post.left()) == 1


async def test_nothing_is_uploaded_to_a_stranger(
    post: GraphPost, connection: MailboxConnection, noise: Callable[[int], bytes]
) -> None:
    post.sandbox.set_knobs(SUPPORT, Knobs(foreign_links=1))
    with pytest.raises(Transient) as caught:
        await connection.prepare(an_answer(SUPPORT, noise(4_000_000)), KEY)
    assert caught.value.code == "foreign_link"
    assert await connection.find_sent(None, KEY) is None
