"""Feed a folder of mail through the whole pipeline and account for every file."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from functools import partial
from pathlib import Path

from pydantic import ValidationError
from sqlalchemy import func, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from postroom.demo.accounting import Account, Fed, account_for, gave_up, is_placed, unsettled
from postroom.demo.stage import Stage
from postroom.seeding import GraphMailbox, Seeding
from shared.contracts.errors import Permanent
from shared.contracts.mailboxes import AfterStoring
from shared.contracts.options import Options
from shared.messaging.topology import DUE_CHANNEL
from shared.storage.config import option_history, options, tenants
from shared.storage.engine import in_tenant
from shared.storage.ingest import cursors, mails

TENANT = "default"
SUPPORT = "support@helpdesk.example"
ALIASES = ("help@helpdesk.example",)
"""Where the sample mail is written to."""
LOOK_SECONDS = 0.05
PATIENCE_SECONDS = 300.0
"""How long one mail may take; a mail that hangs the parser takes its full time limit."""


async def install(stage: Stage, after_storing: AfterStoring = AfterStoring.MARK_READ) -> None:
    """Make the tenant and the mailbox that the files arrive in."""
    house, sandbox = stage.house, stage.sandbox
    sandbox.add_mailbox(SUPPORT, "Support")
    async with in_tenant(house.engine("desk"), TENANT) as db:
        row = {"id": TENANT, "name": "Default", "created_at": house.clock()}
        await db.execute(insert(tenants).values(row).on_conflict_do_nothing())
        seeding = Seeding(db, TENANT, house.clock())
        department = await seeding.department("support", "Support")
        box = GraphMailbox(
            SUPPORT,
            "Support",
            sandbox.tenant,
            sandbox.client_id,
            house.keys.sealer("mailbox").seal(sandbox.client_secret),
        )
        await seeding.mailbox(box, department=department, aliases=ALIASES, after_storing=after_storing)


async def set_options(stage: Stage, wanted: Mapping[str, object]) -> None:
    """Set options of the tenant.

    Raises:
        Permanent: one is unknown or not valid; nothing was set.
    """
    house = stage.house
    async with in_tenant(house.engine("desk"), TENANT) as db:
        rows = await db.execute(select(options.c.name, options.c.value).where(options.c.tenant == TENANT))
        before = {row.name: row.value for row in rows}
        try:
            checked = Options.model_validate(before | dict(wanted)).model_dump(mode="json")
        except ValidationError as error:
            told = "; ".join(f"{'.'.join(map(str, one['loc']))}: {one['msg']}" for one in error.errors())
            raise Permanent(told, code="settings") from error
        for name in wanted:
            await _set(db, name, before.get(name), checked[name], stage)


async def _set(db: AsyncConnection, name: str, old: object, new: object, stage: Stage) -> None:
    facts = {"changed_at": stage.house.clock(), "changed_by": "command line"}
    row = {"tenant": TENANT, "name": name, "value": new, **facts}
    await db.execute(
        insert(options).values(row).on_conflict_do_update(index_elements=["tenant", "name"], set_=row)
    )
    await db.execute(insert(option_history).values(tenant=TENANT, name=name, old=old, new=new, **facts))


async def feed(stage: Stage, files: Sequence[Path], tell: Callable[[str], None]) -> AsyncIterator[Account]:
    """Let each file arrive after the one before it came to rest, so that the order is that of the names;
    then wait until all is settled and give the accounts."""
    fed = []
    for file in files:
        tell(file.name)
        one = Fed(file.name, stage.sandbox.deliver(SUPPORT, await asyncio.to_thread(file.read_bytes)))
        await _until(stage, partial(_placed, stage, one))
        fed.append(one)
    await _until(stage, partial(_settled, stage))
    for one in fed:
        async with in_tenant(stage.house.engine("desk"), TENANT) as db:
            yield await account_for(db, stage.house.blobs, TENANT, one)


async def scan_now(stage: Stage) -> None:
    """Make the mailbox due, as `postroom scan --force` does."""
    async with in_tenant(stage.house.engine("ingest"), TENANT) as db:
        await db.execute(update(cursors).where(cursors.c.lease.is_(None)).values(due_at=stage.house.clock()))
        await db.execute(select(func.pg_notify(DUE_CHANNEL, "ingest")))


async def _placed(stage: Stage, one: Fed) -> bool:
    async with in_tenant(stage.house.engine("desk"), TENANT) as db:
        placed = await is_placed(db, one.provider_id) or bool(await gave_up(db))
        listed = placed or await _listed(db, one)
    if not listed:
        await scan_now(stage)
    return placed


async def _listed(db: AsyncConnection, one: Fed) -> bool:
    found = await db.execute(select(mails.c.id).where(mails.c.provider_id == one.provider_id))
    return found.first() is not None


async def _settled(stage: Stage) -> bool:
    async with in_tenant(stage.house.engine("desk"), TENANT) as db:
        return not await unsettled(db)


async def _until(stage: Stage, so: Callable[[], Awaitable[bool]]) -> None:
    """Wait for a condition; a service that died ends the wait.

    Raises:
        Permanent: it took too long.
    """
    try:
        async with asyncio.timeout(PATIENCE_SECONDS):
            while not await so():
                stage.check()
                await asyncio.sleep(LOOK_SECONDS)
    except TimeoutError as error:
        raise Permanent(f"a mail did not come to rest within {PATIENCE_SECONDS:.0f} s") from error
