"""Graph's many spellings of one URL, brought to the one that the routes know."""

import re

from starlette.types import ASGIApp, Receive, Scope, Send

_NAMES = """users mailFolders childFolders messages attachments delta $value $count $batch move copy send
  sendMail reply replyAll forward createReply createReplyAll createForward createUploadSession permanentDelete
  translateExchangeIds subscriptions reauthorize"""
_SEGMENTS = {name.lower(): name for name in _NAMES.split()}
_KEYED = re.compile(r"([A-Za-z]+)\('(.*)'\)")
_CHILD = re.compile(r"/mailFolders/[^/]+/childFolders/(?!\$count$)(?=[^/]+)")
_MESSAGE_IN_FOLDER = re.compile(r"/mailFolders/[^/]+/messages/(?!(?:delta|\$count)$)(?=[^/]+)")


def canonical(path: str) -> str:
    """`/users('a')/mailfolders('b')/messages/delta()` as `/users/a/mailFolders/b/messages/delta`, and a
    message or child folder addressed through its folder as itself."""
    segments = [part for segment in path.rstrip("/").split("/") for part in _segments(segment)]
    whole = "/".join(segments)
    while (shorter := _CHILD.sub("/mailFolders/", whole, count=1)) != whole:
        whole = shorter
    return _MESSAGE_IN_FOLDER.sub("/messages/", whole)


class CanonicalPaths:
    """Rewrites the path before routing."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and scope["path"].startswith("/v1.0/"):
            scope = {**scope, "path": canonical(scope["path"])}
        await self._app(scope, receive, send)


def _segments(segment: str) -> list[str]:
    plain = segment.removeprefix("microsoft.graph.").removesuffix("()")
    keyed = _KEYED.fullmatch(plain)
    if keyed and keyed[1].lower() in _SEGMENTS:
        return [_SEGMENTS[keyed[1].lower()], keyed[2].replace("''", "'")]
    return [_SEGMENTS.get(plain.lower(), segment)]
