"""Which endpoint serves a path, found without trying one route after the other."""

from collections.abc import Mapping

from starlette.types import ASGIApp, Receive, Scope, Send

_ID, _NAME = "{id}", "{name}"


class Table:
    """The endpoints by their paths; `{id}` or `{name}` stands for one whole part. What is none of them goes to `rest`.

    Starlette's router asks each of its routes in turn, with a pattern each: thirty in front of the last one.
    """

    def __init__(self, endpoints: Mapping[str, ASGIApp], rest: ASGIApp) -> None:
        self._endpoints = {path.replace(_NAME, _ID): endpoint for path, endpoint in endpoints.items()}
        self._named = {path.replace(_NAME, _ID) for path in endpoints if _NAME in path}
        self._rest = rest
        places = {path.split("/").index(_ID) for path in self._endpoints if _ID in path}
        self._places = sorted(places, reverse=True)  # where an id may stand

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await self._find(scope)(scope, receive, send)

    def _find(self, scope: Scope) -> ASGIApp:
        if scope["type"] != "http":
            return self._rest
        path: str = scope["path"]
        found = self._endpoints.get(path)
        if found is not None:
            scope["path_params"] = {}
            return found
        parts = path.split("/")
        for place in self._places:
            if place < len(parts) and parts[place]:
                template = "/".join((*parts[:place], _ID, *parts[place + 1 :]))
                found = self._endpoints.get(template)
                if found is not None:
                    scope["path_params"] = {"name" if template in self._named else "id": parts[place]}
                    return found
        return self._rest
