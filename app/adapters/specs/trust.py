"""What a signature and a proof must be before anything relies on them, whatever a spec says."""

from collections.abc import Callable
from ipaddress import ip_network
from re import compile as pattern
from typing import NoReturn, TypeAlias

from app.adapters.proving.signing import ALL, BODY, REFERENCE, names_of, uses_secret
from app.adapters.specs.model import Addresses, AllOf, AnyOf, BasicProof, Bearer, Certificate, Proof, Sign, Signed

Refuse: TypeAlias = Callable[[object, str, str, str], NoReturn]  # part, its word, what to do in both languages
_FINGERPRINT = pattern(r"(?:[0-9A-Fa-f]{2}:?){31}[0-9A-Fa-f]{2}")


def demand_sign(sign: Sign, refuse: Refuse) -> None:
    """One that can be made, in one place, and by nobody without the secret."""
    if bool(sign.into) == bool(sign.header):
        refuse(
            sign,
            "header",
            "the signature goes into one place: `into` a parameter, or a `header`.",
            "签名只能放在一处：`into` 参数或 `header` 请求头。",
        )
    if not uses_secret(sign):
        refuse(
            sign,
            "with",
            "anybody could make this signature: the secret takes no part in it. Use a `style`, a "
            "digest that begins with hmac-, or ${secret} in `of`.",
            "此签名未用到密钥，任何人都能伪造。请设置 `style`、使用 hmac- 开头的摘要，或在 `of` 中写 ${secret}。",
        )
    if isinstance(sign.of, str) and sign.of not in ("", ALL, BODY) and not REFERENCE.search(sign.of):
        refuse(
            sign,
            "of",
            f"“{sign.of}” is the same text each time. Allowed: {ALL}, {BODY}, [names], or a text with ${{name}}.",
            f"“{sign.of}”是固定文本。可用：{ALL}、{BODY}、[名称列表]，或含 ${{名称}} 的文本。",
        )
    if sign.of == "" and not sign.key:
        refuse(
            sign,
            "of",
            "an empty text is signed only where `key` holds what counts.",
            "只有在 `key` 中写了内容时，`of` 才能为空。",
        )
    if sign.style == "among" and sign.parts == "pairs":
        refuse(
            sign,
            "style",
            "`among` needs `parts: values` or `parts: sorted-values`.",
            "`among` 需要 `parts: values` 或 `parts: sorted-values`。",
        )
    if sign.key and not sign.digest.startswith("hmac-"):
        refuse(sign, "key", "only a digest that begins with hmac- has a `key`.", "只有 hmac- 开头的摘要才有 `key`。")


def demand_proof(proof: Proof, refuse: Refuse) -> None:
    """One that not everybody has."""
    match proof:
        case AllOf() | AnyOf():
            for one in proof.proofs:
                demand_proof(one, refuse)
            if not proof.proofs:
                refuse(proof, "any", "name at least one proof.", "请至少填写一种验证方式。")
        case Signed():
            demand_sign(proof.sign, refuse)
            _window(proof, refuse)
        case Certificate():
            _certificate(proof, refuse)
        case Addresses():
            _networks(proof, refuse)
        case Bearer() if proof.header and proof.query:
            refuse(
                proof,
                "query",
                "the token is in a `header` or in the `query`.",
                "令牌只能在 `header` 或 `query` 之一。",
            )
        case Bearer() | BasicProof():
            pass


def _window(proof: Signed, refuse: Refuse) -> None:
    """A time or a nonce that is not signed is whatever a forger writes."""
    signed = {one.lower() for names in names_of(proof.sign) for one in names.split("|")}
    own = {proof.sign.into.lower(), proof.sign.header.lower()} - {""}
    everything = proof.sign.of == ALL or (isinstance(proof.sign.of, str) and "${all-sorted}" in proof.sign.of)
    if proof.time is not None and proof.time.name.lower() not in signed and not everything:
        refuse(
            proof.time,
            "name",
            f"“{proof.time.name}” is not signed, so anybody can change it. Name it in `of`.",
            f"“{proof.time.name}”未参与签名，可被篡改。请在 `of` 中加上它。",
        )
    if proof.once and proof.once.lower() not in signed | own and not everything:
        refuse(
            proof,
            "once",
            f"“{proof.once}” is not signed, so anybody can change it. Name it in `of`.",
            f"“{proof.once}”未参与签名，可被篡改。请在 `of` 中加上它。",
        )
    if proof.once and proof.time is None:
        refuse(
            proof,
            "once",
            "`once` needs `time` beside it: what is older need not be remembered.",
            "`once` 需要同时填写 `time`，这样过期的值才不必再记住。",
        )


def _certificate(proof: Certificate, refuse: Refuse) -> None:
    if not proof.subject and not proof.fingerprint:
        refuse(
            proof,
            "",
            "name the certificate by `subject` or `fingerprint`.",
            "请填写证书的 `subject` 或 `fingerprint`。",
        )
    if proof.fingerprint and not _FINGERPRINT.fullmatch(proof.fingerprint):
        refuse(
            proof,
            "fingerprint",
            "a fingerprint is SHA-256: 64 hexadecimal digits.",
            "指纹为 SHA-256：64 位十六进制数字。",
        )


def _networks(proof: Addresses, refuse: Refuse) -> None:
    for one in proof.networks:
        try:
            network = ip_network(one)
        except ValueError:
            refuse(
                proof,
                "",
                f"“{one}” is no network such as 10.0.0.0/8 or 2001:db8::/32.",
                f"“{one}”不是网段，例如 10.0.0.0/8、2001:db8::/32。",
            )
        if network.prefixlen == 0:
            refuse(proof, "", f"“{one}” is everybody, and so no proof.", f"“{one}”包含所有地址，起不到验证作用。")
    if not proof.networks:
        refuse(proof, "", "name at least one network.", "请至少填写一个网段。")
