"""``make bench``, third part: the JupyterLab panel in headless Chromium; writes docs/benchmarks-panel.md.

Needs the package with its ``test`` extra in the Python that runs it, and Chromium.
"""

from __future__ import annotations

import argparse
import gzip
import json
import os
import platform
import shutil
import statistics
import sys
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise
from pathlib import Path
from typing import NamedTuple

from places import BENCH, ROOT, SCRATCH

sys.path.insert(0, str(ROOT))

from playwright.sync_api import Browser, BrowserContext, Page

from tests.support.chromium import running_chromium
from tests.support.jupyter_server import JupyterServer
from tests.support.lab import drop, open_lab, run, running_lab
from tests.support.rest import VersionAt

REPORT = ROOT / "docs" / "benchmarks-panel.md"
EXTENSION = ROOT / "jupyter_gradient_data" / "labextension" / "static"

# When something of the page is first there, in milliseconds of its own clock; frames are what a person sees.
_WATCH = """(() => {
  window.seen = {};
  const wanted = {row: '#gradient-data-panel [aria-label="Datasets"] li'};
  window.watch = (name, selector) => { delete window.seen[name]; wanted[name] = selector; };
  const look = () => {
    for (const [name, selector] of Object.entries(wanted)) {
      if (!(name in window.seen) && document.querySelector(selector)) { window.seen[name] = performance.now(); }
    }
    if (!('ready' in window.seen) && window.jupyterapp) {
      window.seen.ready = null;
      window.jupyterapp.restored.then(() => { window.seen.ready = performance.now(); });
    }
    requestAnimationFrame(look);
  };
  requestAnimationFrame(look);
})()"""
_FRAMES = """seconds => new Promise(done => {
  const times = [performance.now()];
  const next = now => {
    times.push(now);
    if (now - times[0] < seconds * 1000) { requestAnimationFrame(next); } else { done(times); }
  };
  requestAnimationFrame(next);
})"""


class Profile(NamedTuple):
    """How much is measured."""

    datasets: int
    million: int
    many: int
    small_files: int
    runs: int


FULL = Profile(datasets=1000, million=1_000_000, many=100_000, small_files=20_000, runs=5)
QUICK = Profile(datasets=200, million=100_000, many=20_000, small_files=2_000, runs=2)


class Figures(NamedTuple):
    """Milliseconds, frames a second, bytes, files a second."""

    first_paint: list[float]
    top: list[float]
    folder: list[float]
    frames: list[float]
    longest_frame: float
    bundle: int
    ours: float
    jupyterlab: float


def measure(profile: Profile, folder: Path) -> Figures:
    """Everything, in one JupyterLab."""
    with running_lab(folder / "lab") as server, running_chromium() as browser:
        make_datasets(server, profile.datasets)
        million = filled(server, "a-million", [f"d{n // 1000:03}/f{n % 1000:04}.txt" for n in range(profile.million)])
        many = filled(server, "a-many", [f"f{n:06}.txt" for n in range(profile.many)])
        context = browser.new_context(viewport={"width": 1400, "height": 900})
        first_paint, bundle = load(context, server, profile.runs)
        top, inside = open_folders(context, server, million, profile.runs)
        frames, longest = scroll(context, server, many, profile.runs)
        ours = upload(context, server, profile.small_files)
        theirs = upload_as_jupyterlab(browser, server, profile.small_files // 20)
    return Figures(first_paint, top, inside, frames, longest, bundle, ours, theirs)


def make_datasets(server: JupyterServer, count: int) -> None:
    """As many datasets, each with a committed version."""

    def make(number: int) -> None:
        place = VersionAt(server, f"dataset-{number:04}")
        place.put("a.txt", b"a")
        place.commit()

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(make, range(count)))


def filled(server: JupyterServer, name: str, paths: list[str]) -> VersionAt:
    """A committed version with these files."""
    place = VersionAt(server, name)
    place.fill(paths, b"x" * 100)
    place.commit()
    return place


def fresh(context: BrowserContext, server: JupyterServer, *, reset: bool = True) -> Page:
    """JupyterLab in a new tab, watched."""
    page = context.new_page()
    page.add_init_script(_WATCH)
    open_lab(page, server, reset=reset)
    return page


