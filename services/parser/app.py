"""Parser: bytes to facts; no database, no secrets, no way out but broker and blobs."""

from services.parser.handlers import parser
from services.parser.worker import ParserPool
from shared.blobs.filesystem import FilesystemBlobs
from shared.messaging.dispatch import Assembly
from shared.runtime import House


def assemble(house: House) -> Assembly:
    """Wire the service."""
    pool = ParserPool(house.settings.parser_workers, house.settings.parser_memory)
    house.on_close(pool.close)
    return Assembly(parser, {ParserPool: pool, FilesystemBlobs: house.blobs})
