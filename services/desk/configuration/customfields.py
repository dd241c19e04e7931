"""Add and archive custom fields. The type stays: values of tickets are of it."""

from typing import Annotated, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator
from sqlalchemy import select, update
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.ext.asyncio import AsyncConnection

from services.desk.configuration.places import Place
from services.desk.configuration.remembering import Made, remember, told
from services.desk.configuration.statuses import Key
from services.desk.languages import gettext
from services.desk.wording.states import state_word
from shared.contracts.custom_fields import FieldType
from shared.storage.config import custom_fields

Choice = Annotated[str, Field(min_length=1, max_length=200)]


class CustomFieldSettings(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", str_strip_whitespace=True)

    key: Key = Field(examples=["serial"])
    name: Annotated[str, Field(min_length=1, max_length=80)] = Field(examples=["Serial number"])
    type: FieldType
    choices: list[Choice] = Field(default_factory=list, max_length=200)
    position: Place = 0

    @model_validator(mode="after")
    def _choices_are_for_choosing(self) -> Self:
        chosen = self.type in {FieldType.CHOICE, FieldType.MULTI}
        if chosen and (not self.choices or len(set(self.choices)) < len(self.choices)):
            raise ValueError(gettext("name the choices, each once"))
        if self.choices and not chosen:
            raise ValueError(
                gettext("a field of the type %(type)s has no choices", type=state_word(self.type))
            )
        return self


async def save_custom_field(db: AsyncConnection, tenant: str, wanted: CustomFieldSettings, made: Made) -> str:
    """Add a field, or give the one of this key another name and choices and take it out of the archive.
    Return why not, or nothing."""
    mine = (custom_fields.c.tenant == tenant, custom_fields.c.key == wanted.key)
    kept = (await db.execute(select(custom_fields).where(*mine))).mappings().one_or_none()
    if kept is not None and kept["type"] != wanted.type:
        return gettext(
            "%(key)s is of the type %(type)s, as the values of tickets are: add another field",
            key=repr(wanted.key),
            type=state_word(kept["type"]),
        )
    values = {
        "name": wanted.name,
        "position": wanted.position,
        "choices": wanted.choices,
        "archived_at": None,
    }
    await db.execute(
        upsert(custom_fields)
        .values(tenant=tenant, key=wanted.key, type=str(wanted.type), **values)
        .on_conflict_do_update(index_elements=["tenant", "key"], set_=values)
    )
    old = told(CustomFieldSettings, kept) if kept else None
    new = {**wanted.model_dump(mode="json"), "archived": False}
    await remember(db, tenant, made, f"custom_fields.{wanted.key}", old=old, new=new)
    return ""


async def archive_custom_field(db: AsyncConnection, tenant: str, key: str, made: Made) -> bool:
    """Let a field be set no more; tickets keep its values."""
    done = await db.execute(
        update(custom_fields)
        .where(
            custom_fields.c.tenant == tenant,
            custom_fields.c.key == key,
            custom_fields.c.archived_at.is_(None),
        )
        .values(archived_at=made.at)
        .returning(custom_fields)
    )
    row = done.mappings().one_or_none()
    if row is not None:
        new = told(CustomFieldSettings, row)
        old = {**new, "archived": False}
        await remember(db, tenant, made, f"custom_fields.{key}", old=old, new=new)
    return row is not None
