"""Action: assign the ticket to somebody, to nobody, or to the members of its department in turn."""

from collections.abc import Sequence
from typing import Annotated, ClassVar, Literal, Self
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, model_validator

from shared.contracts.errors import Permanent
from shared.plugins.actions import AssignNext, Effect, Nothing, Occasion, SetFields

Whom = Literal["user", "nobody", "in_turn"]


class AssignParams(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", str_strip_whitespace=True)

    to: Whom = Field(
        title="To", description="A user, nobody, or the members of the ticket's department in turn."
    )
    user: Annotated[str, Field(min_length=1, max_length=320)] | None = Field(
        None, title="User", description="The address or id of a user; only for 'user'."
    )
    only_unassigned: bool = Field(
        default=False, title="Only when nobody is assigned", description="Leave the ticket to whoever has it."
    )

    @model_validator(mode="after")
    def _a_user_is_named_when_one_is_meant(self) -> Self:
        if (self.to == "user") is not (self.user is not None):
            raise ValueError("a user is given for 'user', and for nothing else")
        if self.to == "nobody" and self.only_unassigned:
            raise ValueError("a ticket that nobody has needs no one taken away")
        return self


class Assign:
    """The action `assign`."""

    key: ClassVar[str] = "assign"
    title: ClassVar[str] = "Assign the ticket"
    params: ClassVar[type[BaseModel]] = AssignParams

    def assignee_of(self, params: AssignParams) -> str | None:
        return params.user

    def decide(self, occasion: Occasion, params: AssignParams) -> Sequence[Effect]:
        """The assignment, unless it is so already.

        Raises:
            Permanent: the user is not there any more.
        """
        ticket = occasion.ticket
        if params.only_unassigned and ticket.assignee is not None:
            return [Nothing("somebody has the ticket already")]
        if params.to == "in_turn":
            if ticket.department is None:
                return [Nothing("the ticket is of no department")]
            if not occasion.department_members:
                return [Nothing("the department has no members")]
            return [AssignNext(ticket.department, only_unassigned=params.only_unassigned)]
        user = _user(occasion, params.user) if params.user else None
        if user == ticket.assignee:
            return [Nothing("this is so already")]
        return [SetFields({"assignee": str(user) if user else None})]


def _user(occasion: Occasion, named: str) -> UUID:
    known = {str(user): user for user in occasion.users.values()} | dict(occasion.users)
    user = known.get(named.lower())
    if user is None:
        raise Permanent("there is no such user who is given tickets", code="unknown_user")
    return user
