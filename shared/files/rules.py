"""What `max_file_size` and `allowed_mime_types` say of a file, in words; no words: nothing."""

from collections.abc import Collection

PROGRAMS = frozenset(
    f"application/{kind}"
    for kind in (
        "hta", "java-archive", "vnd.android.package-archive", "vnd.microsoft.portable-executable", "x-bat",
        "x-executable", "x-ms-shortcut", "x-msi", "x-powershell", "x-sh",
    )
)  # fmt: skip
"""What runs when it is opened: its type is a name that nobody says."""


def too_large(size: int, limit: int) -> str:
    return f"The file has {size:,} bytes; the limit is {limit:,}." if size > limit else ""


def not_allowed(media_type: str, allowed: Collection[str]) -> str:
    if is_allowed(media_type, allowed):
        return ""
    what = "Programs" if media_type in PROGRAMS else f"Files of type {media_type}"
    return f"{what} are not on the list of allowed types."


def is_allowed(media_type: str, allowed: Collection[str]) -> bool:
    """An empty list allows everything."""
    if not allowed:
        return True
    group = media_type.partition("/")[0]
    return any(
        pattern.strip().lower() in (media_type, f"{group}/*", "*/*", "*")
        for pattern in allowed
        if pattern.strip()
    )
