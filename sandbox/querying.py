"""OData's query options, as far as mail clients use them."""

from dataclasses import dataclass

from starlette.datastructures import QueryParams

from sandbox.errors import bad_request
from sandbox.filtering import FLAGS, MOMENTS, TEXTS, Condition, condition
from sandbox.searching import searched

_MAX_TOP = 1000
_DEFAULT_TOP = 10
_SYSTEM = frozenset(
    [
        "select",
        "expand",
        "filter",
        "orderby",
        "top",
        "skip",
        "count",
        "search",
        "format",
        "skiptoken",
        "deltatoken",
    ]
)
_SORTED = {**MOMENTS, **TEXTS, **FLAGS}


@dataclass(frozen=True)
class Options:
    """The query options of one request."""

    select: tuple[str, ...] = ()
    expand: str = ""
    filter: str = ""
    orderby: str = ""
    search: str = ""
    top: int = _DEFAULT_TOP
    skip: int = 0
    count: bool = False
    token: str | None = None
    """Where delta stands: $deltatoken or $skiptoken."""
    change_type: str = ""
    hidden_folders: bool = False

    @classmethod
    def of(cls, query: QueryParams) -> "Options":
        """The options however their names are spelt."""
        asked = {name.lower(): value for name, value in query.multi_items()}
        foreign = next((name for name in asked if name[:1] == "$" and name[1:] not in _SYSTEM), None)
        if foreign:
            raise bad_request(f"The query parameter '{foreign}' is not supported.", "RequestBroker--ParseUri")
        _refuse_beside_search(asked)
        select = (name.strip() for name in asked.get("$select", "").split(","))
        return cls(
            select=tuple(filter(None, select)),
            expand=asked.get("$expand", ""),
            filter=asked.get("$filter", ""),
            orderby=asked.get("$orderby", ""),
            search=asked.get("$search", ""),
            top=_number(asked, "$top", _DEFAULT_TOP, 1, _MAX_TOP),
            skip=_number(asked, "$skip", 0, 0, 2**31),
            count=asked.get("$count", "").lower() == "true",
            token=asked.get("$deltatoken", asked.get("$skiptoken")),
            change_type=asked.get("changetype", ""),
            hidden_folders=asked.get("includehiddenfolders", "").lower() == "true",
        )

    @property
    def condition(self) -> Condition:
        """What is asked of messages; a search is the only one then."""
        return searched(self.search) if self.search else condition(self.filter)

    def next_page(self, size: int) -> dict[str, object]:
        """The options of the page that follows."""
        asked = {
            "select": ",".join(self.select),
            "expand": self.expand,
            "filter": self.filter,
            "orderby": self.orderby,
            "search": self.search,
            "count": "true" if self.count else "",
            "top": size,
            "skip": self.skip + size,
        }
        return {name: value for name, value in asked.items() if value}


def ordering(orderby: str, asked: Condition) -> str:
    """The ORDER BY of a message list: newest first unless told otherwise."""
    terms = [term.split() for term in orderby.split(",") if term.strip()]
    fields = [term[0] for term in terms]
    restricted = list(dict.fromkeys(asked.fields))
    if terms and restricted and restricted[: len(fields)] != fields:
        message = "The restriction or sort order is too complex for this operation."
        raise bad_request(message, "InefficientFilter")
    if any(field not in _SORTED for field in fields):
        raise bad_request(f"Could not order by '{orderby}'.", "ErrorInvalidUrlQueryOrderBy")
    written = [f"{_SORTED[term[0]]} {_direction(term[1:])}" for term in terms]
    return ", ".join([*written, "i.received DESC", "i.rowid DESC"])


def _refuse_beside_search(asked: dict[str, str]) -> None:
    for name, shown in (("$filter", "$filter"), ("$orderby", "$orderBy")):
        if "$search" in asked and name in asked:
            message = f"The query parameter '{shown}' is not supported with '$search'."
            raise bad_request(message, f"SearchWith{shown[1:2].upper()}{shown[2:]}")


def _direction(words: list[str]) -> str:
    match [word.lower() for word in words]:
        case [] | ["asc"]:
            return "ASC"
        case ["desc"]:
            return "DESC"
    raise bad_request("Only asc and desc are directions.", "ErrorInvalidUrlQueryOrderBy")


def _number(asked: dict[str, str], name: str, default: int, low: int, high: int) -> int:
    text = asked.get(name, str(default))
    if not (text.isascii() and text.isdecimal()):
        message = (
            f"Invalid value '{text}' for {name} query option found. The {name} query option requires a"
            " non-negative integer value."
        )
        raise bad_request(message, "RequestBroker--ParseUri")
    if not low <= int(text) <= high:
        message = f"The query option '{name}' must be between {low} and {high}."
        raise bad_request(message, "ErrorInvalidUrlQuery")
    return int(text)
