"""KQL, the language of $search, as far as mail clients use it, turned into SQL over the messages."""

import re

from sandbox.errors import bad_request
from sandbox.filtering import Condition, moment

_BODY = "json_extract(i.content, '$.body.content')"
_FROM = "i.sender || ' ' || coalesce(json_extract(i.content, '$.from.emailAddress.name'), '')"
_TO = "json_extract(i.content, '$.toRecipients')"
_FILES = "(SELECT group_concat(a.name, ' ') FROM attachment a WHERE a.item = i.immutable_id)"
_PLACES = {
    "subject": "i.subject",
    "from": _FROM,
    "to": _TO,
    "cc": "json_extract(i.content, '$.ccRecipients')",
    "bcc": "json_extract(i.content, '$.bccRecipients')",
    "body": _BODY,
    "attachment": _FILES,
    "attachmentnames": _FILES,
    "participants": f"{_FROM} || ' ' || {_TO} || ' ' || json_extract(i.content, '$.ccRecipients')",
    "recipients": f"{_TO} || ' ' || json_extract(i.content, '$.ccRecipients')",
    "importance": "json_extract(i.content, '$.importance')",
}
_ANYWHERE = f"i.subject || ' ' || {_FROM} || ' ' || {_BODY}"
_FLAGS = {"hasattachment": "i.has_attachments", "hasattachments": "i.has_attachments", "isread": "i.is_read"}
_MOMENTS = {"received": "i.received", "sent": "coalesce(json_extract(i.content, '$.sent'), i.received)"}
_WORD = re.compile(
    r"\s*(?:(?P<mark>[()])|(?P<term>(?:(?P<place>\w+)(?P<is>:|>=|<=|=|>|<))?(?:\"(?P<phrase>[^\"]*)\"|(?P<bare>[^\s()\"]+))))\s*"
)


def searched(search: str) -> Condition:
    """What a search asks; terms side by side are all asked for."""
    text = search.strip()
    if text.startswith('"') and text.endswith('"') and len(text) > 1:
        # The whole expression may stand in quotes, and then those inside are escaped.
        text = text[1:-1].replace('\\"', '"')
    if not text.strip():
        raise bad_request("Search term was not provided.", "BadRequest")
    words: list[str] = []
    values: list[object] = []
    joins = False
    at = 0
    while at < len(text):
        found = _WORD.match(text, at)
        if found is None:
            raise _malformed(text, at)
        at = found.end()
        word = found["mark"] or found["bare"] or ""
        if not found["place"] and word.upper() in ("AND", "OR", "NOT"):
            words.append("AND NOT" if word.upper() == "NOT" and joins else word.upper())
            joins = False
            continue
        if joins and word != ")":
            words.append("AND")
        sql, bound = (word, []) if found["mark"] else _term(found)
        words.append(sql)
        values += bound
        joins = word != "("
    _refuse_unbalanced(words, text)
    return Condition(" ".join(words), tuple(values))


def _term(found: re.Match[str]) -> tuple[str, list[object]]:
    place, wanted = (found["place"] or "").lower(), found["phrase"] or found["bare"] or ""
    if place in _MOMENTS:
        operator = {":": "=", "=": "="}.get(found["is"], found["is"])
        day = moment(wanted)
        if operator == "=":
            return f"({_MOMENTS[place]} >= ? AND {_MOMENTS[place]} < ?)", [day, day + 86_400]
        return f"{_MOMENTS[place]} {operator} ?", [day]
    if place in _FLAGS:
        return f"{_FLAGS[place]} = ?", [wanted.lower() in ("true", "yes", "1")]
    if place and place not in _PLACES:
        raise bad_request(f"Syntax error: property '{place}' is not recognized in the search.")
    # Exchange finds the beginnings of words, whatever stands around them; O365 writes quotes.
    start = wanted.strip("*'")
    return f"finds_word({_PLACES.get(place, _ANYWHERE)}, ?)", [start]


def _refuse_unbalanced(words: list[str], text: str) -> None:
    dangling = not words or words[-1] in ("AND", "OR", "NOT", "AND NOT", "(") or words[0] in ("AND", "OR")
    if dangling or words.count("(") != words.count(")"):
        raise _malformed(text, len(text))


def _malformed(text: str, at: int) -> Exception:
    shown = text[at : at + 1]
    return bad_request(f"Syntax error: character '{shown}' is not valid at position {at} in '{text}'.")
