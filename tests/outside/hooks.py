"""A subscriber's endpoint, in a thread of its own: the sandbox tells it from its process."""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

Json = dict[str, Any]  # Graph's JSON, read by name
PATIENCE_SECONDS = 15


class Hook:
    def __init__(self, url: str) -> None:
        self.url = url
        self._told: list[Json] = []
        self._more = threading.Condition()

    def hear(self, body: bytes) -> None:
        with self._more:
            self._told += json.loads(body)["value"]
            self._more.notify_all()

    def told(self, many: int) -> list[Json]:
        """Wait for so many notifications."""
        with self._more:
            assert self._more.wait_for(lambda: len(self._told) >= many, PATIENCE_SECONDS), self._told
            return list(self._told)


@contextmanager
def hooked() -> Iterator[Hook]:
    """Serve a hook until the context ends."""

    class Ear(BaseHTTPRequestHandler):
        # The name is the library's.
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", "0")))
            token = parse_qs(urlsplit(self.path).query).get("validationToken")
            if token is None:
                hook.hear(body)
            answer = token[0].encode() if token else b""
            self.send_response(200 if token else 202)
            self.send_header("Content-Type", "text/plain")
            self.send_header("Content-Length", str(len(answer)))
            self.end_headers()
            self.wfile.write(answer)

        def log_request(self, *_: object) -> None:
            """Tell nothing on standard error."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Ear) as server:
        hook = Hook(f"http://127.0.0.1:{server.server_port}/told")
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield hook
        finally:
            server.shutdown()
            thread.join()
