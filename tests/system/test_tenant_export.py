"""`postroom tenant export`: everything of one tenant that is for people, and nothing of another."""

import json
import zipfile
from pathlib import Path

import pytest
from sqlalchemy import update

from shared.blobs.filesystem import FilesystemBlobs
from shared.settings import ProcessSettings
from shared.storage.engine import engine_as, in_tenant
from shared.storage.exporting import LEFT_OUT, exported_tables, left_out
from shared.storage.ingest import mails as ledger
from shared.storage.tables import TABLES
from tests.installation import environment_of, installed
from tests.storage.filling import fill
from tests.system.shell import REFUSED, Shell

MAIL, DRAFT = b"From: anna@example.com\r\n\r\nIt smokes.\r\n", b'{"text": "It leaves tomorrow."}'


@pytest.fixture
def settings(database_url: str, redis_url: str, home: Path) -> ProcessSettings:
    return ProcessSettings(home=home, database_url=database_url, redis_url=redis_url)


def test_no_secret_is_in_an_export_and_every_table_is_or_is_left_out_by_name() -> None:
    assert set(LEFT_OUT) <= {table.fullname for table in TABLES}
    told = {f"{table.fullname}.{name}" for table in exported_tables() for name in left_out(table)}
    assert told >= {"config.user.password_hash", "config.mailbox.secret", "ingest.cursor.link"}


async def test_an_export_holds_all_rows_mails_and_blobs_of_its_tenant_alone(
    settings: ProcessSettings, database_url: str, blobs: FilesystemBlobs, tmp_path: Path
) -> None:
    async with installed(settings) as installation:
        owner = engine_as(database_url, "test-owner", pool_size=1)
        await fill(owner, "acme", "Plainly")
        await fill(owner, "zeta", "Quibbleworth")
        await owner.dispose()
        raw, draft = await blobs.put("acme", MAIL), await blobs.put("acme", DRAFT)
        await blobs.put("zeta", b"Quibbleworth")
        async with in_tenant(installation.house.engine("ingest"), "acme") as db:
            mail = (await db.execute(update(ledger).values(blob=raw).returning(ledger.c.id))).scalar_one()
        shell = Shell(environment_of(settings, installation.sandbox))
        for place in (tmp_path / "acme", tmp_path / "acme.zip"):
            code, said = await shell.run("tenant", "export", "acme", "--to", str(place))
            assert code == 0, said
        assert (await shell.run("tenant", "export", "acme", "--to", str(place)))[0] == REFUSED
    folder = tmp_path / "acme"
    files = {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}
    assert files[f"mails/{mail}.eml"] == MAIL
    assert files[f"blobs/{draft}"] == DRAFT
    manifest = json.loads(files["manifest.json"])
    assert manifest["counts"] == dict.fromkeys(
        sorted([*(table.fullname for table in exported_tables()), "mails", "blobs"]), 1
    )
    (user,) = map(json.loads, files["config.user.jsonl"].splitlines())
    assert user["name"] == "Plainly"
    assert "password_hash" not in user
    assert not any(b"Quibbleworth" in content for content in files.values())
    with zipfile.ZipFile(tmp_path / "acme.zip") as packed:
        assert sorted(packed.namelist()) == sorted(files)
