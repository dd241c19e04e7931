"""What people choose for a mailbox (product.md section 2)."""

from enum import StrEnum


class AfterStoring(StrEnum):
    """What is done with a mail at the provider once its bytes are kept. It is never deleted."""

    LEAVE = "leave"
    MARK_READ = "mark_read"
    MOVE = "move"


class Backfill(StrEnum):
    """Which mail of before the mailbox was added is imported."""

    IGNORE = "ignore"
    SINCE = "since"
    ALL = "all"


class ImportAs(StrEnum):
    """The status of a ticket that an import opens."""

    NEW = "new"
    CLOSED = "closed"
