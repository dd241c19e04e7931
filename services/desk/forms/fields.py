"""What a form says in one field; a value of a wrong kind is none."""

from contextlib import suppress
from uuid import UUID, uuid4

from starlette.datastructures import FormData

LONGEST_NUMBER = 10


def text_of(form: FormData, name: str) -> str:
    value = form.get(name, "")
    return value.strip() if isinstance(value, str) else ""


def texts_of(form: FormData, name: str) -> list[str]:
    return [value for value in form.getlist(name) if isinstance(value, str)]


def number_of(form: FormData, name: str) -> int:
    """Read a version; 0 when it is none."""
    value = text_of(form, name)
    return int(value) if value.isascii() and value.isdigit() and len(value) < LONGEST_NUMBER else 0


def id_of(form: FormData, name: str) -> UUID | None:
    return id_in(text_of(form, name))


def id_in(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None


def ids_of(form: FormData, name: str) -> list[UUID]:
    """Return what is ticked; a value that is no id is no choice of ours."""
    ids = []
    for text in texts_of(form, name):
        with suppress(ValueError):
            ids.append(UUID(text))
    return ids


def key_of(form: FormData) -> UUID:
    """The form's own id: sent twice, it is one command."""
    return id_of(form, "key") or uuid4()
