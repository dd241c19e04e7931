"""OData's query options, as far as mail clients use them: $filter and $orderby become SQL."""

import re
from dataclasses import dataclass
from datetime import UTC, datetime

from starlette.datastructures import QueryParams

from sandbox.errors import bad_request

_MAX_TOP = 1000
_DEFAULT_TOP = 10
_MOMENTS = {"receivedDateTime": "received", "createdDateTime": "created", "lastModifiedDateTime": "modified"}
_TEXTS = {
    "internetMessageId": "internet_message_id",
    "conversationId": "conversation_id",
    "subject": "subject",
    "from/emailAddress/address": "sender",
    "sender/emailAddress/address": "sender",
}
_FLAGS = {"isRead": "is_read", "isDraft": "is_draft", "hasAttachments": "has_attachments"}
_OPERATORS = {"eq": "=", "ne": "<>", "ge": ">=", "gt": ">", "le": "<=", "lt": "<"}
_QUOTED = r"'((?:[^']|'')*)'"
_COMPARED = re.compile(r"([\w/]+)\s+(eq|ne|ge|gt|le|lt)\s+(.+)", re.IGNORECASE)
_EXTENDED = re.compile(
    rf"singleValueExtendedProperties/any\(\s*(\w+)\s*:\s*\1/id eq {_QUOTED} and \1/value eq {_QUOTED}\s*\)",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class Options:
    """The query options of one request."""

    select: tuple[str, ...] = ()
    expand: str = ""
    filter: str = ""
    orderby: str = ""
    top: int = _DEFAULT_TOP
    skip: int = 0
    count: bool = False

    @classmethod
    def of(cls, query: QueryParams) -> "Options":
        if "$search" in query:
            raise bad_request("The sandbox does not offer $search.", "ErrorInvalidUrlQuery")
        return cls(
            select=tuple(filter(None, (name.strip() for name in query.get("$select", "").split(",")))),
            expand=query.get("$expand", ""),
            filter=query.get("$filter", ""),
            orderby=query.get("$orderby", ""),
            top=_number(query, "$top", _DEFAULT_TOP, 1, _MAX_TOP),
            skip=_number(query, "$skip", 0, 0, 2**31),
            count=query.get("$count", "").lower() == "true",
        )


@dataclass(frozen=True)
class Condition:
    """One clause of a filter; `i` is the item's alias."""

    field: str
    sql: str
    values: tuple[object, ...]


def conditions(filter_: str) -> list[Condition]:
    return [_condition(clause) for clause in _clauses(filter_)]


def ordering(orderby: str, asked: list[Condition]) -> str:
    """The ORDER BY of a message list: newest first unless told otherwise."""
    terms = [term.split() for term in orderby.split(",") if term.strip()]
    fields = [term[0] for term in terms]
    if terms and asked and [condition.field for condition in asked][: len(fields)] != fields:
        message = "The restriction or sort order is too complex for this operation."
        raise bad_request(message, "InefficientFilter")
    columns = {**_MOMENTS, **_TEXTS, **_FLAGS}
    if any(field not in columns for field in fields):
        raise bad_request(f"Could not order by '{orderby}'.", "ErrorInvalidUrlQueryOrderBy")
    written = [f"i.{columns[term[0]]} {_direction(term[1:])}" for term in terms]
    return ", ".join([*written, "i.received DESC", "i.rowid DESC"])


def moment(literal: str) -> float:
    """Seconds since 1970 of a date as a filter writes it."""
    try:
        found = datetime.fromisoformat(literal.strip().strip("'"))
    except ValueError as error:
        raise _invalid(literal) from error
    return (found if found.tzinfo else found.replace(tzinfo=UTC)).timestamp()


def _clauses(filter_: str) -> list[str]:
    """Split at the `and`s that stand outside of quotes and parentheses."""
    depth, quoted, words, clauses = 0, False, "", []
    for piece in re.split(r"('|\(|\)|\s+and\s+)", filter_):
        quoted ^= piece == "'"
        if not quoted:
            depth += {"(": 1, ")": -1}.get(piece, 0)
        if piece.strip() == "and" and not quoted and not depth:
            clauses.append(words)
            words = ""
        else:
            words += piece
    found = [clause.strip() for clause in (*clauses, words) if clause.strip()]
    return [inner for clause in found for inner in (_clauses(clause[1:-1]) if _wrapped(clause) else [clause])]


def _wrapped(clause: str) -> bool:
    return clause.startswith("(") and clause.endswith(")")


def _condition(clause: str) -> Condition:
    extended = _EXTENDED.fullmatch(clause)
    if extended:
        sql = "EXISTS (SELECT 1 FROM property p WHERE p.item = i.immutable_id AND p.id = ? AND p.value = ?)"
        return Condition(
            "singleValueExtendedProperties", sql, (_unquoted(extended[2]), _unquoted(extended[3]))
        )
    compared = _COMPARED.fullmatch(clause)
    if compared is None:
        raise _invalid(clause)
    field, operator, literal = compared[1], _OPERATORS[compared[2].lower()], compared[3].strip()
    if field in _MOMENTS:
        return Condition(field, f"i.{_MOMENTS[field]} {operator} ?", (moment(literal),))
    text = re.fullmatch(_QUOTED, literal)
    if field in _TEXTS and text and operator in ("=", "<>"):
        return Condition(field, f"i.{_TEXTS[field]} {operator} ?", (_unquoted(text[1]),))
    if field in _FLAGS and literal in ("true", "false") and operator in ("=", "<>"):
        return Condition(field, f"i.{_FLAGS[field]} {operator} ?", (literal == "true",))
    raise _invalid(clause)


def _invalid(clause: str) -> Exception:
    return bad_request(f"Invalid filter clause: {clause}", "RequestBroker--ParseUri")


def _unquoted(text: str) -> str:
    return text.replace("''", "'")


def _direction(words: list[str]) -> str:
    match [word.lower() for word in words]:
        case [] | ["asc"]:
            return "ASC"
        case ["desc"]:
            return "DESC"
    raise bad_request("Only asc and desc are directions.", "ErrorInvalidUrlQueryOrderBy")


def _number(query: QueryParams, name: str, default: int, low: int, high: int) -> int:
    text = query.get(name, str(default))
    if not text.isdecimal() or not low <= int(text) <= high:
        raise bad_request(
            f"The query option '{name}' must be between {low} and {high}.", "ErrorInvalidUrlQuery"
        )
    return int(text)
