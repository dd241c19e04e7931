"""How values of fields are called where a change is told."""

from collections.abc import Callable

from pydantic import JsonValue

from services.desk.queries.defined import names_of_defined
from services.desk.queries.people import names_by_id
from services.desk.queries.reading import Reading
from services.desk.timeline.weaving import shown_value


async def naming(reading: Reading) -> Callable[[str, JsonValue], str]:
    names = await names_by_id(reading) | await names_of_defined(reading)

    def word(field: str, value: JsonValue) -> str:
        return shown_value(field, value, names)

    return word
