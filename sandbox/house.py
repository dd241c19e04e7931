"""Everything the request handlers share."""

import secrets
from dataclasses import dataclass, field

from sandbox.knobs import Fault, Knobs, Weather
from sandbox.mailboxes import Mailbox, all_mailboxes, keep_knobs, knobs_of, void_delta_tokens
from sandbox.store import Store
from sandbox.tokens import Tokens
from sandbox.usage import Seen, Usage


@dataclass
class House:
    store: Store
    tokens: Tokens
    open_control: bool = False
    """Whether the control side answers other machines too."""
    plain_hooks: bool = False
    """Whether subscribers on other machines may be told without TLS."""
    token_weather: Weather = field(default_factory=lambda: Weather(Knobs()))
    """Faults of the token endpoint, which belongs to no mailbox."""
    identity_header: str = field(default_factory=lambda: secrets.token_urlsafe(16), repr=False)
    """What the identity endpoint wants to be told."""
    _weather: dict[str, Weather] = field(default_factory=dict)
    _usage: dict[tuple[str, str], Usage] = field(default_factory=dict)

    def weather(self, mailbox: Mailbox) -> Weather:
        if mailbox.id not in self._weather:
            self._weather[mailbox.id] = Weather(knobs_of(self.store, mailbox))
        return self._weather[mailbox.id]

    def usage(self, mailbox: Mailbox, app: str) -> Usage:
        return self._usage.setdefault((mailbox.id, app), Usage(app))

    def usage_seen(self, mailbox: Mailbox) -> list[Seen]:
        """What each app asked of a mailbox since the start or the last reset."""
        return [usage.seen() for (of, _), usage in self._usage.items() if of == mailbox.id]

    def set_knobs(self, mailbox: Mailbox, knobs: Knobs) -> None:
        """Set the knobs and start their dice anew; faults that were waiting are gone."""
        keep_knobs(self.store, mailbox, knobs)
        self._weather[mailbox.id] = Weather(knobs)

    def add_fault(self, mailbox: Mailbox, fault: Fault) -> None:
        weather = self.token_weather if fault.match == "token" else self.weather(mailbox)
        weather.add(fault)

    def reset(self) -> None:
        """Empty and calm all mailboxes; they and their well-known folders stay."""
        self.store.empty()
        for mailbox in all_mailboxes(self.store):
            void_delta_tokens(self.store, mailbox)
            self.set_knobs(mailbox, Knobs())
        self.token_weather = Weather(Knobs())
        self._usage.clear()
