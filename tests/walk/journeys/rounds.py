"""A round through the whole desk by its own links: each page of the application is found from others."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from urllib.parse import urljoin, urlsplit

import httpx
from selectolax.lexbor import LexborHTMLParser
from starlette.routing import Match

from services.desk.app import ROOMS

EACH_AT_MOST = 2
"""Pages of one kind that are visited: the first ones that are linked."""


@dataclass
class Round:
    """What was found: for each route its pages, with where they differ (`?view=mine`) as one kind."""

    pages: dict[str, list[str]] = field(default_factory=dict)
    broken: list[str] = field(default_factory=list)
    others: dict[str, str] = field(default_factory=dict)
    """Answers that are no page: files, raw mail, streams."""

    def each(self) -> Iterator[str]:
        for found in self.pages.values():
            yield from found


def routes() -> list[str]:
    """Return the path of every page, as the application has it."""
    return sorted(
        {route.path for room in ROOMS for route in room.router.routes if "GET" in (route.methods or ())}
    )


def route_of(path: str) -> str | None:
    for room in ROOMS:
        for route in room.router.routes:
            scope = {"type": "http", "path": path, "method": "GET", "root_path": "", "path_params": {}}
            if route.matches(scope)[0] is Match.FULL:
                return str(route.path)
    return None


async def go_round(http: httpx.AsyncClient, *begin: str) -> Round:
    """Follow every link from the first pages on, signed in as `http` is."""
    made, waiting, seen = Round(), list(begin), set(begin)
    while waiting:
        address = waiting.pop(0)
        route = route_of(urlsplit(address).path)
        if route is None:
            made.broken.append(f"{address} is no page")
            continue
        if len(made.pages.get(route, ())) >= EACH_AT_MOST or route in made.others:
            continue
        if route in NEVER_FOLLOWED:
            made.others[route] = address
            continue
        answer = await http.get(address)
        if answer.status_code != httpx.codes.OK:
            if not answer.is_redirect:
                made.broken.append(f"{address}: {answer.status_code}")
            made.others.setdefault(route, address)
            continue
        if not answer.headers["Content-Type"].startswith("text/html") or "attachment" in answer.headers.get(
            "Content-Disposition", ""
        ):
            made.others[route] = address
            continue
        made.pages.setdefault(route, []).append(address)
        for link in links_in(answer.text, address):
            if link not in seen:
                seen.add(link)
                waiting.append(link)
    return made


NEVER_FOLLOWED = {"/live"}


def links_in(html: str, base: str) -> list[str]:
    """Return the desk's own pages that a page leads to."""
    tree = LexborHTMLParser(html)
    found = [node.attributes.get("href") or "" for node in tree.css("a[href]")]
    found += [node.attributes.get("src") or "" for node in tree.css("iframe[src]")]
    own = [urljoin(base, link).partition("#")[0] for link in found if not link.startswith("#")]
    return [link for link in own if link.startswith("/") and not link.startswith(("//", "/static/", "/api/"))]
