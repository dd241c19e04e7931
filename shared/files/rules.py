"""What `max_file_size` and `allowed_mime_types` say of a file, in words; no words: nothing."""

from collections.abc import Collection


def too_large(size: int, limit: int) -> str:
    return f"The file has {size:,} bytes; the limit is {limit:,}." if size > limit else ""


def not_allowed(media_type: str, allowed: Collection[str]) -> str:
    if is_allowed(media_type, allowed):
        return ""
    return f"Files of type {media_type} are not on the list of allowed types."


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
