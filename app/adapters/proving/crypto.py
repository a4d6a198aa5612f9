"""Messages that vendors encrypt: WXBizMsgCrypt (WeChat, WeCom, DingTalk) and Feishu's, both AES-256 in CBC.

Neither is authenticated by itself: a proof must hold before anything is decrypted. Whatever is wrong with a message is
one and the same refusal, so nobody learns by it where his forgery went wrong.
"""

import base64
import binascii
import hashlib
import hmac

from app.adapters.errors import BadDocument, BadSpec
from app.adapters.specs.model import Decrypt

NONCE_BYTES = 16
_KEY_CHARACTERS = 43  # of an EncodingAESKey: 32 bytes of base64 without the last "="
_LENGTH_BYTES = 4
_AES_BYTES = 16
_PADDED_TO = {"wechat": 32, "feishu": _AES_BYTES}


def decrypt(how: Decrypt, secret: str, receiver: str, encrypted: str) -> bytes:
    """The message, for `receiver` alone where one is named. Raises `BadDocument`, and `BadSpec` for a key that is none.

    WXBizMsgCrypt holds 16 random bytes, the length (4 bytes, big-endian), the message and the receiver's id. Source:
    developers.weixin.qq.com, "Message encryption and decryption"; open.feishu.cn, "Encrypt Key".
    """
    key = _key(how, secret)
    try:
        raw = base64.b64decode(encrypted, validate=True)
        if how.scheme == "feishu":
            return _unpadded(_aes(key, raw[:_AES_BYTES], raw[_AES_BYTES:], encrypting=False), _AES_BYTES)
        return _for(receiver, _unpadded(_aes(key, key[:_AES_BYTES], raw, encrypting=False), _PADDED_TO["wechat"]))
    except (ValueError, binascii.Error):
        raise _unreadable(how.at) from None


def encrypt(how: Decrypt, secret: str, receiver: str, message: bytes, nonce: bytes) -> str:
    """The same back, for an answer. `nonce`: 16 random bytes, never used again. Raises `BadSpec`."""
    key = _key(how, secret)
    if how.scheme == "feishu":
        return base64.b64encode(nonce + _aes(key, nonce, _padded(message, _AES_BYTES), encrypting=True)).decode()
    inner = nonce + len(message).to_bytes(_LENGTH_BYTES, "big") + message + receiver.encode()
    return base64.b64encode(_aes(key, key[:_AES_BYTES], _padded(inner, _PADDED_TO["wechat"]), encrypting=True)).decode()


def _key(how: Decrypt, secret: str) -> bytes:
    if how.scheme == "feishu":
        return hashlib.sha256(secret.encode()).digest()
    try:
        if len(secret) != _KEY_CHARACTERS:
            raise ValueError(len(secret))
        return base64.b64decode(secret + "=", validate=True)
    except (ValueError, binascii.Error):
        raise BadSpec(
            how.mark,
            f"the secret “{how.key}” is no EncodingAESKey: that has {_KEY_CHARACTERS} letters and digits. "
            "Copy it from the vendor's page again.",
            f"密钥“{how.key}”不是 EncodingAESKey：应为 {_KEY_CHARACTERS} 位字母和数字。请从平台页面重新复制。",
        ) from None


def _aes(key: bytes, iv: bytes, data: bytes, *, encrypting: bool) -> bytes:
    from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

    cipher = Cipher(algorithms.AES256(key), modes.CBC(iv))
    step = cipher.encryptor() if encrypting else cipher.decryptor()
    return step.update(data) + step.finalize()


def _padded(data: bytes, block: int) -> bytes:
    """PKCS #7 (RFC 5652 §6.3); WXBizMsgCrypt pads to 32 bytes, not to AES's 16."""
    size = block - len(data) % block
    return data + bytes([size]) * size


def _unpadded(data: bytes, block: int) -> bytes:
    size = data[-1] if data else 0
    if not 1 <= size <= block or size > len(data) or data[-size:] != bytes([size]) * size:
        raise ValueError(size)
    return data[:-size]


def _for(receiver: str, inner: bytes) -> bytes:
    """The message out of what WXBizMsgCrypt packs; no other receiver's."""
    begin = NONCE_BYTES + _LENGTH_BYTES
    if len(inner) < begin:
        raise ValueError(len(inner))
    end = begin + int.from_bytes(inner[NONCE_BYTES:begin], "big")
    if end > len(inner) or (receiver and not hmac.compare_digest(inner[end:], receiver.encode())):
        raise ValueError(end)
    return inner[begin:end]


def _unreadable(path: str) -> BadDocument:
    return BadDocument(
        "adapter_decrypt",
        path,
        "it cannot be decrypted, or is for somebody else. Compare key and id of `decrypt` with the vendor's page.",
        "无法解密，或消息的接收方不是本应用。请核对 `decrypt` 中的密钥和 id 是否与平台页面一致。",
    )
