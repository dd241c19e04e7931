"""The identity provider: discovery and the token endpoint, with Entra's refusals."""

from datetime import UTC, datetime
from http import HTTPStatus
from secrets import compare_digest
from uuid import uuid4

from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse, Response

from sandbox import assertions
from sandbox.admission import failure, origin_of
from sandbox.apps import App
from sandbox.house import House
from sandbox.tokens import asked_by

router = APIRouter()


@router.get("/{tenant}/v2.0/.well-known/openid-configuration")
async def discover(request: Request, tenant: str) -> Response:
    house: House = request.app.state.house
    if tenant.lower() != house.tokens.tenant.lower():
        return _unknown_tenant(tenant)
    base = f"{origin_of(request)}/{tenant}"
    return JSONResponse(
        {
            "issuer": f"{base}/v2.0",
            "authorization_endpoint": f"{base}/oauth2/v2.0/authorize",
            "token_endpoint": f"{base}/oauth2/v2.0/token",
            "jwks_uri": f"{base}/discovery/v2.0/keys",
            "token_endpoint_auth_methods_supported": ["client_secret_post", "private_key_jwt"],
            "response_types_supported": ["token"],
            "subject_types_supported": ["pairwise"],
            "id_token_signing_alg_values_supported": ["RS256"],
            "tenant_region_scope": "EU",
        }
    )


@router.post("/{tenant}/oauth2/v2.0/token")
async def give_token(request: Request, tenant: str) -> Response:
    house: House = request.app.state.house
    fault = house.token_weather.fault("token", "before")
    if fault is not None:
        raise failure(fault)
    asked = {name: str(value) for name, value in (await request.form()).items()}
    app = house.tokens.apps.find(asked.get("client_id", ""))
    refusal = _refusal(house, tenant, app, asked)
    if app is None or refusal is not None:
        return refusal or _unknown_app(asked.get("client_id", ""), tenant)
    authority = f"{origin_of(request)}/{tenant}"
    refusal = _unproven(app, asked, [f"{authority}/oauth2/v2.0/token", f"{authority}/v2.0", authority])
    claims = asked_by(asked.get("claims", ""))
    if refusal is not None or claims is None:
        return refusal or _refused(90023, "invalid_request", "The parameter 'claims' is not valid.")
    issued = house.tokens.issue(app, f"{authority}/v2.0", claims)
    lifetime = house.tokens.lifetime_seconds
    shown = {
        "token_type": "Bearer",
        "expires_in": lifetime,
        "ext_expires_in": lifetime,
        "access_token": issued.token,
    }
    return JSONResponse(shown, headers={"Cache-Control": "no-store, no-cache"})


def _refusal(house: House, tenant: str, app: App | None, asked: dict[str, str]) -> Response | None:
    if tenant.lower() != house.tokens.tenant.lower():
        return _unknown_tenant(tenant)
    if asked.get("grant_type") != "client_credentials":
        return _refused(70003, "unsupported_grant_type", "The app requested an unsupported grant type.")
    if app is None:
        return _unknown_app(asked.get("client_id", ""), tenant)
    if not asked.get("scope", "").endswith("/.default"):
        text = (
            f"The provided value for scope {asked.get('scope', '')} is not valid."
            " Client credential flows must have a scope value with /.default suffixed to the resource"
            " identifier (application ID URI)."
        )
        return _refused(1002012, "invalid_scope", text)
    return None


def _unproven(app: App, asked: dict[str, str], audiences: list[str]) -> Response | None:
    """Why the request does not prove to be the app's."""
    secret, assertion = asked.get("client_secret", ""), asked.get("client_assertion", "")
    if assertion and asked.get("client_assertion_type") == assertions.TYPE:
        found = assertions.refusal(app, assertion, audiences, datetime.now(UTC))
        status = HTTPStatus.UNAUTHORIZED
        return None if found is None else _refused(found.number, "invalid_client", found.text, status)
    if not secret:
        text = "The request body must contain the following parameter: 'client_assertion' or 'client_secret'."
        return _refused(7000218, "invalid_client", text, HTTPStatus.UNAUTHORIZED)
    if app.secret is None or not compare_digest(secret.encode(), app.secret.encode()):
        text = (
            "Invalid client secret provided. Ensure the secret being sent in the request is the client secret"
            f" value, not the client secret ID, for a secret added to app '{app.client_id}'."
        )
        return _refused(7000215, "invalid_client", text, HTTPStatus.UNAUTHORIZED)
    if app.secret_expires_at is not None and app.secret_expires_at <= datetime.now(UTC):
        text = (
            f"The provided client secret keys for app '{app.client_id}' are expired. Visit the Azure portal"
            " to create new keys for your app: https://aka.ms/NewClientSecret, or consider using certificate"
            " credentials for added security: https://aka.ms/certCreds."
        )
        return _refused(7000222, "invalid_client", text, HTTPStatus.UNAUTHORIZED)
    return None


def _unknown_app(client: str, tenant: str) -> Response:
    text = f"Application with identifier '{client}' was not found in the directory '{tenant}'."
    return _refused(700016, "unauthorized_client", text)


def _unknown_tenant(tenant: str) -> Response:
    text = (
        f"Tenant '{tenant}' not found. Check to make sure you have the correct tenant ID and are signing"
        " into the correct cloud."
    )
    return _refused(90002, "invalid_request", text)


def _refused(number: int, error: str, text: str, status: HTTPStatus = HTTPStatus.BAD_REQUEST) -> Response:
    now, trace, correlation = datetime.now(UTC), str(uuid4()), str(uuid4())
    stamp = f"{now:%Y-%m-%d %H:%M:%SZ}"
    described = f"AADSTS{number}: {text} Trace ID: {trace} Correlation ID: {correlation} Timestamp: {stamp}"
    body = {
        "error": error,
        "error_description": described,
        "error_codes": [number],
        "timestamp": stamp,
        "trace_id": trace,
        "correlation_id": correlation,
        "error_uri": f"https://login.microsoftonline.com/error?code={number}",
    }
    return JSONResponse(body, status)
