"""How soon the agent's console answers: a thread of 10,000 messages, and keys while messages pour in.

    python -m tests.bench.web [--messages 10000] [--rate 50] [--seconds 20]

The real server with the demo shop, and the real console in Chromium at 1440 × 900, both on this machine beside whatever
else it does. Printed: from the click on its row to the paint of its newest message, three times, each in a new page;
how many entries are drawn at most while one pages back through all of them; a jump to a message far back; then typing,
pressing buttons and moving between conversations while `rate` messages a second arrive, half of them in the open
thread: interactions to the next paint as Chromium reports them (PerformanceObserver `event`, in steps of 8 ms;
those that took less than 16 ms are not told). What a message that arrives costs the page is told in CPU time, in which
a busy machine does not show.
"""

from app.storage.library import install

install()

# ruff: noqa: E402 - the library's place must be taken first
import argparse
import asyncio
import os
import statistics
import tempfile
import time
from pathlib import Path
from typing import Any

import httpx
from playwright.async_api import Browser, CDPSession, Page

from tests.bench.conditions import headline
from tests.journeys.appliance import Appliance
from tests.journeys.chromium import launched
from tests.journeys.long_thread import lengthen, text_of
from tests.journeys.people import INBOX

_PATIENCE_MS = 120_000
OBSERVE = """() => {
  window.__interactions = new Map();
  new PerformanceObserver((list) => {
    for (const { interactionId, duration, name } of list.getEntries()) {
      if (!interactionId) continue;
      const known = window.__interactions.get(interactionId);
      if (!known || known.duration < duration) window.__interactions.set(interactionId, { duration, name });
    }
  }).observe({ type: 'event', durationThreshold: 16, buffered: false });
}"""
_OPEN = """async ([selector, last]) => {
  const row = document.querySelector(selector);
  const began = performance.now();
  row.click();
  while (!document.querySelector(`.thread [data-seq="${last}"]`)) await new Promise(requestAnimationFrame);
  await new Promise(requestAnimationFrame);
  return performance.now() - began;
}"""
_BACK = """async () => {
  const thread = document.querySelector('.thread');
  let most = 0;
  for (let first = null; ;) {
    thread.scrollTop = 0;
    await new Promise(requestAnimationFrame);
    most = Math.max(most, thread.querySelectorAll('[data-seq]').length);
    const now = thread.querySelector('[data-seq]').dataset.seq;
    if (now === '1' && thread.scrollTop === 0) return most;
    if (now === first) await new Promise((done) => setTimeout(done, 20));
    first = now;
  }
}"""


async def interactions(page: Page) -> list[float]:
    """Milliseconds from each interaction since `OBSERVE` to its next paint, those that Chromium reports."""
    await page.evaluate("() => new Promise((done) => setTimeout(done, 300))")
    told = await page.evaluate("[...window.__interactions.values()].map(({ duration }) => duration)")
    return [float(one) for one in told]


async def signed_in(browser: Browser, server: Appliance, name: str) -> Page:
    """An agent of the demo at his desk."""
    context = await browser.new_context(locale="en-GB", viewport={"width": 1440, "height": 900})
    context.set_default_timeout(_PATIENCE_MS)
    page = await context.new_page()
    await page.goto(server.url + server.demo_link(name))
    await page.wait_for_selector('.list-rows [role="option"]')
    return page


async def cpu(session: CDPSession) -> float:
    """CPU seconds of the page's main thread so far; a busy machine does not show in them."""
    metrics = (await session.send("Performance.getMetrics"))["metrics"]
    return float(next(one["value"] for one in metrics if one["name"] == "TaskDuration"))


