"""Messages that vendors encrypt: their own samples, round trips, and forgeries that all look alike from outside."""

import base64
from typing import Any

import pytest
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from hypothesis import given
from hypothesis import strategies as st

from app.adapters.errors import BadDocument, BadSpec
from app.adapters.proving.crypto import decrypt, encrypt
from app.adapters.specs.model import Decrypt

WECHAT = Decrypt(key="aes", id="$app_id")
FEISHU = Decrypt(scheme="feishu", key="aes", at="encrypt")
# The vendors' own samples: the WXBizMsgCrypt demo of WeChat and of WeCom, DingTalk's DingCallbackCrypto3.py, Feishu's
# page "Encrypt Key".
OFFICIAL_ACCOUNT = (
    "hyzAe4OzmOMbd6TvGdIOO6uBmdJoD0Fk53REIHvxYtJlE2B655HuD0m8KUePWB3+LrPXo87wzQ1QLvbeUgmBM4x6F8PGHQHFVAFmOD2LdJF9FrXpbUAh"
    "0B5GIItb52sn896wVsMSHGuPE328HnRGBcrS7C41IzDWyWNlZkyyXwon8T332jisa+h6tEDYsVticbSnyU8dKOIbgU6ux5VTjg3yt+WGzjlpKn6NPhRj"
    "pA912xMezR4kw6KWwMrCVKSVCZciVGCgavjIQ6X8tCOp3yZbGpy0VxpAe+77TszTfRd5RJSVO/HTnifJpXgCSUdUue1v6h0EIBYYI1BD1DlD+C0CR8e6"
    "OewpusjZ4uBl9FyJvnhvQl+q5rv1ixrcpCumEPo5MJSgM9ehVsNPfUM669WuMyVWQLCzpu9GhglF2PE="
)
WECOM = (
    "RypEvHKD8QQKFhvQ6QleEB4J58tiPdvo+rtK1I9qca6aM/wvqnLSV5zEPeusUiX5L5X/0lWfrf0QADHHhGd3QczcdCUpj911L3vg3W/sYYvuJTs3TUUk"
    "SUXxaccAS0qhxchrRYt66wiSpGLYL42aM6A8dTT+6k4aSknmPj48kzJs8qLjvd4Xgpue06DOdnLxAUHzM6+kDZ+HMZfJYuR+LtwGc2hgf5gsijff0ekU"
    "NXZiqATP7PF5mZxZ3Izoun1s4zG4LUMnvw2r+KqCKIw+3IQH03v+BCA9nMELNqbSf6tiWSrXJB3LAVGUcallcrw8V2t9EL4EhzJWrQUax5wLVMNS0+rU"
    "PA3k22Ncx4XXZS9o0MBH27Bo6BpNelZpS+/uh9KsNlY6bHCmJU9p8g7m3fVKn28H3KDYA5Pl/T8Z1ptDAVe0lXdQ2YoyyH2uyPIGHBZZIs2pDBS8R07+"
    "qN+E7Q=="
)
WECOM_ECHO = "P9nAzCzyDtyTWESHep1vC5X9xho/qYX3Zpb4yKa9SKld1DsH3Iyt3tP3zNdtp+4RPcs8TgAE7OaBO+FZXvnaqQ=="
DINGTALK = (
    "0vJiX6vliEpwG3U45CtXqi+m8PXbQRARJ8p8BbDuD1EMTDf0jKpQ79QS93qEk7XHpP6u+oTTrd15NRPvNvmBKyDCYxxOK+HZeKju4yhELOFchzNukR+t"
    "8SB/qk4ROMu3"
)
WECHAT_KEY = "abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG"
WECOM_KEY = "jWmYm7qr5nMoAUwZRjGtBxmz3KA1tkAj3ykkR6q2B2C"


