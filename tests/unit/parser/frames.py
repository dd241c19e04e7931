"""How common mail programs frame what they quote, as text and as HTML, written down from what they send."""

from collections.abc import Callable

TextFrame = Callable[[str], str]


def _marked(text: str) -> str:
    return "\n".join(
        f"> {line}" if line and not line.startswith(">") else f">{line}" for line in text.split("\n")
    )


def _intro(*lines: str) -> TextFrame:
    head = "\n".join(lines)
    return lambda old: f"\n\n{head}\n\n{_marked(old)}\n"


def _tight(*lines: str) -> TextFrame:
    head = "\n".join(lines)
    return lambda old: f"\n\n{head}\n{_marked(old)}\n"


def _block(*lines: str) -> TextFrame:
    head = "\n".join(lines)
    return lambda old: f"\n\n{head}\n\n{old}\n"


QUOTING: dict[str, TextFrame] = {
    "Gmail": _intro("On Mon, Mar 4, 2024 at 9:12 AM Eva Stein <eva@x.example> wrote:"),
    "Gmail, wrapped": _intro(
        "On Mon, Mar 4, 2024 at 9:12 AM Eva Stein of the Long Company Name", "<eva@x.example> wrote:"
    ),
    "Apple Mail": _tight("> On 4 Mar 2024, at 09:12, Eva Stein <eva@x.example> wrote:", ">"),
    "iOS": _intro("On Mar 4, 2024, at 9:12 AM, Eva Stein <eva@x.example> wrote:"),
    "Thunderbird": _tight("On 04/03/2024 09:12, Eva Stein wrote:"),
    "Thunderbird, German": _tight("Am 04.03.24 um 09:12 schrieb Eva Stein:"),
    "Thunderbird, French": _tight("Le 04/03/2024 à 09:12, Eva Stein a écrit :"),
    "Gmail, Spanish": _intro("El lun, 4 mar 2024 a las 9:12, Eva Stein (<eva@x.example>) escribió:"),
    "Proton": _tight("On Monday, March 4th, 2024 at 9:12 AM, Eva Stein <eva@x.example> wrote:", ""),
    "Yahoo": _intro("On Monday, March 4, 2024 at 09:12:01 AM GMT+1, Eva Stein <eva@x.example> wrote:"),
    "bare marks": lambda old: f"\n\n{_marked(old)}\n",
}
"""Frames that mark each quoted line."""

BLOCKS: dict[str, TextFrame] = {
    "Outlook": _block(
        "From: Eva Stein <eva@x.example>",
        "Sent: Monday, March 4, 2024 9:12 AM",
        "To: Helpdesk <help@helpdesk.example>",
        "Subject: Printer",
    ),
    "Outlook on the web": _block(
        "________________________________",
        "From: Eva Stein <eva@x.example>",
        "Sent: Monday, March 4, 2024 9:12 AM",
        "To: Helpdesk <help@helpdesk.example>",
        "Subject: Printer",
    ),
    "Outlook 2003": _block(
        "-----Original Message-----",
        "From: Eva Stein [mailto:eva@x.example]",
        "Sent: Monday, March 04, 2024 9:12 AM",
        "To: Helpdesk",
        "Subject: Printer",
    ),
    "Outlook, German": _block(
        "Von: Eva Stein <eva@x.example>",
        "Gesendet: Montag, 4. März 2024 09:12",
        "An: Helpdesk <help@helpdesk.example>",
        "Betreff: Drucker",
    ),
}
"""Frames with a header above, and the older mail below as it was."""

HTML: dict[str, Callable[[str], str]] = {
    "Gmail": lambda old: (
        '<br><div class="gmail_quote"><div dir="ltr" class="gmail_attr">On Mon, Mar 4, 2024 at 9:12 AM Eva '
        'Stein &lt;<a href="mailto:eva@x.example">eva@x.example</a>&gt; wrote:<br></div><blockquote '
        f'class="gmail_quote" style="margin:0px 0px 0px 0.8ex">{old}</blockquote></div>'
    ),
    "Apple Mail": lambda old: (
        '<div><br><blockquote type="cite"><div>On 4 Mar 2024, at 09:12, Eva &lt;eva@x.example&gt; wrote:'
        f'</div><br class="Apple-interchange-newline"><div>{old}</div></blockquote></div>'
    ),
    "Thunderbird": lambda old: (
        '<div class="moz-cite-prefix">On 04/03/2024 09:12, Eva Stein wrote:<br></div>'
        f'<blockquote type="cite" cite="mid:a@x.example">{old}</blockquote>'
    ),
    "Outlook on the web": lambda old: (
        '<div id="appendonsend"></div><hr style="width:98%"><div id="divRplyFwdMsg" dir="ltr"><b>From:</b> '
        "Eva &lt;eva@x.example&gt;<br><b>Sent:</b> Monday, March 4, 2024 9:12 AM<br><b>To:</b> Helpdesk<br>"
        f"<b>Subject:</b> Printer<div>&nbsp;</div></div><div>{old}</div>"
    ),
    "Outlook": lambda old: (
        '<div><div style="border:none;border-top:solid #E1E1E1 1.0pt;padding:3.0pt 0cm 0cm 0cm">'
        '<p class="MsoNormal"><b>From:</b> Eva &lt;eva@x.example&gt;<br><b>Sent:</b> Monday, March 4, 2024 '
        f"9:12 AM<br><b>To:</b> Helpdesk<br><b>Subject:</b> Printer</p></div></div>{old}"
    ),
    "Yahoo": lambda old: (
        '<div class="yahoo_quoted"><div>On Monday, March 4, 2024 at 09:12:01 AM GMT+1, Eva '
        f"&lt;eva@x.example&gt; wrote:</div><div><br></div><div>{old}</div></div>"
    ),
    "Proton": lambda old: (
        '<div class="protonmail_quote">On Monday, March 4th, 2024 at 9:12 AM, Eva &lt;eva@x.example&gt; '
        f'wrote:<br><blockquote class="protonmail_quote" type="cite">{old}</blockquote></div>'
    ),
}
