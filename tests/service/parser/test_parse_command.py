"""`postroom parse`: a person sees what the parser sees, with nothing else running."""

import re
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from postroom.cli.app import app_of
from postroom.cli.parsing import NO_INPUT, UNREADABLE
from services.parser import limits
from services.parser.parsing import parse
from services.parser.worker import TRAPS_VARIABLE
from shared.contracts.documents import Document
from shared.contracts.errors import Permanent
from shared.contracts.mail import ParsingPolicy
from tests.system.shell import Shell
from tests.unit.parser.golden import MAILS

pytestmark = pytest.mark.timeout(120)

HOSTILE = (
    b"From: \x1b[2J<script>x</script>@customer.example <a@customer.example>\n"
    b"Subject: [red]a[/red] \x1b]0;owned\x07 <img src=x onerror=steal()>\n"
    b"Content-Type: multipart/mixed; boundary=b\n\n"
    b"--b\nContent-Type: text/plain; charset=utf-8\n\n"
    b"hello \x1b[31m \xe2\x80\xae <script>steal()</script> {{ 7 * 7 }} [bold]x[/bold]\n\n"
    b"On Mon, 4 Mar 2024 at 09:12, <b>Eva</b> <eva@x.example> wrote:\n> <iframe>\n"
    b'--b\nContent-Type: text/html; name="<b>.html"\nContent-Disposition: attachment\n\nx\n--b--\n'
)


def told(*words: str, says: bytes = b"") -> Result:
    return CliRunner().invoke(app_of(["parsing"]), ["parse", *words], input=says, env={"COLUMNS": "200"})


def shown(*words: str, says: bytes = b"") -> str:
    result = told(*words, says=says)
    assert result.exit_code == 0, result.output
    return " ".join(result.stdout.split())


async def test_a_mail_is_explained_without_a_server_or_a_database(tmp_path: Path) -> None:
    shell = Shell({"POSTROOM_HOME": str(tmp_path / "home"), "COLUMNS": "200"})
    code, said = await shell.run("parse", str(MAILS / "reply-gmail-html.eml"))
    assert code == 0
    assert "From Anna Berg <anna@customer.example>" in said
    assert "quoted 5 intro 0.95" in said
    assert "3 0 intro gmail quoted On Mon, Mar 4" in said
    assert not (tmp_path / "home").exists()


def test_each_part_has_its_rule_and_confidence() -> None:
    text = shown("-", says=b"Subject: s\n\nPlease.\n\nKind regards,\nEva\n\n> old\n")
    assert "reply 2 quotes 0.80 quote marks" in text
    assert "signature 3 sign_off 0.80 a closing formula" in text
    assert "6 1 quote quoted > old" in text


@pytest.mark.parametrize(
    ("mail", "options", "said"),
    [
        ("bounce-dsn", (), "Automatic bounce: delivery status report"),
        ("bounce-dsn", (), "Forward no: the mail is automatic"),
        ("auto-own", ("--own-address", "help@helpdesk.example"), "own: sender is one of our addresses"),
        ("forward-gmail", (), "Forward no: partner.example is not a forwarding domain"),
        ("forward-gmail", ("--forwards-of", "partner.example"), "Original sender Marc Dupont"),
        ("reply-gmail-html", ("--forwards-of", "customer.example"), "Forward no: no frame"),
        ("files-policy", (), "warned"),
        ("charset-wrong", (), "Notes charset"),
    ],
)
def test_what_a_mail_is_taken_for_is_said_with_its_evidence(
    mail: str, options: tuple[str, ...], said: str
) -> None:
    assert said in shown(str(MAILS / f"{mail}.eml"), *options)


def test_json_is_the_document_of_the_contract() -> None:
    raw = (MAILS / "forward-gmail.eml").read_bytes()
    result = told("-", "--json", "--forwards-of", "partner.example", says=raw)
    policy = ParsingPolicy(mail_forwarding_domains=("partner.example",))
    assert Document.model_validate_json(result.stdout) == parse(raw, policy).document


def test_nothing_of_a_mail_steers_the_terminal() -> None:
    result = told("-", says=HOSTILE)
    assert result.exit_code == 0
    assert not re.search("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202e]", result.stdout)
    assert "[red]a[/red]" in result.stdout
    assert "[bold]x[/bold]" in result.stdout


def test_the_page_escapes_all_that_a_mail_says() -> None:
    page = told("-", "--html", says=HOSTILE).stdout
    assert "&lt;script&gt;steal()&lt;/script&gt; {{ 7 * 7 }}" in page
    assert not re.search(r"<(script|img|iframe|b)\b|\x1b|\u202e", page)
    assert not re.search(r"""(?:src|href|url)\s*[=(]""", re.sub(r"&lt;img.*?&gt;", "", page))


@pytest.mark.parametrize("trap", ["hang", "memory", "crash"])
def test_a_hostile_mail_ends_within_its_bounds_with_a_message(
    trap: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(TRAPS_VARIABLE, "1")
    monkeypatch.setattr(limits, "BASE_SECONDS", 3.0)
    result = told("-", says=f"Subject: s\nX-Postroom-Trap: {trap}\n\nhello".encode())
    assert result.exit_code == UNREADABLE
    assert result.stderr.startswith("postroom: - was given up: it ")
    assert "hello" not in result.output


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    result = told(str(tmp_path / "none.eml"))
    assert result.exit_code == NO_INPUT
    assert "none.eml cannot be read: No such file" in result.stderr
    assert told(str(tmp_path)).exit_code == NO_INPUT


def test_two_kinds_of_answer_at_once_are_refused() -> None:
    assert isinstance(told("-", "--json", "--html").exception, Permanent)


@pytest.mark.parametrize("raw", [b"", b"\x00\xff\xfe", b"> " * 50_000, b"a\n" * 200_000])
def test_any_bytes_are_explained(raw: bytes) -> None:
    assert "Parts of the text" in shown("-", says=raw) or not raw
