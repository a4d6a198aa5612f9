"""What a client does with frames, by the rules of ARCHITECTURE.md "Delivery" and nothing else: no transport, no clock.

`on` takes a server's frame; `wishes` are the frames it wants to send next. What it was told is compared with the
database when everything is quiet.
"""

from collections.abc import Iterable

from msgspec.structs import replace

from app.model import frames
from app.model.conversations import Conversation, Speaker
from app.model.people import Contact
from app.storage.conversations import Listed

Command = frames.Send | frames.Edit | frames.Delete
_MARKS = ("visitor_read", "visitor_delivered", "staff_read")


class Entries:
    """A thread's entries by number; edits and deletes change what they name, whatever came first."""

    def __init__(self) -> None:
        self.held: dict[int, frames.Msg | None] = {}  # None: nothing for us there
        self._numbers: dict[str, int] = {}
        self._changes: dict[str, dict[int, frames.Msg]] = {}

    def add(self, entry: frames.Msg) -> None:
        """Keep an entry; a number already held is dropped."""
        if entry.seq in self.held:
            return
        self.held[entry.seq] = entry
        if entry.target is None:
            self._numbers[entry.id] = entry.seq
            self._apply(entry.id)
        else:
            self._changes.setdefault(entry.target, {})[entry.seq] = entry
            self._apply(entry.target)

    def void(self, first: int, last: int) -> None:
        """Nothing for us from `first` to `last`."""
        for number in range(first, last + 1):
            self.held.setdefault(number, None)

    def together(self) -> int:
        """The number up to which nothing is missing."""
        number = 0
        while number + 1 in self.held:
            number += 1
        return number

    def holes(self, top: int) -> list[tuple[int, int]]:
        """Ranges that are missing below and at `top`."""
        missing = [number for number in range(1, max(top, *self.held, 0) + 1) if number not in self.held]
        ranges: list[tuple[int, int]] = []
        for number in missing:
            if ranges and ranges[-1][1] == number - 1:
                ranges[-1] = (ranges[-1][0], number)
            else:
                ranges.append((number, number))
        return ranges

    def shown(self) -> list[frames.Msg]:
        """What a screen shows, in order: edits and deletes have done their work and are not shown themselves."""
        entries = [self.held[number] for number in sorted(self.held)]
        return [entry for entry in entries if entry is not None and entry.target is None]

    def _apply(self, message_id: str) -> None:
        number = self._numbers.get(message_id)
        entry = None if number is None else self.held[number]
        if number is None or entry is None:
            return
        for _, change in sorted(self._changes.get(message_id, {}).items()):
            if change.kind == "delete":
                entry = replace(entry, text="", files=(), edited_at=None, deleted=True)
            elif not entry.deleted:
                entry = replace(entry, text=change.text, edited_at=change.at)
        self.held[number] = entry


