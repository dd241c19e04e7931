"""What the parser makes of a mail, for the desk: each in a child process, with the limits of the parser."""

from pathlib import Path
from tempfile import NamedTemporaryFile

from postroom.cli.parsereport import RULES, SIGNED
from services.desk.asking.explaining import SplitForm, SplitLine, SplitPart
from services.parser.explaining import SeenForm
from services.parser.worker import ParserPool, Unreadable
from shared.contracts.errors import Permanent
from shared.contracts.filters import Filters
from shared.contracts.mail import ParsingPolicy
from shared.contracts.options import Options


class ExplainsMail:
    def __init__(self, memory_bytes: int) -> None:
        self._memory_bytes = memory_bytes

    async def explain(self, raw: bytes, filters: Filters) -> list[SplitForm]:
        options = Options()
        policy = ParsingPolicy(
            mail_forwarding_domains=(),
            allowed_mime_types=options.allowed_mime_types,
            max_file_size=options.max_file_size,
            own_addresses=(),
            filters=filters,
        )
        with NamedTemporaryFile(suffix=".eml") as kept:
            kept.write(raw)
            kept.flush()
            async with ParserPool(workers=1, memory_bytes=self._memory_bytes) as pool:
                try:
                    found = await pool.explain(Path(kept.name), len(raw), policy)
                except Unreadable as error:
                    raise Permanent("this mail cannot be read", code="unreadable") from error
        return [_form(one) for one in found.forms]


def _form(seen: SeenForm) -> SplitForm:
    words = {"signature": SIGNED}
    return SplitForm(
        seen.name,
        tuple(
            SplitPart(one.part, one.lines, words.get(one.part, RULES).get(one.rule, one.rule))
            for one in seen.parts
        ),
        tuple(SplitLine(line.number, line.part, line.kind, line.text) for line in seen.lines),
        seen.more,
    )
