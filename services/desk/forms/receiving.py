"""Forms with files as they stream in: no more than allowed is taken, and what was taken aside is closed."""

from collections.abc import AsyncGenerator

from fastapi import Request
from starlette.datastructures import FormData, UploadFile
from starlette.formparsers import MultiPartException, MultiPartParser

from services.desk.errors import DeskError, Invalid, TooLarge
from services.desk.headers import LARGEST_BODY, allow_body
from services.desk.languages import gettext
from services.desk.wording.amounts import number

MOST_FILES = 20
"""Of one post."""
ENVELOPE = 64_000
"""Bytes of a form around its one file."""


LARGEST_POST = 200_000_000
"""Bytes of a post with its files that are read at least, so that what was typed can be given back."""
MOST_PARTS = 200
"""Files of a form that are read; a post takes fewer, and says so."""


class _Refused(MultiPartException):
    """Told to the parser in its own words, so that it closes what it has opened."""

    def __init__(self, problem: DeskError) -> None:
        super().__init__(problem.detail)
        self.problem = problem


async def one_file(request: Request, most: int) -> tuple[str, bytes]:
    """The name and the bytes of the file of a form, its only field.

    Raises:
        Invalid: it is no such form.
        TooLarge: it has more bytes than `most`, as soon as that is certain.
    """
    told = request.headers.get("content-length", "")
    size = f"{int(told):,}" if told.isdecimal() else f"more than {most:,}"
    problem = TooLarge(
        gettext(
            "The upload has %(size)s bytes; the limit of a file is %(most)s.", size=size, most=number(most)
        ),
        remedy=gettext("Send a smaller one; the setting max_file_size says how large."),
    )
    if told.isdecimal() and int(told) > most + ENVELOPE:
        raise problem
    allow_body(request, most + ENVELOPE)
    form = await read_form(request, problem, max_files=1, max_fields=10)
    try:
        file = form.get("file")
        if not isinstance(file, UploadFile):
            raise Invalid(
                gettext("The form has no file."), remedy=gettext("Send a form with one part named file.")
            )
        return file.filename or "", await file.read()
    finally:
        await form.close()


async def read_post(request: Request, most: int) -> FormData:
    """Read the form of a post; the caller closes it. Files lie aside, not in memory. `most`: bytes of one."""
    if not request.headers.get("content-type", "").startswith("multipart/form-data"):
        return await request.form(max_files=0, max_fields=MOST_PARTS)
    largest = max(LARGEST_POST, MOST_FILES * most) + LARGEST_BODY
    problem = TooLarge(
        gettext("The files have more than %(largest)s bytes together.", largest=number(largest)),
        remedy=gettext("Go back and choose fewer."),
    )
    allow_body(request, largest)
    return await read_form(request, problem, max_files=MOST_PARTS, max_fields=MOST_PARTS)


async def read_form(request: Request, problem: DeskError, *, max_files: int, max_fields: int) -> FormData:
    """Read a form with files; the caller closes it. `problem` is raised where it is larger than was allowed.

    Raises:
        Invalid: it is none.
    """
    if not request.headers.get("content-type", "").startswith("multipart/form-data"):
        raise Invalid(
            gettext("This is no form with a file."), remedy=gettext("Send it as multipart/form-data.")
        )
    parser = MultiPartParser(
        request.headers,
        _within(request, problem),
        max_files=max_files,
        max_fields=max_fields,
        max_part_size=LARGEST_BODY,
    )
    try:
        return await parser.parse()
    except _Refused as refused:
        raise refused.problem from None
    except MultiPartException as error:
        raise Invalid(gettext("The form cannot be read."), remedy=error.message) from error


async def _within(request: Request, problem: DeskError) -> AsyncGenerator[bytes]:
    try:
        async for chunk in request.stream():
            yield chunk
    except TooLarge:
        raise _Refused(problem) from None
