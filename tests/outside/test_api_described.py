"""The API does what its description says: Schemathesis walks all of it, and a client made of it works.

Schemathesis finds faults (5xx), statuses, types and bodies that are not described. Not asked of it:
- whether invalid values are refused: "7" is taken for 7, as pydantic reads JSON;
- `Allow` and unknown methods: `/tickets/bulk` is an address of its own and fits `/tickets/{number}` too.
"""

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.outside.desk import Installation, installed
from tests.outside.world import ROOT

BIN = Path(sys.executable).parent
NOT_ASKED = (
    *("positive_data_acceptance", "negative_data_rejection", "ignored_auth"),
    *("unsupported_method", "allow_header_conformance"),
)
USUAL = ("--phases", "examples,fuzzing,stateful", "-n", "6")
WHOLE = ("--phases", "examples,coverage,fuzzing,stateful", "-n", "20")
"""With `POSTROOM_TEST_SIZE=whole`: some ten thousand requests."""


@pytest.fixture(scope="module")
def installation(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installation]:
    with installed(tmp_path_factory.mktemp("installation")) as made:
        yield made


def run(*command: str, folder: Path, **environment: str) -> str:
    # the commands are made of our own words
    done = subprocess.run(  # noqa: S603
        command, cwd=folder, env=os.environ | environment, capture_output=True, text=True, check=False
    )
    said = done.stdout + done.stderr
    assert done.returncode == 0, said[-8_000:]
    return said


@pytest.mark.timeout(1_800)
def test_a_client_that_is_made_of_the_description_writes_answers_once_and_lists(
    installation: Installation, tmp_path: Path
) -> None:
    """As examples/api-client says."""
    run(
        *(str(BIN / "openapi-python-client"), "generate", "--path", str(installation.described)),
        *("--meta", "none", "--output-path", "postroom_client"),
        folder=tmp_path,
    )
    example = str(ROOT / "examples" / "api-client" / "desk.py")
    reaching = {"DESK": installation.url, "TOKEN": installation.token, "PYTHONPATH": str(tmp_path)}
    said = run(sys.executable, example, folder=tmp_path, **reaching)
    assert re.search(r"asked for an answer 3 times, sent 1\b", said), said
    assert "Your order is on its way" in said


@pytest.mark.timeout(1_800)
def test_every_operation_answers_as_it_is_described(installation: Installation, tmp_path: Path) -> None:
    much = WHOLE if os.environ.get("POSTROOM_TEST_SIZE") == "whole" else USUAL
    said = run(
        *(str(BIN / "schemathesis"), "run", f"{installation.url}/api/openapi.json"),
        *("-H", f"Authorization: Bearer {installation.token}", "--exclude-checks", ",".join(NOT_ASKED)),
        *("--seed", "1", "--no-shrink", "--continue-on-failure", "-w", "2", *much),
        folder=tmp_path,
    )
    tested = re.search(r"Tested: (\d+)", said)
    assert tested, said[-8_000:]
    assert int(tested[1]) > 120, said[-8_000:]
