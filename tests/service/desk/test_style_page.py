"""The page of style shows every colour and icon there is, in both themes and each density."""

import re

from services.desk.rendering import STATIC
from tests.service.desk.conftest import Browser


def written(file: str) -> str:
    return (STATIC / file).read_text(encoding="utf-8")


async def test_it_shows_every_colour_and_icon_in_both_themes(eva: Browser) -> None:
    page = (await eva.get("/style")).text
    colours = set(re.findall(r"--(c-[a-z0-9-]+):", written("desk.css")))
    assert colours
    for colour in colours:
        assert page.count(f'fill="var(--{colour})"') == 2
    for icon in re.findall(r'symbol id="([a-z0-9-]+)"', written("icons/icons.svg")):
        assert f"<code>{icon}</code>" in page
    for density in ("compact", "regular", "roomy"):
        assert page.count(f'data-density="{density}" role="group"') == 2
