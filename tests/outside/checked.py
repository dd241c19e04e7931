"""The sandbox with an eye on it: every answer is held against Microsoft's metadata. Runs in Postroom's own
environment; `conftest` asks it what it found."""

import asyncio
import gzip
import sys
from pathlib import Path

from starlette.types import ASGIApp, Message, Receive, Scope, Send

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))

from sandbox.server import Sandbox  # noqa: E402 - the path is set above
from sandbox.serving import run_until_told  # noqa: E402
from tests.outside.world import SUPPORT  # noqa: E402
from tests.sandbox.metadata import check_exchange  # noqa: E402


class Checking:
    """Passes everything on, and writes down each answer that is not as described."""

    def __init__(self, app: ASGIApp, findings: Path) -> None:
        self._app, self._findings = app, findings

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        start: Message = {}
        content = b""

        async def record(message: Message) -> None:
            nonlocal start, content
            if message["type"] == "http.response.start":
                start = message
            content += message.get("body", b"")
            await send(message)

        await self._app(scope, receive, record)
        self._check(scope, start, content)

    def _check(self, scope: Scope, start: Message, content: bytes) -> None:
        headers = {name.decode().lower(): value.decode("latin-1") for name, value in start["headers"]}
        if "content-encoding" in headers:
            content = gzip.decompress(content)
        try:
            check_exchange(scope["method"], scope["path"], start["status"], headers, content)
        except Exception as error:  # noqa: BLE001 - whatever is wrong with an answer is a finding
            with self._findings.open("a") as findings:
                findings.write(f"{type(error).__name__}: {error}\n")


class CheckedSandbox(Sandbox):
    def __init__(self, findings: Path) -> None:
        super().__init__()
        self._findings = findings

    def _application(self) -> ASGIApp:
        return Checking(super()._application(), self._findings)


if __name__ == "__main__":
    asyncio.run(run_until_told(CheckedSandbox(Path(sys.argv[1])), None, (SUPPORT,)))
