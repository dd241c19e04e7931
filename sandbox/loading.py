"""Mail from files: a folder of .eml arrives in a mailbox, in the order of the names, each file once."""

from hashlib import sha256
from pathlib import Path

from sandbox.server import Sandbox


def load(sandbox: Sandbox, folder: Path, address: str) -> list[str]:
    """Deliver what is new in the folder; the immutable ids of what arrived."""
    contents = [file.read_bytes() for file in sorted(folder.glob("*.eml"))]
    new = [
        raw for raw in contents if not sandbox.loaded_before(f"{address.lower()} {sha256(raw).hexdigest()}")
    ]
    return [sandbox.deliver(address, raw) for raw in new]
