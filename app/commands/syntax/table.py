"""Which commands there are, in the order in which help tells of them."""

from collections.abc import Callable, Sequence

from app.commands.syntax import keeping, machine, product, serving
from app.commands.syntax.commands import Commands, Parser, Written
from app.commands.voice import Voice

WriteDown = Callable[[Commands], None]
COMMANDS: tuple[WriteDown, ...] = (
    serving.serve,
    serving.setup,
    serving.status,
    serving.logs,
    serving.support_bundle,
    keeping.backup,
    keeping.restore,
    keeping.upgrade,
    keeping.rollback,
    serving.search,
    keeping.outbox,
    keeping.adapter,
    keeping.import_,
    keeping.export,
    machine.doctor,
    machine.config,
    machine.probe,
    machine.install,
    machine.uninstall,
    product.licenses,
    product.sbom,
    product.completions,
    product.version,
    product.unpack,
    product.rehearse,
    product.renew,
    product.heal,
    product.gateway,
)


def parser(voice: Voice, wanted: str = "") -> Parser:
    """Every command with its options, in the reader's language; only the `wanted` one where there is one of that name.

    Writing all of them down takes longer than everything else that `version` does.
    """
    named = [write_down for write_down in COMMANDS if _name(write_down) == wanted]
    return _written(voice, named or COMMANDS).parser


def names() -> list[str]:
    """Of all commands, those that the program gives to itself as well."""
    return [_name(write_down) for write_down in COMMANDS]


def written(voice: Voice) -> list[Written]:
    """What completions and the manual tell of each command for people."""
    return _written(voice, COMMANDS).written


def _name(write_down: WriteDown) -> str:
    return write_down.__name__.rstrip("_").replace("_", "-")  # `import_`: the language has a word of that name


def _written(voice: Voice, which: Sequence[WriteDown]) -> Commands:
    commands = Commands(voice)
    for write_down in which:
        write_down(commands)
    return commands
