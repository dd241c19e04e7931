"""OData's $filter as Exchange takes it, turned into SQL over the table of messages."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime

from sandbox.errors import bad_request


@dataclass(frozen=True)
class Condition:
    """What a filter asks; `i` is the item's alias. Every literal is bound."""

    sql: str
    values: tuple[object, ...] = ()
    fields: tuple[str, ...] = ()
    """The properties that it names, in order."""


NOTHING_ASKED = Condition("1")
MOMENTS = {
    "receivedDateTime": "i.received",
    "createdDateTime": "i.created",
    "lastModifiedDateTime": "i.modified",
    "sentDateTime": "coalesce(json_extract(i.content, '$.sent'), i.received)",
}
TEXTS = {
    "internetMessageId": "i.internet_message_id",
    "conversationId": "i.conversation_id",
    "subject": "i.subject",
    "from/emailAddress/address": "i.sender",
    "from/emailAddress/name": "coalesce(json_extract(i.content, '$.from.emailAddress.name'), '')",
    "sender/emailAddress/address": "coalesce(json_extract(i.content, '$.sender.emailAddress.address'), '')",
    "sender/emailAddress/name": "coalesce(json_extract(i.content, '$.sender.emailAddress.name'), '')",
    "importance": "json_extract(i.content, '$.importance')",
    "flag/flagStatus": "coalesce(json_extract(i.marks, '$.flag.flagStatus'), 'notFlagged')",
    "inferenceClassification": "json_extract(i.marks, '$.inferenceClassification')",
    "parentFolderId": "i.folder",
    "changeKey": "i.change_key",
    "body/content": "json_extract(i.content, '$.body.content')",
    "bodyPreview": "json_extract(i.content, '$.body.content')",
}
FLAGS = {"isRead": "i.is_read", "isDraft": "i.is_draft", "hasAttachments": "i.has_attachments"}
_PEOPLE = ("toRecipients", "ccRecipients", "bccRecipients", "replyTo")
_OPERATORS = {"eq": "=", "ne": "<>", "ge": ">=", "gt": ">", "le": "<=", "lt": "<"}
_EQUALITY = ("=", "<>")
_TOKEN = re.compile(
    r"\s*(?:(?P<text>'(?:[^']|'')*')|(?P<moment>\d{4}-\d\d-\d\d(?:T[\d:.]+(?:Z|[+-]\d\d:\d\d)?)?)"
    r"|(?P<number>-?\d+)|(?P<word>[A-Za-z_@][\w./@-]*)|(?P<mark>[(),:]))\s*"
)


def condition(filter_: str) -> Condition:
    """What the whole filter asks; an empty one asks nothing."""
    if not filter_.strip():
        return NOTHING_ASKED
    return _Reading(filter_).whole()


def moment(literal: str) -> float:
    """Seconds since 1970 of a date as a filter writes it."""
    try:
        found = datetime.fromisoformat(literal)
    except ValueError as error:
        raise malformed(literal) from error
    if found.tzinfo is None and "T" in literal:
        raise malformed(literal)
    return (found if found.tzinfo else found.replace(tzinfo=UTC)).timestamp()


def malformed(clause: str) -> Exception:
    return bad_request(f"Invalid filter clause: {clause}", "RequestBroker--ParseUri")


def unknown_property(name: str) -> Exception:
    message = f"Could not find a property named '{name.partition('/')[0]}' on type 'microsoft.graph.message'."
    return bad_request(message, "RequestBroker--ParseUri")


