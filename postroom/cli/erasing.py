"""`postroom tenant erase`: everything of a tenant, each table by the service that owns it.

What goes is told first. It may be broken off and begun again: each run removes what is left.
"""

from dataclasses import dataclass
from typing import Annotated

import typer
from rich.console import Console
from sqlalchemy import Row, select

from postroom.cli.opening import run_in_house
from services.desk.configuration.erasures import begin_erasure, erasures_of, finish_erasure
from services.desk.configuration.tenants import mark_erased
from shared.contracts.errors import Permanent, Transient
from shared.runtime import House
from shared.storage.config import tenants
from shared.storage.engine import in_tenant
from shared.storage.erasing import erase_rows, rows_in
from shared.storage.owners import NO_POLICY, WRITERS

console = Console(soft_wrap=True, highlight=False)
OWNERS = {**dict.fromkeys(NO_POLICY, "desk"), **WRITERS}
"""Schema to the role that empties it; messages first, so that nothing goes on."""

ROUNDS = 5
"""Rows may come while others go: a mail that was in hand when its tenant was suspended."""


@dataclass(frozen=True)
class Everything:
    rows: dict[str, int]
    blobs: int

    @property
    def found(self) -> dict[str, int]:
        return self.rows | ({"blobs": self.blobs} if self.blobs else {})


def erase(
    tenant: Annotated[str, typer.Argument(help="its short name")],
    yes: Annotated[str | None, typer.Option(help="the name again, instead of typing it when asked")] = None,
) -> None:
    """Erase all that a suspended tenant has. What goes is told before; a receipt stays."""

    async def work(house: House) -> None:
        await _must_be_suspended(house, tenant)
        there = await _everything(house, tenant)
        for name, count in there.found.items():
            console.print(f"{count} {name}")
        confirmed(tenant, yes, "the tenant, all its rows and mails")
        receipt = await erase_tenant(house, tenant, there)
        console.print(f"tenant {tenant}: erased; receipt {receipt}")

    run_in_house(work)


def confirmed(name: str, yes: str | None, what: str) -> None:
    """Have the name of what goes typed.

    Raises:
        Permanent: it was another one.
    """
    typed = yes if yes is not None else typer.prompt(f"This erases {what} for good. Type {name} to go on")
    if typed != name:
        raise Permanent(f"{typed!r} is not {name}: nothing was erased", code="not_confirmed")


async def erase_tenant(house: House, tenant: str, there: Everything) -> str:
    """Erase, or go on where a run was broken off; returns the receipt's id."""
    async with in_tenant(house.engine("desk"), tenant) as db:
        known = await erasures_of(db, tenant, "tenant", tenant)
        erasure = (
            known[0]
            if known
            else await begin_erasure(db, tenant, "tenant", tenant, found=there.found, at=house.clock())
        )
        await mark_erased(db, tenant, at=house.clock())
    for _ in range(ROUNDS):
        for schema, owner in OWNERS.items():
            await erase_rows(house.engine(owner), tenant, schema)
        await house.blobs.clear(tenant)
        if not (await _everything(house, tenant)).found:
            break
    else:
        raise Transient(f"something still writes for {tenant}", code="not_empty")
    async with in_tenant(house.engine("desk"), tenant) as db:
        await finish_erasure(db, erasure.id, at=house.clock())
    return str(erasure.id)


async def _everything(house: House, tenant: str) -> Everything:
    rows: dict[str, int] = {}
    for schema, owner in OWNERS.items():
        async with in_tenant(house.engine(owner), tenant) as db:
            rows |= await rows_in(db, tenant, schema)
    return Everything(rows, sum([len(names) async for names in house.blobs.names(tenant)]))


async def _must_be_suspended(house: House, tenant: str) -> None:
    async with in_tenant(house.engine("desk"), tenant) as db:
        query = select(tenants.c.suspended).where(tenants.c.id == tenant)
        row: Row[tuple[bool]] | None = (await db.execute(query)).one_or_none()
    if row is None:
        raise Permanent(f"no tenant {tenant}", code="no_tenant")
    if not row.suspended:
        raise Permanent(f"{tenant} works; first: postroom tenant suspend {tenant}", code="not_suspended")