class Client:
    """What visitors' and agents' clients share: keys kept until acknowledged, holes, epochs."""

    def __init__(self, me: Speaker) -> None:
        self.me = me
        self.epoch = ""
        self.live = False
        self.outbox: dict[str, Command] = {}
        self.acked: dict[str, frames.Ack] = {}
        self.refused: dict[str, str] = {}
        self.entries: dict[str, Entries] = {}
        self.fresh = False  # everything was dropped, or a list is wanted for the first time

    def say(self, command: Command) -> None:
        """A person's action: kept until it is acknowledged or refused."""
        self.outbox[command.cid] = command

    def resume(self) -> frames.Resume:
        raise NotImplementedError

    def connected(self) -> None:
        """A new socket: nothing is live yet."""
        self.live = False

    def on(self, frame: frames.ServerFrame) -> frames.ClientFrame | None:
        """Take a frame; what to answer at once, if anything."""
        match frame:
            case frames.Welcome():
                self.epoch = self.epoch or frame.epoch
            case frames.Reset():
                self.drop()
                self.epoch = frame.epoch
                return self.resume()
            case frames.Msg():
                self.take(frame)
            case frames.Void():
                if frame.conv in self.entries:
                    self.entries[frame.conv].void(frame.first, frame.last)
            case frames.Ack():
                self.settle(frame)
            case frames.Error():
                if frame.cid is not None and self.outbox.pop(frame.cid, None) is not None:
                    self.refused[frame.cid] = frame.code
            case frames.Live():
                self.live = True
            case _:
                pass
        return None

    def drop(self) -> None:
        """Forget everything but what was not acknowledged."""
        self.entries.clear()
        self.live = False

    def take(self, entry: frames.Msg) -> None:
        """An entry; our own echo says that it was stored."""
        if entry.sender.id == self.me.id:
            self.outbox.pop(entry.cid, None)
        if entry.conv in self.entries:
            self.entries[entry.conv].add(entry)

    def settle(self, ack: frames.Ack) -> None:
        """A command was stored: show it under its number."""
        self.acked[ack.cid] = ack
        command = self.outbox.pop(ack.cid, None)
        if command is None or ack.conv not in self.entries:
            return
        shared = {"conv": ack.conv, "seq": ack.seq, "id": ack.id, "sender": self.me, "at": ack.at, "cid": ack.cid}
        match command:
            case frames.Send():
                kind = "note" if command.note else "message"
                self.entries[ack.conv].add(frames.Msg(kind=kind, text=command.text, **shared))  # type: ignore[arg-type]  # shared by three
            case frames.Edit():
                self.entries[ack.conv].add(frames.Msg(kind="edit", text=command.text, target=command.id, **shared))  # type: ignore[arg-type]  # as above
            case frames.Delete():
                self.entries[ack.conv].add(frames.Msg(kind="delete", target=command.id, **shared))  # type: ignore[arg-type]  # as above

    def top(self, conv: str) -> int:
        """The highest number we have been told of."""
        raise NotImplementedError

    def wishes(self) -> list[frames.Fetch]:
        """Holes, once we are live."""
        if not self.live:
            return []
        return [
            frames.Fetch(conv, first, min(last, first + frames.RANGE_MAX - 1))
            for conv, entries in self.entries.items()
            for first, last in entries.holes(self.top(conv))
        ]


class VisitorClient(Client):
    """A visitor's page: every thread of his."""

    def __init__(self, me: Speaker) -> None:
        super().__init__(me)
        self.threads: dict[str, frames.Thread] = {}

    def resume(self) -> frames.Resume:
        return frames.Resume(self.epoch, {conv: entries.together() for conv, entries in self.entries.items()})

    def drop(self) -> None:
        super().drop()
        self.threads.clear()

    def top(self, conv: str) -> int:
        return self.threads[conv].seq if conv in self.threads else 0

    def take(self, entry: frames.Msg) -> None:
        self.entries.setdefault(entry.conv, Entries())
        super().take(entry)

    def settle(self, ack: frames.Ack) -> None:
        self.entries.setdefault(ack.conv, Entries())
        super().settle(ack)

    def on(self, frame: frames.ServerFrame) -> frames.ClientFrame | None:
        match frame:
            case frames.Thread():
                self._headed(frame)
            case frames.Watermark():
                self._marked(frame)
            case _:
                return super().on(frame)
        return None

    def _headed(self, told: frames.Thread) -> None:
        held = self.threads.get(told.conv)
        self.entries.setdefault(told.conv, Entries())
        if held is None:
            self.threads[told.conv] = told
            return
        newest = held if held.seq > told.seq else told
        self.threads[told.conv] = replace(
            newest,
            visitor_read=max(held.visitor_read, told.visitor_read),
            staff_read=max(held.staff_read, told.staff_read),
        )

    def _marked(self, mark: frames.Watermark) -> None:
        held = self.threads.get(mark.conv)
        if held is None or mark.what != "read":
            return
        if mark.by == "visitor":
            self.threads[mark.conv] = replace(held, visitor_read=max(held.visitor_read, mark.seq))
        else:
            self.threads[mark.conv] = replace(held, staff_read=max(held.staff_read, mark.seq))


