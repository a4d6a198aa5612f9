"""What one source calls other systems with: its secrets, its clients by scheme, its buckets; closed with its task."""

import asyncio
import ssl
from collections.abc import Mapping, MutableMapping
from importlib import import_module
from pathlib import Path
from urllib.parse import urlsplit

from app.adapters.asking import Asking
from app.adapters.documents import decoder, xml_encoder
from app.adapters.formats.tree import Tree
from app.adapters.ground import Ground
from app.adapters.model import Call, Source
from app.adapters.network import Network
from app.adapters.pace import Bucket
from app.adapters.protocols.exchange import Client
from app.adapters.requests import Requests
from app.adapters.secrets import Finder, Masker, Vault
from app.adapters.times import moment
from app.adapters.tokens import Tokens

Buckets = MutableMapping[str, Bucket]  # by credential, of all sources


class Callers:
    """Makes the calls of one source; raises `Problem` where a secret cannot be read."""

    def __init__(self, source: Source, ground: Ground, buckets: Buckets) -> None:
        self._source = source
        self._ground = ground
        self._buckets = buckets
        self.secrets = Finder(Vault(ground.keys / "adapters"), ground.folder).all(source.secrets)
        self.masker = Masker(self.secrets.values())
        self._http: Client | None = None

    async def asking(self, call: Call) -> Asking:
        """A call as it is asked; with a token, that one's call is asked by the same client."""
        ground, source = self._ground, self._source
        lists = source.records.lists if call is source.origin else ()
        if source.then is not None and call is source.then.call:
            lists = source.then.records.lists
        token = None
        if call.token is not None:
            lender = await self.asking(call.token.call)
            token = Tokens(
                call.token, lender, self._known, self._keep_secret, self.masker.learn, ground.clock
            ).current  # fmt: skip
        return Asking(
            call, Requests(call, self.secrets, xml_encoder(ground.limits)), await self._client(),
            decoder(call.answer, lists, ground.limits), self._bucket(call), self.masker, ground.clock, ground.chance,
            token,
        )  # fmt: skip

    async def close(self) -> None:
        """Let go of every connection."""
        if self._http is not None:
            await self._http.close()

    async def _client(self) -> Client:
        """Loaded on a thread of its own: chats do not wait for it."""
        if self._http is None:
            trust = await asyncio.to_thread(_trust, self._ground.keys, self._source.ca)
            module = await asyncio.to_thread(import_module, "app.adapters.protocols.http")
            proxy = self._source.proxy or None
            allow = [*self._source.allow, *([_place(proxy)] if proxy else [])]
            self._http = module.HttpClient(Network(allow), self._ground.clock, self._ground.limits, trust, proxy)
        return self._http

    def _bucket(self, call: Call) -> Bucket | None:
        if call.pace is None:
            return None
        reference = self._source.secrets.get(call.pace.secret, "") if call.pace.secret else ""
        credential = str(reference) or self._source.name
        return self._buckets.setdefault(credential, Bucket(call.pace, self._ground.clock.monotonic()))

    def _known(self) -> Mapping[str, Tree]:
        """What the call for a token may refer to."""
        now = moment(self._ground.clock.now_ms())
        return {"now": now, "source": self._source.name, "settings": dict(self._source.settings)}

    def _keep_secret(self, name: str, value: str) -> None:
        """A secret that its system has replaced: in the vault, so that the next start knows it, and from now on."""
        reference = self._source.secrets.get(name)
        if reference is not None and reference.kind == "vault":
            Vault(self._ground.keys / "adapters").write(reference.at, value)
        self.secrets.replace(name, value)
        self.masker.learn(value)


def _trust(keys: Path, ca: str) -> ssl.SSLContext:
    """The machine's authorities and ours; with `ca` that one alone."""
    import certifi

    if ca:
        return ssl.create_default_context(cafile=str(keys / ca))
    context = ssl.create_default_context()
    context.load_verify_locations(certifi.where())
    return context


def _place(proxy: str) -> str:
    parts = urlsplit(proxy)
    return f"{parts.hostname}:{parts.port or 80}"
