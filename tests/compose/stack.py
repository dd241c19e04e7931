"""The stack of compose.yaml with the sandbox, as a project of its own with ports of its own."""

import json
import os
import shlex
import socket
import subprocess
import time
from collections import Counter
from collections.abc import Callable
from email import message_from_string
from pathlib import Path
from typing import Any

import httpx

ROOT = Path(__file__).parents[2]
SUPPORT = "support@helpdesk.example"
EVA = "eva@helpdesk.example"
TYPED = {"user add": "a password of hers\n", "mailbox add": "sandbox-secret\n"}
"""What the commands of the README ask for."""

LOOK_SECONDS = 0.5


class Stack:
    """Runs compose as a person does, and looks at the stack from outside only: the API and the sandbox."""

    def __init__(self) -> None:
        # two words where compose is a plug-in of docker, one where it stands alone
        self.compose = os.environ.get("POSTROOM_TEST_COMPOSE", "docker compose")
        self.desk_port, self.sandbox_port = _free_port(), _free_port()
        self.token = ""
        self.environment = os.environ | {
            "COMPOSE_PROJECT_NAME": "postroom-test",
            "COMPOSE_FILE": "compose.yaml:compose.sandbox.yaml",
            "DESK_PUBLISH": f"127.0.0.1:{self.desk_port}",
            "SANDBOX_PUBLISH": f"127.0.0.1:{self.sandbox_port}",
            # what a killed process had in hand is taken over after so long
            "POSTROOM_LEASE": "PT20S",
        }

    def run(self, words: str, typed: str = "") -> str:
        """Run `docker compose` with these words; return what it wrote, refuse what failed."""
        done = subprocess.run(  # noqa: S603 - our own words
            [*shlex.split(self.compose), *shlex.split(words)],
            cwd=ROOT,
            env=self.environment,
            input=typed,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, f"{words}: {done.stdout[-2000:]}{done.stderr[-2000:]}"
        return done.stdout

    def up(self, more: str = "") -> None:
        self.run(f"up -d --wait {more}")

    def containers(self) -> dict[str, list[dict[str, Any]]]:  # Any: what compose tells as JSON
        """Every container by service, those that have ended too."""
        told = self.run("ps --all --format json").strip()
        rows = json.loads(told) if told.startswith("[") else [json.loads(line) for line in told.splitlines()]
        return {row["Service"]: [r for r in rows if r["Service"] == row["Service"]] for row in rows}

    def set_up_as_the_readme_says(self) -> None:
        """Run the commands of the section on trying the containers, word for word."""
        section = (ROOT / "README.md").read_text().partition("## Try the containers")[2].partition("\n## ")[0]
        commands = [line for line in section.splitlines() if line.startswith("docker compose exec desk ")]
        assert len(commands) == 4
        for command in commands:
            typed = next((text for words, text in TYPED.items() if f" {words} " in command), "")
            self.run(command.removeprefix("docker compose "), typed)
        self.token = self.run(f"exec -T desk postroom user token {EVA}").strip()

    def desk(self) -> httpx.Client:
        url, bearer = f"http://127.0.0.1:{self.desk_port}", {"Authorization": f"Bearer {self.token}"}
        return httpx.Client(base_url=url, headers=bearer, trust_env=False, timeout=30)

    def sandbox(self) -> httpx.Client:
        url = f"https://127.0.0.1:{self.sandbox_port}/_sandbox/mailboxes/{SUPPORT}"
        return httpx.Client(base_url=url, verify=False, trust_env=False, timeout=30)  # noqa: S501 - its own authority, and this machine only

    def deliver(self, name: str, count: int) -> set[str]:
        """Let mails arrive, each from somebody else; return their subjects."""
        subjects = {f"{name} {number}" for number in range(1, count + 1)}
        with self.sandbox() as sandbox:
            for subject in sorted(subjects):
                assert sandbox.post("/messages", content=letter(subject)).status_code == 201
        return subjects

    def scan(self) -> str:
        return self.run("exec -T ingest postroom scan --force")

    def subjects(self) -> Counter[str]:
        """How many tickets have each subject."""
        found: Counter[str] = Counter()
        asked: dict[str, str | int] | None = {"view": "all", "limit": 200}
        with self.desk() as desk:
            while asked:
                page = desk.get("/api/v1/tickets", params=asked)
                assert page.status_code == 200, page.text
                found.update(ticket["subject"] for ticket in page.json()["items"])
                after = page.json()["next"]
                asked = asked | {"after": after} if after else None
        return found

    def answers(self) -> Counter[str]:
        """How many mails left for each address."""
        with self.sandbox() as sandbox:
            return Counter(message_from_string(raw)["To"] for raw in sandbox.get("/sent").json())

    def accounted(self, subjects: set[str]) -> None:
        """Wait until each of these mails has its ticket and its answer, then see that none has two."""
        people = {name: address_of(name) for name in subjects}
        self.until(lambda: subjects <= set(self.subjects()), "a ticket for each mail")
        self.until(lambda: all(any(p in to for to in self.answers()) for p in people.values()), "answers")
        tickets = self.subjects()
        assert {name: tickets[name] for name in subjects} == dict.fromkeys(subjects, 1)
        sent = self.answers()
        times = {name: sum(n for to, n in sent.items() if person in to) for name, person in people.items()}
        assert times == dict.fromkeys(subjects, 1)

    def until(self, so: Callable[[], bool], why: str, seconds: float = 180) -> None:
        end = time.monotonic() + seconds
        while not so():
            assert time.monotonic() < end, f"not within {seconds:.0f} s: {why}"
            time.sleep(LOOK_SECONDS)


def letter(subject: str) -> bytes:
    name = subject.replace(" ", "-")
    return (
        f"From: Somebody <{address_of(subject)}>\r\nTo: {SUPPORT}\r\nSubject: {subject}\r\n"
        f"Message-ID: <{name}@customer.example>\r\nDate: Tue, 24 Nov 2026 08:00:00 +0000\r\n\r\nHelp.\r\n"
    ).encode()


def address_of(subject: str) -> str:
    return f"{subject.replace(' ', '-').lower()}@customer.example"


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port: int = listener.getsockname()[1]
        return port
