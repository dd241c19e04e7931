"""Action: tell another system of the event by HTTP. Triggers sends it, signed, and repeats what failed."""

from collections.abc import Sequence
from typing import Annotated, ClassVar
from urllib.parse import urlsplit

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from shared.plugins.actions import CallHook, Effect, Occasion
from shared.plugins.sealing import box_of

LONGEST_URL = 2_000


def _address(url: str) -> str:
    try:
        parts = urlsplit(url)
        usable = parts.scheme in {"http", "https"} and bool(parts.hostname) and parts.port != 0
    except ValueError:
        usable = False
    if not usable or not url.isprintable() or " " in url:
        raise ValueError("an address is needed that begins with https:// or http://")
    if parts.username is not None or parts.password is not None:
        raise ValueError("no name and password in the address: what is sent is signed")
    return url


def _sealed(secret: str) -> str:
    if box_of(secret) is None:
        raise ValueError("a secret begins with whsec_ and goes on with 24 to 64 bytes in base64")
    return secret


class WebhookParams(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", str_strip_whitespace=True)

    url: Annotated[str, AfterValidator(_address)] = Field(
        title="Address", description="Where a POST request goes.", max_length=LONGEST_URL
    )
    secret: Annotated[str, AfterValidator(_sealed)] = Field(
        title="Secret",
        description="whsec_ and the base64 of 24 to 64 bytes, by which the receiver knows what is ours.",
        max_length=1_000,
        repr=False,
        json_schema_extra={"secret": True, "looks": "whsec"},
    )


class Webhook:
    """The action `webhook`."""

    key: ClassVar[str] = "webhook"
    title: ClassVar[str] = "Call a webhook"
    params: ClassVar[type[BaseModel]] = WebhookParams

    def decide(self, occasion: Occasion, params: WebhookParams) -> Sequence[Effect]:
        """The call; what it tells is the event itself."""
        del occasion
        return [CallHook(params.url, params.secret)]
