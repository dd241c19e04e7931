import asyncio
import stat
from pathlib import Path

import pytest

from sandbox.knobs import Knobs
from sandbox.loading import load
from sandbox.server import Sandbox
from tests.sandbox.clients import IMMUTABLE, SUPPORT, acquire, client_of, make_mail


async def test_mail_cursors_tokens_and_certificates_survive_a_restart(tmp_path: Path) -> None:
    async with Sandbox(tmp_path) as first:
        first.add_mailbox(SUPPORT)
        first.set_knobs(SUPPORT, Knobs(seed=4))
        first.deliver(SUPPORT, make_mail(number=1))
        port = int(first.origin.rpartition(":")[2])
        token = (await asyncio.to_thread(acquire, first))["access_token"]
        authority = first.ca_file.read_bytes()
        async with client_of(first, token) as graph:
            _, link = await graph.round()
    async with Sandbox(tmp_path, port) as second:
        assert second.ca_file.read_bytes() == authority
        new = second.deliver(SUPPORT, make_mail(number=2))
        async with client_of(second, token) as graph:
            entries, _ = await graph.round(link, headers=IMMUTABLE)
        assert [entry["id"] for entry in entries] == [new]


async def test_the_private_key_is_the_owners(tmp_path: Path) -> None:
    async with Sandbox(tmp_path):
        assert stat.S_IMODE((tmp_path / "server.pem").stat().st_mode) == 0o600


async def test_a_folder_of_mail_is_loaded_once_in_the_order_of_names(
    sandbox: Sandbox, tmp_path: Path
) -> None:
    for number in (2, 1):
        (tmp_path / f"{number}.eml").write_bytes(make_mail(number=number))
    (tmp_path / "notes.txt").write_text("not a mail", encoding="utf-8")
    arrived = load(sandbox, tmp_path, SUPPORT)
    (tmp_path / "3.eml").write_bytes(make_mail(number=3))
    arrived += load(sandbox, tmp_path, SUPPORT)
    assert [event.item for event in sandbox.log(SUPPORT)] == arrived
    named = [event.internet_message_id for event in sandbox.log(SUPPORT)]
    assert named == [f"<{number}@customer.example>" for number in (1, 2, 3)]


async def test_mail_may_be_delivered_from_other_threads(sandbox: Sandbox) -> None:
    jobs = [asyncio.to_thread(sandbox.deliver, SUPPORT, make_mail(number=number)) for number in range(20)]
    assert len(set(await asyncio.gather(*jobs))) == 20
    assert len(sandbox.log(SUPPORT)) == 20


async def test_an_unknown_mailbox_is_an_error(sandbox: Sandbox) -> None:
    with pytest.raises(LookupError, match="no mailbox nobody"):
        sandbox.deliver("nobody@x.example", make_mail())


async def test_own_clients_replace_the_usual_one(tmp_path: Path) -> None:
    async with Sandbox(tmp_path, clients={"app": "word"}) as sandbox:
        assert (sandbox.client_id, sandbox.client_secret) == ("app", "word")
        assert "access_token" in await asyncio.to_thread(acquire, sandbox)


async def test_a_taken_port_is_an_error(sandbox: Sandbox) -> None:
    port = int(sandbox.origin.rpartition(":")[2])
    with pytest.raises(OSError, match="in use"):
        await Sandbox(port=port).start()
