"""Joined systems as who manages them sees and changes them; part of the engine, so loaded with it.

One place of truth: a system is the file `data/adapters/{system}.yaml`, whoever writes it. What the console writes is
checked and its cases run first, then it is put into its place whole, and runs at once. A file in which somebody on the
server has named a variable or a file of the machine, or put several systems, is changed by him alone.
"""

import asyncio
from collections.abc import Callable, Collection, Mapping, Sequence
from functools import partial
from typing import Protocol

import msgspec
from msgspec import Raw, Struct

from app.accounts.audit import record, record_change
from app.accounts.policy import SERVER_MANAGE, allowed
from app.adapters.engine import Engine
from app.adapters.formats import json
from app.adapters.ground import Ground
from app.adapters.managing import forms
from app.adapters.managing.checking import case_told, mistake_of, plain_mistake
from app.adapters.managing.editing import switched
from app.adapters.managing.placing import place, take_away
from app.adapters.managing.previewing import preview
from app.adapters.proving.secrets import Vault
from app.adapters.registry import Checked, Registry
from app.adapters.sinks import commands, sending
from app.adapters.sinks.replaying import Replayed
from app.adapters.specs.model import Act, Call, Events, Folder, Receive, Send, Source, Subscribe, Upsert
from app.model.audit import Change, Subject
from app.model.errors import Conflict, Forbidden, Invalid, not_found
from app.model.principals import Principal
from app.model.sources import (
    DriftSeen,
    LetterPage,
    Letters,
    LetterShown,
    LettersRemoved,
    LettersReplayed,
    LetterTold,
    Mistake,
    NewSpec,
    Origin,
    PresetList,
    Preview,
    RunPage,
    RunTold,
    Sample,
    SampleList,
    SampleTold,
    SecretHeld,
    SourceCounts,
    SourceDetail,
    SourceFacts,
    SourceList,
    SpecChecked,
    SpecSaved,
    WrongFile,
)
from app.records.records import Records
from app.storage import (
    dead_letters,
    outbox,
    source_cursors,
    source_deliveries,
    source_drift,
    source_links,
    source_runs,
)
from app.storage.database import Transaction
from app.storage.dead_letters import DeadLetter
from app.storage.source_runs import Run, RunCounts

_TAKEN = ("check", "preview")  # words that stand where a source's name does in addresses
_ORIGINS: dict[type, Origin] = {
    Call: "call", Receive: "receive", Subscribe: "subscribe", Folder: "folder", Events: "events",
}  # fmt: skip


class Told(Struct, frozen=True):
    """What the audit log is told of a system."""

    title: str = ""
    preset: str = ""
    origin: str = ""
    to: str = ""
    enabled: bool = False
    versions: tuple[str, ...] = ()
    allow: tuple[str, ...] = ()
    secrets: tuple[str, ...] = ()  # that were replaced, by name


class Joined(Protocol):
    """What is joined, as far as it is changed from here."""

    async def take_over(self, anew: Sequence[str] = ()) -> None: ...

    async def replay(self, source: str, letter_ids: Sequence[str] | None = None) -> Replayed: ...

    async def discard(self, source: str, letter_ids: Sequence[str] | None = None) -> int: ...


