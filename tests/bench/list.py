"""How the console's list of conversations scrolls when it is long.

    python -m tests.bench.list [--conversations 5000]

The real server over a fresh folder, filled over REST (a visitor and his message each), and the real console in
Chromium at 1440 × 900: how long the list takes to be whole, then a wheel that turns without a pause from its beginning
to its end and back, and the End and Home keys. Printed: how many rows are drawn at a time, tasks of the page beyond
50 ms (PerformanceObserver, `longtask`), frames that came more than 50 ms after the one before (both by the clock, so a
busy machine shows in them), and the CPU time of the page's main thread, which it does not show in.
"""

import argparse
import asyncio
import tempfile
import time
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
from playwright.async_api import CDPSession, Page, expect

from tests.bench.conditions import headline
from tests.journeys.appliance import Appliance
from tests.journeys.chromium import launched
from tests.journeys.desk import Desk
from tests.journeys.scene import LIMITS, Scene, console

_WHOLE_MS_MAX = 120_000
_WHEEL_PX = 120  # as a mouse's wheel turns
_TURNS = 600
_EYE = """() => {
  const seen = { tasks: [], frames: [], rows: 0 };
  window.__seen = seen;
  new PerformanceObserver((list) => seen.tasks.push(...list.getEntries().map(({ duration }) => duration)))
    .observe({ type: 'longtask' });
  let last = performance.now();
  const frame = (now) => {
    if (now - last > 50) seen.frames.push(now - last);
    last = now;
    seen.rows = Math.max(seen.rows, document.querySelectorAll('.conv').length);
    requestAnimationFrame(frame);
  };
  requestAnimationFrame(frame);
}"""


def fill(scene: Scene, count: int) -> None:
    """So many visitors write once."""
    for number in range(count):
        token, _ = scene.desk.visitor(scene.inbox)
        scene.visitor("POST", "messages", token, {"text": f"Question {number} 请问发货了吗？"})


async def scroll(page: Page) -> dict[str, Any]:
    """Down to the end and up again by the wheel, then by keys; what was seen meanwhile."""
    session = await page.context.new_cdp_session(page)
    await session.send("Performance.enable", {"timeDomain": "threadTicks"})
    await page.evaluate(_EYE)
    before = await busy(session)
    rows = page.get_by_role("listbox")
    await rows.hover()
    for way in (_WHEEL_PX, -_WHEEL_PX):
        for _ in range(_TURNS):
            await page.mouse.wheel(0, way)
            await page.evaluate("() => new Promise(requestAnimationFrame)")
    await rows.focus()
    for key in ("End", "Home", "PageDown", "PageDown", "ArrowDown", "ArrowUp"):
        await page.keyboard.press(key)
        await page.evaluate("() => new Promise(requestAnimationFrame)")
    seen: dict[str, Any] = await page.evaluate("window.__seen")
    return {**seen, "busy_ms": (await busy(session) - before) * 1_000 / (_TURNS * 2)}


async def busy(session: CDPSession) -> float:
    """CPU seconds of the page's main thread so far."""
    metrics = (await session.send("Performance.getMetrics"))["metrics"]
    return float(next(one["value"] for one in metrics if one["name"] == "TaskDuration"))


async def measure(scene: Scene, count: int) -> None:
    """Opens the console, waits for the whole list, scrolls it."""
    async with launched() as browser:
        context = await browser.new_context(locale="en-GB", viewport={"width": 1440, "height": 900})
        began = time.perf_counter()
        page = await console(context, scene, "/?view=unassigned")
        first = page.get_by_role("listbox").get_by_role("option").first
        await expect(first).to_be_visible(timeout=_WHOLE_MS_MAX)
        shown = time.perf_counter() - began
        await expect(first).to_have_attribute("aria-setsize", str(count), timeout=_WHOLE_MS_MAX)
        whole = time.perf_counter() - began
        seen = await scroll(page)
    tasks, frames = seen["tasks"], seen["frames"]
    print(f"{count} conversations: first rows after {shown:.2f} s, all after {whole:.2f} s; {seen['rows']} rows drawn")
    print(f"{_TURNS * 2} turns of the wheel and 6 keys: {beyond(tasks, 'tasks')}, {beyond(frames, 'frames')}")
    print(f"CPU of the page's main thread for each turn: {seen['busy_ms']:.1f} ms")


def beyond(durations: list[float], what: str) -> str:
    """How many there were and the longest, in words."""
    return f"{len(durations)} {what} beyond 50 ms (longest {max(durations, default=0):.0f} ms)"


def main() -> None:
    """Fill, measure, print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--conversations", type=int, default=5_000)
    options = parser.parse_args()
    print(headline(options))
    with tempfile.TemporaryDirectory() as folder, pytest.MonkeyPatch.context() as environment, ExitStack() as leaving:
        for name, value in LIMITS.items():
            environment.setenv(f"MONODESK_LIMITS_{name.upper()}", value)
        server = Appliance(Path(folder) / "data")
        server.start()
        leaving.callback(server.kill)
        server.printed("/setup#")
        scene = Scene(server, leaving.enter_context(Desk.founded(server.data, server.port)))
        fill(scene, options.conversations)
        asyncio.run(measure(scene, options.conversations))


if __name__ == "__main__":
    main()
