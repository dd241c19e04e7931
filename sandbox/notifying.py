"""The courier: tells subscribers by HTTP, in batches, and tries again while they do not answer.

What waits is in rows, so that it outlives a restart; the knobs decide once what becomes of a notice.
"""

import asyncio
import json
import sqlite3
import time
from collections.abc import Iterable
from contextlib import suppress
from itertools import groupby
from typing import Self

import httpx

from sandbox.house import House
from sandbox.knobs import Weather
from sandbox.mailboxes import find_mailbox
from sandbox.rendering import Json, stamp
from sandbox.subscribing import (
    LIFECYCLE,
    Subscription,
    challenge,
    get_subscription,
    record_delivery,
    remove_subscription,
)

ANSWER_SECONDS = 3
FIRST_PAUSE, LONGEST_PAUSE = 0.2, 60.0
GIVES_UP_AFTER = 4 * 3600.0
MOST_IN_ONE = 100
LOOK_SECONDS = 1.0
"""How often it looks for subscriptions that end."""
CHALLENGED_BEFORE = 3600
"""Seconds of life that are left when a subscription is to be authorized anew."""


class Courier:
    """Runs in the event loop between `start` and `stop`."""

    def __init__(self, house: House) -> None:
        self._house = house
        self._store = house.store
        self._woken = asyncio.Event()
        self._stopping = False
        self._task: asyncio.Task[None] | None = None

    async def start(self) -> Self:
        loop = asyncio.get_running_loop()

        def noticed() -> None:
            loop.call_soon_threadsafe(self._woken.set)

        self._store.noticed = noticed
        self._task = asyncio.create_task(self._run())
        return self

    async def stop(self) -> None:
        """What is not told yet stays in its row."""
        self._store.noticed = lambda: None
        self._stopping = True
        if self._task is not None:
            self._task.cancel()
            with suppress(asyncio.CancelledError):
                await self._task

    async def _run(self) -> None:
        async with httpx.AsyncClient(timeout=ANSWER_SECONDS, trust_env=False) as http:
            while not self._stopping:
                self._woken.clear()
                self._end_subscriptions()
                for row in self._store.rows("SELECT * FROM notice WHERE due IS NULL ORDER BY id"):
                    self._weather(row)
                due = self._store.rows("SELECT * FROM notice WHERE due <= ? ORDER BY url, id", time.time())
                each = [list(rows)[:MOST_IN_ONE] for _, rows in groupby(due, key=lambda row: str(row["url"]))]
                await asyncio.gather(*(self._post(http, rows) for rows in each))
                if len(due) == sum(map(len, each)):
                    await self._rest()

    async def _rest(self) -> None:
        row = self._store.row("SELECT min(due) AS next FROM notice WHERE due IS NOT NULL")
        next_ = row["next"] if row and row["next"] is not None else time.time() + LOOK_SECONDS
        with suppress(TimeoutError):
            async with asyncio.timeout(min(max(next_ - time.time(), 0), LOOK_SECONDS)):
                await self._woken.wait()

    def _end_subscriptions(self) -> None:
        """Forget those that have expired; those that soon will are to be authorized anew."""
        self._store.run("DELETE FROM subscription WHERE expires <= ?", self._store.now())
        soon = self._store.now() + CHALLENGED_BEFORE
        sql = "SELECT id FROM subscription WHERE expires < ? AND NOT challenged"
        for row in self._store.rows(sql, soon):
            subscription = get_subscription(self._store, row["id"])
            assert subscription is not None
            self._store.update("subscription", ("id", subscription.id), challenged=1)
            challenge(self._store, subscription, "reauthorizationRequired")

    def _weather(self, row: sqlite3.Row) -> None:
        """Decide what becomes of a new notice."""
        subscription = get_subscription(self._store, row["subscription"])
        mailbox = find_mailbox(self._store, row["mailbox"])
        assert mailbox is not None
        weather = self._house.weather(mailbox)
        with self._store.transaction():
            if subscription is None:
                self._drop(row, "of no subscription")
            elif row["kind"] in LIFECYCLE:
                self._event(row, subscription, weather)
            else:
                self._change(row, subscription, weather)

    def _event(self, row: sqlite3.Row, subscription: Subscription, weather: Weather) -> None:
        if weather.happens("lifecycle_lost"):
            self._drop(row, "lost")
        else:
            self._lay_ready(row, subscription)
        if row["kind"] == "subscriptionRemoved":
            self._store.run("DELETE FROM subscription WHERE id = ?", subscription.id)

    def _change(self, row: sqlite3.Row, subscription: Subscription, weather: Weather) -> None:
        if weather.happens("subscription_vanishes"):
            self._drop(row, "the subscription vanished")
            remove_subscription(self._store, subscription)
        elif weather.happens("subscription_removed"):
            self._drop(row, "the subscription was removed")
            challenge(self._store, subscription, "subscriptionRemoved")
        elif weather.happens("notification_lost"):
            self._drop(row, "lost")
        elif weather.happens("notification_missed"):
            self._drop(row, "missed")
            challenge(self._store, subscription, "missed")
        else:
            later = weather.dice.between("notification_delay_ms", *weather.knobs.notification_delay_ms) / 1000
            if weather.happens("notification_forged"):
                self._lay_ready(self._copy(row), subscription, forged=True)
            if weather.happens("notification_twice"):
                self._lay_ready(self._copy(row), subscription, later)
            self._lay_ready(row, subscription, later)

    def _lay_ready(
        self, row: sqlite3.Row, subscription: Subscription, later: float = 0, *, forged: bool = False
    ) -> None:
        of_life, wanted = row["kind"] in LIFECYCLE, subscription.wanted
        told = self._told(row, subscription) | ({"clientState": "of a stranger"} if forged else {})
        url, now = wanted.lifecycle_url if of_life else wanted.url, time.time()
        values = {"url": url, "body": json.dumps(told), "began": now, "due": now + later}
        self._store.update("notice", ("id", row["id"]), **values)

    def _told(self, row: sqlite3.Row, subscription: Subscription) -> Json:
        told: Json = {
            "subscriptionId": subscription.id,
            "subscriptionExpirationDateTime": stamp(subscription.wanted.expires),
            "clientState": subscription.wanted.client_state,
            "tenantId": self._house.tokens.tenant,
        }
        if row["kind"] in LIFECYCLE:
            return {**told, "lifecycleEvent": row["kind"]}
        path = f"Users/{subscription.mailbox}/Messages/{row['item']}"
        data = {
            "@odata.type": "#Microsoft.Graph.Message",
            "@odata.id": path,
            "@odata.etag": f'W/"{row["etag"]}"',
            "id": row["item"],
        }
        return {**told, "changeType": row["kind"], "resource": path, "resourceData": data}

    async def _post(self, http: httpx.AsyncClient, rows: list[sqlite3.Row]) -> None:
        body = {"value": [json.loads(row["body"]) for row in rows]}
        try:
            answer = await http.post(rows[0]["url"], json=body)
        except httpx.HTTPError as error:
            self._refused(rows, type(error).__name__)
            return
        if not answer.is_success:
            self._refused(rows, str(answer.status_code))
            return
        for row in rows:
            self._drop(row, str(answer.status_code))

    def _refused(self, rows: Iterable[sqlite3.Row], why: str) -> None:
        """Try again later, each time later; after hours the subscriber has missed it."""
        now = time.time()
        for row in rows:
            if now - row["began"] < GIVES_UP_AFTER:
                pause = min(FIRST_PAUSE * 2 ** row["attempts"], LONGEST_PAUSE)
                again = {"due": now + pause, "attempts": row["attempts"] + 1}
                self._store.update("notice", ("id", row["id"]), **again)
                record_delivery(self._store, row["mailbox"], row["subscription"], row["kind"], why)
                continue
            self._drop(row, "given up")
            subscription = get_subscription(self._store, row["subscription"])
            if subscription is not None and row["kind"] not in LIFECYCLE:
                challenge(self._store, subscription, "missed")

    def _copy(self, row: sqlite3.Row) -> sqlite3.Row:
        names = ("subscription", "mailbox", "kind", "item", "etag")
        made = self._store.insert("notice", **{name: row[name] for name in names})
        (copied,) = self._store.rows("SELECT * FROM notice WHERE id = ?", made)
        return copied

    def _drop(self, row: sqlite3.Row, outcome: str) -> None:
        record_delivery(self._store, row["mailbox"], row["subscription"], row["kind"], outcome)
        self._store.run("DELETE FROM notice WHERE id = ?", row["id"])