def load(context: BrowserContext, server: JupyterServer, runs: int) -> tuple[list[float], int]:
    """From JupyterLab being ready to the first row of the panel; and what was loaded of ours until then."""
    page = fresh(context, server)
    bundle = sum(len(gzip.compress((EXTENSION / name).read_bytes())) for name in _loaded(page))
    run(page, "gradient-data:show-panel")
    page.wait_for_function("() => 'row' in window.seen")
    page.wait_for_function(  # the layout is saved with the panel open
        "() => window.jupyterapp.shell.currentPath !== undefined"
    )
    with page.expect_response(lambda answer: "/api/workspaces" in answer.url and answer.request.method == "PUT"):
        run(page, "application:toggle-right-area")
    page.close()
    found = []
    for _ in range(runs):
        page = fresh(context, server, reset=False)
        page.wait_for_function("() => window.seen.ready && 'row' in window.seen")
        seen = page.evaluate("() => window.seen")
        found.append(max(0.0, seen["row"] - seen["ready"]))
        page.close()
    return found, bundle


def _loaded(page: Page) -> list[str]:
    names = page.evaluate("() => performance.getEntriesByType('resource').map(one => one.name)")
    return [name.rpartition("/")[2].partition("?")[0] for name in names if "/jupyter-gradient-data/static/" in name]


def open_folders(
    context: BrowserContext, server: JupyterServer, place: VersionAt, runs: int
) -> tuple[list[float], list[float]]:
    """From the click to the first rows: of the version, and of a folder in it; each for the first time."""
    top, inside = [], []
    page = fresh(context, server)
    run(page, "gradient-data:open", dataset=place.dataset, tab="settings")
    page.get_by_role("tab", name="Files").wait_for()
    for number in range(runs):
        server.kill()  # nothing is in memory
        server.start()
        page.close()
        page = fresh(context, server)
        run(page, "gradient-data:open", dataset=place.dataset, tab="settings")
        tab = page.get_by_role("tab", name="Files")
        row = ".gd-FileTable-row"
        top.append(_until(page, row, tab.click))
        target = page.get_by_role("row").filter(has_text=f"d{number * 7:03}")
        inside.append(_until(page, f'{row} [title="f0000.txt"]', target.dblclick))
    page.close()
    return top, inside


def _until(page: Page, selector: str, act: Callable[[], None]) -> float:
    """Milliseconds from what a person does until something is there."""
    page.evaluate(
        """selector => {
          const start = () => { window.acted = performance.now(); };
          for (const kind of ['pointerdown', 'dblclick']) {
            document.addEventListener(kind, start, {capture: true, once: kind === 'dblclick'});
          }
          window.watch('wanted', selector);
        }""",
        selector,
    )
    act()
    page.wait_for_function("() => 'wanted' in window.seen")
    return float(page.evaluate("() => window.seen.wanted - window.acted"))


def scroll(context: BrowserContext, server: JupyterServer, place: VersionAt, runs: int) -> tuple[list[float], float]:
    """Frames a second while the wheel turns over a long folder, and the longest frame."""
    page = fresh(context, server)
    run(page, "gradient-data:open", dataset=place.dataset, tab="files")
    grid = page.get_by_role("grid", name="Files")
    grid.get_by_text("f000000.txt").wait_for()
    box = grid.bounding_box()
    assert box is not None
    page.mouse.move(box["x"] + 100, box["y"] + 200)
    rates, longest = [], 0.0
    for _ in range(runs):
        watched = page.evaluate_handle(f"() => {{ window.frames_ = ({_FRAMES})(3); }}")
        end = time.monotonic() + 3
        while time.monotonic() < end:
            page.mouse.wheel(0, 400)
        times = page.evaluate("() => window.frames_")
        watched.dispose()
        gaps = [later - earlier for earlier, later in pairwise(times)]
        rates.append(1000 * len(gaps) / (times[-1] - times[0]))
        longest = max(longest, *gaps)
    page.close()
    return rates, longest


