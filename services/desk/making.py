"""Who makes the change that a request asks for, when, and from where: as history and audit log keep it."""

from typing import Annotated

from fastapi import Depends, Request

from services.desk.configuration.remembering import Made
from services.desk.desk import TheDesk
from services.desk.queries.people import User
from services.desk.signin.auth import Form, Signed, TokenUser
from shared.contracts.tickets import Actor


def client_of(request: Request) -> str:
    """The network address that asked; behind a proxy, the one that it names."""
    return request.client.host if request.client else ""


def _made(request: Request, desk: TheDesk, signed: Signed) -> Made:
    return Made(signed.user.called, desk.clock(), client_of(request))


def _by_token(request: Request, desk: TheDesk, user: TokenUser) -> Made:
    return Made(user.called, desk.clock(), client_of(request))


def _checked(_form: Form, made: Annotated[Made, Depends(_made)]) -> Made:
    return made


Making = Annotated[Made, Depends(_made)]
CheckedMaking = Annotated[Made, Depends(_checked)]
"""The same of a form in which nothing stands but its token, which is checked."""
TokenMaking = Annotated[Made, Depends(_by_token)]
"""The same of what a program asks for."""


def actor_of(user: User) -> Actor:
    """The same as other services keep it."""
    return Actor(user=user.id, name=user.called)
