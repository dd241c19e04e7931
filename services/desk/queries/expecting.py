"""How many rows the server expects a query to find, by its statistics, without looking."""

from typing import Any

from sqlalchemy import Executable, Select
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.expression import ClauseElement

from services.desk.queries.reading import Reading


class _Explained(Executable, ClauseElement):
    """The plan of a query instead of its rows."""

    inherit_cache = False

    def __init__(self, query: Select[Any]) -> None:  # Any: whatever it selects
        self.query = query


@compiles(_Explained)
def _explain(element: _Explained, compiler: SQLCompiler, **options: Any) -> str:  # Any: the compiler's own
    return f"EXPLAIN (FORMAT JSON) {compiler.process(element.query, **options)}"


async def expected_rows(reading: Reading, query: Select[Any]) -> int:  # Any: as above
    (explained,) = (await reading.db.execute(_Explained(query))).scalar_one()
    return int(explained["Plan"]["Plan Rows"])
