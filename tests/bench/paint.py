"""How soon the screens stand: the console for who is signed in, the visitor's page, the widget on a shop's page.

    python -m tests.bench.paint

A warm server, a browser that has nothing of ours in its cache; each figure is the median of several visits. Printed:
first contentful paint as the browser tells it (Paint Timing), when what one came for is drawn, both by the clock, so a
busy machine shows in them; the CPU time of the page's main thread until then, in which it does not show; what was
loaded, without and with the answers of the API.
"""

import argparse
import asyncio
import statistics
import tempfile
from pathlib import Path
from typing import Any

from playwright.async_api import Browser, StorageState

from tests.bench.conditions import headline
from tests.journeys.appliance import Appliance
from tests.journeys.chromium import launched
from tests.journeys.people import INBOX, PATIENCE_MS

VISITS = 9
_PAINTED = """() => new Promise((done) => {
  new PerformanceObserver((list, observer) => {
    const first = list.getEntriesByName('first-contentful-paint')[0];
    if (first) { observer.disconnect(); done(first.startTime); }
  }).observe({ type: 'paint', buffered: true });
})"""
# Set before anything of the page runs: the moment after which the frame with what is waited for was drawn.
_STANDS = """((selector) => {
  window.__stands = new Promise((done) => {
    const look = () => {
      if (document.querySelector(selector)) requestAnimationFrame(() => setTimeout(() => done(performance.now())));
      else requestAnimationFrame(look);
    };
    look();
  });
})"""
_LOADED = """() => {
  const all = [performance.getEntriesByType('navigation')[0], ...performance.getEntriesByType('resource')];
  const ours = all.filter(({ name }) => !new URL(name).pathname.startsWith('/api/'));
  return [ours.length, ours.reduce((sum, { transferSize }) => sum + transferSize, 0), all.length - ours.length];
}"""


async def main() -> None:
    print(headline(argparse.Namespace(visits=VISITS)))
    with tempfile.TemporaryDirectory() as folder:
        appliance = Appliance(Path(folder) / "data", options=("--demo",))
        appliance.start()
        try:
            async with launched() as browser:
                state = await _signed_in(browser, appliance)
                await _tell(browser, "console, signed in", f"{appliance.url}/", "[role=option]", state)
                await _tell(browser, "visitor's page", f"{appliance.url}/chat/{INBOX}", "main button", None)
                await _tell(
                    browser, "demo shop with the widget's button", f"{appliance.url}/demo", "monodesk-widget", None
                )
        finally:
            appliance.kill()


async def _signed_in(browser: Browser, appliance: Appliance) -> StorageState:
    context = await browser.new_context()
    page = await context.new_page()
    await page.goto(appliance.url + appliance.demo_link("Hannah Reed"))
    await page.get_by_role("option").first.wait_for(timeout=PATIENCE_MS)
    state = await context.storage_state()
    await context.close()
    return state


async def _tell(browser: Browser, what: str, url: str, selector: str, state: StorageState | None) -> None:
    visits = [await _visit(browser, url, selector, state) for _ in range(VISITS + 1)][1:]
    painted, stands, busy, bytes_sent = (statistics.median(visit[index] for visit in visits) for index in (0, 1, 2, 4))
    quickest, slowest = min(visit[0] for visit in visits), max(visit[0] for visit in visits)
    print(
        f"{what}: first contentful paint {painted:.0f} ms ({quickest:.0f} to {slowest:.0f}), "
        f"stands after {stands:.0f} ms, main thread {busy:.0f} ms of CPU; "
        f"{visits[0][3]:.0f} requests, {bytes_sent / 1_000:.1f} kB; "
        f"{visits[0][5]:.0f} of the API"
    )


async def _visit(browser: Browser, url: str, selector: str, state: StorageState | None) -> list[float]:
    """First paint, all there, CPU (ms); requests, bytes, requests of the API."""
    context = await browser.new_context(storage_state=state, viewport={"width": 1440, "height": 900})
    await context.add_init_script(f"{_STANDS}({selector!r})")
    page = await context.new_page()
    session = await context.new_cdp_session(page)
    await session.send("Performance.enable", {"timeDomain": "threadTicks"})
    await page.goto(url)
    painted: float = await page.evaluate(_PAINTED)
    stands: float = await page.evaluate("window.__stands")
    metrics = (await session.send("Performance.getMetrics"))["metrics"]
    busy = next(one["value"] for one in metrics if one["name"] == "TaskDuration") * 1_000
    loaded: list[Any] = await page.evaluate(_LOADED)
    await context.close()
    return [painted, stands, busy, *loaded]


if __name__ == "__main__":
    asyncio.run(main())
