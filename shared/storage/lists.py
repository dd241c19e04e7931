"""Compare a column with a list of any length: one parameter, where IN has one for each value.

PostgreSQL's protocol carries at most 32,767 parameters, and a contact may have more mails than that.
"""

from collections.abc import Iterable
from typing import TypeVar

from sqlalchemy import any_, literal
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.sql.elements import ColumnElement

T = TypeVar("T")


def among(column: ColumnElement[T], values: Iterable[T]) -> ColumnElement[bool]:
    return column == any_(literal(list(values), ARRAY(column.type)))
