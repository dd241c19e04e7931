"""The audit log is kept as long as is said, whether anybody signs in or not."""

from datetime import timedelta

from services.desk.configuration.auditing import KEPT_FOR
from services.desk.desk import Desk
from services.desk.sweeping import AUDIT_AT_ONCE, desk_service, forget_acts
from shared.storage import desk as tables
from tests.service.desk.conftest import NOW, Browser, Clock, House


async def act(house: House, tenant: str, age: timedelta) -> None:
    row = {"act": "signed_in", "done_by": "Eva", "client": "", "facts": {}, "at": NOW - age}
    await house.add(tables.audit, tenant=tenant, **row)


async def test_what_is_older_than_it_is_kept_goes_by_a_sweep_in_every_tenant(
    house: House, desk: Desk
) -> None:
    await house.tenant("other")
    for tenant in ("default", "other"):
        await act(house, tenant, KEPT_FOR + timedelta(seconds=1))
        await act(house, tenant, KEPT_FOR - timedelta(seconds=1))
    assert await forget_acts(desk.units) == 2
    assert await forget_acts(desk.units) == 0
    assert sorted(row["tenant"] for row in await house.rows(tables.audit)) == ["default", "other"]
    assert forget_acts.__name__ in {sweep.name for sweep in desk_service.sweeps}


async def test_much_that_is_old_goes_in_parts(house: House, desk: Desk) -> None:
    row = {"act": "signed_in", "done_by": "Eva", "client": "", "facts": {}, "at": NOW - 2 * KEPT_FOR}
    async with house.owner.begin() as db:
        await db.execute(tables.audit.insert(), [row | {"tenant": "default"}] * (AUDIT_AT_ONCE + 1))
    assert await forget_acts(desk.units) == AUDIT_AT_ONCE
    assert await forget_acts(desk.units) == 1


async def test_a_sign_in_removes_nothing(house: House, eva: Browser, clock: Clock) -> None:
    clock.now += KEPT_FOR + timedelta(days=1)
    await eva.sign_in("eva@acme.test")
    assert len(await house.rows(tables.audit)) == 2
