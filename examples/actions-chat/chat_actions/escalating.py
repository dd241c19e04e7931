"""Raise the priority by one step and say so by a tag; whoever has waited longest may be raised again."""

from collections.abc import Sequence
from typing import ClassVar

from pydantic import BaseModel, ConfigDict, Field

from shared.plugins.actions import Effect, Nothing, Occasion, SetFields, SetTags

STEPS = ("low", "normal", "high", "urgent")


class EscalateParams(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", str_strip_whitespace=True)

    tag: str = Field("escalated", title="Tag", min_length=1, max_length=50)


class Escalate:
    """An action that the file of `POSTROOM_CONFIG` names; its name there is the key of triggers."""

    key: ClassVar[str] = "escalate"
    title: ClassVar[str] = "Escalate the ticket"
    params: ClassVar[type[BaseModel]] = EscalateParams

    def decide(self, occasion: Occasion, params: EscalateParams) -> Sequence[Effect]:
        """The next priority and the tag; the highest stays."""
        priority = occasion.ticket.priority
        if priority not in STEPS or priority == STEPS[-1]:
            return [Nothing("there is no higher priority")]
        return [SetFields({"priority": STEPS[STEPS.index(priority) + 1]}), SetTags((params.tag,))]
