"""What an installation does to a machine, one step at a time: values, worded for people, done by `apply`."""

from pathlib import Path

from msgspec import Struct

from installer.facts import Words
from installer.layout import Record


class MakeFolder(Struct, frozen=True, tag="folder"):
    """A folder that is not there yet; `user` owns it, empty for who installs."""

    path: Path
    mode: int
    user: str = ""


class MakeUser(Struct, frozen=True, tag="user"):
    """A user of the system that cannot log in."""

    name: str
    home: Path


class Give(Struct, frozen=True, tag="give"):
    """A folder with all in it to a user: his data from an installation before."""

    path: Path
    user: str


class Unpack(Struct, frozen=True, tag="unpack"):
    """The program of this version; another one in its place is put aside until everything has gone well."""

    folder: Path


class Write(Struct, frozen=True, tag="write"):
    """A file, whole; one that is there is replaced."""

    path: Path
    text: str
    mode: int
    user: str = ""


class Pack(Struct, frozen=True, tag="pack"):
    """An OCI image of the running program."""

    path: Path


class Lead(Struct, frozen=True, tag="lead"):
    """A link to `target`."""

    path: Path
    target: str


class Call(Struct, frozen=True, tag="call"):
    """A program of the system; `back` undoes it, empty where nothing is to be undone. Unless `needed` it may fail."""

    command: tuple[str, ...]
    words: Words
    back: tuple[str, ...] = ()
    needed: bool = True


class Remove(Struct, frozen=True, tag="remove"):
    """A file, a link, or a folder with all in it; one that is gone already is no fault."""

    path: Path


class RemoveEmpty(Struct, frozen=True, tag="remove_empty"):
    """A folder of ours, where nobody else has put anything into it."""

    path: Path


class Note(Struct, frozen=True, tag="note"):
    """The record of what was installed."""

    prefix: Path
    record: Record


Step = MakeFolder | MakeUser | Give | Unpack | Write | Pack | Lead | Call | Remove | RemoveEmpty | Note


def describe(step: Step) -> Words:
    """One line about a step, before it is done."""
    match step:
        case MakeFolder(path=path):
            return Words(f"make the folder {path}", f"创建目录 {path}")
        case MakeUser(name=name):
            return Words(f"make the system user {name}", f"创建系统用户 {name}")
        case Give(path=path, user=user):
            return Words(f"give {path} to {user}", f"将 {path} 的所有者改为 {user}")
        case Unpack(folder=folder):
            return Words(f"unpack the program to {folder}", f"将程序解压到 {folder}")
        case Write(path=path):
            return Words(f"write {path}", f"写入 {path}")
        case Pack(path=path):
            return Words(f"write the image {path}", f"写入镜像 {path}")
        case Lead(path=path, target=target):
            return Words(f"link {path} to {target}", f"将链接 {path} 指向 {target}")
        case Call(words=words):
            return words
        case Remove(path=path):
            return Words(f"remove {path}", f"删除 {path}")
        case RemoveEmpty(path=path):
            return Words(f"remove the folder {path} if it is empty", f"若目录 {path} 为空则删除")
        case Note(prefix=prefix):
            return Words(f"note in {prefix} what was installed", f"在 {prefix} 中记录安装内容")


class Plan(Struct, frozen=True):
    """What is to be done, in order, and what a person does next."""

    steps: tuple[Step, ...]
    next_steps: tuple[Words, ...] = ()
