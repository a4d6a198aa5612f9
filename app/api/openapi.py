"""`/api/openapi.json`: OpenAPI 3.1, generated from the table and the Structs, in the reader's language."""

from collections.abc import Sequence
from typing import Any

import msgspec

from app import __version__
from app.api.call import Done, Nothing
from app.api.route import Kind, Media, Route
from app.gateway.refusals import MEDIA_TYPE, Refusal

Page = dict[str, Any]  # a JSON object whose shape the OpenAPI specification gives
_REFERENCE = "#/components/schemas/{name}"
_VERSION: Page = {"type": "string", "const": "1.0.0"}
_BYTES: Page = {"type": "string", "const": "application/offset+octet-stream"}
_NUMBER: Page = {"type": "string", "pattern": "^[0-9]{1,15}$"}
_METADATA: Page = {"type": "string", "description": "filename <base64 of UTF-8>"}
# The header fields of the tus protocol, by method: name, whether it must be there, schema.
_TUS: dict[str, tuple[tuple[str, bool, Page], ...]] = {
    "POST": (
        ("Tus-Resumable", True, _VERSION),
        ("Upload-Length", True, _NUMBER),
        ("Upload-Metadata", False, _METADATA),
    ),
    "PATCH": (("Tus-Resumable", True, _VERSION), ("Upload-Offset", True, _NUMBER), ("Content-Type", True, _BYTES)),
    "DELETE": (("Tus-Resumable", True, _VERSION),),
}
_SECURITY: dict[Kind, list[dict[str, list[str]]]] = {
    Kind.ANYONE: [],
    Kind.AGENT: [{"session": []}, {"token": []}],
    Kind.VISITOR: [{"visitor": []}],
}


def openapi(routes: Sequence[Route], language: str) -> bytes:
    """The page as JSON."""
    references, components = _schemas(routes)
    page: Page = {
        "openapi": "3.1.0",
        "info": {"title": "Monodesk", "version": __version__, "summary": _summary(language)},
        "paths": _paths(routes, references, components, language),
        "components": {"schemas": components, "securitySchemes": _security_schemes(language)},
    }
    return msgspec.json.encode(page)


def _schemas(routes: Sequence[Route]) -> tuple[dict[Any, Page], Page]:
    types: list[Any] = [Refusal]
    for route in routes:
        types += [kind for kind in (route.asks, route.shown) if kind not in types and not isinstance(kind, Media)]
    references, components = msgspec.json.schema_components(types, ref_template=_REFERENCE)
    return dict(zip(types, references, strict=True)), components


def _paths(routes: Sequence[Route], references: dict[Any, Page], components: Page, language: str) -> Page:
    paths: Page = {}
    for route in routes:
        paths.setdefault(route.path, {})[route.method.lower()] = _operation(route, references, components, language)
    return paths


def _operation(route: Route, references: dict[Any, Page], components: Page, language: str) -> Page:
    operation: Page = {
        "summary": route.zh if language == "zh" else route.en,
        "operationId": _operation_id(route),
        "security": [{"session": []}] if route.in_person else _SECURITY[route.kind],
        "parameters": [*_path_parameters(route), *_query(route, components), *_headers(route)],
        "responses": _responses(route, references),
    }
    if route.upload:
        operation["requestBody"] = {"required": True, "content": {"*/*": {"schema": {}}}}
    elif route.method != "GET" and not route.by_query and route.asks is not Nothing:
        operation["requestBody"] = {
            "required": True,
            "content": {"application/json": {"schema": references[route.asks]}},
        }
    return operation


def _operation_id(route: Route) -> str:
    words = [word.strip("{}").replace(".", "_") for word in route.path.split("/") if word not in ("", "api", "v1")]
    return "_".join([route.method.lower(), *words])


def _path_parameters(route: Route) -> list[Page]:
    if "{name}" in route.path:
        named = {"type": "string", "pattern": "^[a-z][a-z0-9-]{0,80}$"}
        return [{"name": "name", "in": "path", "required": True, "schema": named}]
    if "{id}" not in route.path:
        return []
    schema = {"type": "string", "minLength": 26, "maxLength": 26}
    return [{"name": "id", "in": "path", "required": True, "schema": schema}]


def _query(route: Route, components: Page) -> list[Page]:
    if (route.method != "GET" and not route.by_query) or route.asks is Nothing:
        return []
    struct = components[route.asks.__name__]
    required = struct.get("required", [])
    return [
        {"name": name, "in": "query", "required": name in required, "schema": schema}
        for name, schema in struct["properties"].items()
    ]


def _headers(route: Route) -> list[Page]:
    headers = []
    if route.keyed:
        schema: Page = {"type": "string", "pattern": "^[0-9a-f]{32}$"}
        headers.append({"name": "Idempotency-Key", "in": "header", "required": True, "schema": schema})
    if route.upload and "/files" in route.path:
        headers.append({"name": "X-File-Name", "in": "header", "required": True, "schema": {"type": "string"}})
    if "/uploads" in route.path:
        headers += [
            {"name": name, "in": "header", "required": required, "schema": schema}
            for name, required, schema in _TUS.get(route.method, ())
        ]
    return headers


def _responses(route: Route, references: dict[Any, Page]) -> Page:
    refusal = {"description": "Problem", "content": {MEDIA_TYPE: {"schema": references[Refusal]}}}
    if route.shown is Done:
        return {"204": {"description": "Done"}, "default": refusal}
    if isinstance(route.shown, Media):
        content: Page = {route.shown.type: {"schema": {}}}
    else:
        content = {"application/json": {"schema": references[route.shown]}}
    return {str(route.status): {"description": "OK", "content": content}, "default": refusal}


def _security_schemes(language: str) -> Page:
    chinese = language == "zh"
    return {
        "session": {
            "type": "apiKey",
            "in": "cookie",
            "name": "monodesk_session",
            "description": (
                "客服登录后获得的会话；写操作需带本站 Origin。"
                if chinese
                else "An agent's session from signing in; unsafe methods need an Origin of this host."
            ),
        },
        "token": {
            "type": "http",
            "scheme": "bearer",
            "description": (
                "在“设置 › API 令牌”中创建的令牌（mdt_…）。"
                if chinese
                else "A token from Settings, API tokens (mdt_…): a program acts by it in an agent's name."
            ),
        },
        "visitor": {
            "type": "http",
            "scheme": "bearer",
            "description": "访客令牌。" if chinese else "The token from POST /api/v1/visitor/session.",
        },
    }


def _summary(language: str) -> str:
    return "客服平台接口" if language == "zh" else "Customer service in one file"
