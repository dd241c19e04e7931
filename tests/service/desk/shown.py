"""What a form carries of how it was shown."""

import re
from html import unescape


def as_shown(page: str) -> str:
    """Return the marks of the first form that has some."""
    found = re.search(r'name="as_shown" value="([^"]*)"', page)
    assert found is not None
    return unescape(found[1])
