"""A private RabbitMQ from the PATH: its own node, ports, cookie and folders; and vhosts on any broker."""

import os
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, closing, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import quote, urlsplit, urlunsplit
from uuid import uuid4

import httpx

START_SECONDS = 90
PLACES = ("/usr/lib/rabbitmq/bin", "/usr/sbin", "/usr/local/sbin", "/opt/homebrew/sbin")
"""Searched before the PATH: Debian's command on the PATH is a wrapper that changes the user."""


@dataclass(frozen=True)
class Broker:
    url: str = field(repr=False)
    api: str = field(repr=False)
    """The management API, with user and password."""

    @contextmanager
    def vhost(self) -> Iterator[str]:
        """The URL of a new virtual host, which is deleted afterwards with all that is in it."""
        name = f"test-{uuid4().hex}"
        with closing(httpx.Client(base_url=self.api, timeout=30)) as api:
            api.put(f"/api/vhosts/{name}").raise_for_status()
            user = quote(urlsplit(self.url).username or "guest")
            everything = {"configure": ".*", "write": ".*", "read": ".*"}
            api.put(f"/api/permissions/{name}/{user}", json=everything).raise_for_status()
            try:
                yield urlunsplit(urlsplit(self.url)._replace(path=f"/{name}"))
            finally:
                api.delete(f"/api/vhosts/{name}").raise_for_status()


def rabbitmq_program(name: str) -> str | None:
    """Where a program of the RabbitMQ server is, also outside the PATH of ordinary users."""
    return shutil.which(name, path=os.pathsep.join((*PLACES, os.environ.get("PATH", os.defpath))))


@contextmanager
def private_broker(server: str) -> Iterator[Broker]:
    amqp, management, distribution, names = _free_ports(4)
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="postroom-rabbit-")))
        _configure(folder, amqp, management)
        environment = _environment(folder, distribution, names)
        epmd = rabbitmq_program("epmd")
        assert epmd is not None, "Erlang comes with RabbitMQ"
        # started by us so that it ends with us; the node would leave one behind
        _run(stack, [epmd, "-port", str(names), "-address", "127.0.0.1"], environment, folder / "epmd.log")
        output = folder / "server.log"
        process = _run(stack, [server], environment, output)
        broker = Broker(f"amqp://guest:guest@127.0.0.1:{amqp}/", f"http://guest:guest@127.0.0.1:{management}")
        _wait_until_ready(process, broker, amqp, output)
        yield broker


def _configure(folder: Path, amqp: int, management: int) -> None:
    for part in ("home", "data", "log"):
        (folder / part).mkdir()
    (folder / "plugins").write_text("[rabbitmq_management].\n")
    (folder / "rabbitmq.conf").write_text(
        f"listeners.tcp.1 = 127.0.0.1:{amqp}\n"
        "management.tcp.ip = 127.0.0.1\n"
        f"management.tcp.port = {management}\n"
        "disk_free_limit.absolute = 50MB\n"
    )


def _environment(folder: Path, distribution: int, names: int) -> dict[str, str]:
    return {
        "PATH": os.environ.get("PATH", os.defpath),
        "LANG": "C.UTF-8",
        "HOME": str(folder / "home"),
        "RABBITMQ_NODENAME": "postroom-test@localhost",
        "RABBITMQ_MNESIA_BASE": str(folder / "data"),
        "RABBITMQ_LOG_BASE": str(folder / "log"),
        "RABBITMQ_CONFIG_FILE": str(folder / "rabbitmq.conf"),
        "RABBITMQ_CONF_ENV_FILE": os.devnull,
        "RABBITMQ_ENABLED_PLUGINS_FILE": str(folder / "plugins"),
        "RABBITMQ_DIST_PORT": str(distribution),
        "RABBITMQ_SERVER_START_ARGS": "-kernel inet_dist_use_interface {127,0,0,1}",
        "ERL_EPMD_PORT": str(names),
        "ERL_EPMD_ADDRESS": "127.0.0.1",
    }


def _run(
    stack: ExitStack, command: Sequence[str], environment: dict[str, str], output: Path
) -> subprocess.Popen[bytes]:
    """Start a program whose whole group ends with the stack; nothing that it keeps is needed again."""
    with output.open("wb") as log:
        process = subprocess.Popen(  # noqa: S603 - programs of the RabbitMQ server
            command,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )

    def end() -> None:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()

    stack.callback(end)
    return process


def _wait_until_ready(process: subprocess.Popen[bytes], broker: Broker, amqp: int, output: Path) -> None:
    deadline = time.monotonic() + START_SECONDS
    with closing(httpx.Client(base_url=broker.api, timeout=5)) as api:
        while not _listens(api, amqp):
            if process.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError(f"the private RabbitMQ did not start:\n{output.read_text()[-2000:]}")
            time.sleep(0.1)


def _listens(api: httpx.Client, port: int) -> bool:
    try:
        return api.get(f"/api/health/checks/port-listener/{port}").is_success
    except httpx.TransportError:
        return False


def _free_ports(count: int) -> list[int]:
    with ExitStack() as stack:
        sockets = [stack.enter_context(closing(socket.socket())) for _ in range(count)]
        for each in sockets:
            each.bind(("127.0.0.1", 0))
        return [int(each.getsockname()[1]) for each in sockets]
