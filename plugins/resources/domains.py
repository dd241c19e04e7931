"""Which domains speak for an organization: the sender's own and those above it, none that all share."""

FEWEST_LABELS = 2
MOST_LABELS = 10

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
"""Anybody has an address there, so it says nothing of a firm."""

_REGISTRIES = "ac co com edu go gob gouv gov govt gv id ind info ltd me mil ne net nhs nom or org plc sch web"
_SHARED_LABELS = frozenset(_REGISTRIES.split())
"""Under a country's domain these are registries, such as co.uk, not organizations."""


def domains_of(domain: str) -> tuple[str, ...]:
    """The domains to look for, the nearest first; none for a free-mail domain, a bare name or an address."""
    labels = domain.strip().rstrip(".").lower().split(".")
    if len(labels) < FEWEST_LABELS or not all(labels):
        return ()
    labels = labels[-MOST_LABELS:]
    found = [".".join(labels[start:]) for start in range(len(labels) - FEWEST_LABELS + 1)]
    if any(name in FREE_MAIL for name in found):
        return ()
    return tuple(name for name in found if name == found[0] or not _registry(name))


def _registry(name: str) -> bool:
    first, _, last = name.partition(".")
    return "." not in last and len(last) == len("uk") and first in _SHARED_LABELS
