"""What a list is narrowed by, as chips: a word for each, and the list without it. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from services.desk.configuration.customfields import CustomFieldSettings
from services.desk.languages import gettext
from services.desk.listing import Asked
from services.desk.wording.signs import field_word, priority_sign
from shared.contracts.custom_fields import PREFIX


@dataclass(frozen=True)
class Chip:
    name: str
    value: str
    without: str
    """The address of the list without it."""


def narrowed(
    asked: Asked,
    choices: Mapping[str, Any],  # Any: lists of what can be chosen
    defined: list[CustomFieldSettings],
) -> list[Chip]:
    names: dict[UUID, str] = {
        one.id: one.name for kind in ("mailboxes", "agents", "departments") for one in choices[kind]
    }
    statuses: dict[str, str] = {one.key: one.name for one in choices["statuses"]}
    words = {
        "q": f"“{asked.q}”" if asked.q else "",
        "status": statuses.get(asked.status, asked.status),
        "priority": priority_sign(asked.priority).word if asked.priority else "",
        "tag": asked.tag,
        "organization": asked.organization,
        "waiting": gettext("longer than %(count)s h", count=asked.waiting) if asked.waiting else "",
        "held": gettext("held mail") if asked.held else "",
    }
    for name in ("mailbox", "assignee", "department"):
        if one := getattr(asked, name):
            words[name] = names.get(one, gettext("not known"))
    labels = {"q": "", "held": gettext("has"), "waiting": gettext("waits"), "tag": gettext("tag")}
    words |= {f"{PREFIX}{field.key}": asked.fields.get(field.key, "") for field in defined}
    labels |= {f"{PREFIX}{field.key}": field.name for field in defined}
    return [
        Chip(
            labels.get(name) or field_word(name) if name != "q" else "",
            word,
            asked.address(**{"view": asked.shown_view, name: ""}),
        )
        for name, word in words.items()
        if word
    ]