class AgentClient(Client):
    """An agent's console: the heads he may see, the threads he opened, contacts."""

    def __init__(self, me: Speaker, curious: bool) -> None:
        super().__init__(me)
        self.curious = curious  # whether he opens every thread
        self.pos: int | None = None
        self.heads: dict[str, Conversation] = {}
        self.contacts: dict[str, Contact] = {}
        self._told_at: dict[str, int] = {}  # position of the newest head or gone of a conversation
        self._contact_at: dict[str, int] = {}
        self._seen = 0
        self._gone_since: set[str] = set()  # since the list was asked for
        self._met_since: set[str] = set()
        self._marks_since: list[frames.Watermark] = []
        self._awaits_list = False

    def resume(self) -> frames.Resume:
        return frames.Resume(self.epoch, {}, self.pos)

    def drop(self) -> None:
        super().drop()
        self.pos = None
        self._seen = 0
        for held in (self.heads, self.contacts, self._told_at, self._contact_at):
            held.clear()

    def top(self, conv: str) -> int:
        return self.heads[conv].staff_seq if conv in self.heads else 0

    def open(self, conv: str) -> None:
        """He looks at a thread: every number of it is wanted."""
        if conv in self.heads:
            self.entries.setdefault(conv, Entries())

    def asks_for_list(self) -> None:
        """The list is asked for; what is told from now on is newer than the answer."""
        self.fresh = False
        self._awaits_list = True
        self._gone_since.clear()
        self._met_since.clear()
        self._marks_since.clear()

    def listed(self, rows: Iterable[Listed]) -> None:
        """The answer to `asks_for_list`."""
        self._awaits_list = False
        for row in rows:
            conv = row.conversation.id
            if conv in self._gone_since and conv not in self.heads:
                continue
            self._head(row.conversation)
            if row.contact.id not in self._met_since:
                self.contacts[row.contact.id] = row.contact
        for mark in self._marks_since:
            self._merge(mark)

    def strangers(self) -> list[str]:
        """Conversations whose contact nobody introduced: to be asked for."""
        return [conv for conv, head in self.heads.items() if head.contact_id not in self.contacts]

    def on(self, frame: frames.ServerFrame) -> frames.ClientFrame | None:
        match frame:
            case frames.Head():
                self._passed(frame.pos)
                if frame.pos >= self._told_at.get(frame.conversation.id, 0):
                    self._told_at[frame.conversation.id] = frame.pos
                    self._head(frame.conversation)
                elif frame.conversation.id in self.heads:
                    self._head(frame.conversation)
                if frame.contact is not None:
                    self._meet(frame.contact, frame.pos)
            case frames.Gone():
                self._passed(frame.pos)
                if frame.pos >= self._told_at.get(frame.conv, 0):
                    self._told_at[frame.conv] = frame.pos
                    self._gone_since.add(frame.conv)
                    self.heads.pop(frame.conv, None)
                    self.entries.pop(frame.conv, None)
            case frames.ContactUpdated():
                self._passed(frame.pos)
                self._meet(frame.contact, frame.pos)
            case frames.Watermark():
                self._marked(frame)
            case frames.Live():
                super().on(frame)
                self.fresh = self.pos is None or self._awaits_list  # the answer was lost with the line
                self.pos = max(frame.pos or 0, self._seen)
            case _:
                return super().on(frame)
        return None

    def _passed(self, pos: int) -> None:
        """Before `live` a position may lie beyond one that is still to come, so it counts only from then on."""
        self._seen = max(self._seen, pos)
        if self.live and self.pos is not None:
            self.pos = max(self.pos, pos)

    def connected(self) -> None:
        super().connected()
        self._seen = 0
        if self.pos is None:
            self.drop()  # what was told before a `live` that never came is not told again: he begins from nothing

    def _head(self, told: Conversation) -> None:
        held = self.heads.get(told.id)
        if held is None:
            self.heads[told.id] = told
            return
        newest = held if held.staff_seq > told.staff_seq else told
        marks = {mark: max(getattr(held, mark), getattr(told, mark)) for mark in _MARKS}
        self.heads[told.id] = replace(newest, **marks)

    def _meet(self, contact: Contact, pos: int) -> None:
        self._met_since.add(contact.id)
        if pos >= self._contact_at.get(contact.id, 0):
            self._contact_at[contact.id] = pos
            self.contacts[contact.id] = contact

    def _marked(self, told: frames.Watermark) -> None:
        self._marks_since.append(told)
        self._merge(told)

    def _merge(self, told: frames.Watermark) -> None:
        held = self.heads.get(told.conv)
        mark = "staff_read" if told.by == "agent" else f"visitor_{told.what}"
        if held is not None and (told.by == "visitor" or told.what == "read"):
            self.heads[told.conv] = replace(held, **{mark: max(getattr(held, mark), told.seq)})