@pytest.mark.parametrize(
    ("how", "key", "receiver", "encrypted", "holds"),
    [
        (WECHAT, WECHAT_KEY, "wx2c2769f8efd9abc2", OFFICIAL_ACCOUNT, "<Content><![CDATA[abcdteT]]></Content>"),
        (WECHAT, WECOM_KEY, "wx5823bf96d3bd56c7", WECOM, "<Content><![CDATA[hello]]></Content>"),
        (WECHAT, WECOM_KEY, "wx5823bf96d3bd56c7", WECOM_ECHO, "1616140317555161061"),
        (
            WECHAT, "Yue0EfdN5900c1ce5cf6A152c63DDe1808a60c5ecd7", "ding6ccabc44d2c8d38b", DINGTALK,
            '{"EventType":"check_url"}',
        ),
        (FEISHU, "test key", "", "P37w+VZImNgPEO1RBhJ6RtKl7n6zymIbEG1pReEzghk=", "hello world"),
    ],
    ids=["WeChat", "WeCom", "WeCom, its trial of the address", "DingTalk", "Feishu"],
)  # fmt: skip
def test_what_vendors_publish_is_read(how: Decrypt, key: str, receiver: str, encrypted: str, holds: str) -> None:
    assert holds in decrypt(how, key, receiver, encrypted).decode()


@given(st.sampled_from([WECHAT, FEISHU]), st.binary(max_size=100), st.binary(min_size=16, max_size=16))
def test_what_is_encrypted_is_read_again(how: Decrypt, message: bytes, nonce: bytes) -> None:
    assert decrypt(how, WECOM_KEY, "corp", encrypt(how, WECOM_KEY, "corp", message, nonce)) == message


def test_a_message_for_somebody_else_is_refused() -> None:
    with pytest.raises(BadDocument, match="Encrypt: it cannot be decrypted"):
        decrypt(WECHAT, WECOM_KEY, "wx5823bf96d3bd56c8", WECOM)
    assert decrypt(WECHAT, WECOM_KEY, "", WECOM)


def _forged(inner: bytes) -> str:
    """What somebody with the key can make: any inside at all, of whole blocks."""
    key = base64.b64decode(WECOM_KEY + "=")
    step = Cipher(algorithms.AES256(key), modes.CBC(key[:16])).encryptor()
    return base64.b64encode(step.update(inner) + step.finalize()).decode()


@pytest.mark.parametrize(
    "encrypted",
    [
        "",
        "not base64!",
        "AAAA",  # not whole blocks
        _forged(b"\x00" * 32),  # padded with nothing
        _forged(b"a" * 31 + b"\x21"),  # by more than 32
        _forged(b"a" * 15 + b"\x11"),  # by more than there is
        _forged(b"a" * 30 + b"\x01\x02"),  # with another than it says
        _forged(b"\x10" * 16),  # nothing inside
        _forged(b"r" * 16 + b"\xff\xff\xff\xff" + b"x" * 11 + b"\x01"),  # longer than it is
        _forged(b"r" * 16 + b"\x00\x00\x00\x0c" + b"x" * 11 + b"\x01"),  # by one
    ],
)
def test_every_forgery_is_one_and_the_same_refusal(encrypted: str) -> None:
    with pytest.raises(BadDocument) as raised:
        decrypt(WECHAT, WECOM_KEY, "", encrypted)
    assert raised.value.code == "adapter_decrypt"
    assert raised.value.__cause__ is None
    assert raised.value.en.startswith("Encrypt: it cannot be decrypted, or is for somebody else.")


@given(st.sampled_from([WECHAT, FEISHU]), st.binary(max_size=200) | st.text(max_size=100))
def test_no_bytes_at_all_end_in_anything_else(how: Decrypt, sent: Any) -> None:
    encrypted = base64.b64encode(sent).decode() if isinstance(sent, bytes) else sent
    assert _path_of_refusal(how, encrypted) in (how.at, "read")  # Feishu's padding is right by chance once in 250


def _path_of_refusal(how: Decrypt, encrypted: str) -> str:
    try:
        decrypt(how, WECOM_KEY, "corp", encrypted)
    except BadDocument as error:
        return error.path
    return "read"


@pytest.mark.parametrize("key", ["", "short", WECOM_KEY + "A", "!" * 43])
def test_a_key_that_is_none_is_the_specs_fault(key: str) -> None:
    with pytest.raises(BadSpec, match="no EncodingAESKey") as raised:
        decrypt(WECHAT, key, "", WECOM)
    assert key not in raised.value.en or not key
