"""What the environment tells a process."""

import os
from pathlib import Path

import pytest
from pydantic import ValidationError

from shared.settings import ProcessSettings


@pytest.fixture(autouse=True)
def _empty_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in os.environ if name.startswith("POSTROOM_")]:
        monkeypatch.delenv(name)


def test_nothing_needs_to_be_set() -> None:
    settings = ProcessSettings()
    assert settings.database_url is None
    assert settings.transport == "embedded"
    assert settings.home.name == "postroom"


def test_the_environment_is_read_by_its_prefix(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("POSTROOM_HOME", "/srv/postroom")
    monkeypatch.setenv("POSTROOM_LOG_FORMAT", "console")
    monkeypatch.setenv("POSTROOM_PARSER_WORKERS", "3")
    settings = ProcessSettings()
    assert (settings.home, settings.log_format, settings.parser_workers) == (
        Path("/srv/postroom"),
        "console",
        3,
    )


@pytest.mark.parametrize(
    "url",
    ["https://desk.example.com/", "https://example.com/desk", "http://127.0.0.1:8025", "http://desk:8025"],
)
def test_a_public_address_is_taken_without_its_last_slash(monkeypatch: pytest.MonkeyPatch, url: str) -> None:
    monkeypatch.setenv("POSTROOM_PUBLIC_URL", url)
    assert ProcessSettings().public_url == url.rstrip("/")


@pytest.mark.parametrize(
    "url",
    [
        "http://desk.example.com",
        "desk.example.com",
        "https://",
        "https://desk.example.com/?a=1",
        "ftp://desk",
    ],
)
def test_a_public_address_that_no_provider_would_call_is_refused(
    monkeypatch: pytest.MonkeyPatch, url: str
) -> None:
    monkeypatch.setenv("POSTROOM_PUBLIC_URL", url)
    with pytest.raises(ValidationError, match="https address"):
        ProcessSettings()


def test_an_empty_variable_is_as_good_as_none(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("POSTROOM_DATABASE_URL", "")
    assert ProcessSettings().database_url is None


def test_a_broker_makes_rabbit_the_transport(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("POSTROOM_BROKER_URL", "amqp://broker/")
    assert ProcessSettings().transport == "rabbit"


def test_rabbit_without_a_broker_is_refused() -> None:
    with pytest.raises(ValidationError, match="POSTROOM_BROKER_URL"):
        ProcessSettings(transport="rabbit")


def test_listening_needs_no_url_of_its_own_without_a_pooler() -> None:
    assert ProcessSettings(database_url="postgresql://a").listening_url == "postgresql://a"
    both = ProcessSettings(database_url="postgresql://a", listen_database_url="postgresql://b")
    assert both.listening_url == "postgresql://b"


def test_passwords_in_urls_do_not_show() -> None:
    assert "hunter2" not in repr(ProcessSettings(database_url="postgresql://me:hunter2@db/postroom"))
