"""Which domains speak for an organization: the sender's own and those above it, none that all share."""

import re
from functools import cache

from publicsuffixlist import PublicSuffixList

_FREE_MAIL = """
    126.com 139.com 163.com 21cn.com abv.bg alice.it aliyun.com aol.com aol.de arcor.de att.net bell.net
    bellsouth.net bigpond.com bk.ru bluewin.ch blueyonder.co.uk bol.com.br btinternet.com centrum.cz
    charter.net comcast.net cox.net daum.net docomo.ne.jp duck.com earthlink.net ezweb.ne.jp fastmail.com
    fastmail.fm foxmail.com free.fr freemail.hu freenet.de frontier.com gmail.com gmx.at gmx.ch gmx.com
    gmx.de gmx.fr gmx.net googlemail.com hanmail.net hey.com hispeed.ch hotmail.be hotmail.ca
    hotmail.co.jp hotmail.co.uk hotmail.com hotmail.com.br hotmail.de hotmail.es hotmail.fr hotmail.it
    hotmail.nl hushmail.com icloud.com inbox.lv inbox.ru interia.pl juno.com kolabnow.com kpnmail.nl
    laposte.net libero.it list.ru live.be live.ca live.co.uk live.com live.de live.fr live.it live.nl
    mac.com mail.bg mail.com mail.de mail.ee mail.ru mailbox.org me.com msn.com naver.com neuf.fr
    ntlworld.com o2.pl onet.pl online.de online.no op.pl optonline.net orange.fr outlook.at outlook.be
    outlook.co.th outlook.com outlook.com.br outlook.de outlook.dk outlook.es outlook.fr outlook.it
    outlook.jp outlook.pt planet.nl pm.me posteo.de posteo.net proton.me protonmail.ch protonmail.com
    qq.com rambler.ru rediffmail.com rocketmail.com rogers.com runbox.com sapo.pt sbcglobal.net seznam.cz
    sfr.fr shaw.ca sina.com sky.com skynet.be softbank.ne.jp sohu.com sunrise.ch sympatico.ca t-online.de
    talktalk.net telenet.be telia.com telus.net tin.it tiscali.it tuta.com tuta.io tutamail.com
    tutanota.com tutanota.de ukr.net uol.com.br verizon.net videotron.ca virgilio.it virginmedia.com
    vodafone.de voila.fr walla.co.il wanadoo.fr web.de windstream.net wp.pl xs4all.nl xtra.co.nz ya.ru
    yahoo.ca yahoo.co.id yahoo.co.in yahoo.co.jp yahoo.co.uk yahoo.com yahoo.com.ar yahoo.com.au
    yahoo.com.br yahoo.com.mx yahoo.de yahoo.es yahoo.fr yahoo.gr yahoo.in yahoo.it yandex.com yandex.ru
    yeah.net ymail.com ziggo.nl zoho.com zohomail.eu
"""
FREE_MAIL = frozenset(_FREE_MAIL.split())
"""Anybody has an address there: it says nothing of a firm, and two addresses of it are no colleagues."""

LONGEST = 253
_LABEL = re.compile(r"[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?")


def as_kept(typed: str) -> str:
    """A domain as it is kept and compared: lower case, its own script in ASCII. Of an address, what is behind
    the @. What is no domain stays what it is, in lower case."""
    domain = typed.strip().lower().rpartition("@")[2].strip(".")
    try:
        return domain.encode("idna").decode("ascii").lower()
    except UnicodeError:
        return domain


def domains_of(domain: str) -> tuple[str, ...]:
    """The domains to look for, the nearest first, up to the one that was registered; none for a free-mail
    domain, a public suffix such as co.uk, or what is no domain."""
    kept = as_kept(domain)
    registered = _suffixes().privatesuffix(kept) if _is_domain(kept) else None
    if registered is None:
        return ()
    labels = kept.removesuffix(registered).split(".")[:-1]
    found = [".".join((*labels[start:], registered)) for start in range(len(labels) + 1)]
    return () if FREE_MAIL.intersection(found) else tuple(found)


def is_free_mail(domain: str) -> bool:
    """True where anybody has an address."""
    return domain in FREE_MAIL


def why_not(typed: str) -> str | None:
    """Say why a domain cannot be an organization's; None when it can."""
    kept = as_kept(typed)
    if not _is_domain(kept):
        return f"{typed.strip()[:80]!r} is no domain: write it like acme.example"
    if domains_of(kept):
        return None
    if _suffixes().is_public(kept):
        return f"{kept} is a public suffix: many stand under it; name a domain like acme.{kept}"
    return f"anybody can have an address at {kept}, so it says nothing of an organization"


def _is_domain(kept: str) -> bool:
    labels = kept.split(".")
    return len(labels) > 1 and len(kept) <= LONGEST and all(_LABEL.fullmatch(label) for label in labels)


@cache
def _suffixes() -> PublicSuffixList:
    """The list that is in the package: nothing is fetched. What it does not know counts as one label."""
    return PublicSuffixList()
