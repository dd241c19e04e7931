"""For whom a page is made: language, zone and look. Set once for each request, asked when it is written."""

import time
from contextvars import ContextVar
from dataclasses import dataclass, field
from datetime import UTC, timedelta, tzinfo
from enum import StrEnum
from typing import Self
from zoneinfo import ZoneInfo

from babel import Locale
from pydantic import Field, ValidationError, field_validator
from starlette.requests import Request

from shared.contracts.base import Value

LANGUAGES = {"en": "English", "nl": "Nederlands", "de": "Deutsch"}
"""Of the desk, by their own names. Another one is a catalogue under `locale/` and a line here."""

ZONE_COOKIE = "postroom_zone"
"""The zone of the browser's clock, which a script tells us."""


class Theme(StrEnum):
    AUTO = "auto"
    LIGHT = "light"
    DARK = "dark"


class Density(StrEnum):
    """How high rows are: 34, 44 or 64 pixels."""

    COMPACT = "compact"
    REGULAR = "regular"
    ROOMY = "roomy"


class Preferences(Value):
    """How somebody wants the desk to be. Empty language and zone: as the browser says."""

    theme: Theme = Theme.AUTO
    density: Density = Density.REGULAR
    language: str = ""
    zone: str = ""
    single_keys: bool = True
    """Single letters are shortcuts (WCAG 2.1.4: they can be turned off)."""
    undo_seconds: int = Field(default=10, ge=5, le=30)
    """How long a reply can be taken back."""

    @field_validator("language")
    @classmethod
    def _known(cls, value: str) -> str:
        if value and value not in LANGUAGES:
            raise ValueError(f"the desk does not speak {value}")
        return value

    @field_validator("zone")
    @classmethod
    def _real(cls, value: str) -> str:
        if value and zone_named(value) is None:
            raise ValueError(f"there is no time zone {value}")
        return value

    @classmethod
    def kept(cls, choices: object) -> Self:
        """Read what was kept; what does not count any more is as if nothing had been chosen."""
        try:
            return cls.model_validate(choices or {})
        except ValidationError:
            return cls()


@dataclass(frozen=True)
class Reader:
    language: str = "en"
    zone: tzinfo = UTC
    preferences: Preferences = field(default_factory=Preferences)
    asked_at: float = field(default_factory=time.time)
    """When this request began, in seconds since 1970: what is changed later may be missing on the page."""
    may_write: bool = True
    """Whether the person's role may change anything: pages show no form that would be refused."""

    @property
    def undo(self) -> timedelta:
        """How long what this person sends can be taken back."""
        return timedelta(seconds=self.preferences.undo_seconds)

    @property
    def locale(self) -> Locale:
        # English as most of the world writes it: the day before the month, and 24 hours
        return Locale("en", "GB") if self.language == "en" else Locale(self.language)


NOBODY = Reader()
_READER: ContextVar[Reader] = ContextVar("reader")


def reader() -> Reader:
    return _READER.get(NOBODY)


def read_by(
    request: Request, preferences: Preferences, began: float | None = None, *, may_write: bool = True
) -> None:
    """Make the rest of this request for one reader: as they have chosen, else as their browser says."""
    language = preferences.language or _preferred(request.headers.get("Accept-Language", ""))
    if request.url.path.startswith("/api/"):
        language = "en"  # what programs are told is the same for all of them
    zone = zone_named(preferences.zone) or zone_named(request.cookies.get(ZONE_COOKIE, ""))
    _READER.set(Reader(language, zone or UTC, preferences, began or time.time(), may_write))


def zone_named(name: str) -> ZoneInfo | None:
    """Find a zone of the IANA database; None: there is none of that name."""
    try:
        return ZoneInfo(name) if name else None
    except (KeyError, ValueError, OSError):  # none of that name; one that leaves the database; a folder
        return None


def _preferred(accepted: str) -> str:
    """Choose from `Accept-Language` (RFC 9110, 12.5.4) the first of ours that is wanted most."""
    wanted: list[tuple[float, str]] = []
    for part in accepted.split(","):
        tag, _, weight = part.partition(";")
        try:
            quality = float(weight.strip().removeprefix("q=") or 1)
        except ValueError:
            quality = 0
        wanted.append((quality, tag.strip().lower()[:2]))
    ours = [(quality, tag) for quality, tag in wanted if tag in LANGUAGES and quality > 0]
    return max(ours, key=lambda one: one[0], default=(0, "en"))[1]
