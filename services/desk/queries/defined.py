"""What a tenant has defined for its tickets: statuses and custom fields."""

from sqlalchemy import select

from services.desk.configuration.customfields import CustomFieldSettings
from services.desk.configuration.statuses import StatusSettings
from services.desk.languages import gettext
from services.desk.queries.reading import Reading
from services.desk.wording.signs import STATUSES
from shared.contracts.statuses import BUILT_IN
from shared.storage.config import custom_fields, statuses

BUILT_IN_STATUSES = [
    StatusSettings(key=key, name=STATUSES[key].word, category=category) for key, category in BUILT_IN.items()
]


async def status_choices(reading: Reading) -> list[StatusSettings]:
    """Return every status that may be chosen, the built-in ones first."""
    columns = (statuses.c[name] for name in StatusSettings.model_fields)
    found = await reading.db.execute(
        select(*columns)
        .where(reading.own(statuses), statuses.c.archived_at.is_(None))
        .order_by(statuses.c.position, statuses.c.key)
    )
    ours = [one.model_copy(update={"name": gettext(one.name)}) for one in BUILT_IN_STATUSES]
    return [*ours, *(StatusSettings(**row) for row in found.mappings())]


async def custom_fields_of(reading: Reading) -> list[CustomFieldSettings]:
    """Return the custom fields that may be set, in their order."""
    columns = (custom_fields.c[name] for name in CustomFieldSettings.model_fields)
    found = await reading.db.execute(
        select(*columns)
        .where(reading.own(custom_fields), custom_fields.c.archived_at.is_(None))
        .order_by(custom_fields.c.position, custom_fields.c.key)
    )
    return [CustomFieldSettings(**row) for row in found.mappings()]


async def names_of_defined(reading: Reading) -> dict[str, str]:
    """Name own statuses by their keys and custom fields as changes name them, archived ones too."""
    own = await reading.db.execute(select(statuses.c.key, statuses.c.name).where(reading.own(statuses)))
    added = await reading.db.execute(
        select(custom_fields.c.key, custom_fields.c.name).where(reading.own(custom_fields))
    )
    names = {f"status.{row.key}": row.name for row in own}
    return names | {f"fields.{row.key}": row.name for row in added}
