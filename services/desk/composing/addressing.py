"""Addresses that a person types or ticks, and whom a reply goes to. Pure."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from services.desk.configuration.called import is_address
from services.desk.languages import gettext
from shared.contracts.documents import Document
from shared.contracts.mail import Address
from shared.contracts.thread_tokens import plain_address

NAMED = re.compile(r"(?P<name>[^<>]*)<\s*(?P<address>[^<>]*?)\s*>")
PART = re.compile(r'(?:"(?:[^"\\]|\\.)*"|[^,;\n"])+')
"""Up to the next comma, semicolon or line end that stands in no quoted name."""
AT_MOST = 50
"""Recipients of one mail: more is a mailing."""
LONGEST = 10_000
LONGEST_NAME = 300
"""Characters of one."""


@dataclass(frozen=True)
class Unusable:
    """Words that name nobody we can write to, in a sentence."""

    why: str


@dataclass(frozen=True)
class Recipients:
    to: tuple[Address, ...]
    cc: tuple[Address, ...] = ()
    bcc: tuple[Address, ...] = ()


def typed(text: str) -> list[Address] | Unusable:
    """Read addresses as people type them: with or without names, cut by commas, semicolons or lines."""
    if len(text) > LONGEST:
        return Unusable(
            gettext(
                "The addresses are longer than %(longest)s characters: send several mails.", longest=LONGEST
            )
        )
    found = []
    for part in PART.findall(text):
        if part.strip():
            address = _address(part)
            if address is None:
                return Unusable(
                    gettext("“%(text)s” is not an address: write name@example.com.", text=part.strip())
                )
            if len(address.name) > LONGEST_NAME:
                return Unusable(
                    gettext(
                        "The name of %(address)s is longer than %(longest)s characters: shorten it.",
                        address=address.address,
                        longest=LONGEST_NAME,
                    )
                )
            found.append(address)
    return found


def ticked(values: Iterable[str]) -> list[Address]:
    """Read the chips of a form; each is one address, with as much of its name as a name may have."""
    found = [address for address in map(_address, values) if address is not None]
    return [address.model_copy(update={"name": address.name[:LONGEST_NAME]}) for address in found]


def written(one: Address) -> str:
    """An address with its name, as a form has it."""
    name = one.name.replace('"', "").replace("\\", "")
    return f'"{name}" <{one.address}>' if name else one.address


def _address(text: str) -> Address | None:
    match = NAMED.fullmatch(text.strip()) if len(text) <= LONGEST else None
    name, address = (match["name"], match["address"]) if match else ("", text.strip())
    if not is_address(address):
        return None
    return Address(address=address.lower(), name=name.strip().strip('"').replace('\\"', '"').strip())


def recipients(
    to: Sequence[Address], cc: Sequence[Address], own: frozenset[str], bcc: Sequence[Address] = ()
) -> Recipients | Unusable:
    """Whom a mail goes to: each once, never ourselves."""
    mine = [address.address for address in (*to, *cc, *bcc) if plain_address(address.address) in own]
    if mine:
        return Unusable(
            gettext(
                "%(address)s is one of our mailboxes: the mail would come back as a new one.", address=mine[0]
            )
        )
    wanted = _each_once(to)
    copied = _each_once(cc, without=frozenset(address.address for address in wanted))
    blind = _each_once(bcc, without=frozenset(address.address for address in (*wanted, *copied)))
    if not wanted:
        return Unusable(gettext("Nobody to send it to: tick or add an address under To."))
    if (count := len(wanted) + len(copied) + len(blind)) > AT_MOST:
        return Unusable(
            gettext("%(count)s recipients; at most %(at_most)s fit one mail.", count=count, at_most=AT_MOST)
        )
    return Recipients(tuple(wanted), tuple(copied), tuple(blind))


@dataclass(frozen=True)
class Chosen:
    """Who takes part, or no longer does, because one of us said so."""

    added: tuple[Address, ...] = ()
    removed: frozenset[str] = frozenset()


def answered_to(
    document: Document | None, contact: Address | None, own: frozenset[str], chosen: Chosen
) -> Recipients:
    """Whom a reply goes to before anybody changes it: who wrote, who was in copy, and whom we added; neither
    whom we removed nor ourselves."""
    if document is None:
        named = frozenset({contact.address}) if contact else frozenset()
        return Recipients((contact,) if contact else (), tuple(_each_once(chosen.added, without=named)))
    sender = document.original_sender or document.sender
    wanted = [sender] if document.original_sender else list(document.reply_to) or [sender]
    none = own | chosen.removed
    to = [one for one in _each_once(wanted) if _is_other(one, none)] or ([contact] if contact else [])
    in_copy = (*document.to, *document.cc, *chosen.added)
    copied = _each_once(in_copy, without=frozenset(one.address for one in to))
    return Recipients(tuple(to), tuple(one for one in copied if _is_other(one, none)))


def _is_other(address: Address, none: frozenset[str]) -> bool:
    named = {address.address, plain_address(address.address)}
    return is_address(address.address) and not named & none


def _each_once(addresses: Iterable[Address], without: frozenset[str] = frozenset()) -> list[Address]:
    seen = set(without)
    once = []
    for address in addresses:
        if address.address and address.address not in seen:
            seen.add(address.address)
            once.append(address)
    return once
