"""What the address of the list says: a link to it shows the same. Pure."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Annotated, Any, Self
from urllib.parse import parse_qsl, urlencode
from uuid import UUID

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError, model_validator

from services.desk.configuration.customfields import CustomFieldSettings
from services.desk.forms.customfields import value_typed
from services.desk.languages import later
from services.desk.queries.filtering import Filters, View
from services.desk.queries.ordering import Sort
from shared.contracts.custom_fields import PREFIX

LONGEST_SEARCH = 200
MOST_AMONG, LONGEST_NUMBER = 200, 9
QUOTE = '"'
COLUMNS = {
    "priority": later("Priority"),
    "contact": later("Contact"),
    "subject": later("Subject"),
    "marks": later("Marks"),
    "mailbox": later("Mailbox"),
    "department": later("Department"),
    "organization": later("Organization"),
    "tags": later("Tags"),
    "assignee": later("Assignee"),
    "number": later("Number"),
    "created": later("Opened"),
    "activity": later("Activity"),
    "waiting": later("Waiting"),
}
"""What the list can show of a ticket, beside its status."""
USUAL = ("priority", "contact", "subject", "marks", "mailbox", "assignee", "number", "waiting")
SORTS: dict[Sort, str] = {
    "activity": later("Latest activity"),
    "waiting": later("Longest waiting"),
    "created": later("Newest"),
    "priority": later("Most urgent"),
    "number": later("Highest number"),
}
PLACES = ("saved", "after", "said", "did", "view", "sort")
"""What does not narrow a list."""

Empty = BeforeValidator(lambda value: None if value == "" else value)


class Asked(BaseModel):
    model_config = ConfigDict(frozen=True)

    view: Annotated[View | None, Empty] = None
    saved: Annotated[UUID | None, Empty] = None
    """A saved view. It says what is not said here, unless `view` is."""
    status: str = ""
    mailbox: Annotated[UUID | None, Empty] = None
    assignee: Annotated[UUID | None, Empty] = None
    department: Annotated[UUID | None, Empty] = None
    priority: str = ""
    organization: str = ""
    tag: str = ""
    waiting: Annotated[int | None, Field(ge=1, le=100_000), Empty] = None
    """Hours."""
    held: str = ""
    fields: dict[str, str] = Field(default_factory=dict)
    q: str = ""
    sort: Annotated[Sort | None, Empty] = None
    after: str = ""
    among: str = ""
    """Of these numbers alone, which commas part: for a page that asks what became of its rows."""
    said: str = ""
    did: Annotated[UUID | None, Empty] = None
    """The bulk that was just carried out."""

    @model_validator(mode="before")
    @classmethod
    def _with_fields(cls, given: Any) -> Any:  # Any: what pydantic is given
        """Gather `fields.KEY=value`."""
        if not isinstance(given, Mapping) or "fields" in given:
            return given
        own = {key.removeprefix(PREFIX): value for key, value in given.items() if key.startswith(PREFIX)}
        return {**given, "fields": {key: value for key, value in own.items() if value}}

    @classmethod
    def of(cls, address: str) -> Self:
        """Read the query of an address that a form carries; what is not valid asks for nothing."""
        try:
            return cls.model_validate(dict(parse_qsl(address)))
        except (ValidationError, ValueError):
            return cls()

    @property
    def shown_view(self) -> View:
        return self.view or "open"

    @property
    def shown_sort(self) -> Sort:
        return self.sort or "activity"

    @property
    def is_filtered(self) -> bool:
        return any(name not in PLACES for name in self.parts())

    def parts(self) -> dict[str, str]:
        """Return what is said, without what is as usual."""
        plain = self.model_dump(
            mode="json", exclude={"fields", "after", "among", "said", "did"}, exclude_none=True
        )
        said = {name: str(value) for name, value in plain.items() if value != ""}
        if said.get("sort") == "activity" and not self.saved:
            del said["sort"]
        return said | {f"{PREFIX}{key}": value for key, value in sorted(self.fields.items())}

    def query(self, **changed: str) -> str:
        """The list with something changed; what is empty is left out."""
        parts = self.parts() | changed
        return urlencode({name: value for name, value in parts.items() if value})

    def address(self, **changed: str) -> str:
        query = self.query(**changed)
        return f"/tickets?{query}" if query else "/tickets"

    def kept(self) -> dict[str, str]:
        """What a saved view keeps."""
        parts = self.parts() | {"view": self.shown_view, "sort": self.shown_sort}
        return {name: value for name, value in parts.items() if name != "saved"}

    def searched(self) -> str:
        """What is looked for: the words; tag and organization in the language of searches."""
        named = (("tag", self.tag), ("organization", self.organization))
        said = (f'{name}:"{value.replace(QUOTE, "").strip()}"' for name, value in named if value.strip())
        return " ".join((self.q[:LONGEST_SEARCH], *said)).strip()

    def numbers(self) -> tuple[int, ...] | None:
        if not self.among:
            return None
        texts = [text for text in self.among.split(",")[:MOST_AMONG] if text.isascii() and text.isdigit()]
        return tuple(int(text) for text in texts if len(text) <= LONGEST_NUMBER)

    def filters(self, defined: list[CustomFieldSettings], now: datetime) -> Filters:
        by_key = {field.key: field for field in defined}
        typed = {key: value_typed(by_key[key], [text]) for key, text in self.fields.items() if key in by_key}
        return Filters(
            view=self.shown_view,
            status=self.status,
            mailbox=self.mailbox,
            assignee=self.assignee,
            sort=self.shown_sort,
            department=self.department,
            priority=self.priority,
            waiting_since=now - timedelta(hours=self.waiting) if self.waiting else None,
            is_held=bool(self.held),
            fields=tuple(sorted(typed.items())),
            among=self.numbers(),
        )


def with_saved(asked: Asked, kept: Mapping[str, str]) -> Asked:
    """Let a saved view say what the address does not; with a `view` in the address, it says everything."""
    if asked.view is not None:
        return asked
    own = {"sort": asked.sort} if asked.sort else {}
    try:
        shown = Asked.model_validate({**kept, **own})
    except ValidationError:
        shown = Asked()
    named = {
        "saved": asked.saved,
        "after": asked.after,
        "among": asked.among,
        "said": asked.said,
        "did": asked.did,
    }
    return shown.model_copy(update=named)


def columns_in(chosen: list[str], defined: list[CustomFieldSettings]) -> tuple[str, ...]:
    """Return the columns that there are; without the subject, a row could not be opened."""
    there = {*COLUMNS, *(f"{PREFIX}{field.key}" for field in defined)}
    known = tuple(dict.fromkeys(one for one in chosen if one in there))
    return known if "subject" in known else ("subject", *known) if known else USUAL
