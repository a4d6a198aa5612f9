"""Writing Python: lines, blocks, variables, and the paths into a document that they hold. Pure.

Statements are emitted, never nested expressions: what fails is then one step, and `at` says where in the document.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from msgspec import Struct

from app.adapters.formats.tree import Tree
from app.adapters.maps.paths import Each, Key, Path, Step, deeper, place_of, root_place
from app.adapters.maps.values import Place, as_list, as_object, copied, element

WORDS: dict[str, object] = {
    "dict": dict, "list": list, "enumerate": enumerate, "as_object": as_object, "as_list": as_list,
    "element": element, "copied": copied,
}  # fmt: skip


class Found(Struct, frozen=True):
    """A value that the code has: a variable or a constant; `at`: the number of its place, or the variable that has it.

    `key` tells places of the document apart, so that what is there already is not fetched again.
    """

    operand: str
    at: str
    place: Place
    key: tuple[object, ...] = ()


class Emission:
    """One function in the making. `_scopes`: the record at hand, and those around it; `_cached`, `_objects`: what is at
    hand here; `_given`: what the code knows by name.
    """

    def __init__(self) -> None:
        self._lines: list[str] = []
        self._indent = 2
        self._count = 0
        self._loops = 0
        self._given = dict(WORDS)
        self._places: dict[Place, int] = {}
        self._cached: dict[tuple[object, ...], str] = {}
        self._objects: dict[str, str] = {}
        self._uses: set[str] = set()
        self._scopes = [Found("document", self._at(()), (), ("item",))]

    # ---- writing

    def _line(self, text: str) -> None:
        self._lines.append("    " * self._indent + text)

    @contextmanager
    def _block(self, head: str) -> Iterator[None]:
        """What is fetched inside is not at hand after it."""
        self._line(head)
        self._indent += 1
        cached, objects, length = dict(self._cached), dict(self._objects), len(self._lines)
        yield
        if len(self._lines) == length:
            self._line("None")
        self._cached, self._objects = cached, objects
        self._indent -= 1

    def _fresh(self, kind: str = "v") -> str:
        self._count += 1
        return f"{kind}{self._count}"

    def _at(self, place: Place) -> str:
        return str(self._places.setdefault(place, len(self._places)))

    def _is_at(self, found: Found) -> None:
        self._line(f"at = {found.at}")

    def _named(self, thing: object) -> str:
        """A name for what no text can be written for."""
        self._count += 1
        name = f"K{self._count}"
        self._given[name] = thing
        return name

    def _constant(self, value: Tree) -> str:
        if value is None or isinstance(value, bool | int | str):
            return repr(value)
        return f"copied({self._named(value)})" if isinstance(value, list | dict) else self._named(value)

    def _variable(self, operand: str) -> str:
        """The operand where it is a variable, else one with its value: what is asked further cannot be a constant."""
        if operand.isidentifier() and operand.islower():
            return operand
        variable = self._fresh()
        self._line(f"{variable} = {operand}")
        return variable

    def _here(self, operand: str) -> Found:
        """A value that stands nowhere in the document: its problems are told of the record at hand."""
        return Found(operand, self._scopes[-1].at, self._scopes[-1].place)

    # ---- paths

    def _path(self, path: Path) -> Found:
        if not path.is_many:
            return self._walked(path)
        out = self._fresh()
        self._line(f"{out} = []")
        self._each_of(self._root(path), path.steps, lambda found: self._append(out, found))
        place = self._place(path)
        return Found(out, self._at(place), place)

    def _append(self, out: str, found: Found) -> None:
        with self._block(f"if {found.operand} is not None:"):
            self._line(f"{out}.append({found.operand})")

    def _walked(self, path: Path) -> Found:
        found = self._root(path)
        for step in path.steps:
            found = self._stepped(found, step)
        return found

    def _root(self, path: Path) -> Found:
        if path.root == "item":
            return self._scopes[-1 - path.up]
        if path.root == "secret":
            self._uses.add("secrets")
            return Found("secrets", self._at(("$",)), ("$",), ("$",))
        self._uses.add("references")
        place = (f"${path.root}",)
        if path.root == "root":
            self._uses.add("whole")
            return Found("whole", self._at(place), place, place)
        if place not in self._cached:
            self._cached[place] = self._fresh()
            self._line(f"{self._cached[place]} = references.get({path.root!r})")
        return Found(self._cached[place], self._at(place), place, place)

    def _stepped(self, found: Found, step: Step) -> Found:
        key, place = (*found.key, step), deeper(found.place, step)
        if key not in self._cached:
            if isinstance(step, Key):
                fields, variable = self._object(found), self._fresh()
                self._line(f"{variable} = {fields}.get({step.name!r})")
            else:
                assert not isinstance(step, Each)
                self._is_at(found)
                variable = self._fresh()
                self._line(f"{variable} = element({found.operand}, {step.at})")
            self._cached[key] = variable
        return Found(self._cached[key], self._at(place), place, key)

    def _object(self, found: Found) -> str:
        """A variable that has fields for sure."""
        if found.operand == "secrets":
            return found.operand
        if found.operand not in self._objects:
            fields = self._fresh()
            self._line(f"{fields} = {found.operand}")
            with self._block(f"if {fields}.__class__ is not dict:"):
                self._is_at(found)
                self._line(f"{fields} = as_object({fields})")
            self._objects[found.operand] = fields
        return self._objects[found.operand]

    def _each_of(self, found: Found, steps: tuple[Step, ...], use: Callable[[Found], None]) -> None:
        """Whatever `use` writes is done with each element that the steps lead to."""
        for number, step in enumerate(steps):
            if isinstance(step, Each):
                with self._loop(found) as member:
                    self._each_of(member, steps[number + 1 :], use)
                return
            found = self._stepped(found, step)
        use(found)

    @contextmanager
    def _loop(self, found: Found) -> Iterator[Found]:
        members, turn, member = self._fresh(), self._loops, self._fresh()
        self._loops += 1
        self._line(f"{members} = {found.operand}")
        with self._block(f"if {members}.__class__ is not list:"):
            self._is_at(found)
            self._line(f"{members} = as_list({members})")
        place = (*found.place, "[", turn, "]")
        with self._block(f"for i{turn}, {member} in enumerate({members}):"):
            yield Found(member, self._at(place), place, (f"loop {turn}",))

    def _place(self, path: Path) -> Place:
        base = self._scopes[-1 - path.up].place if path.root == "item" else root_place(path)
        return place_of(path, base)
