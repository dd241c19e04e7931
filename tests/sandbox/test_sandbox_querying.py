from datetime import UTC, datetime

import pytest

from sandbox.server import Sandbox
from tests.sandbox.clients import BOB, SUPPORT, GraphClient, Json, make_mail

INBOX = "mailFolders/inbox/messages"


@pytest.fixture
async def mails(sandbox: Sandbox, graph: GraphClient) -> list[str]:
    """Three mails of three days, told apart by all that can be asked."""
    kinds = {
        1: ("=?utf-8?q?=C3=84rger?= mit dem Drucker", "Importance: high\r\n"),
        2: ("Invoice 2 (final)", "Cc: Ann <ann@customer.example>\r\nX-Priority: 3\r\n"),
        3: ("printer and invoice", "Importance: low\r\n"),
    }
    found = [
        sandbox.deliver(
            SUPPORT,
            make_mail(subject, number=day, extra=extra),
            received=datetime(2026, 11, day, 12, tzinfo=UTC),
        )
        for day, (subject, extra) in kinds.items()
    ]
    marks = {"isRead": True, "categories": ["Red"], "flag": {"flagStatus": "flagged"}}
    await graph.http.patch(f"messages/{found[1]}", json=marks)
    return found


async def days(graph: GraphClient, path: str = INBOX, **options: str) -> list[str]:
    """The days of the mails that are listed."""
    listed = await graph.json(path, params={f"${name}": value for name, value in options.items()})
    return [entry["receivedDateTime"][8:10].lstrip("0") for entry in listed["value"]]


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        ("contains(subject,'INVOICE')", "32"),
        ("contains(subject, 'ärger')", "1"),
        ("startswith(subject,'printer') or isRead eq true", "32"),
        ("startswith(subject,'printer') eq true", "3"),
        ("not(contains(subject,'invoice'))", "1"),
        ("not contains(subject,'invoice') and isRead eq false", "1"),
        ("subject eq 'PRINTER AND INVOICE'", "3"),
        ("importance eq 'high' or importance eq 'low'", "31"),
        ("importance ne 'normal' and (receivedDateTime lt 2026-11-02T00:00:00Z)", "1"),
        ("receivedDateTime ge 2026-11-02", "32"),
        ("receivedDateTime gt 2026-11-02T13:00:00+01:00", "3"),
        ("sentDateTime le 2026-11-02T08:00:00Z", "321"),
        ("from/emailAddress/address eq 'BOB@customer.example'", "321"),
        ("from/emailAddress/name eq 'Bob' and isDraft eq false", "321"),
        ("flag/flagStatus eq 'flagged'", "2"),
        ("categories/any(c:c eq 'red')", "2"),
        ("ccRecipients/any(r:r/emailAddress/address eq 'ann@customer.example')", "2"),
        ("hasAttachments eq true", ""),
        ("hasAttachments ne true and internetMessageId eq '<3@customer.example>'", "3"),
        ("inferenceClassification eq 'focused'", "321"),
        ("subject eq 'it''s (not) here'", ""),
    ],
)
async def test_what_a_filter_finds(graph: GraphClient, mails: list[str], asked: str, found: str) -> None:
    assert "".join(await days(graph, filter=asked)) == found
    counted = await graph.http.get(f"{INBOX}/$count", params={"$filter": asked})
    assert (counted.text, counted.headers["content-type"].partition(";")[0]) == (
        str(len(found)),
        "text/plain",
    )
    assert mails


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        ("invoice", "32"),
        ('"invoice"', "32"),
        ('"subject:invoice"', "32"),
        ("subject:drucker", "1"),
        ("from:bob", "321"),
        (f'"from:{BOB} AND subject:print"', "3"),
        ("print AND invoice", "3"),
        ("drucker OR final", "21"),
        ("invoice NOT final", "3"),
        ("(drucker OR final) AND isread:true", "2"),
        ("received>=2026-11-02", "32"),
        ("received:2026-11-02", "2"),
        ('"\\"printer and\\""', "3"),
        ("cc:ann", "2"),
        ("hasAttachments:true", ""),
        ("\"'invoice'\"", "32"),
        ("inv*", "32"),
        ("voice", ""),
    ],
)
async def test_what_a_search_finds(graph: GraphClient, mails: list[str], asked: str, found: str) -> None:
    assert "".join(await days(graph, search=asked)) == found
    assert mails


