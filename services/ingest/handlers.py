"""What ingest hears: what became of a mail, what people want of a mailbox, and news from its provider."""

from services.ingest import choosing, examinations, repository, subscriptions
from services.ingest.quarantine import decide, drop
from shared.contracts.examining import ExamineMailbox
from shared.contracts.folders import ListFolders
from shared.contracts.mail import MailPlaced, MailUnreadable
from shared.contracts.quarantine import DecideQuarantined, DropQuarantined
from shared.contracts.waking import News, WakeMailbox
from shared.messaging.topology import Service
from shared.messaging.unit import Units

ingest = Service("ingest")


@ingest.on(MailUnreadable)
async def quarantine(message: MailUnreadable, units: Units) -> None:
    async with units.handling(message) as unit:
        await repository.quarantine(unit.db, message.mail, message.reason, message.detail)


@ingest.on(DecideQuarantined)
async def decide_quarantined(message: DecideQuarantined, units: Units) -> None:
    who = message.actor.name if message.actor else "somebody"
    async with units.handling(message) as unit:
        refused = await decide(unit, message.mail, message.decision, who)
        unit.answer({"refused": refused} if refused else {"ok": True})


@ingest.on(DropQuarantined)
async def drop_quarantined(message: DropQuarantined, units: Units) -> None:
    who = message.actor.name if message.actor else "somebody"
    async with units.handling(message) as unit:
        refused = await drop(unit, message.mail, who)
        unit.answer({"refused": refused} if refused else {"ok": True})


@ingest.on(MailPlaced)
async def make_room(message: MailPlaced, units: Units) -> None:
    async with units.handling(message) as unit:
        await repository.landed(unit.db, message.mail)


@ingest.on(ExamineMailbox)
async def ask_for_examination(message: ExamineMailbox, units: Units) -> None:
    async with units.handling(message) as unit:
        if not await repository.has_mailbox(unit.db, unit.tenant, message.mailbox):
            unit.answer({"refused": "there is no such mailbox"})
            return
        run = await examinations.open_one(unit.db, message, unit.now)
        unit.answer({"ok": True, "examination": str(run)})
        unit.wake()


@ingest.on(WakeMailbox)
async def wake(message: WakeMailbox, units: Units) -> None:
    async with units.handling(message) as unit:
        await subscriptions.wake_mailbox(unit.db, message.mailbox, unit.now)
        if message.news in {News.EXPIRING, News.REMOVED}:
            gone = message.news is News.REMOVED
            await subscriptions.note_news(unit.db, message.mailbox, message.subscription, unit.now, gone=gone)
        unit.wake()


@ingest.on(ListFolders)
async def list_folders(message: ListFolders, units: Units) -> None:
    async with units.handling(message) as unit:
        refused = await choosing.forget_age(unit.db, unit.tenant, message.mailbox)
        if refused is None:
            await subscriptions.wake_mailbox(unit.db, message.mailbox, unit.now)
            unit.wake()
        unit.answer({"refused": refused} if refused else {"ok": True})
