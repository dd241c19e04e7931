"""The users behind the mailboxes, and the translation of ids."""

import re
from typing import Literal
from urllib.parse import urlencode

from fastapi import APIRouter, Request, Response
from pydantic import Field

from sandbox.admission import Visiting, origin_of
from sandbox.envelope import dressed
from sandbox.errors import GraphError, bad_request, unselectable
from sandbox.graph.routing import Asking, graph_router, posted
from sandbox.house import House
from sandbox.items import find_item
from sandbox.mailboxes import Mailbox, all_mailboxes
from sandbox.rendering import GraphJson, Json
from sandbox.shapes import Action

router = graph_router()
IdForm = Literal["restId", "restImmutableEntryId"]
_PAGE = 100


class TranslationIn(Action):
    input_ids: tuple[str, ...] = Field(max_length=1000)
    source_id_type: IdForm = "restId"
    target_id_type: IdForm = "restImmutableEntryId"


directory = APIRouter()
"""What belongs to no mailbox."""
_SHOWN = (
    "businessPhones", "displayName", "givenName", "jobTitle", "mail", "mobilePhone", "officeLocation",
    "preferredLanguage", "surname", "userPrincipalName", "id",
)  # fmt: skip
_MORE = {"accountEnabled": True, "userType": "Member", "proxyAddresses": [], "otherMails": []}
"""Properties that are shown when they are selected."""
_FILTER = re.compile(
    r"(?P<field>mail|userPrincipalName|displayName|id) eq '(?P<text>(?:[^']|'')*)'"
    r"|startswith\((?P<begun>mail|userPrincipalName|displayName), ?'(?P<start>(?:[^']|'')*)'\)",
    re.IGNORECASE,
)


@directory.get("/v1.0/users")
async def list_users(request: Request, options: Asking) -> Response:
    house: House = request.app.state.house
    house.tokens.check(request.headers.get("authorization"), origin_of(request))
    found = [_json(mailbox, ()) for mailbox in all_mailboxes(house.store)]
    wanted = [user for user in found if _wanted(user, options.filter)]
    top = options.top if "$top" in request.query_params else _PAGE
    root = f"{origin_of(request)}/v1.0"
    shown: Json = {"@odata.context": f"{root}/$metadata#users"}
    if options.count:
        shown["@odata.count"] = len(wanted)
    shown["value"] = [_selected(user, options.select) for user in wanted[options.skip : options.skip + top]]
    if options.skip + top < len(wanted):
        asked = urlencode({f"${name}": value for name, value in options.next_page(top).items()})
        shown["@odata.nextLink"] = f"{root}/users?{asked}"
    return dressed(request, GraphJson(shown))


@directory.api_route("/v1.0/me", methods=["GET", "POST", "PATCH", "DELETE"])
@directory.api_route("/v1.0/me/{rest:path}", methods=["GET", "POST", "PATCH", "DELETE"])
async def refuse_me(request: Request) -> Response:
    """Nobody is signed in: apps name the mailbox."""
    house: House = request.app.state.house
    house.tokens.check(request.headers.get("authorization"), origin_of(request))
    raise bad_request("/me request is only valid with delegated authentication flow.")


@router.get("", tags=["user"])
async def show_user(visit: Visiting, options: Asking) -> Response:
    shown = _json(visit.mailbox, options.select)
    return GraphJson({"@odata.context": f"{visit.root}/$metadata#users/$entity", **shown})


def _json(mailbox: Mailbox, select: tuple[str, ...]) -> Json:
    known: Json = dict.fromkeys(_SHOWN)
    known |= {
        "businessPhones": [],
        "id": mailbox.id,
        "displayName": mailbox.name,
        "mail": mailbox.address,
        "userPrincipalName": mailbox.address,
    }
    return _selected(known, select)


def _selected(user: Json, select: tuple[str, ...]) -> Json:
    known = {**user, **(_MORE if select else {})}
    unknown = next((name for name in select if name not in known), None)
    if unknown:
        raise unselectable(unknown, "user")
    return {name: value for name, value in known.items() if not select or name in select}


def _wanted(user: Json, filter_: str) -> bool:
    if not filter_:
        return True
    asked = _FILTER.fullmatch(filter_.strip())
    if asked is None:
        raise bad_request(f"Invalid filter clause: {filter_}", "Request_UnsupportedQuery")
    text = str(user.get(asked["field"] or asked["begun"]) or "").casefold()
    if asked["field"]:
        return text == asked["text"].replace("''", "'").casefold()
    return text.startswith(asked["start"].replace("''", "'").casefold())


@router.post("/translateExchangeIds", tags=["get"])
async def translate_ids(visit: Visiting, request: Request) -> Response:
    asked = await posted(request, TranslationIn)
    results: list[Json] = []
    for source in asked.input_ids:
        try:
            item = find_item(visit.store, visit.mailbox.id, source)
        except GraphError as error:
            results.append(
                {"sourceId": source, "errorDetails": {"code": error.code, "message": error.message}}
            )
            continue
        immutable = asked.target_id_type == "restImmutableEntryId"
        results.append({"sourceId": source, "targetId": item.immutable_id if immutable else item.default_id})
    of_results = f"{visit.root}/$metadata#Collection(microsoft.graph.convertIdResult)"
    return GraphJson({"@odata.context": of_results, "value": results})