class Management:
    """As `ManagedSources`, for one principal."""

    def __init__(
        self,
        principal: Principal,
        ground: Ground,
        engine: Engine,
        registry: Registry,
        joined: "Joined",
    ) -> None:
        self._principal = principal
        self._ground = ground
        self._engine = engine
        self._registry = registry
        self._joined = joined
        self._vault = Vault(ground.keys / "adapters")

    # ---- what there is

    async def listing(self) -> SourceList:
        """All of them by name, and what is wrong with files."""
        letters = await dead_letters.counts(self._ground.database)
        ours = self._our_systems()
        found = [self._facts(source, letters, ours) for source in self.sources]
        wrong = [
            WrongFile(one.file, one.mark.line, one.mark.column, *plain_mistake(one.mark, one.en, one.zh))
            for one in self._registry.wrong
        ]
        return SourceList(tuple(found), tuple(wrong))

    async def detail(self, name: str) -> SourceDetail:
        """One source."""
        source = self.source(name)
        letters = await dead_letters.counts(self._ground.database)
        facts = self._facts(source, letters, self._our_systems())
        drift = await source_drift.of(self._ground.database, name)
        parts = [source, *self._of_system(system_of(source))]
        settings = {word: value for part in reversed(parts) for word, value in part.settings.items()}
        secrets = {word: one for part in reversed(parts) for word, one in part.secrets.items()}
        return SourceDetail(
            **{field: getattr(facts, field) for field in SourceFacts.__struct_fields__},
            yaml=await asyncio.to_thread(self._text_of, facts.file) if self._may_read(facts) else "",
            address=f"/in/{name}" if isinstance(source.origin, Receive) else "",
            allow=source.allow,
            settings={word: Raw(json.encode(value)) for word, value in settings.items()},
            secrets=tuple(
                SecretHeld(word, str(one), one.kind != "vault" or self._vault.read(one.at) is not None)
                for word, one in secrets.items()
            ),
            drift=tuple(
                DriftSeen(one.path, one.what, one.count, one.value, one.first_at, one.last_at) for one in drift
            ),
        )

    async def runs(self, name: str, cursor: str, limit: int) -> RunPage:
        """Its readings, newest first."""
        self.source(name)
        found = await source_runs.newest(self._ground.database, name, cursor, limit + 1)
        page = found[:limit]
        return RunPage(tuple(_run_told(run) for run in page), page[-1].id if len(found) > limit else None)

    async def letters(self, name: str, cursor: str, limit: int) -> LetterPage:
        """Its dead letters, newest first."""
        self.source(name)
        found = await dead_letters.page(self._ground.database, name, cursor, limit + 1)
        page = found[:limit]
        return LetterPage(tuple(_letter_told(one) for one in page), page[-1].id if len(found) > limit else None)

    async def letter(self, letter_id: str) -> LetterShown:
        """A dead letter of any source with its bytes."""
        kept = await dead_letters.find(self._ground.database, letter_id)
        if kept is None:
            raise not_found()
        return LetterShown(kept.letter.source, _letter_told(kept.letter), kept.raw)

    async def samples(self, name: str) -> SampleList:
        """What came lately, then dead letters."""
        self.source(name)
        most = self._ground.limits.adapter_samples_kept
        kept = self._engine.samples.get(name)
        received = [
            SampleTold(f"{name}-{one.number}", one.at, "received", "record", "json", one.text)
            for one in (kept.newest if kept is not None else ())
        ]
        return SampleList((*received, *await self._letter_samples(name, most)))

    async def _letter_samples(self, name: str, most: int) -> list[SampleTold]:
        found: list[SampleTold] = []
        for head in await dead_letters.page(self._ground.database, name, "", most):
            kept = await dead_letters.find(self._ground.database, head.id)
            if kept is None or head.bytes > self._ground.limits.adapter_sample_bytes_max:
                continue
            text = kept.raw.decode("utf-8", "replace")
            if head.form == "raw":
                told = SampleTold(head.id, head.at, "letter", "document", "auto", text, head.en, head.zh)
            else:
                told = SampleTold(head.id, head.at, "letter", "record", head.form, text, head.en, head.zh)
            found.append(told)
        return found

    # ---- what may be tried

    async def check(self, text: str) -> SpecChecked:
        """What is wrong with a document, and what its cases give."""
        checked = await asyncio.to_thread(self._check, text, "spec.yaml")
        return _told(checked)

    async def preview(self, asked: Sample) -> Preview:
        """What a document makes of a sample."""
        now = self._ground.clock.now_ms()
        return await asyncio.to_thread(preview, asked, self._registry.read, now, self._ground.limits)

    async def presets(self) -> PresetList:
        """Systems that are known."""
        return PresetList(await asyncio.to_thread(forms.presets_told, self._registry.presets))

    # ---- what may be changed

    async def save(self, system: str, new: NewSpec) -> SpecSaved:
        """Check, run the cases, keep the secrets, put the file into its place, let it run."""
        was = self._of_system(system)
        self._demand_ours(system, was)
        text = new.yaml or forms.document(system, new, self._registry.presets)
        checked = await asyncio.to_thread(self._check, text, f"{system}.yaml")
        wrong = _told(checked)
        errors = [*wrong.errors, *self._misplaced(system, checked), *self._secrets_wrong(checked, new.secrets)]
        if errors or not all(case.passed for case in wrong.cases):
            return SpecSaved(saved=False, errors=tuple(errors[:1]), cases=wrong.cases)
        self._demand_may_reach(was, checked.sources)
        await asyncio.to_thread(self._keep, system, text, checked.sources, new.secrets)
        await self._joined.take_over([one.name for one in checked.sources] if new.secrets else ())
        after = replace_secrets(_facts_for_audit(checked.sources), tuple(sorted(new.secrets)))
        await self._note("source.change" if was else "source.create", system, _facts_for_audit(was), after)
        letters = await dead_letters.counts(self._ground.database)
        ours, running = self._our_systems(), self._of_system(system)
        told = tuple(self._facts(source, letters, ours) for source in running)
        return SpecSaved(saved=True, cases=wrong.cases, sources=told)

    async def switch(self, name: str, *, enabled: bool) -> SourceDetail:
        """Let its system run, or rest: by the word `enabled` of its document."""
        system = system_of(self.source(name))
        was = self._of_system(system)
        self._demand_ours(system, was)
        text = switched(self._text_of(f"{system}.yaml"), enabled, self._ground.limits)
        await asyncio.to_thread(place, self._ground.specs / f"{system}.yaml", text.encode())
        await self._joined.take_over(())
        await self._note("source.change", system, _facts_for_audit(was), _facts_for_audit(self._of_system(system)))
        return await self.detail(name)

    async def remove(self, name: str, *, forget: bool) -> None:
        """Take the file away, also one that cannot be read: its cursor, readings and dead letters go.

        Its records go where they are to be forgotten.
        """
        known = self._registry.sources.get(name)
        system = name if known is None else system_of(known)
        was = self._of_system(system)
        if known is None and f"{system}.yaml" not in self._registry.for_console:
            raise not_found()
        self._demand_ours(system, was)
        await asyncio.to_thread(take_away, self._ground.specs / f"{system}.yaml")
        await self._joined.take_over(())
        for source in was:
            await self._forget(source.name)
        if forget:
            await self._forget_records({one.keeps_as for one in was})
        self._forget_secrets(was)
        told = {**msgspec.to_builtins(_facts_for_audit(was) or Told()), "records": "forget" if forget else "keep"}
        await self._record("source.delete", system, Change(told))

    async def hurry(self, name: str) -> None:
        """Read it now."""
        self.source(name)
        if not self._engine.hurry(name):
            raise Conflict(
                "source_off",
                f"“{name}” is switched off. Switch it on first.",
                f"“{name}”已停用。请先启用。",
            )

    async def replay(self, name: str, letters: Letters) -> LettersReplayed:
        """Deliver dead letters after all, by today's spec."""
        self.source(name)
        replayed = await self._joined.replay(name, _named(letters))
        if replayed.delivered or replayed.left_out:
            change = Change({}, {"delivered": replayed.delivered, "left_out": replayed.left_out})
            await self._record("source.replay", name, change)
        return LettersReplayed(replayed.delivered, replayed.left_out, replayed.failed, replayed.gone)

    async def discard(self, name: str, letters: Letters) -> LettersRemoved:
        """Throw dead letters away."""
        self.source(name)
        removed = await self._joined.discard(name, _named(letters))
        if removed:
            await self._record("source.discard", name, Change({"letters": removed}))
        return LettersRemoved(removed)

    # ---- how

    @property
    def sources(self) -> Sequence[Source]:
        """Every source, by name."""
        return [source for _, source in sorted(self._registry.sources.items())]

    def source(self, name: str) -> Source:
        """One; raises `NotFound`."""
        source = self._registry.sources.get(name)
        if source is None:
            raise not_found()
        return source

    def _of_system(self, system: str) -> list[Source]:
        return [source for source in self._registry.sources.values() if system_of(source) == system]

    def _facts(self, source: Source, letters: Mapping[str, int], ours: Collection[str]) -> SourceFacts:
        state = self._engine.states.get(source.name)
        counts = state.counts if state is not None else RunCounts()
        read_until = state.read_until if state is not None else 0
        system = system_of(source)
        return SourceFacts(
            name=source.name,
            title=source.title,
            preset=source.preset,
            system=system,
            enabled=source.enabled,
            origin=_ORIGINS.get(type(source.origin), "times"),
            to=_way_out(source),
            editable=system in ours,
            file=self._registry.files.get(source.name, ""),
            state="off" if not source.enabled else (state.state if state is not None else "starting"),  # type: ignore[arg-type] # one of the five
            code=state.code if state is not None else "",
            en=state.en if state is not None else "",
            zh=state.zh if state is not None else "",
            held_at=state.held_at if state is not None else 0,
            read_until=read_until,
            lag_seconds=self._lag(source, read_until),
            rate_per_minute=self._engine.tallies[source.name].rate_per_minute,
            counts=_counts_told(counts),
            letters=letters.get(source.name, 0),
        )

    def _lag(self, source: Source, read_until: int) -> float | None:
        if source.follow is None or source.follow.by != "changed" or not read_until:
            return None
        return max(0.0, (self._ground.clock.now_ms() - read_until) / 1_000)

    def _may_read(self, facts: SourceFacts) -> bool:
        """What somebody has written on the server may say more of it than our own files: the owner's to see."""
        return facts.editable or allowed(self._principal, SERVER_MANAGE)

    def _text_of(self, file: str) -> str:
        try:
            return (self._ground.specs / file).read_text(encoding="utf-8")
        except OSError:
            return ""

    def _check(self, text: str, file: str) -> Checked:
        return self._registry.check_text(text.encode(), file, vault_only=True)

    def _our_systems(self) -> Collection[str]:
        """Those whose file the console may write: they are all that it holds."""
        systems: dict[str, set[str]] = {}
        files: dict[str, set[str]] = {}
        for name, source in self._registry.sources.items():
            systems.setdefault(system_of(source), set()).add(name)
            files.setdefault(self._registry.files.get(name, ""), set()).add(name)
        return {
            system
            for system, names in systems.items()
            if files.get(f"{system}.yaml") == names and self._registry.for_console.get(f"{system}.yaml", True)
        }

    def _is_ours(self, system: str, was: Sequence[Source]) -> bool:
        """Whether the console may write the file of a system that there is, or of one that there may be."""
        if was:
            return system in self._our_systems()
        file = f"{system}.yaml"
        known = self._registry.for_console.get(file)
        is_free = not (self._ground.specs / file).exists() if known is None else known
        return is_free and file not in self._registry.files.values()

    def _demand_ours(self, system: str, was: Sequence[Source]) -> None:
        if system in _TAKEN:
            raise Invalid(
                "source_name",
                f"“{system}” is a word of this API. Give the system another name.",
                f"“{system}”是接口保留字。请换一个名称。",
                field="name",
            )
        if self._is_ours(system, was):
            return
        file = self._registry.files.get(was[0].name, f"{system}.yaml") if was else f"{system}.yaml"
        raise Conflict(
            "source_by_hand",
            f"adapters/{file} was written on the server: it names secrets of that machine, holds several systems, or "
            "cannot be read. Change it there.",
            f"adapters/{file} 是在服务器上编写的：其中引用了该机器的密钥、包含多个系统，或无法读取。请在服务器上修改。",
        )

    def _misplaced(self, system: str, checked: Checked) -> list[Mistake]:
        """Where the document is another system's, or makes a source that there is already."""
        for source in checked.sources:
            if system_of(source) != system:
                return [
                    mistake_of(
                        source.mark,
                        f"This is the spec of “{system}”: `source` says so, and one document is all that it holds.",
                        f"这是“{system}”的配置：`source` 应为该名称，且只能有一个文档。",
                    )
                ]
            file = self._registry.files.get(source.name, "")
            if file not in ("", f"{system}.yaml"):
                return [
                    mistake_of(
                        source.mark,
                        f"there is a source “{source.name}” in {file} already. Give this one another name.",
                        f"{file} 中已有名为“{source.name}”的数据源。请换一个名称。",
                    )
                ]
        if not checked.sources and not checked.wrong:
            return [Mistake(1, 1, "The spec is empty. Write it, or choose a preset.", "配置为空。请填写，或选择预设。")]
        fresh = {source.name for source in checked.sources} - set(self._registry.sources)
        most = self._ground.limits.adapter_sources_max
        if fresh and len(self._registry.sources) + len(fresh) > most:
            mark = checked.sources[0].mark
            return [mistake_of(mark, f"There are {most} sources already.", f"数据源已达上限 {most} 个。")]
        return []

    def _secrets_wrong(self, checked: Checked, given: Mapping[str, str]) -> list[Mistake]:
        """Secrets that are given and not asked for, or asked for and nowhere."""
        asked = {name: one for source in checked.sources for name, one in source.secrets.items()}
        if checked.sources and (strange := sorted(set(given) - set(asked))):
            mark = checked.sources[0].mark
            return [
                mistake_of(
                    mark,
                    f"the spec names no secret “{strange[0]}”. Its secrets: {', '.join(asked) or 'none'}.",
                    f"配置中没有密钥“{strange[0]}”。现有：{', '.join(asked) or '无'}。",
                )
            ]
        for name, one in asked.items():
            if not given.get(name) and self._vault.read(one.at) is None:
                return [
                    mistake_of(one.mark, f"the secret “{name}” is missing. Enter it.", f"缺少密钥“{name}”。请填写。")
                ]
        return []

    def _demand_may_reach(self, was: Sequence[Source], now: Sequence[Source]) -> None:
        """Hosts of the own network, and proxies, are added by the owner alone: other people's doors stand there."""
        known = {place for source in was for place in (*source.allow, source.proxy)}
        added = sorted({place for source in now for place in (*source.allow, source.proxy) if place} - known)
        if added and not allowed(self._principal, SERVER_MANAGE):
            raise Forbidden(
                "source_allow",
                f"{added[0]}: what may be reached in your own network, and by which proxy, is the owner's to say. "
                "Ask the owner to save this once.",
                f"{added[0]}：允许访问的内网地址和代理只能由所有者设置。请所有者保存一次。",
                field="allow",
            )

    def _keep(self, system: str, text: str, sources: Sequence[Source], secrets: Mapping[str, str]) -> None:
        references = {name: one for source in sources for name, one in source.secrets.items()}
        for name, value in secrets.items():
            if value:
                self._vault.write(references[name].at, value)
        place(self._ground.specs / f"{system}.yaml", text.encode())

    def _forget_secrets(self, was: Sequence[Source]) -> None:
        """Those that nobody names any more."""
        named = {str(one) for source in self._registry.sources.values() for one in source.secrets.values()}
        for source in was:
            for one in source.secrets.values():
                if str(one) not in named:
                    self._vault.delete(one.at)

    async def _forget(self, name: str) -> None:
        """What the engine keeps of a source that is gone, and what was to leave by it."""

        def unit(tx: Transaction) -> None:
            source_cursors.forget(tx, name)
            source_runs.forget(tx, name)
            source_drift.forget(tx, name)

        await self._ground.database.write(unit)
        await self._joined.discard(name)
        await self._emptied(lambda tx, most: source_deliveries.forget(tx, name, most))
        await self._emptied(lambda tx, most: outbox.forget(tx, sending.topic_of(name), most))
        await self._emptied(lambda tx, most: outbox.forget(tx, commands.topic_of(name), most))

    async def _forget_records(self, systems: Collection[str]) -> None:
        """Of systems that no source brings any more."""
        kept = self._ground.records
        still = {one.keeps_as for one in self._registry.sources.values()}
        for system in sorted({*systems} - still):
            await self._emptied(partial(_forget_some, kept, system))
            await self._emptied(partial(_forget_links, system))

    async def _emptied(self, some: Callable[[Transaction, int], int]) -> None:
        """In portions that do not hold the writer long, until there is no more."""
        most = self._ground.limits.source_rows_per_write
        while await self._ground.database.write(lambda tx: some(tx, most)) == most:
            pass

    async def _record(self, action: str, name: str, change: Change) -> None:
        subject = Subject("source", "", name)
        await self._ground.database.write(lambda tx: record(tx, self._principal, action, subject, change))

    async def _note(self, action: str, system: str, before: Told | None, after: Told | None) -> None:
        subject = Subject("source", "", system)
        await self._ground.database.write(lambda tx: record_change(tx, self._principal, action, subject, before, after))