class _Reading:
    """One reading of a filter, from left to right."""

    def __init__(self, filter_: str) -> None:
        self._filter = filter_
        self._tokens: list[tuple[str, str]] = []
        at = 0
        while at < len(filter_):
            found = _TOKEN.match(filter_, at)
            if found is None or found.lastgroup is None:
                raise malformed(filter_)
            self._tokens.append((found.lastgroup, found[found.lastgroup]))
            at = found.end()
        self._at = 0

    def whole(self) -> Condition:
        try:
            asked = self._either()
        except RecursionError as error:
            raise bad_request("The node count limit of '100' has been exceeded.") from error
        if self._at < len(self._tokens):
            raise malformed(self._filter)
        return asked

    def _either(self) -> Condition:
        return self._joined("or", self._both)

    def _both(self) -> Condition:
        return self._joined("and", self._negated)

    def _joined(self, word: str, part: Callable[[], Condition]) -> Condition:
        parts = [part()]
        while self._skips(word):
            parts.append(part())
        if len(parts) == 1:
            return parts[0]
        sql = f" {word.upper()} ".join(f"({one.sql})" for one in parts)
        values = tuple(value for one in parts for value in one.values)
        return Condition(sql, values, tuple(field for one in parts for field in one.fields))

    def _negated(self) -> Condition:
        if self._skips("not"):
            inner = self._negated()
            return Condition(f"NOT ({inner.sql})", inner.values, inner.fields)
        if self._skips("("):
            inner = self._either()
            self._expect(")")
            return inner
        return self._clause()

    def _clause(self) -> Condition:
        name = self._take("word")
        if name.lower() in ("startswith", "contains"):
            return self._function(name.lower())
        if name.lower().endswith("/any"):
            return self._any(name[: -len("/any")])
        if self._peek() == "(":
            raise bad_request(
                "The query filter contains one or more invalid nodes.", "ErrorInvalidUrlQueryFilter"
            )
        return self._compared(name)

    def _compared(self, name: str) -> Condition:
        operator = _OPERATORS.get(self._take("word").lower())
        if operator is None:
            raise malformed(self._filter)
        kind, literal = self._next()
        if name in MOMENTS:
            if kind != "moment":
                raise _incompatible("Edm.DateTimeOffset", operator)
            return Condition(f"{MOMENTS[name]} {operator} ?", (moment(literal),), (name,))
        if name in TEXTS:
            if kind != "text":
                raise _incompatible("Edm.String", operator)
            return Condition(f"{TEXTS[name]} {operator} ? COLLATE NOCASE", (_unquoted(literal),), (name,))
        if name in FLAGS:
            if literal not in ("true", "false") or operator not in _EQUALITY:
                raise _incompatible("Edm.Boolean", operator)
            return Condition(f"{FLAGS[name]} {operator} ?", (literal == "true",), (name,))
        raise unknown_property(name)

    def _function(self, function: str) -> Condition:
        self._expect("(")
        name = self._take("word")
        self._expect(",")
        text = _unquoted(self._take("text"))
        self._expect(")")
        # Both may be compared with true, which changes nothing.
        if self._peek().lower() == "eq":
            self._next()
            self._take("word")
        if name not in TEXTS:
            raise unknown_property(name)
        place = "= 1" if function == "startswith" else "> 0"
        return Condition(f"instr(folded({TEXTS[name]}), folded(?)) {place}", (text,), (name,))

    def _any(self, collection: str) -> Condition:
        self._expect("(")
        alias = self._take("word")
        self._expect(":")
        asked = [self._element(alias)]
        while self._skips("and"):
            asked.append(self._element(alias))
        self._expect(")")
        return _collected(collection, dict(asked), self._filter)

    def _element(self, alias: str) -> tuple[str, str]:
        name = self._take("word")
        if not self._skips("eq"):
            raise malformed(self._filter)
        return name.removeprefix(alias).removeprefix("/"), _unquoted(self._take("text"))

    def _next(self) -> tuple[str, str]:
        if self._at >= len(self._tokens):
            raise malformed(self._filter)
        self._at += 1
        return self._tokens[self._at - 1]

    def _peek(self) -> str:
        return self._tokens[self._at][1] if self._at < len(self._tokens) else ""

    def _skips(self, word: str) -> bool:
        found = self._peek().lower() == word
        self._at += found
        return found

    def _expect(self, mark: str) -> None:
        if not self._skips(mark):
            raise malformed(self._filter)

    def _take(self, kind: str) -> str:
        found, token = self._next()
        if found != kind:
            raise malformed(self._filter)
        return token


def _collected(collection: str, asked: dict[str, str], filter_: str) -> Condition:
    """A clause over the members of a collection."""
    if collection == "singleValueExtendedProperties" and asked.keys() == {"id", "value"}:
        sql = "EXISTS (SELECT 1 FROM property p WHERE p.item = i.immutable_id AND p.id = ? AND p.value = ?)"
        return Condition(sql, (asked["id"], asked["value"]), (collection,))
    if collection == "categories" and asked.keys() == {""}:
        sql = "EXISTS (SELECT 1 FROM json_each(i.marks, '$.categories') c WHERE c.value = ? COLLATE NOCASE)"
        return Condition(sql, (asked[""],), (collection,))
    if collection in _PEOPLE and asked.keys() == {"emailAddress/address"}:
        address = "json_extract(r.value, '$.emailAddress.address')"
        # The collection is one of four names.
        each = f"json_each(i.content, '$.{collection}') r"
        sql = f"EXISTS (SELECT 1 FROM {each} WHERE {address} = ? COLLATE NOCASE)"  # noqa: S608
        return Condition(sql, (asked["emailAddress/address"],), (collection,))
    raise malformed(filter_)


def _incompatible(kind: str, operator: str) -> Exception:
    message = (
        f"A binary operator with incompatible types was detected. Found operand type '{kind}' for operator"
        f" '{operator}'."
    )
    return bad_request(message, "RequestBroker--ParseUri")


def _unquoted(text: str) -> str:
    return text[1:-1].replace("''", "'")
