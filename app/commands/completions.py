"""`monodesk completions`: what a shell needs to complete our commands, made from what may be written (`syntax`).

Bash, zsh's `_arguments` and fish's `complete`, as their manuals describe them. A metavar says what completes a value:
FILE a file, DIR a folder, anything else nothing.
"""

import argparse
from collections.abc import Callable, Iterator, Sequence

from app.commands.syntax.commands import Taken, Written
from app.commands.syntax.table import written
from app.commands.voice import OK, Voice

_HELP = ("-h", "--help")


def run(options: argparse.Namespace, voice: Voice) -> int:
    """Print the script for one shell; descriptions in the reader's language."""
    print("\n".join(_SHELLS[options.shell](written(voice), voice)))
    return OK


def _bash(commands: Sequence[Written], _: Voice) -> Iterator[str]:
    """What stands before the word decides; `--name=value` comes as three words (COMP_WORDBREAKS)."""
    yield "# Monodesk for bash. In ~/.bashrc: source <(monodesk completions bash)"
    yield "_monodesk() {"
    yield "  local command= current=${COMP_WORDS[COMP_CWORD]} before=${COMP_WORDS[COMP_CWORD-1]} index"
    yield "  COMPREPLY=()"
    yield "  for ((index = 1; index < COMP_CWORD; index++)); do"
    yield "    [[ ${COMP_WORDS[index]} == -* ]] || { command=${COMP_WORDS[index]}; break; }"
    yield "  done"
    yield "  if [[ $current == = ]]; then current="
    yield "  elif [[ $before == = ]]; then before=${COMP_WORDS[COMP_CWORD-2]}"
    yield "  fi"
    yield "  case $command in"
    yield f"    '') _monodesk_words {' '.join(command.name for command in commands)}; return ;;"
    for command in commands:
        yield f"    {command.name})"
        yield from _bash_values(command)
        yield "      if [[ $current == -* ]]; then"
        yield f"        _monodesk_words {' '.join([*_HELP, *(name for one in command.options for name in one.names)])}"
        for one in command.arguments[1:]:  # a second one stands behind the first
            yield f"      elif [[ $before != {command.name} ]]; then {_bash_value(one)}"
        yield f"      else {_bash_value(command.arguments[0]) if command.arguments else ':'}"
        yield "      fi ;;"
    yield "  esac"
    yield "}"
    yield '_monodesk_words() { mapfile -t COMPREPLY < <(compgen -W "$*" -- "$current"); }'
    yield "_monodesk_paths() {"
    yield '  compopt -o filenames 2>/dev/null; mapfile -t COMPREPLY < <(compgen "$1" -- "$current")'
    yield "}"
    yield "complete -F _monodesk monodesk"


def _bash_values(command: Written) -> Iterator[str]:
    valued = [one for one in command.options if one.metavar or one.choices]
    if valued:
        yield "      case $before in"
        for one in valued:
            yield f"        {'|'.join(one.names)}) {_bash_value(one)}; return ;;"
        yield "      esac"


def _bash_value(taken: Taken) -> str:
    if taken.choices:
        return f"_monodesk_words {' '.join(taken.choices)}"
    return {"FILE": "_monodesk_paths -f", "DIR": "_monodesk_paths -d"}.get(taken.metavar, ":")


def _zsh(commands: Sequence[Written], voice: Voice) -> Iterator[str]:
    yield "#compdef monodesk"
    yield "# Monodesk for zsh. In ~/.zshrc, after compinit: source <(monodesk completions zsh)"
    yield "_monodesk() {"
    yield "  local -a names"
    yield f"  names=({' '.join(_quoted(f'{command.name}:{_zsh_text(command.text)}') for command in commands)})"
    yield f"  if ((CURRENT == 2)); then _describe {_quoted(voice.pick('command', '命令'))} names; return; fi"
    yield "  shift words; ((CURRENT--))"
    yield "  case $words[1] in"
    shown = _zsh_text(voice.pick("show this help and end", "显示此帮助"))
    for command in commands:
        words = [f"(- *){name}[{shown}]" for name in _HELP]
        words += [word for one in command.options for word in _zsh_option(one)]
        words += [_zsh_argument(one) for one in command.arguments]
        yield f"    {command.name}) _arguments -S {' '.join(map(_quoted, words))} ;;"
    yield "  esac"
    yield "}"
    yield 'if [[ $funcstack[1] == _monodesk ]]; then _monodesk "$@"; else compdef _monodesk monodesk; fi'


def _zsh_option(taken: Taken) -> Iterator[str]:
    """Each of its names shuts out all of them."""
    value = f":{_zsh_text(taken.metavar or taken.text)}:{_zsh_value(taken)}" if taken.metavar or taken.choices else ""
    for name in taken.names:
        equals = "=" if value and name.startswith("--") else "+" if value else ""
        yield f"({' '.join(taken.names)}){name}{equals}[{_zsh_text(taken.text)}]{value}"


def _zsh_argument(taken: Taken) -> str:
    return (
        f"*:{_zsh_text(taken.text)}:{_zsh_value(taken)}"
        if taken.metavar == "NAME"
        else (f":{_zsh_text(taken.text)}:{_zsh_value(taken)}")
    )


def _zsh_value(taken: Taken) -> str:
    if taken.choices:
        return f"({' '.join(taken.choices)})"
    return {"FILE": "_files", "DIR": "_files -/"}.get(taken.metavar, " ")


def _zsh_text(text: str) -> str:
    """In a description `:` ends it and brackets enclose it."""
    return text.replace("\\", "\\\\").replace(":", "\\:").replace("[", "\\[").replace("]", "\\]")


def _fish(commands: Sequence[Written], voice: Voice) -> Iterator[str]:
    yield "# Monodesk for fish: monodesk completions fish > ~/.config/fish/completions/monodesk.fish"
    yield "complete -c monodesk -f"
    for command in commands:
        yield f"complete -c monodesk -n __fish_use_subcommand -a {command.name} -d {_quoted(command.text)}"
    shown = Taken(_HELP, voice.pick("show this help and end", "显示此帮助"))
    for command in commands:
        there = f"complete -c monodesk -n '__fish_seen_subcommand_from {command.name}'"
        for one in (shown, *command.options):
            names = " ".join(f"-l {name[2:]}" if name.startswith("--") else f"-s {name[1:]}" for name in one.names)
            value = f" {_fish_value(one)}" if one.metavar or one.choices else ""
            yield f"{there} {names} -d {_quoted(one.text)}{value}"
        for one in command.arguments:
            if one.choices or one.metavar in ("FILE", "DIR"):
                yield f"{there} {_fish_value(one).replace('-x ', '').replace('-r ', '')}"


def _fish_value(taken: Taken) -> str:
    """-x: it needs a value, and no file is one; -r -F: it needs one, and files are."""
    if taken.choices:
        return f"-x -a {_quoted(' '.join(taken.choices))}"
    return {"FILE": "-r -F", "DIR": "-x -a '(__fish_complete_directories)'"}.get(taken.metavar, "-x")


def _quoted(text: str) -> str:
    """One word to each of the three shells."""
    return "'" + text.replace("'", "'\\''") + "'"


_SHELLS: dict[str, Callable[[Sequence[Written], Voice], Iterator[str]]] = {"bash": _bash, "zsh": _zsh, "fish": _fish}
