"""What a form says of custom fields. Pure; whether it fits is decided where it is kept."""

from collections.abc import Sequence

from pydantic import JsonValue

from services.desk.configuration.customfields import CustomFieldSettings
from shared.contracts.custom_fields import FieldType


def value_typed(field: CustomFieldSettings, texts: Sequence[str]) -> JsonValue:
    """Read a value as its field's type; what cannot be read so stays text, and is refused with a reason."""
    given = [text.strip() for text in texts if text.strip()]
    if not given:
        return None
    match field.type:
        case FieldType.MULTI:
            parts = [text if text in field.choices else text.split(",") for text in given]
            return [one for part in parts for one in (part if isinstance(part, list) else [part])]
        case FieldType.NUMBER:
            return _number(given[0])
        case FieldType.BOOLEAN:
            return {"true": True, "false": False}.get(given[0].lower(), given[0])
        case _:
            return given[0]


def _number(text: str) -> JsonValue:
    try:
        number = float(text.replace(",", "."))
    except ValueError:
        return text
    return int(number) if number.is_integer() else number
