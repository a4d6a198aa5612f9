"""What a map or a request may refer to beside its document, and what is counted while maps run."""

from collections.abc import Mapping

from app.adapters.formats.tree import Tree
from app.adapters.maps.arithmetic import text_of
from app.adapters.maps.values import Wrong
from app.settings import Limits

_VALUE_CHARACTERS_MAX = 100
_OTHERS = "…"  # under which is counted what is one too many


class Context:
    """`references` are the `$…` by name, moments as `times.moment` makes them; `secrets` by name, for requests alone.

    Where `root` is no reference, `$root` is the document itself. One for a batch; its counters are taken from it.
    """

    __slots__ = ("drift_every", "mapped", "paths_max", "references", "secrets", "unknown_fields", "unknown_values")

    def __init__(
        self, references: Mapping[str, Tree], secrets: Mapping[str, str] = {}, limits: Limits | None = None
    ) -> None:
        limits = limits or Limits()
        self.references = references
        self.secrets = secrets
        self.mapped = 0
        self.drift_every = limits.adapter_drift_every
        self.paths_max = limits.adapter_drift_paths_max
        self.unknown_fields: dict[str, int] = {}  # path of a field that no map takes -> in how many documents seen
        self.unknown_values: dict[tuple[str, str], int] = {}  # path, value that no `enum` names -> how often

    def drift(self) -> dict[tuple[str, str, str], int]:
        """What maps met that they do not know, as it is stored: (what, path, value) -> how often."""
        fields = {("field", path, ""): count for path, count in self.unknown_fields.items()}
        return fields | {("value", path, value): count for (path, value), count in self.unknown_values.items()}

    def unknown_field(self, path: str) -> None:
        if path not in self.unknown_fields and len(self.unknown_fields) >= self.paths_max:
            path = _OTHERS
        self.unknown_fields[path] = self.unknown_fields.get(path, 0) + 1

    def unknown_value(self, path: str, value: Tree) -> None:
        seen = (path, _shown(value))
        if seen not in self.unknown_values and len(self.unknown_values) >= self.paths_max:
            seen = (path, _OTHERS)
        self.unknown_values[seen] = self.unknown_values.get(seen, 0) + 1


def _shown(value: Tree) -> str:
    if isinstance(value, str):
        return value[:_VALUE_CHARACTERS_MAX]
    try:
        return text_of(value) if isinstance(value, int) and not isinstance(value, bool) else str(value)[:99]
    except Wrong:
        return _OTHERS
