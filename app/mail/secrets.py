"""Passwords of mail servers: in a file under `keys/`, or in the environment; elsewhere only the reference to them."""

import os
import re
import secrets
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

from app.model.errors import Invalid, Unavailable

_FILE, _ENVIRONMENT = "file:", "env:"
_VARIABLE = re.compile(r"MAIL_[A-Z0-9_]{1,60}")
_BYTES_MAX = 4_096


class Secrets:
    """Keeps and finds them. `folder` is `keys/` of the data folder."""

    def __init__(self, folder: Path, environ: Mapping[str, str] = os.environ) -> None:
        self.folder = folder
        self._environ = environ

    def keep(self, name: str, password: str) -> str:
        """Put a password into `keys/`, readable by the server's user alone; what refers to it. Raises `Unavailable`."""
        self.keep_bytes(name, password.encode())
        return f"{_FILE}{name}"

    def named(self, variable: str) -> str:
        """What refers to a variable of the server's environment; raises `Invalid` for one that is not for mail."""
        if not _VARIABLE.fullmatch(variable):
            raise Invalid(
                "mail_variable",
                "The variable's name begins with MAIL_ and has capitals, digits and underscores. Name it so.",
                "环境变量名须以 MAIL_ 开头，只含大写字母、数字和下划线。请改名。",
                field="password_env",
            )
        return f"{_ENVIRONMENT}{variable}"

    def find(self, reference: str) -> str:
        """The password behind a reference, empty for none. Raises `Unavailable` where it is not there."""
        if not reference:
            return ""
        if reference.startswith(_ENVIRONMENT):
            return self._in_environment(reference.removeprefix(_ENVIRONMENT))
        found = self.find_bytes(reference.removeprefix(_FILE))
        if found is None:
            raise _missing(f"keys/{reference.removeprefix(_FILE)}")
        return found.decode(errors="replace").rstrip("\r\n")

    def forget(self, reference: str) -> None:
        """It is needed no more."""
        if reference.startswith(_FILE):
            with suppress(OSError):
                self._place(reference.removeprefix(_FILE)).unlink()

    def keep_bytes(self, name: str, secret: bytes) -> None:
        """Put it in its place, whole or not at all."""
        place = self._place(name)
        temporary = place.with_name(f".{place.name}.{secrets.token_hex(4)}")
        try:
            place.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
            with os.fdopen(descriptor, "wb") as file:
                file.write(secret)
                file.flush()
                os.fsync(file.fileno())
            temporary.replace(place)
        except OSError as error:
            with suppress(OSError):
                temporary.unlink(missing_ok=True)
            raise Unavailable(
                "key_unwritable",
                f"{place} cannot be written: {error.strerror}. Make room or give this user the right to write there.",
                f"无法写入 {place}：{error.strerror}。请释放空间，或为当前用户开放写入权限。",
            ) from error

    def find_bytes(self, name: str) -> bytes | None:
        """What lies there, None for nothing."""
        try:
            with self._place(name).open("rb") as file:
                return file.read(_BYTES_MAX)
        except OSError:
            return None

    def _in_environment(self, variable: str) -> str:
        found = self._environ.get(variable)
        if not found:
            raise _missing(variable)
        return found

    def _place(self, name: str) -> Path:
        return self.folder / name


def _missing(where: str) -> Unavailable:
    return Unavailable(
        "mail_password_missing",
        f"The password of the mail server is not in {where}. Enter it again under Settings → E-mail.",
        f"未在 {where} 找到邮件服务器密码。请在“设置 → 邮箱”中重新填写。",
    )
