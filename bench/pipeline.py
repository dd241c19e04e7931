"""Mails per second through the whole pipeline, and which stage a mail spends its time in.

`python bench/pipeline.py [--mails N] [--broker amqp://…]`: embedded, and with a broker also one process a
service. The figures of one run compare with each other; those of two machines do not.
"""

import argparse
import asyncio
import tempfile
import time
from email.message import EmailMessage
from pathlib import Path

from rich.console import Console
from rich.table import Table
from sqlalchemy import func, select

from postroom.demo.accounting import unsettled
from postroom.demo.feeding import SUPPORT, TENANT, install, scan_now
from postroom.demo.stage import Stage, staged
from shared.observability.logging import set_up_logging
from shared.settings import ProcessSettings
from shared.storage.engine import in_tenant
from shared.storage.ingest import mails
from shared.storage.tickets import placements

LOOK_SECONDS = 0.2
STAGES = ("listed to stored", "stored to placed", "stored to settled")


def letter(number: int) -> bytes:
    """Make one mail of a few kilobytes, as customers write them."""
    mail = EmailMessage()
    mail["From"] = f"customer-{number}@firm-{number % 50}.example"
    mail["To"] = SUPPORT
    mail["Subject"] = f"Question {number}"
    mail["Message-ID"] = f"<bench-{number}@firm.example>"
    mail.set_content("The machine stopped again this morning. What can we do?\n" * 20)
    mail.add_alternative(
        "<p>The machine stopped again this morning. What can we do?</p>" * 20, subtype="html"
    )
    return mail.as_bytes()


async def measure(settings: ProcessSettings, count: int) -> tuple[float, list[float]]:
    """Let `count` mails arrive at once; return mails per second and the mean seconds of each stage."""
    async with staged(settings) as stage:
        await install(stage)
        await _through(stage, [letter(-1)])
        begun = time.perf_counter()
        await _through(stage, [letter(number) for number in range(count)])
        rate = count / (time.perf_counter() - begun)
        async with in_tenant(stage.house.engine("desk"), TENANT) as db:
            spans = (
                mails.c.stored_at - mails.c.listed_at,
                placements.c.at - mails.c.stored_at,
                mails.c.settled_at - mails.c.stored_at,
            )
            seconds = [func.avg(func.extract("epoch", span)) for span in spans]
            joined = mails.join(placements, placements.c.mail == mails.c.id)
            row = (await db.execute(select(*seconds).select_from(joined))).one()
        return rate, [float(value) for value in row]


async def _through(stage: Stage, letters: list[bytes]) -> None:
    async with in_tenant(stage.house.engine("desk"), TENANT) as db:
        before = (await db.execute(select(func.count()).select_from(placements))).scalar_one()
    for raw in letters:
        stage.sandbox.deliver(SUPPORT, raw)
    while True:
        await scan_now(stage)
        await asyncio.sleep(LOOK_SECONDS)
        async with in_tenant(stage.house.engine("desk"), TENANT) as db:
            placed = (await db.execute(select(func.count()).select_from(placements))).scalar_one()
            if placed >= before + len(letters) and not await unsettled(db):
                return


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--mails", type=int, default=300)
    parser.add_argument("--broker")
    asked = parser.parse_args()
    set_up_logging("error", "console")
    table = Table(title=f"{asked.mails} mails at once")
    for column in ("transport", "mails per second", *(f"{name}, mean s" for name in STAGES)):
        table.add_column(column, justify="left" if column == "transport" else "right")
    for transport in ("embedded", "rabbit") if asked.broker else ("embedded",):
        with tempfile.TemporaryDirectory(prefix="postroom-bench-") as folder:
            settings = ProcessSettings(
                home=Path(folder) / "home", transport=transport, broker_url=asked.broker, log_level="error"
            )
            rate, stages = asyncio.run(measure(settings, asked.mails))
        table.add_row(transport, f"{rate:.1f}", *(f"{seconds:.1f}" for seconds in stages))
    Console().print(table)


if __name__ == "__main__":
    main()
