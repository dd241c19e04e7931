"""Coverage-guided fuzzing of the parser: `make fuzz`. Each kind of finding is kept once, and the run goes on.

parser_fuzz.py FINDINGS [options and folders of libFuzzer]
"""

import hashlib
import sys
import traceback
from pathlib import Path
from time import process_time

import atheris

with atheris.instrument_imports(include=["services.parser"]):
    from tests.fuzz.properties import broken_by

MOST_SECONDS = 5
"""Of the processor, for one mail of at most 20 kB, while every line is counted."""
PARSER = str(Path("services", "parser"))


class Findings:
    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._kinds: set[str] = set()
        folder.mkdir(parents=True, exist_ok=True)

    def try_one(self, raw: bytes) -> None:
        started = process_time()
        try:
            kind = broken_by(raw)
            if kind is None and process_time() - started > MOST_SECONDS:
                kind = "slow"
        # Whatever is raised is a finding.
        except Exception as error:  # noqa: BLE001
            places = [
                frame for frame in traceback.extract_tb(error.__traceback__) if PARSER in frame.filename
            ]
            where = f"{Path(places[-1].filename).name}:{places[-1].lineno}" if places else "outside"
            kind = f"{type(error).__name__} at {where}"
        if kind is not None and kind not in self._kinds:
            self._kinds.add(kind)
            self._keep(kind, raw)

    def _keep(self, kind: str, raw: bytes) -> None:
        path = self._folder / f"{hashlib.sha256(raw).hexdigest()[:12]}.eml"
        path.write_bytes(raw)
        sys.stderr.write(f"FOUND {kind}: {path}\n")


def main() -> None:
    findings = Findings(Path(sys.argv.pop(1)))
    atheris.Setup(sys.argv, findings.try_one)
    atheris.Fuzz()


if __name__ == "__main__":
    main()
