"""A schema has one writing service: nobody else's code inserts, updates or deletes there."""

import ast
from pathlib import Path

from shared.storage.owners import WRITERS

ROOT = Path(__file__).parents[2]
MODULES = {
    "config": "config",
    "desk": "desk",
    "ingest": "ingest",
    "tickets": "ticketing",
    "people": "ticketing",
    "together": "ticketing",
    "triggers": "triggers",
    "sending": "sending",
}
"""Module of tables to schema."""

WRITES = {"insert", "update", "delete", "upsert"}


def tables_of(tree: ast.Module) -> dict[str, str]:
    """Map the names a module imports to the schema they belong to."""
    names: dict[str, str] = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("shared.storage."):
            schema = MODULES.get((node.module or "").rpartition(".")[2])
            if schema:
                names |= {alias.asname or alias.name: schema for alias in node.names}
    return names


def test_services_write_their_own_schemas_only() -> None:
    wrong = []
    for path in sorted((ROOT / "services").rglob("*.py")):
        service = path.relative_to(ROOT).parts[1]
        tree = ast.parse(path.read_text())
        tables = tables_of(tree)
        for node in ast.walk(tree):
            if not (
                isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in WRITES
            ):
                continue
            table = node.args[0].id if node.args and isinstance(node.args[0], ast.Name) else ""
            if table in tables and WRITERS[tables[table]] != service:
                wrong.append(f"{path.relative_to(ROOT)}:{node.lineno} writes {tables[table]}")
    assert wrong == []
