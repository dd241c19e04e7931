"""A client of one mailbox in the sandbox, built of msal and httpx as the product is."""

import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import httpx
import msal
import requests

from sandbox.server import Sandbox
from tests.sandbox.metadata import check_answer

SUPPORT = "support@helpdesk.example"
BOB = "bob@customer.example"
IMMUTABLE = {"Prefer": 'IdType="ImmutableId"'}
# Graph's JSON, which the tests read by name.
Json = dict[str, Any]


def make_mail(
    subject: str = "Printer on fire", *, number: int = 1, to: str = SUPPORT, extra: str = ""
) -> bytes:
    return (
        f"From: Bob <{BOB}>\r\nTo: {to}\r\nSubject: {subject}\r\nMessage-ID: <{number}@customer.example>\r\n"
        f"Date: Mon, 02 Nov 2026 08:00:00 +0000\r\n{extra}\r\nIt burns.\r\n"
    ).encode()


def acquire(sandbox: Sandbox, *, secret: str | Json | None = None, authority: str | None = None) -> Json:
    """A token by msal, blocking; environment variables for certificates have no say."""
    with requests.Session() as session:
        session.trust_env = False
        session.verify = str(sandbox.ca_file)
        app = msal.ConfidentialClientApplication(
            sandbox.client_id,
            client_credential=secret or sandbox.client_secret,
            authority=authority or sandbox.authority,
            instance_discovery=False,
            http_client=session,
        )
        answer: Json = app.acquire_token_for_client([f"{sandbox.origin}/.default"])
        return answer


def trusting(sandbox: Sandbox) -> httpx.AsyncClient:
    context = ssl.create_default_context(cafile=sandbox.ca_file)
    return httpx.AsyncClient(verify=context, base_url=sandbox.origin, trust_env=False)


class GraphClient:
    """Requests to one mailbox; paths are relative to the user."""

    def __init__(self, http: httpx.AsyncClient) -> None:
        self.http = http

    async def json(self, path: str, status: int = 200, **options: Any) -> Json:
        answer = await self.http.get(path, **options)
        assert answer.status_code == status, answer.text
        shown: Json = answer.json()
        return shown

    async def post(self, path: str, body: Json | None = None, status: int = 201, **options: Any) -> Json:
        answer = await self.http.post(path, json=body, **options)
        assert answer.status_code == status, answer.text
        shown: Json = answer.json() if answer.content else {}
        return shown

    async def round(
        self, link: str = "mailFolders/inbox/messages/delta", **options: Any
    ) -> tuple[list[Json], str]:
        """All pages of one delta round, and the link of the next."""
        entries: list[Json] = []
        while True:
            page = await self.json(link, **options)
            entries += page["value"]
            if "@odata.deltaLink" in page:
                assert "@odata.nextLink" not in page
                return entries, page["@odata.deltaLink"]
            link = page["@odata.nextLink"]
            options.pop("params", None)


@asynccontextmanager
async def client_of(sandbox: Sandbox, token: str, address: str = SUPPORT) -> AsyncIterator[GraphClient]:
    context = ssl.create_default_context(cafile=sandbox.ca_file)
    headers = {"Authorization": f"Bearer {token}"}
    base = f"{sandbox.base_url}/users/{address}"
    checked = {"response": [check_answer]}
    async with httpx.AsyncClient(
        verify=context, base_url=base, headers=headers, trust_env=False, event_hooks=checked
    ) as http:
        yield GraphClient(http)


def recipient(address: str) -> Json:
    return {"emailAddress": {"address": address}}
