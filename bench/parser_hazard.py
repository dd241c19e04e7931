"""One hazard of the parser, so many times as long, in this process alone: seconds and bytes as JSON."""

import json
import resource
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from services.parser.parsing import parse
from tests.unit.parser import test_hazards
from tests.unit.parser.test_hazards import HEAD, POLICY


def hazard(section: str, name: str, times: int) -> bytes:
    if not section:
        return HEAD + b"\nhello"
    content: bytes = getattr(test_hazards, section)[name] * times
    match section:
        case "TEXTS":
            return HEAD + b"\n" + content
        case "HTML":
            return HEAD + b"Content-Type: text/html\n\n" + content
        case "HEADERS":
            return content + HEAD + b"\nhello"
        case _:
            return content


def main() -> None:
    section, name, times = sys.argv[1:]
    parse(HEAD + b"\nhello", POLICY)
    raw = hazard(section, name, int(times))
    began = time.process_time()
    parse(raw, POLICY)
    seconds = time.process_time() - began
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    sys.stdout.write(json.dumps({"bytes": len(raw), "seconds": seconds, "peak": peak}) + "\n")


if __name__ == "__main__":
    main()
