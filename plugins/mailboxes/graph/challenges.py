"""A claims challenge: Graph refuses a token until another one is asked for with the claims that it names."""

import base64
import json
import re

import httpx

CHALLENGED = "insufficient_claims"
_CLAIMS = re.compile(r'\bclaims="([A-Za-z0-9+/_=-]{1,8000})"')


def challenge_of(response: httpx.Response) -> str | None:
    """The claims that an answer asks for, as JSON; None when it is no challenge, or none that makes sense."""
    told = response.headers.get("WWW-Authenticate", "")
    found = _CLAIMS.search(told)
    if response.status_code != httpx.codes.UNAUTHORIZED or f'error="{CHALLENGED}"' not in told or not found:
        return None
    try:
        encoded = found[1].replace("-", "+").replace("_", "/").rstrip("=")
        claims = base64.b64decode(encoded + "=" * (-len(encoded) % 4)).decode()
        return claims if isinstance(json.loads(claims), dict) else None
    except ValueError:
        return None
