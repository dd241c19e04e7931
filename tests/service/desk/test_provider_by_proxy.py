"""Where providers may be anywhere, one is reached by the proxy that this machine has."""

import asyncio

import pytest

from services.desk.signin.published import NoWord, Published

PLACE = "http://localhost:9/keys"
ANSWER = b"HTTP/1.1 200 OK\r\nContent-Length: 11\r\nConnection: close\r\n\r\n" + b'{"keys": 1}'


async def test_the_proxy_of_this_machine_is_asked_where_providers_may_be_anywhere(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    asked: list[bytes] = []

    async def pass_on(reading: asyncio.StreamReader, writing: asyncio.StreamWriter) -> None:
        asked.append((await reading.readuntil(b"\r\n\r\n")).partition(b"\r\n")[0])
        writing.write(ANSWER)
        await writing.drain()
        writing.close()

    async with await asyncio.start_server(pass_on, "127.0.0.1", 0) as proxy:
        host, port = proxy.sockets[0].getsockname()
        monkeypatch.setenv("HTTP_PROXY", f"http://{host}:{port}")
        monkeypatch.delenv("NO_PROXY", raising=False)
        assert await Published(private=True).ask("GET", PLACE) == {"keys": 1}
        with pytest.raises(NoWord):
            await Published().ask("GET", PLACE)
    assert asked == [f"GET {PLACE} HTTP/1.1".encode()]