def _named(letters: Letters) -> Sequence[str] | None:
    """Those that are named; None for all. Raises `Invalid` where it says neither."""
    if letters.all:
        return None
    if not letters.ids:
        raise Invalid("letters_unnamed", "Name letters by `ids`, or all of them.", "请指定 ids，或全部。", field="ids")
    return letters.ids


def system_of(source: Source) -> str:
    """What its document calls itself."""
    return source.instance or source.name


def replace_secrets(told: Told | None, names: tuple[str, ...]) -> Told | None:
    """With the names of secrets that were replaced, never their values."""
    return None if told is None else msgspec.structs.replace(told, secrets=names)


def _forget_some(kept: Records, system: str, tx: Transaction, most: int) -> int:
    return kept.forget(tx, system, most)


def _forget_links(system: str, tx: Transaction, most: int) -> int:
    return source_links.forget(tx, system, most)


def _facts_for_audit(sources: Sequence[Source]) -> Told | None:
    if not sources:
        return None
    first = sources[0]
    return Told(
        title=first.title.en,
        preset=first.preset,
        origin=_ORIGINS.get(type(first.origin), "times"),
        to=_way_out(first),
        enabled=any(source.enabled for source in sources),
        versions=tuple(source.version for source in sources),
        allow=(*first.allow, *((first.proxy,) if first.proxy else ())),
    )


