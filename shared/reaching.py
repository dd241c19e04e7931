"""Which addresses of the network we may reach when people or mails name them: never where only we may go."""

import asyncio
import ipaddress
import socket

import httpx

TRANSLATED, COMPATIBLE = (ipaddress.IPv6Network(each) for each in ("64:ff9b::/96", "::/96"))


class Refused(Exception):
    """The address is none that we may call."""


async def address_of(target: httpx.URL, *, private: bool) -> str:
    """Look a name up once; the connection must go to what was looked at. `private`: whether addresses of our
    own network may be reached.

    Raises:
        Refused: it is none of the web, or leads into our own network.
        OSError: there is no such name.
    """
    if target.scheme not in {"http", "https"} or not target.host:
        raise Refused
    port = target.port or (443 if target.scheme == "https" else 80)
    loop = asyncio.get_running_loop()
    try:
        found = await loop.getaddrinfo(target.host, port, type=socket.SOCK_STREAM)
    except UnicodeError as error:
        raise OSError("no name is like this") from error
    addresses = [str(entry[4][0]) for entry in found]
    if not addresses or not (private or all(is_public(address) for address in addresses)):
        raise Refused
    return addresses[0]


def is_public(address: str) -> bool:
    """Whether an address is one of the internet: not loopback, private, link-local or kept apart, also
    when it is written inside one of IPv6."""
    one = ipaddress.ip_address(address.partition("%")[0])
    if isinstance(one, ipaddress.IPv6Address):
        inside = _inside(one)
        if inside is not None:
            return is_public(str(inside))
    return one.is_global and not one.is_multicast


def _inside(one: ipaddress.IPv6Address) -> ipaddress.IPv4Address | None:
    if one in TRANSLATED or one in COMPATIBLE:
        return ipaddress.IPv4Address(int(one) & 0xFFFFFFFF)
    return one.ipv4_mapped or one.sixtofour or (one.teredo[1] if one.teredo else None)
