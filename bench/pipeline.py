"""Mails per second through the whole pipeline, and where the work is.

`python bench/pipeline.py [--mails N] [--broker amqp://…]`: embedded, and with a broker also one process a
service. Each mail opens a ticket and is answered by a trigger; the clock stops when the last answer has left.
The share of a stage is its part of the time spent in handlers and sweeps. The figures of one run compare with
each other; those of two machines do not.
"""

import argparse
import asyncio
import tempfile
import time
from collections import Counter
from collections.abc import Iterable
from email.message import EmailMessage
from pathlib import Path

import httpx
from prometheus_client import generate_latest
from prometheus_client.parser import text_string_to_metric_families
from rich.console import Console
from rich.table import Table
from sqlalchemy import func, select

from postroom.demo.accounting import unsettled
from postroom.demo.feeding import SUPPORT, TENANT, install, scan_now
from postroom.demo.stage import Stage, staged
from postroom.seeding import SeededTrigger, Seeding
from postroom.together import SERVICES
from shared.observability.logging import set_up_logging
from shared.settings import ProcessSettings
from shared.storage.engine import in_tenant
from shared.storage.sending import mails as outgoing

LOOK_SECONDS = 0.1
HEALTH_PORT = 18_400
STAGES = {
    "ingest.poll": "list",
    "ingest.fetch": "fetch",
    "ingest.settle": "settle",
    "parser": "parse",
    "ticketing": "ticket",
    "triggers": "trigger",
    "mailer": "record",
    "mailer.send": "send",
}
"""The stages of a mail: by service where it is one handler's work, by sweep where it is a sweep's."""


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


async def measure(settings: ProcessSettings, count: int) -> tuple[float, Counter[str]]:
    """Let `count` mails arrive at once; return mails per second and the seconds of work of each stage."""
    async with staged(settings) as stage:
        await install(stage)
        await _answer_each(stage)
        await _through(stage, [letter(-1)])
        before = await _work(settings)
        begun = time.perf_counter()
        await _through(stage, [letter(number) for number in range(count)])
        rate = count / (time.perf_counter() - begun)
        return rate, await _work(settings) - before


async def _answer_each(stage: Stage) -> None:
    params = {"subject": "Re: {{ ticket.subject }}", "body": "Hello, we have your mail."}
    trigger = SeededTrigger("Answer", "NEW_TICKET_CREATED", {"kinds": "both"}, "send_email", {**params})
    async with in_tenant(stage.house.engine("desk"), TENANT) as db:
        await Seeding(db, TENANT, stage.house.clock()).trigger(trigger)


async def _through(stage: Stage, letters: list[bytes]) -> None:
    wanted = await _answered(stage) + len(letters)
    for raw in letters:
        stage.sandbox.deliver(SUPPORT, raw)
    while True:
        await scan_now(stage)
        await asyncio.sleep(LOOK_SECONDS)
        stage.check()
        if await _answered(stage) >= wanted:
            return


async def _answered(stage: Stage) -> int:
    """Count the answers that have left, once nothing else is on its way."""
    async with in_tenant(stage.house.engine("desk"), TENANT) as db:
        sent = select(func.count()).select_from(outgoing).where(outgoing.c.state == "sent")
        count: int = (await db.execute(sent)).scalar_one()
        return 0 if await unsettled(db) else count


async def _work(settings: ProcessSettings) -> Counter[str]:
    """Read the seconds that each stage has worked, from the processes' own metrics."""
    if settings.transport == "embedded":
        return _seconds([generate_latest().decode()])
    pages = []
    async with httpx.AsyncClient() as client:
        for number, _ in enumerate(SERVICES):
            answer = await client.get(f"http://127.0.0.1:{HEALTH_PORT + number}/metrics")
            pages.append(answer.raise_for_status().text)
    return _seconds(pages)


def _seconds(pages: Iterable[str]) -> Counter[str]:
    worked: Counter[str] = Counter()
    for page in pages:
        for family in text_string_to_metric_families(page):
            for sample in family.samples:
                if sample.name == "postroom_message_seconds_sum":
                    worked[sample.labels["queue"].partition(".")[0]] += sample.value
                elif sample.name == "postroom_sweep_seconds_sum":
                    worked[f"{sample.labels['service']}.{sample.labels['sweep']}"] += sample.value
    return worked


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--mails", type=int, default=300)
    parser.add_argument("--broker")
    asked = parser.parse_args()
    set_up_logging("error", "console")
    table = Table(title=f"{asked.mails} mails at once")
    for column in ("transport", "mails per second", *STAGES.values()):
        table.add_column(column, justify="left" if column == "transport" else "right")
    for transport in ("embedded", "rabbit") if asked.broker else ("embedded",):
        with tempfile.TemporaryDirectory(prefix="postroom-bench-") as folder:
            settings = ProcessSettings(
                home=Path(folder) / "home",
                transport=transport,
                broker_url=asked.broker,
                health_port=HEALTH_PORT,
                log_level="error",
            )
            rate, worked = asyncio.run(measure(settings, asked.mails))
        shares = (f"{worked[name] / worked.total():.0%}" for name in STAGES)
        table.add_row(transport, f"{rate:.1f}", *shares)
    Console().print(table)


if __name__ == "__main__":
    main()
