"""Microsoft's own description of names, types and enumerations, and an answer held against it."""

import re
from base64 import b64decode
from datetime import datetime
from pathlib import Path
from typing import Any
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


def properties(name: str) -> dict[str, Element]:
    element = TYPES[name]
    base = element.attrib.get("BaseType", "").removeprefix("graph.")
    own = {
        child.attrib["Name"]: child
        for child in element
        if child.tag in (f"{NS}Property", f"{NS}NavigationProperty")
    }
    return {**(properties(base) if base else {}), **own}


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


def check_entity(entity: Json, name: str, where: str) -> None:
    derived = str(entity.get("@odata.type", f"#microsoft.graph.{name}")).removeprefix("#microsoft.graph.")
    known = properties(derived)
    for field, value in entity.items():
        if field.startswith("@"):
            continue
        assert field in known, f"{where}: {derived} has no {field}"
        nullable = known[field].attrib.get("Nullable", "true") == "true"
        if value is None:
            assert nullable, f"{where}.{field} is null"
        else:
            check(value, known[field].attrib["Type"], f"{where}.{field}")


ENTITIES = {"messages": "message", "mailFolders": "mailFolder", "childFolders": "mailFolder",
            "attachments": "attachment", "users": "user", "subscriptions": "subscription"}  # fmt: skip
SEGMENT = re.compile(r"([A-Za-z]+)(?:\('[^']*'\))?(?:\([^']*\))?(?:/\$entity)?$")

COLLECTION = re.compile(r"Collection\(microsoft\.graph\.(\w+)\)")


async def check_answer(response: httpx.Response) -> None:
    """Fail unless an answer of Graph is what the schema says; to be called with every answer."""
    if not response.request.url.path.lower().startswith("/v1.0/"):
        return
    await response.aread()
    if "json" not in response.headers.get("content-type", ""):
        return
    where = f"{response.request.method} {response.request.url.path}"
    body = response.json()
    if response.is_error:
        check_error(body, response, where)
    elif "uploadUrl" in body or "nextExpectedRanges" in body:
        check_entity(body, "uploadSession", where)
    elif kind := entity_of(body, where):
        for one in body.get("value", [body]):
            check_entity(one, kind, where)


def entity_of(body: Json, where: str) -> str | None:
    """The type that the answer's context names; None for one that the extract does not describe."""
    context = str(body.get("@odata.context", ""))
    named = context.partition("$metadata#")[2]
    if collection := COLLECTION.fullmatch(named):
        return collection[1] if collection[1] in TYPES else None
    found = SEGMENT.search(named)
    assert found, f"{where}: the context {context!r} names no type"
    assert found[1] in ENTITIES, f"{where}: {found[1]} is unknown"
    kind = ENTITIES[found[1]]
    return kind if kind in TYPES else None


def check_error(body: Json, response: httpx.Response, where: str) -> None:
    """Graph's error: a code, a text, and who to ask (Graph page "error responses and resource types")."""
    error = body["error"]
    assert isinstance(error["code"], str), where
    assert isinstance(error["message"], str), where
    inner = error["innerError"]
    assert inner["request-id"] == response.headers["request-id"], where
    assert inner["client-request-id"] == response.headers["client-request-id"], where
    datetime.fromisoformat(inner["date"])
