"""Look at every page in a real browser: policy, accessibility, width, keyboard, refreshing, and pictures of it.

Run by ``python -m tests.campaigns.browser``. axe-core is taken from ``--axe FILE``, or else from npm.
"""

import gzip
import json
import shutil
import subprocess
import tempfile
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlsplit

import sqlalchemy as sa

from ftlserver.cli import main
from ftlserver.commands import sample_data
from ftlserver.domain import instants
from ftlserver.domain import token as tokens
from ftlserver.domain.team import Team
from ftlserver.domain.token import Token
from ftlserver.serving.server import Server, listen
from ftlserver.storage import Storage
from ftlserver.storage.database import transaction
from ftlserver.web.app import create_app
from ftlserver.web.pages import views
from tests.campaigns.devtools import Browser, Tab, chromium
from tests.campaigns.running import NotTriedError

WIDTHS = (390, 1400)
REFLOW = (320, 640)  # pixels: the narrowest that has to work, and 1,280 at 200 %
_REFRESHES = 65  # seconds in which the board is refreshed twice
_LISTENER = """
window.violations = [];
document.addEventListener("securitypolicyviolation", (event) =>
  window.violations.push(event.violatedDirective + " " + event.blockedURI));
"""
_AXE = """
axe.run(document, {resultTypes: ["violations"], preload: false}).then((found) => found.violations.map((violation) =>
  violation.id + ": " + violation.nodes.map((node) => node.target.join(" ")).slice(0, 3).join(", ")))
"""


# How the page scrolls, and what on it, or before or after its text, has an animation or takes time to change.
_MOTION = """
(() => {
  const moving = new Set(document.getAnimations().map((one) => one.effect.target.tagName));
  for (const element of document.querySelectorAll("*")) {
    for (const part of [null, "::before", "::after"]) {
      const style = getComputedStyle(element, part);
      const seconds = style.transitionDuration.split(",").map(parseFloat);
      if (style.animationName !== "none" || Math.max(...seconds) > 0) moving.add(element.tagName);
    }
  }
  return [getComputedStyle(document.documentElement).scrollBehavior, [...moving].join(" ")];
})()
"""


@dataclass
class Found:
    """What is wrong with pages, each with the page that it is about, and how many were looked at."""

    pages: int = 0
    looks: int = 0
    bytes: int = 0
    wrong: list[str] = field(default_factory=list)

    def __str__(self) -> str:
        """Return the figure of the campaign."""
        return f"{self.pages} pages, {self.looks} looks, {self.bytes / 1024:.0f} KB the largest: {len(self.wrong)} faults"


def axe_core(path: Path | None, directory: Path) -> str:
    """Return the source of axe-core, from *path* or the npm registry; raise NotTriedError without either."""
    if path is None:
        npm = shutil.which("npm")
        if npm is None:
            raise NotTriedError("axe-core is not here: name its file with --axe, or install npm")
        pack = [npm, "pack", "--silent", "axe-core@4"]
        done = subprocess.run(pack, cwd=directory, capture_output=True, text=True, timeout=120)
        if done.returncode:
            raise NotTriedError(f"axe-core is not here: {done.stderr.strip().splitlines()[-1:]}")
        subprocess.run(["tar", "xzf", done.stdout.strip().splitlines()[-1]], cwd=directory, check=True, timeout=60)
        path = directory / "package" / "axe.min.js"
    return path.read_text(encoding="utf-8")


def fill_with_demo(storage: Storage) -> list[str]:
    """Store the demo team, and return the query strings to look at its pages with."""
    team = sample_data.demo_team(instants.now())
    storage.bulk_import.store((user for user, _ in team), (period for _, found in team for period in found))
    ids = [user.id for user, _ in team]
    storage.teams.add(Team("pacific", "Pacific"), ids[:4])
    return [
        *_paths("", ids[0]),
        "/timeline?team=pacific",
        f"/timeline?members={ids[0]}",
        "/summary?from=2026-01-01",
    ]