@pytest.mark.parametrize(
    ("options", "code"),
    [
        ({"$search": "a", "$filter": "isRead eq true"}, "SearchWithFilter"),
        ({"$search": "a", "$orderby": "subject"}, "SearchWithOrderBy"),
        ({"$search": "a AND"}, "BadRequest"),
        ({"$search": "(a"}, "BadRequest"),
        ({"$search": "colour:red"}, "BadRequest"),
        ({"$filter": "isRead eq"}, "RequestBroker--ParseUri"),
        ({"$filter": "isRead eq 'true'"}, "RequestBroker--ParseUri"),
        ({"$filter": "receivedDateTime ge '2026-11-02T00:00:00Z'"}, "RequestBroker--ParseUri"),
        ({"$filter": "receivedDateTime ge 2026-11-02T00:00:00"}, "RequestBroker--ParseUri"),
        ({"$filter": "colour eq 'red'"}, "RequestBroker--ParseUri"),
        ({"$filter": "(isRead eq true"}, "RequestBroker--ParseUri"),
        ({"$filter": "endswith(subject,'x')"}, "ErrorInvalidUrlQueryFilter"),
        ({"$filter": "(" * 2000}, "BadRequest"),
        ({"$orderby": "colour"}, "ErrorInvalidUrlQueryOrderBy"),
        ({"$orderby": "subject sideways"}, "ErrorInvalidUrlQueryOrderBy"),
        ({"$filter": "contains(subject,'a')", "$orderby": "receivedDateTime desc"}, "InefficientFilter"),
        ({"$expand": "colours"}, "BadRequest"),
        ({"$expand": "extensions"}, "ErrorInvalidUrlQuery"),
        ({"$select": "subject,colour"}, "BadRequest"),
        ({"$top": "-1"}, "RequestBroker--ParseUri"),
        ({"$top": "x"}, "RequestBroker--ParseUri"),
        ({"$top": "0"}, "ErrorInvalidUrlQuery"),
        ({"$colour": "red"}, "RequestBroker--ParseUri"),
    ],
    ids=str,
)
async def test_what_is_not_understood(
    graph: GraphClient, mails: list[str], options: dict[str, str], code: str
) -> None:
    assert (await graph.json(INBOX, 400, params=options))["error"]["code"] == code
    assert mails


async def test_an_order_that_the_filter_begins_with(graph: GraphClient, mails: list[str]) -> None:
    asked = "receivedDateTime ge 2026-11-01T00:00:00Z and isRead eq false"
    assert await days(graph, filter=asked, orderby="receivedDateTime asc") == ["1", "3"]
    assert await days(graph, orderby="isRead desc,subject") == ["2", "3", "1"]
    assert mails


async def test_links_keep_what_was_asked_to_the_end(graph: GraphClient, mails: list[str]) -> None:
    options = {"$top": "1", "$count": "true", "$select": "subject", "$filter": "contains(subject,'invoice')"}
    page = await graph.json(INBOX, params=options)
    found = page["value"]
    while "@odata.nextLink" in page:
        page = await graph.json(page["@odata.nextLink"])
        found += page["value"]
        assert page["@odata.count"] == 2
    assert [entry["subject"] for entry in found] == ["printer and invoice", "Invoice 2 (final)"]
    assert all(entry.keys() == {"@odata.etag", "id", "subject"} for entry in found)
    assert mails


async def test_attachments_are_expanded_and_selected(sandbox: Sandbox, graph: GraphClient) -> None:
    draft: Json = {"attachments": [{"@odata.type": "#microsoft.graph.fileAttachment", "name": "a.txt",
                                    "contentBytes": "YQ=="}]}  # fmt: skip
    made = await graph.post("messages", draft)
    shown = await graph.json(
        f"messages/{made['id']}", params={"$select": "id", "$expand": "attachments($select=name,size)"}
    )
    [file] = shown["attachments"]
    assert file.keys() == {"@odata.type", "id", "name", "size"}
    assert (await graph.http.get(f"messages/{made['id']}/attachments/$count")).text == "1"
    assert sandbox.log(SUPPORT)


async def test_folders_are_counted_ordered_and_searched(graph: GraphClient) -> None:
    listed = await graph.json("mailFolders", params={"$count": "true", "$top": "3", "$select": "displayName"})
    assert listed["@odata.count"] == 8
    names = [folder["displayName"] for folder in listed["value"]]
    while "@odata.nextLink" in listed:
        listed = await graph.json(listed["@odata.nextLink"])
        names += [folder["displayName"] for folder in listed["value"]]
    assert len(names) == 8
    assert (await graph.http.get("mailFolders/$count")).text == "8"
    all_of_them = await graph.json("mailFolders?includeHiddenFolders=true&$top=100")
    assert {folder["displayName"] for folder in all_of_them["value"] if folder["isHidden"]} >= {"Clutter"}
    found = await graph.json("mailFolders", params={"$filter": "startswith(displayName,'d')"})
    assert [folder["displayName"] for folder in found["value"]] == ["Deleted Items", "Drafts"]
    await graph.json("mailFolders", 400, params={"$select": "colour"})
    await graph.json("mailFolders", 400, params={"$filter": "totalItemCount gt 1"})
