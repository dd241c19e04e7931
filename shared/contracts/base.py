"""What every message carries, and the registry of contracts by name."""

from datetime import UTC, datetime
from typing import ClassVar, Self
from uuid import UUID, uuid4, uuid5

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

CONTRACTS: dict[str, type["Message"]] = {}
"""Every concrete contract of this process, by its name."""


class Value(BaseModel):
    """An immutable value that rides in a message or a document; unknown fields are ignored, so that
    an older reader understands a newer writer."""

    model_config = ConfigDict(frozen=True, extra="ignore")


class Message(Value):
    """One event or command. A breaking change is a new `name`, never another meaning."""

    name: ClassVar[str]
    heard_by: ClassVar[tuple[str, ...]]
    """The services that subscribe; one queue each, named by rule."""

    id: UUID = Field(default_factory=uuid4)
    tenant: str
    caused_by: UUID | None = None
    hops: int = 0
    occurred_at: AwareDatetime = Field(default_factory=lambda: datetime.now(UTC))
    mail: UUID | None = None
    """The mail in the ledger that this message descends from."""
    replay_of: UUID | None = None
    from_automatic: str | None = None
    """The kind of the automatic mail that this message descends from, over whatever hops."""

    @classmethod
    def __pydantic_init_subclass__(cls, **kwargs: object) -> None:
        super().__pydantic_init_subclass__(**kwargs)
        if "name" not in cls.__dict__:
            return
        if cls.name in CONTRACTS:
            raise TypeError(f"two contracts are named {cls.name}")
        CONTRACTS[cls.name] = cls

    @property
    def about(self) -> UUID | None:
        """The ticket of which this tells that it was changed; None for a command, and for what is on none."""
        return None

    def because_of(self, cause: "Message", index: int = 0) -> Self:
        """This message as an effect of `cause`: same tenant and mail, one hop further, and an id that
        is the same each time the cause is handled again."""
        return self.model_copy(
            update={
                "id": uuid5(cause.id, f"{self.name}/{index}"),
                "tenant": cause.tenant,
                "caused_by": cause.id,
                "hops": cause.hops + 1,
                "mail": self.mail or cause.mail,
                "from_automatic": self.from_automatic or cause.from_automatic,
            }
        )
