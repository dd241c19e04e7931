"""What hangs on a post: the frame of a rich mail, inline images, files by the rules, raw bytes."""

from shared.contracts.mail import FileDecision
from tests.service.desk.conftest import Browser, House


async def test_a_frame_runs_loads_and_sends_nothing(house: House, eva: Browser) -> None:
    html = '<table><tr><td><img src="cid:logo@1"><img data-src="https://track.test/x"></td></tr></table>'
    post = await house.mail_in(await house.ticket(1), body={"reply_html": html, "remote_images": 1})
    answer = await eva.get(f"/posts/{post}/html")
    policy = answer.headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "img-src 'self' data:" in policy
    assert "sandbox allow-same-origin allow-popups" in policy
    assert "script" not in policy
    assert f'src="/posts/{post}/inline/logo%401"' in answer.text
    assert ' src="https://track.test' not in answer.text
    page = (await eva.get("/tickets/1")).text
    assert "1 remote image not loaded" in page


async def test_an_inline_image_is_served_and_nothing_else_is(house: House, eva: Browser) -> None:
    image = await house.file("logo.png", b"png", media_type="image/png", inline=True, content_id="logo@1")
    page = await house.file("evil.html", b"<script>", media_type="text/html", inline=True, content_id="evil")
    post = await house.mail_in(await house.ticket(1), files=(image, page))
    served = await eva.get(f"/posts/{post}/inline/logo%401")
    assert served.content == b"png"
    assert served.headers["content-type"] == "image/png"
    assert "sandbox" in served.headers["content-security-policy"]
    assert (await eva.get(f"/posts/{post}/inline/evil")).status_code == 404


async def test_a_kept_file_is_downloaded_and_never_shown(house: House, eva: Browser) -> None:
    file = await house.file('Rechnung "März".html', b"<script>", media_type="text/html")
    post = await house.mail_in(await house.ticket(1), files=(file,), has_files=True)
    answer = await eva.get(f"/posts/{post}/files/{file.sha256}")
    assert answer.content == b"<script>"
    assert answer.headers["content-type"] == "application/octet-stream"
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["content-disposition"].startswith('attachment; filename="Rechnung _M_rz_.html"')


async def test_a_file_outside_the_list_asks_first(house: House, eva: Browser) -> None:
    file = await house.file(
        "tool.exe", b"MZ", decision=FileDecision.WARNED, reason="programs are not on the list"
    )
    post = await house.mail_in(await house.ticket(1), files=(file,))
    path = f"/posts/{post}/files/{file.sha256}"
    warning = await eva.get(path)
    assert "content-disposition" not in warning.headers
    assert "Programs are not on the list." in warning.text
    assert "Download anyway" in warning.text
    assert (await eva.get(f"{path}?anyway=1")).content == b"MZ"


async def test_a_file_that_was_ignored_is_named_without_a_link(house: House, eva: Browser) -> None:
    file = await house.file("smoke.mov", decision=FileDecision.IGNORED, reason="31 MB, the limit is 25 MB")
    post = await house.mail_in(await house.ticket(1), files=(file,))
    page = (await eva.get("/tickets/1")).text
    assert "Ignored: 31 MB, the limit is 25 MB" in page
    assert file.sha256 not in page
    assert (await eva.get(f"/posts/{post}/files/{file.sha256}?anyway=1")).status_code == 404


async def test_a_file_of_another_post_is_not_reached(house: House, eva: Browser) -> None:
    file = await house.file("a.pdf")
    ticket = await house.ticket(1)
    await house.mail_in(ticket, files=(file,))
    other = await house.mail_in(ticket)
    assert (await eva.get(f"/posts/{other}/files/{file.sha256}")).status_code == 404
    assert (await eva.get(f"/posts/{other}/files/{'../' * 4}etc")).status_code == 404


async def test_the_raw_mail_is_there_byte_for_byte(house: House, eva: Browser) -> None:
    post = await house.mail_in(await house.ticket(1), "Hello")
    answer = await eva.get(f"/posts/{post}/raw")
    assert answer.content == b"From: anna@example.test\r\n\r\nHello"
    assert answer.headers["content-disposition"].startswith("attachment")


async def test_a_damaged_blob_is_said_so_and_the_page_stands(house: House, eva: Browser) -> None:
    ticket = await house.ticket(1)
    await house.mail_in(ticket, "Hello")
    for path in house.blobs.path("default", "0" * 64).parents[2].rglob("*"):
        if path.is_file():
            path.unlink()
    page = await eva.get("/tickets/1")
    assert page.status_code == 200
    assert "The words of this post cannot be shown" in page.text


async def test_the_source_is_read_as_text_whatever_it_holds(house: House, eva: Browser) -> None:
    post = await house.mail_in(await house.ticket(1), "<script>alert(1)</script>")
    answer = await eva.get(f"/posts/{post}/source")
    assert answer.headers["content-type"].startswith("text/plain")
    assert answer.headers["content-security-policy"] == "default-src 'none'; sandbox"
    assert answer.text.startswith("From: anna@example.test")
    assert "<script>" in answer.text


async def test_the_source_of_a_large_mail_ends_with_how_much_more_there_is(
    house: House, eva: Browser
) -> None:
    post = await house.mail_in(await house.ticket(1), "x" * 300_000)
    answer = await eva.get(f"/posts/{post}/source")
    assert "bytes more: download the raw mail" in answer.text
    assert len(answer.text) < 201_000
