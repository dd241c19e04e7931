"""Who receives webhooks: checks their signature by itself, fails when it is told to, counts what comes."""

import base64
import hashlib
import hmac
import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Lock, Thread
from typing import Any

KEY = bytes(range(32))
SECRET = "whsec_" + base64.b64encode(KEY).decode()


@dataclass
class Receiver:
    """`answers`: statuses of the next answers; after them, `otherwise`."""

    answers: list[int] = field(default_factory=list)
    otherwise: int = 204
    fields: dict[str, str] = field(default_factory=dict)
    taken: list[dict[str, Any]] = field(default_factory=list)
    """Bodies that were signed and answered with 2xx."""
    ids: list[str] = field(default_factory=list)
    """The id of every request, in order."""
    forged: int = 0
    hosts: list[str] = field(default_factory=list)
    address: str = ""
    lock: Lock = field(default_factory=Lock)

    def take(self, fields: dict[str, str], body: bytes) -> int:
        with self.lock:
            self.ids.append(fields["webhook-id"])
            self.hosts.append(fields["host"])
            if not self._is_ours(fields, body):
                self.forged += 1
                return 401
            status = self.answers.pop(0) if self.answers else self.otherwise
            if 200 <= status < 300:
                self.taken.append(json.loads(body))
            return status

    def _is_ours(self, fields: dict[str, str], body: bytes) -> bool:
        """As the specification says: `v1,` and the HMAC of id, moment and body."""
        content = b".".join([fields["webhook-id"].encode(), fields["webhook-timestamp"].encode(), body])
        wanted = base64.b64encode(hmac.new(KEY, content, hashlib.sha256).digest()).decode()
        given = [part.removeprefix("v1,") for part in fields["webhook-signature"].split(" ")]
        return any(hmac.compare_digest(wanted, each) for each in given)


@contextmanager
def receiving() -> Iterator[Receiver]:
    """Listen on loopback."""
    receiver = Receiver()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["content-length"]))
            status = receiver.take({name.lower(): value for name, value in self.headers.items()}, body)
            self.send_response(status)
            for name, value in receiver.fields.items():
                self.send_header(name, value)
            self.send_header("content-length", "0")
            self.end_headers()

        def log_message(self, *args: object) -> None:
            del args

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    receiver.address = f"http://127.0.0.1:{server.server_port}/hook"
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    try:
        yield receiver
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
