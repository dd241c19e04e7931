"""A running sandbox with one mailbox, and clients of it."""

import asyncio
from collections.abc import AsyncIterator

import httpx
import pytest

from sandbox.server import Sandbox
from tests.sandbox.clients import SUPPORT, GraphClient, acquire, client_of, trusting


@pytest.fixture
async def sandbox() -> AsyncIterator[Sandbox]:
    async with Sandbox() as running:
        running.add_mailbox(SUPPORT, "Helpdesk")
        yield running


@pytest.fixture
async def token(sandbox: Sandbox) -> str:
    answer = await asyncio.to_thread(acquire, sandbox)
    return str(answer["access_token"])


@pytest.fixture
async def graph(sandbox: Sandbox, token: str) -> AsyncIterator[GraphClient]:
    async with client_of(sandbox, token) as client:
        yield client


@pytest.fixture
async def control(sandbox: Sandbox) -> AsyncIterator[httpx.AsyncClient]:
    async with trusting(sandbox) as client:
        yield client
