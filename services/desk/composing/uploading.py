"""Files from people: taken or refused by the settings, and handed to the post that names them."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from uuid import UUID, uuid5

from starlette.datastructures import FormData, UploadFile

from services.desk.composing.writing import content_id
from services.desk.desk import Desk
from services.desk.errors import DeskError, Invalid, TooLarge, WrongType
from services.desk.forms.fields import ids_of
from services.desk.forms.receiving import MOST_FILES
from services.desk.languages import gettext, later
from services.desk.queries.people import User
from services.desk.queries.uploads import (
    Upload,
    keep_again,
    keep_upload,
    use_uploads,
    waiting_uploads,
)
from services.desk.wording.amounts import number
from shared.contracts.mail import MailFile
from shared.contracts.options import Options
from shared.files.kinds import shown_type
from shared.files.naming import plain_name
from shared.files.rules import not_allowed, too_large
from shared.storage.options import options_of

MOST_SENT = 25_000_000
"""Bytes of all files of one mail: encoded, they fit into the 35 MB that Exchange Online takes by itself. A
tenant that allows larger files has had that limit raised."""
SMALLER = later("Send a smaller one; the setting max_file_size says how large.")


async def take_file(desk: Desk, user: User, written_name: str, content: bytes, options: Options) -> Upload:
    """Keep a file for a post to come, if the options allow it.

    Raises:
        TooLarge, WrongType: the settings refuse it.
    """
    file = await kept_file(desk, user, written_name, content, options)
    async with desk.writing(user.tenant) as db:
        return await keep_upload(db, user.tenant, user.id, file, desk.clock())


async def kept_file(
    desk: Desk, user: User, written_name: str, content: bytes, options: Options
) -> tuple[str, int, str, str]:
    """Keep the bytes of a file that the options allow; return its name, size, digest and type.

    Raises:
        TooLarge, WrongType: the settings refuse it.
    """
    name, media_type = plain_name(written_name), shown_type(content, written_name)
    if refusal := refused(name, len(content), media_type, options):
        raise refusal
    return name, len(content), await desk.blobs.put(user.tenant, content), media_type


@dataclass(frozen=True)
class Chosen:
    """The files that a form names: taken, now or before, or refused and why."""

    taken: tuple[Upload, ...] = ()
    refused: tuple[str, ...] = ()

    @property
    def ids(self) -> list[UUID]:
        return [upload.id for upload in self.taken]


NO_FILES = Chosen()


async def chosen_in(desk: Desk, user: User, form: FormData) -> Chosen:
    """Take the files of a form, so that they need not be sent again when something else is wrong with it."""
    async with desk.reading(user) as reading:
        options = await options_of(reading.db, user.tenant)
        before = await waiting_uploads(reading.db, user.tenant, user.id, ids_of(form, "upload"))
    taken, reasons = [], []
    for file in form.getlist("files"):
        if not isinstance(file, UploadFile) or not file.filename:
            continue
        try:
            taken.append(await _taken(desk, user, file, options))
        except (TooLarge, WrongType) as refusal:
            reasons.append(refusal.detail)
    return Chosen((*before, *taken), tuple(reasons))


async def attached(
    desk: Desk, user: User, ids: Sequence[UUID], *, sent: bool, drawn: Sequence[UUID] = ()
) -> tuple[MailFile, ...]:
    """The files of a post, by the settings as they are now; `sent`: they leave as one mail; `drawn`: those
    that its HTML shows.

    Raises:
        Invalid, TooLarge, WrongType: one of them, or all together, cannot go.
    """
    wanted = list(dict.fromkeys((*ids, *drawn)))
    if not wanted:
        return ()
    if len(wanted) > MOST_FILES:
        why = gettext(
            "%(count)s files are too many: one post takes %(most_files)s.",
            count=len(wanted),
            most_files=MOST_FILES,
        )
        raise Invalid(why, remedy=gettext("Spread them over several posts."), errors={"files": why})
    async with desk.writing(user.tenant) as db:
        options = await options_of(db, user.tenant)
        found = await use_uploads(db, user.tenant, user.id, wanted, desk.clock())
        _check(wanted, found, options, sent=sent)
    return tuple(_file(upload, inline=upload.id in drawn) for upload in found)


async def attached_or_why(
    desk: Desk, user: User, chosen: Chosen, *, sent: bool, drawn: Sequence[UUID] = ()
) -> tuple[MailFile, ...] | str:
    """The same of a form: its files, or in words why nothing is done."""
    if chosen.refused:
        return gettext("Nothing was done: a file cannot be taken. Choose another one, or go on without it.")
    try:
        return await attached(desk, user, chosen.ids, sent=sent, drawn=drawn)
    except (Invalid, TooLarge, WrongType) as refusal:
        return refusal.detail


async def give_back(desk: Desk, user: User, mail: UUID, files: Sequence[MailFile]) -> None:
    """Let the files of a mail that was taken back be uploads again, once."""
    async with desk.writing(user.tenant) as db:
        for file in files:
            told = Upload(again(mail, user, file), file.name, file.size, file.sha256, file.media_type)
            await keep_again(db, user.tenant, user.id, told, desk.clock())


def again(mail: UUID, user: User, file: MailFile) -> UUID:
    """The upload that a file of a mail becomes for the person who took it back."""
    return uuid5(mail, f"{user.id} {file.sha256} {file.content_id or file.name}")


def refused(name: str, size: int, media_type: str, options: Options) -> DeskError | None:
    """Why the settings refuse a file, if they do."""
    if why := too_large(size, options.max_file_size):
        return TooLarge(f"{name}: {why}", remedy=gettext(SMALLER))
    if why := not_allowed(media_type, options.allowed_mime_types):
        listed = ", ".join(options.allowed_mime_types)
        return WrongType(
            f"{name}: {why}",
            remedy=gettext("The setting allowed_mime_types allows %(listed)s.", listed=listed),
        )
    return None


def _check(wanted: Sequence[UUID], found: Sequence[Upload], options: Options, *, sent: bool) -> None:
    known = {upload.id for upload in found}
    if strange := [str(one) for one in wanted if one not in known]:
        why = gettext("There is no upload of yours named %(names)s.", names=", ".join(strange))
        raise Invalid(
            why, remedy=gettext("Upload the file again: one waits for a day."), errors={"files": why}
        )
    for upload in found:
        if refusal := refused(upload.name, upload.size, upload.media_type, options):
            raise refusal
    most = max(MOST_SENT, options.max_file_size)
    if sent and (whole := _size(found)) > most:
        why = gettext(
            "The files have %(whole)s bytes together; one mail takes %(most)s.",
            whole=number(whole),
            most=number(most),
        )
        raise TooLarge(why, remedy=gettext("Spread them over several mails."))


async def _taken(desk: Desk, user: User, file: UploadFile, options: Options) -> Upload:
    """What is too large is never read into memory."""
    name, size = file.filename or "", file.size or 0
    if why := too_large(size, options.max_file_size):
        raise TooLarge(f"{plain_name(name)}: {why}", remedy=gettext(SMALLER))
    return await take_file(desk, user, name, await file.read(), options)


def _size(files: Iterable[Upload]) -> int:
    return sum(file.size for file in files)


def _file(upload: Upload, *, inline: bool) -> MailFile:
    return MailFile(
        name=upload.name,
        size=upload.size,
        sha256=upload.sha256,
        media_type=upload.media_type,
        declared_type=upload.media_type,
        inline=inline,
        content_id=content_id(upload.id) if inline else None,
    )