def fill_with_history(storage: Storage, history: Path, directory: Path) -> list[str]:
    """Import a git history, and return the pages to look at: of a month in which its team was active."""
    repository = directory / "history.git"
    git = ["git", "--git-dir", str(repository)]
    subprocess.run([*git, "init", "--quiet", "--bare"], check=True, timeout=60)
    with gzip.open(history) as stream:
        subprocess.run([*git, "fast-import", "--quiet"], input=stream.read(), check=True, timeout=300)
    assert main(["--database", str(directory / "history.sqlite3"), "import", "git", str(repository)]) == 0
    busiest = max(storage.users.summaries(), key=lambda one: one.periods)
    with transaction(storage.database) as connection:
        starts = connection.execute(sa.text("SELECT started_at FROM activity_periods ORDER BY 1")).scalars().all()
    middle = instants.wall_clock(starts[len(starts) // 2], 0).date()
    month = f"from={middle:%Y-%m}-01&to={middle:%Y-%m}-28&zone=Europe/Berlin"
    year = f"from={middle:%Y}-01-01&to={middle:%Y}-12-31"
    more = ["/?page=2", f"/timeline?{year}", f"/timeline?{year}&page=2", f"/summary?{year}&per=month"]
    return [*_paths(month, busiest.user.id), *more, f"/hours?{month}&members={quote(busiest.user.id)}"]


def _paths(window: str, user_id: str) -> list[str]:
    query = f"?{window}" if window else ""
    more = {"/coverage": "quiet=Sat-Sun,Mon-Fri 22:00-06:00", "/clock-changes": "meeting=Tue 17:00 Europe/Berlin"}
    paths = [f"{page.path}{query}" for page in views.VIEWS]
    paths += [f"{path}{query}{'&' if query else '?'}{quote(text, safe='=')}" for path, text in more.items()]
    return ["/", *paths, f"/members/{quote(user_id)}{query}", "/login", "/timeline?from=soon", "/nothing"]


def look(program: str, axe: str, history: Path | None, pictures: Path | None) -> Found:
    """Look at every page of the demo team, and of a *history*; write *pictures* to a directory."""
    found = Found()
    with chromium(program) as browser, tempfile.TemporaryDirectory() as directory:
        for name in ("demo", *(["history"] if history else [])):
            with Storage.open(f"{directory}/{name}.sqlite3", threads=8) as storage:
                paths = (
                    fill_with_demo(storage)
                    if history is None or name == "demo"
                    else fill_with_history(storage, history, Path(directory))
                )
                # Who reads the demo is bound to all of its users, and so may ask about rest.
                bound_to = tuple(user.id for user in storage.users.all()) if name == "demo" else None
                with _serving(storage, bound_to) as (url, secret):
                    _look_at(browser, url, secret, paths, axe, found, pictures and pictures / name)
    return found


@contextmanager
def _serving(storage: Storage, user_ids: tuple[str, ...] | None) -> Iterator[tuple[str, str]]:
    """Serve a storage that has a token, bound to those users if any, and give the address and the secret."""
    id_, secret = tokens.mint()
    storage.tokens.add(Token(id_, "page", tokens.digest(secret), ("read",), user_ids, instants.now(), None))
    server = Server(create_app(storage), listen("127.0.0.1", 0), 4)
    thread = threading.Thread(target=server.run)
    thread.start()
    try:
        yield server.url, secret
    finally:
        server.stop()
        thread.join()


def _look_at(
    browser: Browser, url: str, secret: str, paths: Sequence[str], axe: str, found: Found, pictures: Path | None
) -> None:
    tab = browser.tab()
    tab.call("Page.addScriptToEvaluateOnNewDocument", source=_LISTENER)
    _log_in(tab, url, secret, found)
    for path in paths:
        found.pages += 1
        for is_dark in (False, True):
            for width in WIDTHS:
                tab.look(width, is_dark=is_dark)
                tab.open(url + path)
                found.looks += 1
                where = f"{path} {width} {'dark' if is_dark else 'light'}"
                _check(tab, url, where, found)
                if pictures:
                    pictures.mkdir(parents=True, exist_ok=True)
                    name = "".join(char if char.isalnum() else "-" for char in path[1:121].strip("/")) or "board"
                    tab.screenshot(pictures / f"{name}-{width}-{'dark' if is_dark else 'light'}.png")
                tab.evaluate(f"{axe};0")
                found.wrong += [f"{where}: axe {one}" for one in tab.evaluate(_AXE)]
        for width in REFLOW:
            tab.look(width, is_dark=False)
            _check_width(tab, f"{path} {width}", found)
    _check_motion(tab, url, paths, found)
    _check_keyboard(tab, url, found)
    _check_listener(tab, found)
    _check_refreshing(tab, url, found)
    _check_without_script(tab, url, paths, found)


def _log_in(tab: Tab, url: str, secret: str, found: Found) -> None:
    """Log in as a reader does: with the form of the page that was wanted."""
    tab.open(f"{url}/summary")
    tab.evaluate(f"document.getElementById('token').value = {json.dumps(secret)}")
    tab.events.clear()
    tab.evaluate("document.querySelector('form.login').requestSubmit()")
    tab.wait_for("Page.loadEventFired")
    if tab.evaluate("location.pathname") != "/summary" or tab.evaluate("document.cookie"):
        found.wrong.append("the login does not lead to the page, or script reads its cookie")
    cookies = tab.call("Network.getCookies", urls=[url])["cookies"]
    expected = {"name": "ftl", "httpOnly": True, "sameSite": "Strict", "path": "/"}
    if len(cookies) != 1 or not expected.items() <= cookies[0].items():
        found.wrong.append(f"the cookies are {[cookie['name'] for cookie in cookies]}")


def _check(tab: Tab, url: str, where: str, found: Found) -> None:
    """Check what a page did: its policy, its requests, its errors, its size and its width."""
    found.wrong += [f"{where}: policy {one}" for one in tab.evaluate("window.violations")]
    for event in tab.events:
        parameters = event["params"]
        if event["method"] == "Network.requestWillBeSent":
            address = parameters["request"]["url"]
            # The browser's own date fields have pictures inside.
            if urlsplit(address).netloc != urlsplit(url).netloc and not address.startswith("data:"):
                found.wrong.append(f"{where}: a request to {address}")
        elif event["method"] == "Runtime.exceptionThrown":
            found.wrong.append(f"{where}: {parameters['exceptionDetails']['text']}")
        elif event["method"] == "Log.entryAdded" and "status of 40" not in parameters["entry"]["text"]:
            found.wrong.append(f"{where}: {parameters['entry']['text']}")
    size = tab.evaluate("performance.getEntriesByType('navigation')[0].decodedBodySize")
    found.bytes = max(found.bytes, size)
    if size > 300 * 1024:
        found.wrong.append(f"{where}: {size:,} bytes")
    _check_width(tab, where, found)


def _check_width(tab: Tab, where: str, found: Found) -> None:
    wide, space = tab.evaluate("[document.documentElement.scrollWidth, document.documentElement.clientWidth]")
    if wide > space:
        found.wrong.append(f"{where}: {wide} pixels wide")


def _check_motion(tab: Tab, url: str, paths: Sequence[str], found: Found) -> None:
    """Check that nothing moves for those who prefer that, and as a control that something does for others."""
    for is_reduced in (False, True):
        tab.look(1400, is_dark=False, is_reduced=is_reduced)
        for path in paths:
            tab.open(url + path)
            scrolls, moving = tab.evaluate(_MOTION)
            if moving:
                found.wrong.append(f"{path}: {moving} moves{' for who prefers that nothing does' * is_reduced}")
            if (scrolls == "smooth") == is_reduced:
                found.wrong.append(f"{path}: it scrolls {scrolls} where reduced motion is {is_reduced}")


def _check_keyboard(tab: Tab, url: str, found: Found) -> None:
    """Check that the first key leads past the navigation, and that it shows where it is."""
    tab.look(1400, is_dark=False)
    tab.open(f"{url}/timeline")
    key = {"key": "Tab", "code": "Tab", "windowsVirtualKeyCode": 9}
    tab.call("Input.dispatchKeyEvent", type="keyDown", **key)
    tab.call("Input.dispatchKeyEvent", type="keyUp", **key)
    shown = "(() => { const a = document.activeElement; return [a.className, a.getBoundingClientRect().left >= 0]; })()"
    if tab.evaluate(shown) != ["skip", True]:
        found.wrong.append("the first key does not lead to the skip link")


def _check_listener(tab: Tab, found: Found) -> None:
    """Check that a violation is noticed, as a control."""
    tab.evaluate("document.body.setAttribute('style', 'color: red')")
    tab.evaluate("new Promise((resolve) => setTimeout(resolve, 200))")
    if not tab.evaluate("window.violations.length"):
        found.wrong.append("an inline style is no violation of the policy, or was not noticed")


def _check_refreshing(tab: Tab, url: str, found: Found) -> None:
    """Check that the board asks again with its ETag and nothing else happens."""
    tab.open(f"{url}/")
    tab.events.clear()
    end = time.monotonic() + _REFRESHES
    while time.monotonic() < end:
        tab.evaluate("new Promise((resolve) => setTimeout(resolve, 1000))")
    answers: list[Any] = [
        event["params"]["response"]
        for event in tab.events
        if event["method"] == "Network.responseReceived" and event["params"]["type"] == "XHR"
    ]
    sent = [
        event["params"]["request"]["headers"]
        for event in tab.events
        if event["method"] == "Network.requestWillBeSent" and event["params"]["type"] == "XHR"
    ]
    if len(answers) < 2 or not all(answer["status"] in (200, 304) for answer in answers):
        found.wrong.append(f"the board was refreshed with {[answer['status'] for answer in answers]}")
    elif "If-None-Match" not in sent[-1]:
        found.wrong.append("the board was refreshed without its ETag")
    found.wrong += [f"refreshing: policy {one}" for one in tab.evaluate("window.violations")]


def _check_without_script(tab: Tab, url: str, paths: Sequence[str], found: Found) -> None:
    """Check that each page has its form, and a table or a sentence, without script."""
    tab.call("Emulation.setScriptExecutionDisabled", value=True)
    for path in paths:
        tab.open(url + path)
        count = tab.evaluate("document.querySelectorAll('table, .empty, .login, .problem').length")
        if not count:
            found.wrong.append(f"{path}: nothing without script")
    tab.call("Emulation.setScriptExecutionDisabled", value=False)
