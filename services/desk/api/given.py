"""What many calls of the API are given."""

from typing import Annotated
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from services.desk.composing.addressing import LONGEST_NAME
from shared.contracts.acting import LONGEST_TAG
from shared.contracts.mail import LONGEST_ADDRESS

Text = Annotated[str, Field(min_length=1, max_length=500_000)]


Tag = Annotated[str, Field(max_length=LONGEST_TAG)]

Files = Annotated[
    list[UUID], Field(default_factory=list, description="Ids of uploads (`POST /uploads`); 20 at most.")
]

Html = Annotated[
    str,
    Field(
        default="",
        max_length=500_000,
        description="The same with form: it counts, and the text is made of it. What is not allowed goes.",
    ),
]


class Given(BaseModel):
    model_config = ConfigDict(extra="forbid", str_strip_whitespace=True)


class PersonIn(Given):
    """Whom a mail can be sent to."""

    address: Annotated[str, Field(max_length=LONGEST_ADDRESS)] = Field(examples=["anna@example.com"])
    name: Annotated[str, Field(max_length=LONGEST_NAME)] = Field(default="", examples=["Anna Steiner"])
