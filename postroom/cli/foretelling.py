"""What `postroom prune --forecast` tells: which tickets will be reminded and closed, when, and why."""

import json as jsonlib
from collections.abc import AsyncIterator
from dataclasses import asdict
from datetime import timedelta

import typer

from postroom.cli.opening import enabled_tenants
from shared.runtime import House
from shared.storage.engine import in_tenant
from shared.storage.forecasting import ForecastLine, forecast

PAGE = 1_000
"""Tickets that are looked at in one go."""


async def foretell(house: House, tenant: str | None, ahead: timedelta, *, json: bool) -> None:
    """Print a line a reminder or closing, the longest silence first; for a person also how many."""
    for each in await enabled_tenants(house, tenant):
        found = 0
        async for line in _lines(house, each, ahead):
            for one in line.foreseen:
                found += 1
                facts = {"tenant": each, "number": line.number, "status": line.status, **asdict(one)}
                facts["at"] = one.at.isoformat(timespec="minutes")
                text = f"{each}: #{line.number} {one.what} {facts['at']}: {one.why}"
                typer.echo(jsonlib.dumps(facts) if json else text)
        if not json:
            typer.echo(f"{each}: {found} reminders and closings within {ahead.days} days")


async def _lines(house: House, tenant: str, ahead: timedelta) -> AsyncIterator[ForecastLine]:
    now, after = house.clock(), None
    while True:
        async with in_tenant(house.engine("ticketing"), tenant) as db:
            page = await forecast(db, tenant, now, now + ahead, after=after, limit=PAGE)
        for line in page.lines:
            yield line
        if page.after is None:
            return
        after = page.after
