"""The Graph provider takes nothing for Graph's answer that is none, and follows no link elsewhere."""

from contextlib import suppress

import pytest

from sandbox.knobs import Fault, Knobs
from shared.contracts.errors import Permanent, Transient
from shared.plugins.mailboxes import Gone, MailboxConnection, MarkRead
from tests.plugins.graph_post import SUPPORT, GraphPost
from tests.plugins.mailbox_suite import a_mail, every_page, only_mail


@pytest.fixture
def post(graph_post: GraphPost) -> GraphPost:
    return graph_post


@pytest.fixture
def connection(graph_connection: MailboxConnection) -> MailboxConnection:
    return graph_connection


async def test_a_link_to_another_host_is_told_and_nothing_is_passed_over(
    post: GraphPost, connection: MailboxConnection
) -> None:
    post.receive(a_mail())
    post.sandbox.set_knobs(SUPPORT, Knobs(foreign_links=1))
    with pytest.raises(Permanent) as caught:
        await connection.list(None, None)
    assert caught.value.code == "foreign_link"
    post.sandbox.set_knobs(SUPPORT, Knobs())
    assert len((await every_page(connection))[0]) == 1


async def test_mail_that_went_between_listing_and_download_is_gone(
    post: GraphPost, connection: MailboxConnection
) -> None:
    post.sandbox.set_knobs(SUPPORT, Knobs(vanish=("*",)))
    post.receive(a_mail())
    found = await only_mail(connection)
    with pytest.raises(Gone):
        await connection.fetch(found)


@pytest.mark.parametrize("status", ["html", "garbled", "drop", "hang"])
@pytest.mark.parametrize("when", ["before", "after"])
async def test_what_a_gateway_answers_is_no_listing(
    post: GraphPost, connection: MailboxConnection, status: str, when: str
) -> None:
    post.receive(a_mail())
    fault = {"match": "delta", "status": status, "when": when, "seconds": 0.1}
    post.breaks(Fault.model_validate(fault))
    with pytest.raises(Transient):
        await connection.list(None, None)
    assert len((await every_page(connection))[0]) == 1


@pytest.mark.parametrize("status", ["html", "garbled", "trickle", "drop", "hang"])
@pytest.mark.parametrize("when", ["before", "after"])
async def test_what_a_gateway_answers_is_no_mail(
    post: GraphPost, connection: MailboxConnection, status: str, when: str
) -> None:
    raw = a_mail()
    post.receive(raw)
    found = await only_mail(connection)
    fault = {"match": "value", "status": status, "when": when, "seconds": 0.1}
    post.breaks(Fault.model_validate(fault))
    with suppress(Transient):
        assert await connection.fetch(found) == raw, "what came slowly is whole"
    assert await connection.fetch(found) == raw


@pytest.mark.parametrize("match", ["value", "patch"])
async def test_a_gateways_page_is_no_mail_and_marks_nothing(
    post: GraphPost, connection: MailboxConnection, match: str
) -> None:
    raw = a_mail()
    post.receive(raw)
    found = await only_mail(connection)
    post.breaks(Fault.model_validate({"match": match, "status": "html"}))
    with pytest.raises(Transient) as caught:
        await (connection.fetch(found) if match == "value" else connection.settle(found, MarkRead()))
    assert caught.value.code == "bad_answer"
    assert await connection.fetch(found) == raw
