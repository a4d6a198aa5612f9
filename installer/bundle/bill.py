"""The bill of materials as CycloneDX 1.6 (ECMA-424), in JSON, without time or place: two builds have the same one."""

import json
from collections.abc import Sequence
from uuid import NAMESPACE_URL, uuid5

from installer.parts import Part

_NAMESPACE = uuid5(NAMESPACE_URL, "monodesk:bill-of-materials")


def bill_of_materials(parts: Sequence[Part]) -> str:
    """For `parts`, ours first."""
    ours, *others = parts
    body = {
        "$schema": "http://cyclonedx.org/schema/bom-1.6.schema.json",
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "version": 1,
        "metadata": {"component": {"type": "application", **_component(ours)}},
        "components": [{"type": "library", **_component(part)} for part in others],
        "dependencies": [
            {"ref": _reference(ours), "dependsOn": [_reference(part) for part in others if not part.within]},
            *_holders(others),
        ],
    }
    serial = uuid5(_NAMESPACE, json.dumps(body, sort_keys=True))
    return json.dumps({**body, "serialNumber": f"urn:uuid:{serial}"}, indent=1, sort_keys=True)


def _component(part: Part) -> dict[str, object]:
    licence = (
        {"license": {"name": part.licence}} if part.licence.startswith("LicenseRef") else {"expression": part.licence}
    )
    version = {"version": part.version} if part.version else {}
    purl = {"purl": part.purl} if part.purl else {}
    return {"bom-ref": _reference(part), "name": part.name, "licenses": [licence], **version, **purl}


def _reference(part: Part) -> str:
    return "/".join(piece for piece in (part.within, part.name, part.version) if piece)


def _holders(parts: Sequence[Part]) -> list[dict[str, object]]:
    """Who holds whom in his machine code."""
    return [
        {"ref": _reference(part), "dependsOn": held}
        for part in parts
        if not part.within and (held := [_reference(one) for one in parts if one.within == part.name])
    ]
