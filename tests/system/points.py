"""Where a process can be killed between two side effects: the cases, and what the code names."""

import ast
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[2]

POINTS = {
    "ingest": (
        "ingest.listed",
        "ingest.claimed",
        "ingest.fetched",
        "ingest.blob_kept",
        "ingest.settled",
        "ingest.before_commit",
        "ingest.after_commit",
        "relay.forwarded",
    ),
    "parser": ("parser.parsed", "parser.files_kept", "parser.kept"),
    "ticketing": ("ticketing.before_commit", "ticketing.after_commit", "relay.forwarded"),
    "triggers": ("triggers.before_commit", "triggers.after_commit", "relay.forwarded"),
    "mailer": (
        "mailer.body_kept",
        "mailer.claimed",
        "mailer.counted",
        "mailer.composed",
        "mailer.prepared",
        "mailer.handle_kept",
        "mailer.counted_again",
        "mailer.dispatched",
        "mailer.read_back",
        "mailer.before_commit",
        "mailer.after_commit",
        "relay.forwarded",
    ),
}
"""At which each service is killed while mail goes through."""

OF_TRANSPORTS = {"embedded": "embedded.handled", "rabbit": "rabbit.handled"}
"""Between the handling of a message and its acknowledgement."""

ELSEWHERE = {
    "ingest.examining": "tests/system/test_killed_examinations.py",
    "triggers.hook_claimed": "tests/system/test_killed_webhooks.py",
    "triggers.hook_called": "tests/system/test_killed_webhooks.py",
}
"""What has a test of its own: it is passed only when somebody asks for it, or sets it up."""

HARMLESS = {
    "ingest.subscribed": "a subscription that nobody knows: the provider lets it run out",
}
"""What who dies there leaves, and why nobody is killed there."""

HEARS_MUCH = ("parser", "ticketing", "triggers", "mailer")
COMMITS = ("ingest", "ticketing", "triggers", "mailer")
"""Whose units pass the points that are named after the service."""


def covered() -> set[str]:
    """Every point at which some test kills."""
    of_services = {point for points in POINTS.values() for point in points}
    return of_services | {*OF_TRANSPORTS.values(), *ELSEWHERE, *HARMLESS}


def named() -> set[str]:
    """Every point that the code names."""
    files = (file for part in ("services", "shared", "plugins") for file in (ROOT / part).rglob("*.py"))
    return {name for file in files for name in _in(ast.parse(file.read_text()))}


def _in(tree: ast.Module) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and ast.unparse(node.func).rpartition(".")[2] == "crash_point":
            match node.args[0]:
                case ast.Constant(value=str(name)):
                    yield name
                case ast.JoinedStr(values=[_, ast.Constant(value=str(end))]):
                    yield from (f"{service}{end}" for service in COMMITS)
                case other:
                    raise AssertionError(f"a crash point has a plain name: {ast.unparse(other)}")
