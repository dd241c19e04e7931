"""A whole installation in a process of its own, known by its address and a token alone."""

import os
import re
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx

from tests.outside.world import ROOT

USER, PASSWORD = "eva@helpdesk.example", "welcome-to-postroom"
FORM_TOKEN = re.compile(r'name="csrf" value="([^"]+)"')
TOKEN = re.compile(r"<code>([\w-]+\.[\w-]{40,})</code>")
PORT = "8190"
"""The first that is tried; the next free one is taken."""


@dataclass(frozen=True)
class Installation:
    url: str
    token: str
    described: Path
    """Its description of the API."""


@contextmanager
def installed(folder: Path) -> Iterator[Installation]:
    """Run the demo until it is left, and make a token on its page as a person does."""
    command = [str(ROOT / ".venv" / "bin" / "postroom"), "demo", "--port", PORT]
    environment = os.environ | {
        "POSTROOM_HOME": str(folder / "home"),
        "PYTHONUNBUFFERED": "1",
        "COLUMNS": "200",
    }
    # the command is made of our own words
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment) as process:  # noqa: S603
        assert process.stdout is not None
        url = next((line.split()[1] for line in process.stdout if line.startswith("Open ")), "")
        assert url, "the demo did not start"
        try:
            with httpx.Client(base_url=url.rstrip("/"), trust_env=False, timeout=60) as desk:
                described = folder / "openapi.json"
                described.write_bytes(desk.get("/api/openapi.json").raise_for_status().content)
                yield Installation(url.rstrip("/"), _token_of(desk), described)
        finally:
            process.terminate()
            process.wait(60)


def _token_of(desk: httpx.Client) -> str:
    form = {"csrf": _form_token(desk, "/sign-in"), "address": USER, "password": PASSWORD, "tenant": "default"}
    assert desk.post("/sign-in", data=form).status_code == httpx.codes.SEE_OTHER
    wanted = {"csrf": _form_token(desk, "/me/tokens"), "name": "clients of others", "scope": "admin"}
    found = TOKEN.search(desk.post("/me/tokens", data=wanted).text)
    assert found, "no token was shown"
    return found[1]


def _form_token(desk: httpx.Client, path: str) -> str:
    found = FORM_TOKEN.search(desk.get(path).text)
    assert found, f"{path} has no form"
    return found[1]
