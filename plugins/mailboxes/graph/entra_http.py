"""How msal reaches the endpoints that give tokens: what it is told of answers that are none."""

from datetime import UTC, datetime
from typing import Any

import httpx

from plugins.mailboxes.graph.refusals import retry_after
from plugins.mailboxes.graph.trust import trust
from shared.contracts.errors import AuthExpired, Transient

_TIMEOUT = httpx.Timeout(20, connect=10)


class EntraHttp:
    """What msal calls, seldom enough to connect anew each time.

    Its own `requests` session would let REQUESTS_CA_BUNDLE win over the CA file.
    """

    def __init__(self, ca_file: str | None) -> None:
        self._ca_file = ca_file

    # Any: whatever msal passes on to its HTTP client
    def get(self, url: str, params: Any = None, headers: Any = None, **_: Any) -> httpx.Response:
        with self._client() as client:
            return self._settled(client.get(url, params=params, headers=headers))

    def post(
        self, url: str, params: Any = None, data: Any = None, headers: Any = None, **_: Any
    ) -> httpx.Response:
        # msal signs to bytes, which httpx would write as Python does
        form = {
            name: told.decode() if isinstance(told, bytes) else told for name, told in (data or {}).items()
        }
        with self._client() as client:
            return self._settled(client.post(url, params=params, data=form, headers=headers))

    def close(self) -> None:
        """Nothing stays open."""

    def _client(self) -> httpx.Client:
        return httpx.Client(verify=trust(self._ca_file), timeout=_TIMEOUT)

    def _settled(self, response: httpx.Response) -> httpx.Response:
        """The answer, unless it says to come again; msal would take it for a refusal and keep it. A refusal
        that Entra did not write, such as a proxy's, has no words to show."""
        _refuse_busy(response, "the token endpoint")
        if response.is_client_error and not _has_words(response):
            status = response.status_code
            raise AuthExpired(f"the token endpoint refuses ({status})", code=f"http_{status}")
        return response


class IdentityHttp(EntraHttp):
    """For this machine's own identity endpoint, which no proxy may see. Its refusals have other words."""

    def __init__(self) -> None:
        super().__init__(None)

    def _client(self) -> httpx.Client:
        return httpx.Client(timeout=_TIMEOUT, trust_env=False)

    def _settled(self, response: httpx.Response) -> httpx.Response:
        _refuse_busy(response, "this machine's identity endpoint")
        return response


def _refuse_busy(response: httpx.Response, who: str) -> None:
    status = response.status_code
    if status == httpx.codes.TOO_MANY_REQUESTS or response.is_server_error:
        wait = retry_after(response, datetime.now(UTC))
        raise Transient(f"{who} is busy ({status})", code=str(status), retry_after=wait)


def _has_words(response: httpx.Response) -> bool:
    """Whether a refusal names its error as OAuth does."""
    try:
        said = response.json()
    except ValueError:
        return False
    return isinstance(said, dict) and isinstance(said.get("error"), str)
