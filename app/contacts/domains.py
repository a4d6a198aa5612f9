"""Domains of e-mail addresses, by which contacts belong to organisations. Pure."""

import re

from app.model.errors import Invalid

DOMAINS_MAX = 20
_DOMAIN = re.compile(r"(?:[^\W_](?:[\w-]{0,61}[^\W_])?\.)+[^\W\d_][\w-]{0,61}[^\W_]")
_LENGTH_MAX = 253
_FREE_WORDS = (
    "126.com 139.com 163.com 163.net 188.com 189.cn 21cn.com aliyun.com aol.com btinternet.com comcast.net daum.net "
    "duck.com eyou.com fastmail.com foxmail.com free.fr gmail.com gmx.at gmx.ch gmx.com gmx.de gmx.net googlemail.com "
    "hanmail.net hotmail.co.uk hotmail.com hotmail.de hotmail.fr hotmail.it icloud.com inbox.ru laposte.net libero.it "
    "list.ru live.cn live.com mac.com mail.com mail.ru mailbox.org me.com msn.com naver.com orange.fr outlook.com "
    "outlook.de posteo.de posteo.net proton.me protonmail.com qq.com rambler.ru rediffmail.com sina.cn sina.com "
    "sina.com.cn sohu.com t-online.de tom.com tutanota.com tuta.com vip.163.com vip.126.com vip.qq.com vip.sina.com "
    "wanadoo.fr web.de wo.cn yahoo.co.jp yahoo.co.uk yahoo.com yahoo.com.cn yahoo.com.hk yahoo.com.tw yahoo.de "
    "yahoo.fr yandex.com yandex.ru yeah.net ymail.com zoho.com"
)
_REGISTRY_WORDS = (
    "ac.cn ac.uk co.id co.il co.in co.jp co.kr co.nz co.th co.uk co.za com.ar com.au com.br com.cn com.hk com.mo "
    "com.mx com.my com.ph com.pl com.sg com.tr com.tw com.ua com.vn edu.au edu.cn edu.hk edu.tw gov.cn gov.hk gov.uk "
    "ltd.uk me.uk mil.cn ne.jp net.au net.cn net.nz net.tw or.jp or.kr org.au org.cn org.hk org.nz org.tw org.uk "
    "plc.uk"
)
# Where everybody may have an address: such a domain says nothing about whom somebody belongs to.
_FREE = frozenset(_FREE_WORDS.split())
# Below these anybody registers a name of his own: they are nobody's domain.
_REGISTRIES = frozenset(_REGISTRY_WORDS.split())


def tidy_domains(said: tuple[str, ...]) -> tuple[str, ...]:
    """Domains as they are kept, each once; raises `Invalid` (domain_malformed, domain_free)."""
    kept = dict.fromkeys(tidy for one in said if (tidy := _tidy(one)))
    for domain in kept:
        if not _DOMAIN.fullmatch(domain) or len(domain) > _LENGTH_MAX or domain in _REGISTRIES:
            raise Invalid(
                "domain_malformed",
                f"“{domain[:80]}” is no domain of an organisation. Write it like example.com.",
                f"“{domain[:80]}”不是组织的域名。请按 example.com 的格式填写。",
                field="domains",
            )
        if domain in _FREE:
            raise Invalid(
                "domain_free",
                f"Everybody may have an address at {domain}. Leave it out, and assign such contacts by hand.",
                f"任何人都可以注册 {domain} 的邮箱。请去掉该域名，并手动指定这类联系人。",
                field="domains",
            )
    return tuple(kept)


def domains_of(email: str) -> tuple[str, ...]:
    """The domains by which an address may tell whom somebody belongs to, the nearest first; none of a free one."""
    domain = email.rpartition("@")[2].strip().rstrip(".").lower()
    if domain in _FREE or not _DOMAIN.fullmatch(domain):
        return ()
    labels = domain.split(".")
    wider = (".".join(labels[at:]) for at in range(len(labels) - 1))
    return tuple(one for one in wider if one not in _FREE and one not in _REGISTRIES)


def _tidy(said: str) -> str:
    """As people write them: with a scheme, an @, a www. or a path around."""
    bare = said.strip().lower().rpartition("://")[2].rpartition("@")[2].partition("/")[0]
    return bare.removeprefix("www.").rstrip(".")
