"""The identity endpoint of a machine, in the form that Azure App Service gives it."""

from http import HTTPStatus
from secrets import compare_digest

from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse, Response

from sandbox.admission import failure, origin_of
from sandbox.apps import IDENTITY
from sandbox.house import House

VERSION = "2019-08-01"
router = APIRouter()


@router.get("/msi/token")
async def give_token(request: Request, resource: str = "", client_id: str = "") -> Response:
    house: House = request.app.state.house
    fault = house.token_weather.fault("token", "before")
    if fault is not None:
        raise failure(fault)
    told = request.headers.get("x-identity-header", "")
    if not compare_digest(told.encode(), house.identity_header.encode()):
        return _refused(HTTPStatus.UNAUTHORIZED, "The header X-IDENTITY-HEADER is missing or wrong.")
    if request.query_params.get("api-version") != VERSION or not resource:
        return _refused(HTTPStatus.BAD_REQUEST, "The parameters api-version and resource are required.")
    app = house.tokens.apps.find(client_id or IDENTITY.client_id)
    if app is None or not app.identity:
        text = "No User Assigned or Delegated Managed Identity found for specified"
        return _refused(HTTPStatus.BAD_REQUEST, f"{text} ClientId/ResourceId/PrincipalId.")
    issuer = f"{origin_of(request)}/{house.tokens.tenant}/v2.0"
    issued = house.tokens.issue(app, issuer)
    return JSONResponse(
        {
            "access_token": issued.token,
            "expires_on": str(issued.expires_at),
            "resource": resource,
            "token_type": "Bearer",
            "client_id": app.client_id,
        }
    )


def _refused(status: HTTPStatus, message: str) -> Response:
    return JSONResponse({"statusCode": status.value, "message": message}, status)
