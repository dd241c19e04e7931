"""compose.yaml, shown: it comes up, the README's commands work, a mail is answered, replicas share, and
neither a restart nor a kill loses or doubles anything. Not part of `make test`: `make test-compose`."""

import subprocess
from collections.abc import Iterator

import pytest

from tests.compose.stack import ROOT, Stack, address_of, letter

pytestmark = [pytest.mark.compose, pytest.mark.timeout(1800)]

RAW = "parser.mail.stored.v1"
MANY = 30
SERVICES = {"ingest", "parser", "ticketing", "triggers", "mailer", "desk"}
SERVERS = {"rabbitmq", "postgres", "redis", "sandbox"}


@pytest.fixture(scope="module")
def stack() -> Iterator[Stack]:
    stack = Stack()
    stack.run("down --volumes --timeout 5")
    stack.run("build --quiet")
    try:
        stack.up()
        stack.set_up_as_the_readme_says()
        yield stack
    finally:
        stack.run("down --volumes --timeout 5")


def consumers(stack: Stack, queue: str) -> int:
    told = stack.run("exec -T rabbitmq rabbitmqctl --quiet list_queues name consumers")
    return next(int(line.split()[1]) for line in told.splitlines() if line.startswith(queue))


def test_every_container_is_healthy_and_the_migration_has_ended(stack: Stack) -> None:
    containers = stack.containers()
    assert set(containers) == SERVICES | SERVERS | {"migrate"}
    for name in SERVICES | SERVERS:
        assert [each["Health"] for each in containers[name]] == ["healthy"]
    assert [(each["State"], each["ExitCode"]) for each in containers["migrate"]] == [("exited", 0)]


def test_a_mail_becomes_a_ticket_and_is_answered(stack: Stack) -> None:
    with stack.sandbox() as sandbox:
        assert sandbox.post("/messages", content=letter("Printer on fire")).status_code == 201
    assert "1 new" in stack.scan()
    stack.accounted({"Printer on fire"})
    with stack.desk() as desk:
        (ticket,) = desk.get("/api/v1/tickets").json()["items"]
        posts = desk.get(f"/api/v1/tickets/{ticket['number']}/timeline").json()["items"]
    assert [post["kind"] for post in posts] == ["mail_in", "mail_out"]
    assert posts[0]["text"] == "Help."
    assert posts[1]["sending"]["state"] == "sent"
    with stack.sandbox() as sandbox:
        (answer,) = sandbox.get("/sent").json()
    assert address_of("Printer on fire") in answer
    assert "In-Reply-To: <Printer-on-fire@customer.example>" in answer
    assert "we have your mail." in answer


def test_three_parsers_share_one_queue_and_many_mails_at_once_are_all_accounted_for(stack: Stack) -> None:
    stack.up("--scale parser=3")
    assert consumers(stack, RAW) == 3
    wanted = stack.deliver("Many", MANY)
    stack.scan()
    stack.accounted(wanted)


def test_a_restart_of_everything_in_the_middle_loses_nothing(stack: Stack) -> None:
    wanted = stack.deliver("Restarted", MANY)
    _begin(stack, wanted)
    stack.run("restart --timeout 30")
    _go_on(stack)
    stack.accounted(wanted)


@pytest.mark.parametrize("service", ["ticketing", "mailer", "rabbitmq", "postgres"])
def test_a_kill_in_the_middle_loses_nothing_and_repeats_nothing(stack: Stack, service: str) -> None:
    wanted = stack.deliver(f"Killed {service}", MANY)
    _begin(stack, wanted)
    stack.run(f"kill --signal KILL {service}")
    _go_on(stack)
    stack.accounted(wanted)


def _begin(stack: Stack, wanted: set[str]) -> None:
    """Have the mails fetched, and go on when the first of them, not all, have their ticket."""
    scanning = subprocess.Popen(  # noqa: S603 - our own words
        [*stack.compose.split(), "exec", "-T", "ingest", "postroom", "scan", "--force"],
        cwd=ROOT,
        env=stack.environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        stack.until(lambda: bool(wanted & set(stack.subjects())), "the first tickets")
        assert not wanted <= set(stack.subjects()), "too late to be in the middle"
    finally:
        scanning.kill()
        scanning.wait()


def _go_on(stack: Stack) -> None:
    stack.up()
    stack.scan()
