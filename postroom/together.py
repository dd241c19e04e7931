"""All services in one process, on the embedded transport: the demo, tests, and one-machine installations."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime

from services.desk.serving import assemble as desk
from services.ingest.app import assemble as ingest
from services.mailer.app import assemble as mailer
from services.parser.app import assemble as parser
from services.ticketing.app import assemble as ticketing
from services.triggers.app import assemble as triggers
from shared.messaging.dispatch import Assembly
from shared.messaging.embedded import EmbeddedTransport
from shared.messaging.unit import now
from shared.runtime import House, Running
from shared.settings import ProcessSettings
from shared.storage.desk import drafts, uploads
from shared.storage.due import free_leases
from shared.storage.embedded import EmbeddedPostgres
from shared.storage.ingest import cursors, examinations, intakes, subscriptions
from shared.storage.ingest import mails as incoming
from shared.storage.migrating import migrate
from shared.storage.people import regroupings
from shared.storage.secrets import Keys, make_keys
from shared.storage.sending import mails as outgoing
from shared.storage.tickets import held
from shared.storage.triggers import effects, notified

SERVICES: dict[str, Callable[[House], Assembly]] = {
    "ingest": ingest,
    "parser": parser,
    "ticketing": ticketing,
    "triggers": triggers,
    "mailer": mailer,
}
"""Every worker service by name; the desk is a web server and stands beside them."""

LEASED = (
    cursors,
    incoming,
    intakes,
    examinations,
    subscriptions,
    held,
    regroupings,
    effects,
    notified,
    outgoing,
    uploads,
    drafts,
)


@dataclass
class Together:
    """What runs, and the house it runs in."""

    house: House
    running: Running
    transport: EmbeddedTransport


async def migrated(settings: ProcessSettings) -> None:
    """Make keys that are missing and bring the schema to this version."""
    settings.home.mkdir(parents=True, exist_ok=True, mode=0o700)
    make_keys(settings.home)
    if settings.database_url is not None:
        await migrate(settings.database_url)
        return
    private = EmbeddedPostgres(settings.home)
    try:
        await migrate(await private.start())
    finally:
        await private.stop()


@asynccontextmanager
async def together(settings: ProcessSettings, clock: Callable[[], datetime] = now) -> AsyncIterator[Together]:
    """Run every service in this process until the context ends."""
    settings.home.mkdir(parents=True, exist_ok=True, mode=0o700)
    make_keys(settings.home)
    house = House(settings, Keys.load(settings.home), clock)
    try:
        await house.open(database=True)
        await migrate(house.database_url)
        engine = house.engine("desk")
        await free_leases(house.engine("ingest"), LEASED)
        transport = EmbeddedTransport(engine, house.clock)
        running = Running(transport, [assemble(house) for assemble in (*SERVICES.values(), desk)], engine)
        await running.start(settings.listening_url or house.database_url)
        try:
            yield Together(house, running, transport)
        finally:
            await running.stop()
    finally:
        await house.close()
