"""Action: put an internal note on the ticket."""

from collections.abc import Sequence
from typing import Annotated, ClassVar

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from shared.contracts.acting import LONGEST_NOTE
from shared.contracts.errors import Permanent
from shared.plugins.actions import Effect, Nothing, Occasion, PutNote
from shared.plugins.templates import TemplateError, checked_template, render_template, ticket_facts


class AddNoteParams(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", str_strip_whitespace=True)

    text: Annotated[str, AfterValidator(checked_template)] = Field(
        title="Note",
        description="A template with the facts of the ticket.",
        min_length=1,
        max_length=LONGEST_NOTE,
    )


class AddNote:
    """The action `add_note`."""

    key: ClassVar[str] = "add_note"
    title: ClassVar[str] = "Add an internal note"
    params: ClassVar[type[BaseModel]] = AddNoteParams

    def decide(self, occasion: Occasion, params: AddNoteParams) -> Sequence[Effect]:
        """The note, filled in.

        Raises:
            Permanent: the template names a fact that this event does not have, or the note is too long.
        """
        facts = ticket_facts(occasion.ticket) | dict(occasion.facts)
        try:
            text = render_template(params.text, facts).strip()
        except TemplateError as error:
            raise Permanent(f"the template is not valid: {error}", code="template") from error
        if len(text) > LONGEST_NOTE:
            raise Permanent(f"the note is longer than {LONGEST_NOTE} characters", code="too_long")
        return [PutNote(text)] if text else [Nothing("the note is empty")]