def upload(context: BrowserContext, server: JupyterServer, count: int) -> float:
    """Files of 4 KiB a second, dragged in as a folder, until they are all in the version."""
    source = BENCH / "panel-files" / "small"  # browsers take nothing from below /dev, where our scratch may be
    shutil.rmtree(source, ignore_errors=True)
    for number in range(count):
        place = source / f"d{number // 200:03}" / f"{number:06}.bin"
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_bytes(os.urandom(4096))
    version = VersionAt(server, "uploaded")
    page = fresh(context, server)
    run(page, "gradient-data:open", dataset=version.dataset, tab="files")
    target = page.get_by_role("grid", name="Files")
    target.wait_for()
    started = time.monotonic()
    drop(page, target, [source])
    while _files(server, version) < count:
        page.wait_for_timeout(100)
    took = time.monotonic() - started
    page.close()
    return count / took


def _files(server: JupyterServer, version: VersionAt) -> int:
    return int(server.get(f"{version.path}/changes").json["added"])


def upload_as_jupyterlab(browser: Browser, server: JupyterServer, count: int) -> float:
    """The same through JupyterLab's own file browser, which has no folders: one file after the other."""
    page = browser.new_page()
    open_lab(page, server)
    took: float = page.evaluate(
        """async count => {
          const {contents} = window.jupyterapp.serviceManager;
          const started = performance.now();
          for (let number = 0; number < count; number++) {
            const bytes = crypto.getRandomValues(new Uint8Array(4096));
            const content = btoa(String.fromCharCode(...bytes));
            await contents.save(`upload-${number}.bin`, {type: 'file', format: 'base64', content});
          }
          return (performance.now() - started) / 1000;
        }""",
        count,
    )
    page.close()
    return count / took


def report(found: Figures, profile: Profile) -> str:
    """The page in Markdown."""

    def spread(values: list[float], unit: str) -> str:
        return f"{statistics.median(values):.0f} {unit} ({min(values):.0f} to {max(values):.0f})"

    rows = [
        (f"first row of the panel after JupyterLab is ready, {profile.datasets:,} datasets", "below 300 ms",
         spread(found.first_paint, "ms")),
        (f"first rows of a version of {profile.million:,} files, right after the server has started", "below 300 ms",
         spread(found.top, "ms")),
        ("first rows of a folder in it", "below 300 ms", spread(found.folder, "ms")),
        (f"frames a second while a folder of {profile.many:,} files is scrolled", "above 50",
         spread(found.frames, "")),
        ("longest frame meanwhile", "", f"{found.longest_frame:.0f} ms"),
        ("what the start of JupyterLab loads of ours, gzip", "below 400 KB", f"{found.bundle / 1000:.0f} KB"),
    ]  # fmt: skip
    return "\n".join(
        [
            "# Benchmarks of the panel",
            "",
            f"Made by `make bench` on {time.strftime('%Y-%m-%d', time.gmtime())}: headless Chromium, Python",
            f"{platform.python_version()}, {os.cpu_count()} cores; browser and server share the machine. Medians of",
            f"{profile.runs} runs, with the range.",
            "",
            "| what | wanted | found |",
            "| --- | --- | --- |",
            *(f"| {what} | {wanted} | {value} |" for what, wanted, value in rows),
            "",
            "## Many small files from the browser",
            "",
            "| way | files of 4 KiB a second |",
            "| --- | ---: |",
            f"| a folder of {profile.small_files:,} dragged onto a dataset | {found.ours:,.0f} |",
            f"| {profile.small_files // 20:,} files as JupyterLab saves them, one by one | {found.jupyterlab:,.0f} |",
            "",
        ]
    )


def main() -> None:
    """Measure, print, and write the page unless quick."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="small sizes, few runs; no page in docs/")
    options = parser.parse_args()
    profile = QUICK if options.quick else FULL
    folder = SCRATCH.with_name(SCRATCH.name + "-panel")
    shutil.rmtree(folder, ignore_errors=True)
    try:
        found = measure(profile, folder)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    print(json.dumps(found._asdict(), indent=1))
    page = report(found, profile)
    print(page)
    if not options.quick:
        REPORT.write_text(page)


if __name__ == "__main__":
    main()