class Visitors:
    """People who write over REST, one request each message."""

    def __init__(self, url: str) -> None:
        self._http = httpx.AsyncClient(base_url=f"{url}/api/v1/visitor/", timeout=60)
        self._people: list[tuple[str, str | None]] = []
        self.said = 0

    async def meet(self, count: int) -> None:
        for _ in range(count):
            told = (await self._http.post("session", json={"inbox": INBOX})).json()
            self._people.append((told["token"], None))

    async def pour(self, rate: float, seconds: float) -> None:
        """So many messages a second, by turns; half of them by the first visitor."""
        began = time.monotonic()
        async with asyncio.TaskGroup() as group:
            for number in range(round(rate * seconds)):
                await asyncio.sleep(max(0.0, began + number / rate - time.monotonic()))
                who = 0 if number % 2 == 0 else 1 + (number // 2) % (len(self._people) - 1)
                group.create_task(self.say(who, f"Arrives {number} 到了 {number}"))

    async def say(self, who: int, text: str) -> str:
        token, conv = self._people[who]
        headers = {"Authorization": f"Bearer {token}", "Idempotency-Key": os.urandom(16).hex()}
        answer = await self._http.post("messages", headers=headers, json={"conv": conv, "text": text})
        answer.raise_for_status()
        conversation: str = answer.json()["conv"]
        self._people[who] = (token, conversation)
        self.said += 1
        return conversation

    async def close(self) -> None:
        await self._http.aclose()


async def busy_hands(page: Page, until: float) -> None:
    """Types, presses, moves about."""
    field = page.locator(".composer-text")
    rows = page.locator('.list-rows [role="option"]')
    while time.monotonic() < until:
        await field.click()
        await page.keyboard.type("On its way 已经发出 ", delay=60)
        await page.get_by_role("tab", name="Note", exact=True).click()
        await page.get_by_role("tab", name="Reply", exact=True).click()
        await page.keyboard.press("Control+A")
        await page.keyboard.press("Delete")
        opened = page.url
        for place in (0, 1):
            await rows.nth(place).click()
            if page.url != opened:
                await page.go_back()
                break
        await field.wait_for()


def told(name: str, times: list[float]) -> str:
    """The spread, in words."""
    if not times:
        return f"{name}: none took 16 ms"
    ordered = sorted(times)
    return (
        f"{name}: {len(times)} of 16 ms and more, median {statistics.median(ordered):.0f}, "
        f"p98 {ordered[min(len(ordered) - 1, int(len(ordered) * 0.98))]:.0f}, longest {ordered[-1]:.0f} ms"
    )


async def measure(server: Appliance, conversation: str, last: int, options: argparse.Namespace) -> None:
    """Every figure, printed as it comes."""
    async with launched() as browser:
        page = await signed_in(browser, server, "Hannah Reed")
        selector = f"#row-{conversation}"
        times, busy = [], []
        session = await page.context.new_cdp_session(page)
        await session.send("Performance.enable", {"timeDomain": "threadTicks"})
        for _ in range(3):
            await page.goto(server.url)
            await page.wait_for_selector(selector)
            before = await cpu(session)
            times.append(await page.evaluate(_OPEN, [selector, last]))
            busy.append((await cpu(session) - before) * 1_000)
        print(f"opens {options.messages} messages in {', '.join(f'{one:.0f}' for one in times)} ms, "
              f"{', '.join(f'{one:.0f}' for one in busy)} ms of them CPU of the page's main thread")  # fmt: skip
        began = time.perf_counter()
        print(f"pages back to the first: at most {await page.evaluate(_BACK)} entries drawn, "
              f"{time.perf_counter() - began:.1f} s in all")  # fmt: skip
        await page.context.close()
        page = await signed_in(browser, server, "Hannah Reed")
        goal = max(1, options.messages // 2)
        began = time.perf_counter()
        await page.goto(f"{server.url}/c/{conversation}?m={last - goal}")
        await page.get_by_text(text_of(options.messages - goal), exact=True).wait_for()
        print(f"page load with a jump {goal} messages back: {(time.perf_counter() - began) * 1_000:.0f} ms")
        await pouring(page, server, options)


async def pouring(page: Page, server: Appliance, options: argparse.Namespace) -> None:
    """Interactions without and with messages that arrive."""
    visitors = Visitors(server.url)
    await visitors.meet(6)
    first = await visitors.say(0, "I begin")
    for who in range(1, 6):
        await visitors.say(who, "I too")
    await page.goto(f"{server.url}/c/{first}")
    await page.locator(".composer-text").wait_for()
    for rate in (0, options.rate):
        await page.evaluate(OBSERVE)
        hands = asyncio.create_task(busy_hands(page, time.monotonic() + options.seconds))
        if rate:
            await visitors.pour(rate, options.seconds)
        await hands
        print(told(f"interaction to next paint, {rate} messages a second", await interactions(page)))
    session = await page.context.new_cdp_session(page)
    await session.send("Performance.enable", {"timeDomain": "threadTicks"})
    before, said = await cpu(session), visitors.said
    await visitors.pour(options.rate, options.seconds / 2)
    spent = (await cpu(session) - before) * 1_000 / (visitors.said - said)
    print(f"CPU of the page's main thread for each message that arrives: {spent:.1f} ms")
    drawn = await page.evaluate("document.querySelectorAll('.thread [data-seq]').length")
    print(f"{visitors.said} messages said; {drawn} entries drawn at the end")
    await visitors.close()


def prepared(folder: Path, count: int) -> tuple[Appliance, str, int]:
    """A demo shop with one long conversation of Hannah Reed's; the number of its last message."""
    server = Appliance(folder / "data", options=("--demo",))
    server.start()
    conversation = _of_hannah(server)
    server.stop()
    last = lengthen(folder / "data", conversation, count)
    server.start()
    return server, conversation, last


def _of_hannah(server: Appliance) -> str:
    token = server.demo_link("Hannah Reed").partition("#demo=")[2]
    with httpx.Client(base_url=server.url, headers={"Origin": server.url}) as client:
        client.post("/api/v1/session/demo", json={"token": token}).raise_for_status()
        rows: list[dict[str, Any]] = client.get("/api/v1/conversations?view=mine").json()["conversations"]
    return str(rows[0]["conversation"]["id"])


def main() -> None:
    """Fill, measure, print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--messages", type=int, default=10_000)
    parser.add_argument("--rate", type=int, default=50)
    parser.add_argument("--seconds", type=int, default=20)
    options = parser.parse_args()
    print(headline(options))
    with tempfile.TemporaryDirectory() as folder:
        server, conversation, last = prepared(Path(folder), options.messages)
        try:
            asyncio.run(measure(server, conversation, last, options))
        finally:
            server.kill()


if __name__ == "__main__":
    main()
