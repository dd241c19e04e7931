import base64

import pytest

from sandbox.knobs import Fault
from sandbox.server import Sandbox
from tests.sandbox.clients import BOB, SUPPORT, GraphClient, Json, make_mail, recipient

JSON = {"Content-Type": "application/json"}


async def batch(
    sandbox: Sandbox, graph: GraphClient, parts: list[Json], status: int = 200
) -> dict[str, Json]:
    answer = await graph.post(f"{sandbox.base_url}/$batch", {"requests": parts}, status)
    return {part["id"]: part for part in answer["responses"]} if status == 200 else answer


def part(number: str, method: str, path: str, body: Json | None = None, **more: object) -> Json:
    written: Json = {"body": body, "headers": JSON} if body is not None else {}
    return {"id": number, "method": method, "url": f"/users/{SUPPORT}/{path}", **written, **more}


async def test_each_part_is_answered_for_itself(sandbox: Sandbox, graph: GraphClient) -> None:
    mail = sandbox.deliver(SUPPORT, make_mail())
    answers = await batch(
        sandbox,
        graph,
        [
            part("1", "GET", f"messages/{mail}?$select=subject"),
            part("2", "PATCH", f"messages/{mail}", {"isRead": True}),
            part("3", "GET", "mailFolders/Support"),
            part("4", "POST", "sendMail", {"message": {"subject": "x", "toRecipients": [recipient(BOB)]}}),
            part("5", "GET", f"messages/{mail}/$value"),
        ],
    )
    assert {number: one["status"] for number, one in answers.items()} == {
        "1": 200, "2": 200, "3": 400, "4": 202, "5": 200,
    }  # fmt: skip
    assert answers["1"]["body"]["subject"] == "Printer on fire"
    assert answers["1"]["headers"]["Content-Type"].startswith("application/json")
    assert answers["3"]["body"]["error"]["code"] == "ErrorInvalidIdMalformed"
    assert "body" not in answers["4"]
    assert base64.b64decode(answers["5"]["body"]) == make_mail()
    assert len(sandbox.sent(SUPPORT)) == 1


async def test_parts_wait_for_those_they_depend_on(sandbox: Sandbox, graph: GraphClient) -> None:
    answers = await batch(
        sandbox,
        graph,
        [
            part("a", "POST", "mailFolders", {"displayName": "Billing"}),
            part("b", "POST", "mailFolders", {"displayName": "Billing"}, dependsOn=["a"]),
            part("c", "GET", "mailFolders", dependsOn=["b"]),
            part("d", "GET", "mailFolders"),
        ],
    )
    assert [answers[number]["status"] for number in "abcd"] == [201, 409, 424, 200]


async def test_a_throttled_part_stands_in_a_good_answer(sandbox: Sandbox, graph: GraphClient) -> None:
    sandbox.add_fault(SUPPORT, Fault(match="folders", status=429, retry_after=7))
    answers = await batch(sandbox, graph, [part("1", "GET", "mailFolders")])
    assert answers["1"]["status"] == 429
    assert answers["1"]["headers"]["Retry-After"] == "7"


@pytest.mark.parametrize(
    "parts",
    [
        [],
        [part(str(number), "GET", "mailFolders") for number in range(21)],
        [part("1", "GET", "mailFolders"), part("1", "GET", "mailFolders")],
        [part("1", "GET", "mailFolders", dependsOn=["2"])],
        [{**part("1", "POST", "mailFolders", {"displayName": "x"}), "headers": {}}],
        [{"id": "1", "method": "GET"}],
    ],
    ids=["none", "many", "twice", "unknown", "kind", "place"],
)
async def test_a_batch_out_of_order_is_refused(
    sandbox: Sandbox, graph: GraphClient, parts: list[Json]
) -> None:
    await batch(sandbox, graph, parts, 400)
    assert (await graph.json("mailFolders?$count=true"))["@odata.count"] == 8
