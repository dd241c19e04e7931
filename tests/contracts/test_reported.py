"""What other services say of a refusal or a place, the desk says in the reader's language."""

import ast
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from plugins.mailboxes.graph.examining import _judged
from plugins.mailboxes.graph.expiry import _AGAIN, _CERTIFICATE, _OVER, _URGENT
from plugins.mailboxes.graph.probing import Probed
from plugins.mailboxes.graph.remedies import _TABLE
from plugins.mailboxes.maildir.remedies import REMEDIES
from services.desk.languages import SOURCE
from services.desk.reader import LANGUAGES
from services.desk.wording.reported import reported
from shared.plugins.proofs import ending
from tests.unit.desk.test_sentences import said_to

ROOT = Path(__file__).parents[2]
SERVICES = ROOT / "services"
SPOKEN = ("ticketing", "mailer", "triggers", "ingest")
PLACING = {"OpenNew", "AddTo", "HoldOn", "Drop", "_join", "_answer", "_doubtful"}
VALUES = (
    *(f"shared/contracts/{one}.py" for one in ("filters", "hours", "languages", "options", "triggers")),
    "shared/plugins/templates.py",
    "plugins/actions/*.py",
    "plugins/mailboxes/graph/c*.py",
)
DOCTOR = (
    "plugins/mailboxes/*/examining.py",
    "plugins/mailboxes/graph/authoring.py",
    "plugins/mailboxes/graph/expiry.py",
    "services/ingest/examining.py",
    "services/ingest/quotas.py",
    "services/ingest/subscribing.py",
)
TOLD_BY = {"Finding", "Unusable"}
KEPT_IN = {"text", "cure", "CURE", "until", "_UNKNOWN", "_CERTIFICATE", "_AGAIN"}
ANYTHING = "7"
NOW = datetime(2026, 11, 27, tzinfo=UTC)
OTHERS = sorted(set(LANGUAGES) - {SOURCE})


def written(node: ast.expr | None) -> Iterator[str]:
    """Texts that an expression may be, with something in their gaps."""
    match node:
        case ast.Constant(value=str(text)) if " " in text:
            yield text
        case ast.JoinedStr(values):
            yield "".join(str(one.value) if isinstance(one, ast.Constant) else ANYTHING for one in values)
        case ast.IfExp(body=body, orelse=other):
            yield from written(body)
            yield from written(other)


def refusals(tree: ast.AST) -> Iterator[str]:
    for node in ast.walk(tree):
        match node:
            case ast.Call(func=ast.Name("Refused"), args=[said, *_]):
                yield from written(said)
            case ast.Dict(keys, values):
                for key, value in zip(keys, values, strict=True):
                    if isinstance(key, ast.Constant) and key.value == "refused":
                        yield from written(value)


def trees(*services: str) -> list[ast.Module]:
    return [ast.parse(file.read_text()) for one in services for file in sorted((SERVICES / one).glob("*.py"))]


def placements() -> list[str]:
    tree = ast.parse((SERVICES / "ticketing" / "placement.py").read_text())
    calls = [node for node in ast.walk(tree) if isinstance(node, ast.Call)]
    placed = [call for call in calls if isinstance(call.func, ast.Name) and call.func.id in PLACING]
    texts = [text for call in placed for argument in call.args for text in written(argument)]
    return [
        text.replace(ANYTHING, "nothing in it points to a ticket", 1)
        for text in texts
        if f", but {ANYTHING}" not in text
    ]


def values() -> Iterator[str]:
    """What contracts and plug-ins say of a value that people give."""
    for file in sorted(file for place in VALUES for file in ROOT.glob(place)):
        for node in ast.walk(ast.parse(file.read_text())):
            match node:
                case ast.Call(func=ast.Name("ValueError" | "TemplateError"), args=[said, *_]):
                    yield from written(said)


def examined() -> Iterator[str]:
    """What the doctor finds and advises."""
    for file in sorted(file for place in DOCTOR for file in ROOT.glob(place)):
        for node in ast.walk(ast.parse(file.read_text())):
            match node:
                case ast.Call(func=ast.Name(name), args=[*said]) if name in TOLD_BY:
                    for one in said[1:]:
                        yield from written(one)
                case ast.Assign(targets=[ast.Name(name)], value=value) if name in KEPT_IN:
                    yield from written(value)
                case ast.AsyncFunctionDef(returns=ast.Name("str")):
                    for inner in ast.walk(node):
                        if isinstance(inner, ast.Return):
                            yield from written(inner.value)


def composed() -> Iterator[str]:
    """The same, as it is put together of parts."""
    yield from (known.remedy for known in _TABLE.values())
    yield from REMEDIES.values()
    yield "7 answered EHLO with 7 over 7, signed in as 7"
    yield "7 answered EHLO with 7 over 7, without signing in"
    for days in (-1, 0.5, 1.5, 20):
        for what in ("the client secret", "the certificate 7"):
            yield f"{what} {ending(NOW + timedelta(days=days), NOW)}"
            yield f"{what} is valid until 7"
    for probed in (Probed(("To",), (), False, 7, "7"), Probed((), ("To",), True, 7, "7")):
        yield from _judged(probed).found.split("; ")
    yield from (f"{cure}{more}" for cure in (_CERTIFICATE, _AGAIN) for more in (*_URGENT.values(), _OVER))


GLUED = {
    *(f"{ANYTHING} {ANYTHING}", f"{ANYTHING}: {ANYTHING}", f"{ANYTHING} is valid until {ANYTHING}"),
    *(f"{ANYTHING}, without signing in", f"{ANYTHING}, signed in as {ANYTHING}"),
}
"""Of parts that stand above as a whole."""
EXAMINED = sorted({*examined(), *composed()} - GLUED)
REFUSED = sorted({text for tree in trees(*SPOKEN) for text in refusals(tree)})
PLACED = sorted(set(placements()))
REFUSED_VALUES = sorted({text for text in values() if text != f"{ANYTHING} is not {ANYTHING}"})


def test_there_is_something_to_say() -> None:
    assert len(REFUSED) > 40
    assert len(PLACED) > 10
    assert len(REFUSED_VALUES) > 50
    assert len(EXAMINED) > 80


@pytest.mark.parametrize("language", OTHERS)
@pytest.mark.parametrize("text", [*REFUSED, *PLACED, *REFUSED_VALUES, *EXAMINED])
def test_what_other_services_say_is_translated(text: str, language: str) -> None:
    assert said_to(language, lambda: reported(text)) != said_to(SOURCE, lambda: reported(text))
