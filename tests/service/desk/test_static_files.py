"""Static files may be kept for ever, and never longer than they are what the page wants."""

import re

import httpx

from services.desk.rendering import STATIC, static_url


async def test_what_a_page_names_may_be_kept_for_ever_and_comes_compressed(http: httpx.AsyncClient) -> None:
    page = (await http.get("/welcome")).text
    named = re.findall(r'(?:href|src)="(/static/[^"#]+)', page)
    assert named
    for path in named:
        answer = await http.get(path)
        assert (answer.status_code, "immutable" in answer.headers["Cache-Control"]) == (200, True), path
    style = await http.get(static_url("desk.css"))
    assert style.headers["Content-Encoding"] == "gzip"


async def test_what_a_style_or_a_script_names_is_found_beside_it(http: httpx.AsyncClient) -> None:
    style = (await http.get(static_url("desk.css"))).text
    for name in re.findall(r'url\("([^"]+)"\)', style):
        assert (await http.get(static_url(name))).status_code == 200, name
    for script in STATIC.glob("*.js"):
        for name in re.findall(r'from "\./([^"]+)"', script.read_text(encoding="utf-8")):
            assert (await http.get(static_url(name))).status_code == 200, name


async def test_a_page_of_another_version_gets_files_that_it_asks_for_again(http: httpx.AsyncClient) -> None:
    answer = await http.get("/static/0123456789ab/desk.css")
    assert (answer.status_code, answer.headers["Cache-Control"]) == (200, "no-cache")


async def test_nothing_beside_the_static_files_is_served(http: httpx.AsyncClient) -> None:
    for path in ("../app.py", "..%2fapp.py", "../../desk/app.py", "%2e%2e/app.py"):
        answer = await http.get(static_url(path))
        assert answer.status_code >= 300, path
        assert "make_app" not in answer.text, path
