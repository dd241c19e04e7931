"""The sandbox as a program that runs until it is told to stop."""

import asyncio
import signal
import sys
from collections.abc import Sequence
from pathlib import Path

from sandbox.loading import load
from sandbox.server import HOST, Sandbox

PORT = 8443
MAILBOX = "support@helpdesk.example"


def serve(
    state: Path | None = None,
    port: int = PORT,
    folder: Path | None = None,
    mailboxes: Sequence[str] = (MAILBOX,),
    *,
    host: str = HOST,
    names: Sequence[str] = (),
    open_control: bool = False,
    plain_hooks: bool = False,
) -> None:
    """Serve until SIGINT or SIGTERM. Mail of `folder` arrives in the first mailbox."""
    sandbox = Sandbox(state, port, host=host, names=names, open_control=open_control, plain_hooks=plain_hooks)
    asyncio.run(run_until_told(sandbox, folder, tuple(mailboxes) or (MAILBOX,)))


async def run_until_told(sandbox: Sandbox, folder: Path | None, mailboxes: tuple[str, ...]) -> None:
    """Run a sandbox, say where everything is, and stop it cleanly at SIGINT or SIGTERM."""
    told = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, told.set)
    async with sandbox:
        for address in mailboxes:
            sandbox.add_mailbox(address)
        arrived = load(sandbox, folder, mailboxes[0]) if folder else []
        sys.stdout.write(_described(sandbox, mailboxes, len(arrived)))
        sys.stdout.flush()
        await told.wait()


def _described(sandbox: Sandbox, mailboxes: tuple[str, ...], arrived: int) -> str:
    return (
        f"Graph base URL  {sandbox.base_url}\n"
        f"Without TLS     {sandbox.http_base_url}\n"
        f"Authority       {sandbox.authority}\n"
        f"CA file         {sandbox.ca_file}\n"
        f"Client id       {sandbox.client_id}\n"
        f"Client secret   {sandbox.client_secret}\n"
        f"Identity        {sandbox.identity_endpoint}\n"
        f"Identity header {sandbox.identity_header}\n"
        f"Control side    {sandbox.origin}/_sandbox/mailboxes\n"
        f"Mailboxes       {', '.join(mailboxes)} ({arrived} mails loaded)\n"
    )
