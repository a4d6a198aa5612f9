"""Files of intents over REST, and the starter pack."""

from msgspec import Struct
from starlette.responses import StreamingResponse

from app.api.call import HEADERS, Call, Nothing
from app.exchange.intents import Facts, IntentFiles
from app.exchange.phrases.gathering import Format, Gathered
from app.intent import starter
from app.intent.starter import Fact
from app.model.principals import Agent

_KINDS = {
    Format.CSV: ("csv", "text/csv; charset=utf-8"),
    Format.DIALOGFLOW: ("csv", "text/csv; charset=utf-8"),
    Format.RASA: ("yml", "application/yaml"),
    Format.YAML: ("yaml", "application/yaml"),
}


class IntentFileQuery(Struct, frozen=True, forbid_unknown_fields=True):
    """`format`: csv, rasa, dialogflow, yaml; by itself it is found out. `rehearse` 1 stores nothing."""

    format: Format | None = None
    rehearse: bool = True


class IntentExportQuery(Struct, frozen=True, forbid_unknown_fields=True):
    """`format`: csv, rasa or dialogflow for phrases alone, yaml for all of it."""

    format: Format = Format.YAML


class StarterFacts(Struct, frozen=True):
    """What a shop is asked about itself."""

    facts: tuple[Fact, ...]


class IntentFileRoutes:
    """The room `exchange` decides who may."""

    def __init__(self, files: IntentFiles) -> None:
        self._files = files

    async def bring(self, call: Call[Agent], asked: IntentFileQuery) -> Gathered:
        return await self._files.take(call.principal, asked.format, call.chunks, rehearse=asked.rehearse)

    async def give(self, call: Call[Agent], asked: IntentExportQuery) -> StreamingResponse:
        pieces = await self._files.begin(call.principal, asked.format)
        ending, kind = _KINDS[asked.format]
        headers = {**HEADERS, "content-disposition": f'attachment; filename="intents.{ending}"'}
        return StreamingResponse(pieces, 200, headers, kind)

    async def facts(self, _: Call[Agent], asked: Nothing) -> StarterFacts:
        return StarterFacts(starter.facts())

    async def starter(self, call: Call[Agent], asked: Facts) -> Gathered:
        return await self._files.load_starter(call.principal, asked.facts)
