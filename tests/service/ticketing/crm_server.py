"""The CRM of examples/crm-resources, as far as it is asked: a real HTTP server on this machine."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any
from urllib.parse import parse_qs, urlsplit

TOKEN = "of the CRM"


@dataclass
class CrmServer:
    """What it knows, by question and by what is asked; while it is `away` it answers 503."""

    port: int = 0
    away: bool = False
    asked: list[str] = field(default_factory=list)
    known: dict[tuple[str, str], dict[str, Any]] = field(default_factory=dict)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def answer(self, path: str, token: str | None) -> tuple[int, dict[str, Any]]:
        self.asked.append(path)
        if self.away:
            return 503, {}
        if token != f"Bearer {TOKEN}":
            return 401, {}
        asked = urlsplit(path)
        query = {name: values[0] for name, values in parse_qs(asked.query).items()}
        found = self.known.get((asked.path.strip("/"), query.get("email") or query.get("domain", "")))
        return 200, {"items": [found] if found and query["account"] == "default" else []}


@contextmanager
def crm_server() -> Iterator[CrmServer]:
    crm = CrmServer()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            status, answer = crm.answer(self.path, self.headers["Authorization"])
            body = json.dumps(answer).encode()
            self.send_response(status)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        crm.port = server.server_address[1]
        thread = Thread(target=server.serve_forever, daemon=True)
        thread.start()
        yield crm
        server.shutdown()
        thread.join()
