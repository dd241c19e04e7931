"""The exceptions that may cross a handler or a plug-in; `messaging/failures.py` alone maps them."""

from datetime import timedelta


class Transient(Exception):
    """It may work later. `retry_after` is what the other side asked for, when it did."""

    def __init__(self, reason: str, *, code: str | None = None, retry_after: timedelta | None = None) -> None:
        super().__init__(reason)
        self.reason = reason
        self.code = code
        self.retry_after = retry_after


class Throttled(Transient):
    """The other side has a limit, and it is reached: nothing is wrong, and no attempt is used up."""


class Permanent(Exception):
    """It will not work by trying again; a person must change something."""

    def __init__(self, reason: str, *, code: str | None = None) -> None:
        super().__init__(reason)
        self.reason = reason
        self.code = code


class AuthExpired(Permanent):
    """The other side refuses who we are: a secret is wrong, expired or not allowed."""