def _way_out(source: Source) -> str:
    match source.deliver:
        case Upsert() | Act():
            return source.deliver.to
        case Send():
            return "send"


def _told(checked: Checked) -> SpecChecked:
    """Cases that do not hold are told as cases; whatever else is wrong, as errors."""
    at_cases = {case.mark for case in checked.cases if not case.held}
    errors = [mistake_of(one.mark, one.en, one.zh) for one in checked.wrong if one.mark not in at_cases]
    return SpecChecked(tuple(errors), tuple(case_told(case) for case in checked.cases))


def _counts_told(counts: RunCounts) -> SourceCounts:
    skipped = counts.unchanged + counts.older + counts.left_out
    return SourceCounts(counts.fetched, counts.written, skipped, counts.failed)


def _run_told(run: Run) -> RunTold:
    counts = run.counts
    return RunTold(
        run.id, run.began_at, run.ended_at, counts.pages, counts.bytes, counts.waited_ms, _counts_told(counts),
        run.code, run.en, run.zh,
    )  # fmt: skip


def _letter_told(one: DeadLetter) -> LetterTold:
    return LetterTold(
        one.id, one.at, one.stage, one.code, one.path, one.en, one.zh, one.form, one.external_id, one.attempts,
        one.bytes, one.spec,
    )  # fmt: skip
