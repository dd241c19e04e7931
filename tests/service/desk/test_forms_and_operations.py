"""What the pages do, programs do: each form stands in docs/api.md with the operation in its place."""

import re
from pathlib import Path

from services.desk.desk import Desk
from tests.service.desk.applications import app_of
from tests.service.desk.asking import operations, pages

DOCUMENT = Path(__file__).resolve().parents[3] / "docs" / "api.md"
ROW = re.compile(r"^\| `POST (?P<form>/\S*)` \| (?P<instead>.+) \|$", re.MULTILINE)
NAMED = re.compile(r"`(GET|POST|PUT|PATCH|DELETE) (/\S+)`")


def table() -> dict[str, str]:
    rows = {row["form"]: row["instead"] for row in ROW.finditer(DOCUMENT.read_text())}
    assert len(rows) > 80
    return rows


def test_each_form_has_an_operation_or_a_reason() -> None:
    forms = {re.sub(r":path}", "}", path) for method, path in pages() if method == "POST"}
    assert set(table()) == forms


def test_each_operation_that_is_named_is_there_and_each_that_writes_is_named(desk: Desk) -> None:
    there = {(method, path.removeprefix("/api/v1")) for method, path, _ in operations(app_of(desk))}
    named = {(found[1], found[2]) for row in table().values() for found in NAMED.finditer(row)}
    assert named <= there
    assert {one for one in there if one[0] != "GET"} == {one for one in named if one[0] != "GET"}
