"""The user behind a mailbox, and the translation of ids."""

from typing import Literal

from fastapi import Request, Response
from pydantic import Field

from sandbox.admission import Visiting
from sandbox.graph.routing import graph_router, posted
from sandbox.items import find_item
from sandbox.rendering import GraphJson
from sandbox.shapes import Action

router = graph_router()
IdForm = Literal["restId", "restImmutableEntryId"]


class TranslationIn(Action):
    input_ids: tuple[str, ...] = Field(max_length=1000)
    source_id_type: IdForm = "restId"
    target_id_type: IdForm = "restImmutableEntryId"


@router.get("", tags=["user"])
async def show_user(visit: Visiting) -> Response:
    mailbox = visit.mailbox
    return GraphJson(
        {
            "@odata.context": f"{visit.root}/$metadata#users/$entity",
            "id": mailbox.id,
            "displayName": mailbox.name,
            "mail": mailbox.address,
            "userPrincipalName": mailbox.address,
        }
    )


@router.post("/translateExchangeIds", tags=["get"])
async def translate_ids(visit: Visiting, request: Request) -> Response:
    asked = await posted(request, TranslationIn)
    results = []
    for source in asked.input_ids:
        item = find_item(visit.store, visit.mailbox.id, source)
        immutable = asked.target_id_type == "restImmutableEntryId"
        results.append({"sourceId": source, "targetId": item.immutable_id if immutable else item.default_id})
    of_results = f"{visit.root}/$metadata#Collection(microsoft.graph.convertIdResult)"
    return GraphJson({"@odata.context": of_results, "value": results})
