"""Microsoft's own description of names, types and enumerations, and an answer held against it."""

import json
import re
from base64 import b64decode
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID
from xml.etree.ElementTree import Element, parse

import httpx

Json = dict[str, Any]  # Graph's JSON, read by name

# The file is part of these tests, not input.
SCHEMA = parse(Path(__file__).with_name("graph-mail.csdl.xml")).getroot()  # noqa: S314
NS = "{http://docs.oasis-open.org/odata/ns/edm}"
TYPES = {element.attrib["Name"]: element for element in SCHEMA}
PRIMITIVES = {
    "Edm.String": str,
    "Edm.Boolean": bool,
    "Edm.Int32": int,
    "Edm.Int64": int,
    "Edm.Binary": str,
    "Edm.Guid": str,
    "Edm.DateTimeOffset": str,
}
ANNOTATIONS = {
    "@odata.context", "@odata.count", "@odata.nextLink", "@odata.deltaLink", "@odata.etag", "@odata.type",
    "@odata.id", "@odata.editLink", "@odata.mediaContentType", "@removed",
}  # fmt: skip


def properties(name: str) -> dict[str, Element]:
    element = TYPES[name]
    base = base_of(name)
    own = {
        child.attrib["Name"]: child
        for child in element
        if child.tag in (f"{NS}Property", f"{NS}NavigationProperty")
    }
    return {**(properties(base) if base else {}), **own}


def base_of(name: str) -> str:
    return TYPES[name].attrib.get("BaseType", "").removeprefix("graph.")


def check(value: object, kind: str, where: str) -> None:
    """Fail unless the value is what the schema says."""
    collection = re.fullmatch(r"Collection\((.+)\)", kind)
    if collection:
        assert isinstance(value, list), where
        for one in value:
            check(one, collection[1], where)
    elif kind in PRIMITIVES:
        assert type(value) is PRIMITIVES[kind], f"{where}: {value!r} is no {kind}"
        check_text(value, kind)
    elif TYPES[kind.removeprefix("graph.")].tag == f"{NS}EnumType":
        members = {member.attrib["Name"] for member in TYPES[kind.removeprefix("graph.")]}
        assert value in members, f"{where}: {value!r}"
    else:
        assert isinstance(value, dict), where
        check_entity(value, kind.removeprefix("graph."), where)


def check_text(value: object, kind: str) -> None:
    if kind == "Edm.DateTimeOffset":
        assert datetime.fromisoformat(str(value)).tzinfo
    if kind == "Edm.Guid":
        UUID(str(value))
    if kind == "Edm.Binary":
        b64decode(str(value), validate=True)
    if kind == "Edm.Int32":
        assert -(2**31) <= int(str(value)) < 2**31


def check_entity(entity: Json, name: str, where: str) -> None:
    derived = derived_of(entity, name, where)
    known = properties(derived)
    if TYPES[derived].tag == f"{NS}EntityType":
        assert isinstance(entity.get("id"), str), f"{where}: {derived} without an id"
    for field, value in entity.items():
        if field.startswith("@"):
            assert field in ANNOTATIONS, f"{where}: {field}"
            continue
        assert field in known, f"{where}: {derived} has no {field}"
        nullable = known[field].attrib.get("Nullable", "true") == "true"
        if value is None:
            assert nullable, f"{where}.{field} is null"
        else:
            check(value, known[field].attrib["Type"], f"{where}.{field}")


def derived_of(entity: Json, name: str, where: str) -> str:
    """The type that the entity says it is, which must be of the kind that stands here."""
    named = entity.get("@odata.type")
    if named is None:
        assert TYPES[name].attrib.get("Abstract") != "true", (
            f"{where}: {name} is abstract and no type is named"
        )
        return name
    assert str(named).startswith("#microsoft.graph."), f"{where}: {named!r}"
    derived = str(named).removeprefix("#microsoft.graph.")
    assert derived in TYPES, f"{where}: {derived} is unknown"
    above = derived
    while above and above != name:
        above = base_of(above)
    assert above == name, f"{where}: {derived} is no {name}"
    return derived


ENTITIES = {"messages": "message", "mailFolders": "mailFolder", "childFolders": "mailFolder",
            "attachments": "attachment", "users": "user", "subscriptions": "subscription"}  # fmt: skip
SEGMENT = re.compile(r"([A-Za-z]+)(?:\('[^']*'\))?(?:\([^']*\))?(?:/\$entity)?$")

COLLECTION = re.compile(r"Collection\(microsoft\.graph\.(\w+)\)")


async def check_answer(response: httpx.Response) -> None:
    """Fail unless an answer of Graph is what the schema says; to be called with every answer."""
    await response.aread()
    request = response.request
    check_exchange(request.method, request.url.path, response.status_code, response.headers, response.content)


def check_exchange(method: str, path: str, status: int, headers: Mapping[str, str], content: bytes) -> None:
    """Fail unless one answer is what the schema says."""
    if not path.lower().startswith("/v1.0/") or "request-id" not in headers:
        return
    where = f"{method} {path}"
    check_headers(headers, where)
    kind = headers.get("content-type", "")
    if content and "json" in kind and "odata.metadata=none" not in kind:
        check_body(json.loads(content), status, headers, where)


def check_headers(headers: Mapping[str, str], where: str) -> None:
    assert headers["odata-version"] == "4.0", where
    UUID(headers["request-id"])
    assert headers["client-request-id"], where
    assert "ServerInfo" in json.loads(headers["x-ms-ags-diagnostic"]), where


def check_body(body: Json, status: int, headers: Mapping[str, str], where: str) -> None:
    if status >= httpx.codes.BAD_REQUEST:
        check_error(body, headers, where)
    elif "responses" in body:
        for part in body["responses"]:
            named = {name.lower(): value for name, value in part["headers"].items()}
            if "json" in named.get("content-type", ""):
                check_body(part["body"], part["status"], named, f"{where} part {part['id']}")
    elif "uploadUrl" in body or "nextExpectedRanges" in body:
        check_entity(body, "uploadSession", where)
    elif kind := entity_of(body, where):
        for one in body.get("value", [body]):
            check_entity(one, kind, where)


def entity_of(body: Json, where: str) -> str | None:
    """The type that the answer's context names; None for one that the extract does not describe."""
    context = str(body.get("@odata.context", ""))
    named = urlsplit(context).fragment
    if collection := COLLECTION.fullmatch(named):
        return collection[1] if collection[1] in TYPES else None
    found = SEGMENT.search(named)
    assert found, f"{where}: the context {context!r} names no type"
    assert found[1] in ENTITIES, f"{where}: {found[1]} is unknown"
    kind = ENTITIES[found[1]]
    return kind if kind in TYPES else None


def check_error(body: Json, headers: Mapping[str, str], where: str) -> None:
    """Graph's error: a code, a text, and who to ask (Graph page "error responses and resource types")."""
    assert body.keys() == {"error"}, where
    error = body["error"]
    assert error.keys() == {"code", "message", "innerError"}, where
    assert isinstance(error["code"], str), where
    assert isinstance(error["message"], str), where
    inner = error["innerError"]
    assert inner["request-id"] == headers["request-id"], where
    assert inner["client-request-id"] == headers["client-request-id"], where
    datetime.fromisoformat(inner["date"])
