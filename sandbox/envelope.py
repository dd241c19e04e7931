"""What Graph puts around every answer: its headers, metadata as the client wants it, and compression."""

import gzip
import json
import re
from http import HTTPStatus
from urllib.parse import quote

from starlette.requests import Request
from starlette.responses import Response

from sandbox.errors import trace

_KEPT = ("@odata.nextLink", "@odata.deltaLink", "@odata.count")
"""Annotations that stay without metadata."""
_LEVEL = re.compile(r"odata\.metadata=(none|minimal|full)", re.IGNORECASE)
_KIND = re.compile(r"/(messages|mailFolders|childFolders)(?:/\$entity)?$")
_TYPES = {"messages": "message", "mailFolders": "mailFolder", "childFolders": "mailFolder"}
_WORTH_PACKING_BYTES = 2048
_DIAGNOSTIC = (
    '{"ServerInfo":{"DataCenter":"Sandbox","Slice":"E","Ring":"5","ScaleUnit":"001",'
    '"RoleInstance":"SANDBOX0001"}}'
)


def dressed(request: Request, response: Response) -> Response:
    """The answer as it leaves Graph."""
    response.headers.update(
        {
            **trace(request),
            "OData-Version": "4.0",
            "Cache-Control": "no-cache" if _refused(response) else "private",
            "x-ms-ags-diagnostic": _DIAGNOSTIC,
            "Strict-Transport-Security": "max-age=31536000",
        }
    )
    if response.headers.get("content-type", "").startswith("application/json"):
        _fit_metadata(request, response)
        _pack(request, response)
    return response


def _refused(response: Response) -> bool:
    return response.status_code >= HTTPStatus.BAD_REQUEST


def _fit_metadata(request: Request, response: Response) -> None:
    asked = _LEVEL.search(request.headers.get("accept", ""))
    level = asked[1].lower() if asked else "minimal"
    if level == "minimal" or _refused(response):
        return
    body = json.loads(bytes(response.body))
    shown = _bare(body) if level == "none" else _full(body)
    kind = response.headers["content-type"].replace("odata.metadata=minimal", f"odata.metadata={level}")
    _rewrite(response, json.dumps(shown, ensure_ascii=False).encode())
    response.headers["content-type"] = kind


def _bare(shown: object) -> object:
    match shown:
        case dict():
            return {
                name: _bare(value) for name, value in shown.items() if "@odata." not in name or name in _KEPT
            }
        case list():
            return [_bare(one) for one in shown]
    return shown


def _full(body: dict[str, object]) -> dict[str, object]:
    """With type and place of every entity."""
    context = str(body.get("@odata.context", ""))
    root, _, of = context.partition("/$metadata#")
    kind = _KIND.search(of)
    if kind is None:
        return body
    place = of[: kind.start()]

    def placed(entity: dict[str, object]) -> dict[str, object]:
        at = f"{place}/{kind[1]}('{quote(str(entity.get('id')))}')"
        return {
            "@odata.type": f"#microsoft.graph.{_TYPES[kind[1]]}",
            "@odata.id": f"{root}/{at}",
            "@odata.editLink": at,
            **entity,
        }

    entities = body.get("value")
    if isinstance(entities, list):
        return {**body, "value": [placed(one) for one in entities]}
    return {"@odata.context": context, **placed({k: v for k, v in body.items() if k != "@odata.context"})}


def _pack(request: Request, response: Response) -> None:
    asked = request.headers.get("accept-encoding", "")
    if "gzip" in asked and len(response.body) > _WORTH_PACKING_BYTES:
        _rewrite(response, gzip.compress(bytes(response.body), compresslevel=1))
        response.headers["content-encoding"] = "gzip"
        response.headers["vary"] = "Accept-Encoding"


def _rewrite(response: Response, body: bytes) -> None:
    response.body = body
    response.headers["content-length"] = str(len(body))
