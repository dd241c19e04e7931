"""What every call shares: the key that makes a command one, its answer, and how problems look."""

from collections.abc import Mapping
from typing import Any, Literal
from uuid import UUID

from fastapi import Response
from pydantic import BaseModel, Field

from services.desk.asking.commands import Answer, Done, Refused, StillWorking, ask
from services.desk.desk import Desk
from services.desk.errors import Conflict, Invalid, Problem
from services.desk.once import KeyOfCommand
from services.desk.wording.reported import reported
from shared.contracts.base import Message

# Any: FastAPI's own type of this table
Responses = dict[int | str, dict[str, Any]]


def problems(texts: Mapping[int, str]) -> Responses:
    """Describe answers that are problems, by their status."""
    content = {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}}
    return {
        status: {"model": Problem, "description": text, "content": content} for status, text in texts.items()
    }


PROBLEMS = problems(
    {
        400: "The body cannot be read: it is no JSON, or not in UTF-8.",
        401: "The token is missing, wrong or revoked.",
        403: "Not with this token's scope, or this person's rights.",
        413: "The body is larger than 2 MB.",
        415: "The body is not sent as `application/json`.",
        422: "Something in the request is not valid; `errors` says where.",
    }
)
NOT_HERE = problems({404: "There is no such thing."})
REFUSED = problems({409: "It was not done, and `detail` says why."})
TAKES_FILES = problems(
    {
        413: "The body, a file, or all of them together, are too large.",
        415: "The tenant takes no files of this type, or the body is not of the type that is described.",
    }
)


class CommandAnswer(BaseModel):
    """What became of a command."""

    state: Literal["done", "still working"] = Field(examples=["done"])
    command: UUID = Field(description="Its id: the same one for the same `Idempotency-Key` of a token.")
    number: int | None = Field(default=None, description="Of the ticket that was opened.", examples=[4711])
    version: int | None = Field(
        default=None, description="Of the ticket or note after the change.", examples=[18]
    )
    post: UUID | None = Field(default=None, description="Of the note that was added.")
    outgoing: UUID | None = Field(default=None, description="Of the mail that was handed over.")
    organization: UUID | None = Field(default=None, description="Of the organization that was entered.")
    delivery: UUID | None = Field(default=None, description="Of the webhook that is sent again.")


Key = KeyOfCommand


async def carried_out(desk: Desk, key: Key, command: Message, response: Response) -> CommandAnswer:
    """Ask, and answer as HTTP does.

    Raises:
        Conflict: it was refused, or the key was used for something else.
        Invalid: it was refused for a value that cannot be.
    """
    await key.hold(desk, command.tenant)
    return answered(await ask(desk, command), command.id, response)


def answered(answer: Answer, command: UUID, response: Response) -> CommandAnswer:
    match answer:
        case Refused(why) if answer.invalid:
            raise Invalid(reported(why), remedy="Correct it and send it again.")
        case Refused(why):
            raise Conflict(reported(why), remedy="Read it again, then repeat what still holds.")
        case StillWorking():
            response.status_code = 202
            return CommandAnswer(state="still working", command=command)
        case Done(facts):
            return CommandAnswer.model_validate({**facts, "state": "done", "command": command})
