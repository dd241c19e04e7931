"""Action: add tags to the ticket, and take others away."""

from collections.abc import Sequence
from typing import Annotated, ClassVar, Self

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, model_validator

from shared.contracts.acting import LONGEST_TAG
from shared.plugins.actions import Effect, Nothing, Occasion, SetTags


def _words(value: object) -> object:
    """A list of tags, also when it was written as a text with commas."""
    written = value.split(",") if isinstance(value, str) else value
    if not isinstance(written, list | tuple) or not all(isinstance(tag, str) for tag in written):
        return written
    tags = (" ".join(tag.split()) for tag in written)
    return tuple(dict.fromkeys(tag for tag in tags if tag))


Tags = Annotated[
    tuple[Annotated[str, Field(max_length=LONGEST_TAG)], ...],
    BeforeValidator(_words),
    Field(max_length=50),
]


class AddTagParams(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", str_strip_whitespace=True)

    add: Tags = Field((), title="Tags to add", description="Separated by commas.")
    remove: Tags = Field((), title="Tags to remove", description="Separated by commas.")

    @model_validator(mode="after")
    def _something_is_to_be_done(self) -> Self:
        if not self.add and not self.remove:
            raise ValueError("name a tag to add or to remove")
        if both := sorted({*self.add} & {*self.remove}):
            raise ValueError(f"a tag is added or removed, not both: {', '.join(both)}")
        return self


class AddTag:
    """The action `add_tag`."""

    key: ClassVar[str] = "add_tag"
    title: ClassVar[str] = "Add or remove tags"
    params: ClassVar[type[BaseModel]] = AddTagParams

    def decide(self, occasion: Occasion, params: AddTagParams) -> Sequence[Effect]:
        """What is to be added and removed, unless that is so already."""
        there = set(occasion.ticket.tags)
        add = tuple(tag for tag in params.add if tag not in there)
        remove = tuple(tag for tag in params.remove if tag in there)
        return [SetTags(add, remove)] if add or remove else [Nothing("the tags are so already")]
