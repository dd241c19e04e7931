from email import message_from_bytes, policy

import httpx
import pytest
from pydantic import ValidationError

from sandbox.knobs import Dice, Fault, Knobs
from sandbox.server import Sandbox
from tests.sandbox.clients import BOB, SUPPORT, GraphClient, Json, make_mail, recipient

MAIL: Json = {"message": {"subject": "Answer", "toRecipients": [recipient(BOB)]}}


async def statuses(graph: GraphClient, count: int) -> list[int]:
    return [(await graph.http.get("mailFolders/inbox")).status_code for _ in range(count)]


async def test_throttling_names_the_wait(sandbox: Sandbox, graph: GraphClient) -> None:
    for retry_after, shown in ((7, "7"), (None, None)):
        sandbox.set_knobs(SUPPORT, Knobs(throttle=1, retry_after=retry_after))
        answer = await graph.http.get("mailFolders")
        assert answer.status_code == 429
        assert answer.json()["error"]["code"] == "ApplicationThrottled"
        assert answer.headers.get("retry-after") == shown


async def test_the_same_seed_throws_the_same_dice(sandbox: Sandbox, graph: GraphClient) -> None:
    runs = []
    for seed in (1, 1, 2):
        sandbox.set_knobs(SUPPORT, Knobs(seed=seed, throttle=0.5))
        runs.append(await statuses(graph, 20))
    assert runs[0] == runs[1] != runs[2]
    assert set(runs[0]) == {200, 429}


def test_the_knobs_do_not_disturb_each_other() -> None:
    alone, mixed = Dice(3), Dice(3)
    expected = [alone.falls("throttle", 0.5) for _ in range(10)]
    found = [(mixed.falls("gone", 0.5), mixed.falls("throttle", 0.5))[1] for _ in range(10)]
    assert found == expected


async def test_fail_before_does_nothing(sandbox: Sandbox, graph: GraphClient) -> None:
    sandbox.set_knobs(SUPPORT, Knobs(fail_before=1))
    assert (await graph.post("sendMail", MAIL, 503))["error"]["code"] == "ServiceUnavailable"
    assert sandbox.sent(SUPPORT) == []


async def test_fail_after_has_accepted_the_mail(sandbox: Sandbox, graph: GraphClient) -> None:
    draft = await graph.post("messages", MAIL["message"])
    sandbox.set_knobs(SUPPORT, Knobs(fail_after=1))
    await graph.post(f"messages/{draft['id']}/send", status=503)
    await graph.post("sendMail", MAIL, 503)
    assert len(sandbox.sent(SUPPORT)) == 2
    condition = f"internetMessageId eq '{draft['internetMessageId']}'"
    assert (
        len((await graph.json("mailFolders/sentitems/messages", params={"$filter": condition}))["value"]) == 1
    )


async def test_drop_after_has_accepted_the_mail(sandbox: Sandbox, graph: GraphClient) -> None:
    sandbox.set_knobs(SUPPORT, Knobs(drop_after=1))
    with pytest.raises(httpx.RemoteProtocolError):
        await graph.http.post("sendMail", json=MAIL)
    assert len(sandbox.sent(SUPPORT)) == 1


@pytest.mark.parametrize("ndr", [1, ("*@customer.example",)])
async def test_a_bounce_is_a_real_delivery_report(
    sandbox: Sandbox, graph: GraphClient, ndr: int | tuple[str, ...]
) -> None:
    sandbox.add_mailbox(BOB)
    sandbox.set_knobs(SUPPORT, Knobs(ndr=ndr))
    await graph.post("sendMail", MAIL, 202)
    [bounce] = (await graph.json("mailFolders/inbox/messages"))["value"]
    raw = (await graph.http.get(f"messages/{bounce['id']}/$value")).content
    report = message_from_bytes(raw, policy=policy.default)
    assert report.get_content_type() == "multipart/report"
    assert report.get_param("report-type") == "delivery-status"
    explanation, status, original = report.iter_parts()
    assert BOB in explanation.get_content()
    assert status.get_content_type() == "message/delivery-status"
    _, failed = status.iter_parts()
    assert (failed["Final-Recipient"], failed["Action"], failed["Status"]) == (
        f"rfc822;{BOB}",
        "failed",
        "5.1.10",
    )
    assert original.get_content_type() == "text/rfc822-headers"
    [sent] = sandbox.sent(SUPPORT)
    assert sent.internet_message_id in original.get_content()
    assert report["In-Reply-To"].strip() == sent.internet_message_id
    assert [event.kind for event in sandbox.log(SUPPORT)] == ["sent", "delivered", "bounced"]
    assert sandbox.log(BOB) == []


async def test_other_recipients_do_not_bounce(sandbox: Sandbox, graph: GraphClient) -> None:
    sandbox.set_knobs(SUPPORT, Knobs(ndr=("*@elsewhere.example",)))
    await graph.post("sendMail", MAIL, 202)
    assert (await graph.json("mailFolders/inbox"))["totalItemCount"] == 0


async def test_closed_mailboxes(sandbox: Sandbox, graph: GraphClient) -> None:
    for knobs, status, code in (
        (Knobs(auth_denied=True), 403, "ErrorAccessDenied"),
        (Knobs(disabled=True), 404, "MailboxNotEnabledForRESTAPI"),
    ):
        sandbox.set_knobs(SUPPORT, knobs)
        assert (await graph.json("mailFolders", status))["error"]["code"] == code


async def test_too_many_requests_at_a_time(sandbox: Sandbox, graph: GraphClient) -> None:
    sandbox.set_knobs(SUPPORT, Knobs(max_concurrent=0))
    assert "MailboxConcurrency" in (await graph.json("mailFolders", 429))["error"]["message"]


async def test_latency_is_waited(sandbox: Sandbox, graph: GraphClient) -> None:
    sandbox.set_knobs(SUPPORT, Knobs(latency_ms=(20, 30)))
    answer = await graph.http.get("mailFolders")
    assert answer.elapsed.total_seconds() >= 0.02


async def test_a_fault_strikes_its_operation_so_many_times(sandbox: Sandbox, graph: GraphClient) -> None:
    mail = sandbox.deliver(SUPPORT, make_mail())
    sandbox.add_fault(SUPPORT, Fault(match="value", status=504, times=2, skip=1))
    found = [(await graph.http.get(f"messages/{mail}/$value")).status_code for _ in range(4)]
    assert found == [200, 504, 504, 200]


async def test_a_fault_after_has_done_the_work(sandbox: Sandbox, graph: GraphClient) -> None:
    mail = sandbox.deliver(SUPPORT, make_mail())
    sandbox.add_fault(SUPPORT, Fault(match="move", status=503, when="after"))
    await graph.post(f"messages/{mail}/move", {"destinationId": "archive"}, 503)
    assert (await graph.json("mailFolders/archive"))["totalItemCount"] == 1


async def test_a_dropped_draft_is_there(sandbox: Sandbox, graph: GraphClient) -> None:
    sandbox.add_fault(SUPPORT, Fault(match="draft", status="drop", when="after"))
    with pytest.raises(httpx.RemoteProtocolError):
        await graph.http.post("messages", json=MAIL["message"])
    assert (await graph.json("mailFolders/drafts"))["totalItemCount"] == 1


@pytest.mark.parametrize("wrong", [{"throttle": 2}, {"thrttle": 0.5}])
def test_knobs_that_do_not_exist_are_refused(wrong: Json) -> None:
    with pytest.raises(ValidationError):
        Knobs.model_validate(wrong)
