"""Who may do what, as SQL made from `owners.py`: roles, grants, policies by row."""

from collections.abc import Iterator

from sqlalchemy import Table

from shared.storage.engine import TENANT_SETTING
from shared.storage.owners import NO_POLICY, READERS, SWEEP_ROLE, SWEPT, WRITERS, role_of
from shared.storage.tables import SCHEMAS, TABLES

VERSION_SCHEMA = "postroom"
"""Holds the table that says which revision the schema has, apart from what services own."""

SERVICES = tuple(sorted({*WRITERS.values(), *READERS}))
ROLES = (*(role_of(service) for service in SERVICES), SWEEP_ROLE)

LEASE_COLUMNS = ("lease", "lease_until", "attempts")
"""What claiming writes."""


def grants() -> list[str]:
    """Every grant, after taking back whatever was granted before."""
    return [
        *(statement for schema in (*SCHEMAS, VERSION_SCHEMA) for statement in _taken_back(schema)),
        *(statement for service in SERVICES for statement in _granted(service)),
        *(f"GRANT USAGE ON SCHEMA {schema} TO {SWEEP_ROLE}" for schema in _swept_schemas()),
        *(statement for table, columns in SWEPT.items() for statement in _sweep_granted(table, columns)),
    ]


def policies() -> dict[tuple[str, str, str], str]:
    """The rule of each policy, by schema, table and name.

    The owner of the tables stands outside: migrations and backups see every tenant, services never
    act as the owner.
    """
    return {
        (str(table.schema), table.name, name): rule
        for table in TABLES
        if table.schema not in NO_POLICY
        for name, rule in _rules(table)
    }


def _taken_back(schema: str) -> Iterator[str]:
    roles = ", ".join(ROLES)
    yield f"REVOKE ALL ON ALL TABLES IN SCHEMA {schema} FROM {roles}"
    yield f"REVOKE ALL ON ALL SEQUENCES IN SCHEMA {schema} FROM {roles}"
    yield f"REVOKE ALL ON SCHEMA {schema} FROM {roles}"


def _granted(service: str) -> Iterator[str]:
    role = role_of(service)
    written = [*(schema for schema, writer in WRITERS.items() if writer == service), *NO_POLICY]
    for schema in written:
        yield f"GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA {schema} TO {role}"
        yield f"GRANT USAGE ON ALL SEQUENCES IN SCHEMA {schema} TO {role}"
    read = [schema for schema in (*READERS.get(service, ()), VERSION_SCHEMA) if schema not in written]
    for schema in read:
        yield f"GRANT SELECT ON ALL TABLES IN SCHEMA {schema} TO {role}"
    for schema in (*written, *read):
        yield f"GRANT USAGE ON SCHEMA {schema} TO {role}"


def _sweep_granted(table: str, columns: tuple[str, ...]) -> Iterator[str]:
    yield f"GRANT SELECT ({', '.join(columns)}) ON {table} TO {SWEEP_ROLE}"
    if written := [column for column in columns if column in LEASE_COLUMNS]:
        yield f"GRANT UPDATE ({', '.join(written)}) ON {table} TO {SWEEP_ROLE}"


def _swept_schemas() -> list[str]:
    return sorted({table.partition(".")[0] for table in SWEPT})


def _rules(table: Table) -> Iterator[tuple[str, str]]:
    tenant = "tenant" if "tenant" in table.c else "id"
    # a setting that was set once and has ended reads as an empty text, not as NULL
    own = f"{tenant} = nullif(current_setting('{TENANT_SETTING}', true), '')"
    yield "tenant", f"USING ({own}) WITH CHECK ({own})"
    if table.fullname in SWEPT:
        yield "sweep", f"TO {SWEEP_ROLE} USING (true)"
