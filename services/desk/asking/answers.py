"""Wake those who wait for the answer to a command, when NOTIFY names it."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from uuid import UUID


@dataclass
class Answers:
    """Waiting commands by id. Give `hear` to a listener on ANSWER_CHANNEL; without one, waiting polls."""

    waiting: dict[str, asyncio.Event] = field(default_factory=dict)

    @contextmanager
    def expecting(self, command: UUID) -> Iterator[asyncio.Event]:
        told = self.waiting.setdefault(str(command), asyncio.Event())
        try:
            yield told
        finally:
            self.waiting.pop(str(command), None)

    def hear(self, payload: str) -> None:
        if told := self.waiting.get(payload):
            told.set()
