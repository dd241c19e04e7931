"""Keys by purpose, sealed boxes, thread tokens."""

import base64
import os
from pathlib import Path

import pytest

from shared.storage.secrets import (
    PURPOSES,
    THREAD,
    KeyMalformed,
    KeyMissing,
    Keys,
    Purpose,
    SealBroken,
    make_keys,
    rotate_thread_key,
)

SECRET = "Grüße 🔑"


def base64_of(home: Path, name: str) -> str:
    return (home / "keys" / name).read_text().strip()


@pytest.mark.parametrize("purpose", PURPOSES)
def test_what_one_process_seals_another_opens(home: Path, purpose: Purpose) -> None:
    keys = Keys.load(home, {})
    sealed = keys.sealer(purpose).seal(SECRET)
    assert SECRET.encode() not in sealed
    assert keys.opener(purpose).open(sealed) == SECRET


def test_the_same_text_is_sealed_differently_each_time(home: Path) -> None:
    sealer = Keys.load(home, {}).sealer("mailbox")
    assert sealer.seal(SECRET) != sealer.seal(SECRET)


def test_a_key_opens_only_its_own_purpose(home: Path) -> None:
    keys = Keys.load(home, {})
    with pytest.raises(SealBroken):
        keys.opener("webhook").open(keys.sealer("mailbox").seal(SECRET))


def test_a_changed_seal_does_not_open(home: Path) -> None:
    keys = Keys.load(home, {})
    sealed = bytearray(keys.sealer("mailbox").seal(SECRET))
    sealed[-1] ^= 1
    with pytest.raises(SealBroken):
        keys.opener("mailbox").open(bytes(sealed))


def test_making_keys_again_keeps_those_that_are_there(home: Path) -> None:
    before = {path: path.read_bytes() for path in (home / "keys").iterdir()}
    (home / "keys" / "webhook.public").unlink()
    make_keys(home)
    assert {path: path.read_bytes() for path in (home / "keys").iterdir()} == before
    assert len(before) == 2 * len(PURPOSES) + 1


def test_keys_are_for_their_owner_alone(home: Path) -> None:
    assert (home / "keys").stat().st_mode & 0o777 == 0o700
    assert {path.stat().st_mode & 0o777 for path in (home / "keys").iterdir()} == {0o600}


def test_the_environment_goes_before_the_files(home: Path, tmp_path: Path) -> None:
    make_keys(tmp_path / "other")
    env = {"POSTROOM_KEY_SIGN_IN_PRIVATE": base64_of(tmp_path / "other", "sign-in.private")}
    sealed = Keys.load(tmp_path / "other", {}).sealer("sign-in").seal(SECRET)
    assert Keys.load(home, env).opener("sign-in").open(sealed) == SECRET


def test_the_public_half_alone_seals_and_does_not_open(home: Path) -> None:
    env = {"POSTROOM_KEY_MAILBOX_PUBLIC": base64_of(home, "mailbox.public")}
    keys = Keys.load(None, env)
    assert Keys.load(home, {}).opener("mailbox").open(keys.sealer("mailbox").seal(SECRET)) == SECRET
    with pytest.raises(KeyMissing, match=r"private key for mailbox.*POSTROOM_KEY_MAILBOX_PRIVATE"):
        keys.opener("mailbox")


def test_a_missing_key_is_named_with_its_remedy(tmp_path: Path) -> None:
    keys = Keys.load(tmp_path, {})
    with pytest.raises(
        KeyMissing, match=r"signing key for thread.*`postroom keys make`.*POSTROOM_KEY_THREAD"
    ):
        keys.thread()
    with pytest.raises(KeyMissing, match="POSTROOM_KEY_WEBHOOK_PUBLIC"):
        keys.sealer("webhook")


@pytest.mark.parametrize("text", ["c2hvcnQ=", "not base64!", "é"])
def test_what_is_no_key_is_refused_without_being_shown(text: str) -> None:
    with pytest.raises(KeyMalformed) as refused:
        Keys.load(None, {"POSTROOM_KEY_MAILBOX_PRIVATE": text}).opener("mailbox")
    assert text not in str(refused.value)


def test_a_thread_token_is_verified_by_the_key_that_signed_it(home: Path) -> None:
    keys = Keys.load(home, {}).thread()
    key_id, signature = keys.sign("ticket 7")
    assert keys.verify(key_id, "ticket 7", signature)
    assert keys.verify(key_id, "ticket 7", signature[:10])
    assert not keys.verify(key_id, "ticket 8", signature)
    assert not keys.verify(key_id, "ticket 7", signature[:4])
    assert not keys.verify(key_id, "ticket 7", b"")
    assert not keys.verify("unknown", "ticket 7", signature)


def test_a_new_thread_key_signs_while_the_old_one_still_verifies(home: Path) -> None:
    old = Keys.load(home, {}).thread()
    new = base64.b64encode(os.urandom(32)).decode()
    both = Keys.load(None, {"POSTROOM_KEY_THREAD": f"{new},{base64_of(home, THREAD)}"}).thread()
    key_id, signature = old.sign("ticket 7")
    assert both.verify(key_id, "ticket 7", signature)
    assert both.sign("ticket 7")[0] != key_id


def test_rotating_puts_a_new_thread_key_before_those_that_are_there(home: Path) -> None:
    before = Keys.load(home, {}).thread()
    key_id, signature = before.sign("ticket")
    assert rotate_thread_key(home) == len(before.keys) + 1
    after = Keys.load(home, {}).thread()
    assert after.sign("ticket")[0] not in before.keys
    assert after.verify(key_id, "ticket", signature)
    assert [path.name for path in (home / "keys").iterdir() if path.name.startswith(".")] == []
    assert (home / "keys" / THREAD).stat().st_mode & 0o077 == 0


def test_there_is_nothing_to_rotate_where_no_key_was_made(tmp_path: Path) -> None:
    with pytest.raises(KeyMissing, match="keys make"):
        rotate_thread_key(tmp_path)


def test_no_secret_shows_in_a_repr(home: Path) -> None:
    env = {"POSTROOM_KEY_THREAD": base64_of(home, THREAD)}
    keys = Keys.load(home, env)
    shown = repr((keys, keys.opener("mailbox"), keys.thread()))
    assert base64_of(home, THREAD) not in shown
    assert "private_key" not in shown
    assert "b'" not in shown
