"""The exceptions that may cross a handler or a plug-in; `messaging/failures.py` alone maps them."""

from datetime import timedelta


class Transient(Exception):
    """It may work later. `retry_after` is what the other side asked for, when it did; `request_id` is how it
    calls our request in its own log."""

    def __init__(
        self,
        reason: str,
        *,
        code: str | None = None,
        retry_after: timedelta | None = None,
        request_id: str | None = None,
    ) -> None:
        super().__init__(reason)
        self.reason = reason
        self.code = code
        self.retry_after = retry_after
        self.request_id = request_id

    @property
    def detail(self) -> str:
        """The reason, and what to quote to those who run the other side."""
        return _detail(self.reason, self.request_id)


class Throttled(Transient):
    """The other side has a limit, and it is reached: nothing is wrong, and no attempt is used up."""


class Permanent(Exception):
    """It will not work by trying again; a person must change something. `retry_after`: not worth a look
    before, where that is known."""

    def __init__(
        self,
        reason: str,
        *,
        code: str | None = None,
        retry_after: timedelta | None = None,
        request_id: str | None = None,
    ) -> None:
        super().__init__(reason)
        self.reason = reason
        self.code = code
        self.retry_after = retry_after
        self.request_id = request_id

    @property
    def detail(self) -> str:
        """The reason, and what to quote to those who run the other side."""
        return _detail(self.reason, self.request_id)


class SenderRefused(Permanent):
    """The mailbox may not send under the address in From; nothing has left."""


class AuthExpired(Permanent):
    """The other side refuses who we are: a secret is wrong, expired or not allowed."""


def _detail(reason: str, request_id: str | None) -> str:
    return f"{reason} (request-id {request_id})" if request_id else reason
