"""Random requests to every route, made from the route table and the schemas: valid, nearly valid and hostile ones."""

import itertools
import json
import logging
import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from random import Random
from typing import Any, TypeVar
from urllib.parse import quote

from webtest import TestApp

from ftlserver.domain import instants, time_formats, timezones
from ftlserver.domain.team import Team
from ftlserver.domain.user import User
from ftlserver.errors import HTTP_STATUSES
from ftlserver.storage import Storage
from ftlserver.storage.database import transaction
from ftlserver.web import responses
from ftlserver.web.app import ROUTES, WAKATIME_KEY, Route, create_app
from ftlserver.web.schemas import Schema
from tests.answers import checking
from tests.campaigns.kill import START
from tests.campaigns.running import BOTH, Fresh, on_each
from tests.helpers import JSON_SUITE, NAUGHTY, make_key, make_token

_T = TypeVar("_T")

DAY = 24 * instants.HOUR
DAYS = 40
USER_IDS = [f"u{number}" for number in range(12)]
ZONES = sorted(timezones.zone_names())
METHODS = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE"]

STRINGS = [
    *NAUGHTY,
    *(
        "",
        "\0",
        "a\0b",
        "\ud800",
        "a\udfffb",
        "\ufeff",
        "a" * 121,
        "a" * 5_000,
        "ä",
        "W1\n",
        "%",
        "_",
        "'",
        '"',
        "\\",
    ),
    *("' OR 1=1 --", "1; DROP TABLE users", "../../etc/passwd", "/", "//", "{}", "null", "true", "u0 ", "U0", "*"),
    *("Factory", "localtime", "posix/UTC", "right/UTC", "GMT+5", "europe/berlin", "Europe/Berlin\0"),
]
TIMES = [
    *("", "now", "soon", "2026", "2026-02", "2026-02-30", "2026-1-1", "2026-01-01T24:00:00Z", "2026-01-01T10:60Z"),
    *("2026-03-29T02:30", "2026-10-25T02:30", "1969-12-31T23:59:59Z", "1970-01-01T00:00:00Z", "0001-01-01"),
    *(
        "0000-01-01",
        "9999-12-31",
        "9999-12-31T23:59:59.999999Z",
        "10000-01-01",
        "2011-12-30",
        "2026-01-01T10:00+25:00",
    ),
    *(
        "2026-01-01T10:00:00.1234567Z",
        "2026-01-01 10:00:00Z",
        "2026-01-01T10:00:00-00:00",
        "2026-W01-1",
        "20260101",
    ),
    *("Feb 30 2020 01:33PM", "Feb 01 2020 13:33PM", "feb 01 2020 01:33pm", "Mar 29 2026 02:30AM", "٢٠٢٦-٠١-٠١"),
    *("2026-01-01T10:00:60Z", "2026-01-01T10:00:00+00:00:01", "-2026-01-01", "1e9", "1767225600"),
]
VALUES: list[Any] = [
    *(None, True, False, 0, -1, 1, 1.5, -0.0, 1e308, 2**31, 2**53 + 1, 10**17, -(10**17), 10**18, 2**63, 10**400),
    *(
        [],
        {},
        [[]],
        [None],
        [{}],
        [0],
        {">": ""},
        {"like": "%"},
        {"": ""},
        [{">": ""}],
        {"user_id": "u0"},
        "",
        "x",
    ),
]
HOSTS = [
    "localhost",
    "localhost:8080",
    "127.0.0.1",
    "[::1]",
    "",
    "evil.test",
    "localhost.evil.test",
    "a:b@localhost",
]
CURSORS = ["MTp1MA", "MTp4", "", "x", "MTphIGI", "Mjp1MA", "\ud800", "=", "A" * 3_000]


@dataclass
class Sent:
    """One request."""

    method: str
    path: str
    body: bytes
    headers: dict[str, str]


class Fuzz:
    """Makes requests; the same seed makes the same ones.

    *callers* are the values of Authorization: that of an admin first, then a WakaTime key.
    """

    def __init__(self, seed: int, callers: list[str]) -> None:
        self._random = Random(seed)
        self._callers = callers

    def requests(self) -> Iterator[Sent]:
        """Yield requests without end, to each route in turn."""
        for route in itertools.cycle(ROUTES):
            yield self._request(route)

    def _request(self, route: Route) -> Sent:
        method, body, query = route.method, b"", ""
        usual = self._callers[1 if route.scope == WAKATIME_KEY else 0]
        headers = {
            "Host": self._mostly("localhost", HOSTS),
            "Authorization": self._mostly(usual, self._callers),
        }
        if route.method in ("GET", "DELETE") and self._rarely(0.7 if route.query else 0.05):
            query = self._query(route)
        if route.schema is not None and route.method != "GET":
            body, headers["Content-Type"], query = self._body(route)
        if self._rarely(0.03):
            headers |= self._choice(
                [{"Origin": "http://evil.test"}, {"Sec-Fetch-Site": "cross-site"}, {"Origin": "x"}]
            )
        if self._rarely(0.03):
            method = self._choice(METHODS)
        return Sent(method, self._path(route) + query, body, headers)

    # ---- parts of a request

    def _path(self, route: Route) -> str:
        user_id = quote(self._text(self._choice(USER_IDS), 0.2).encode(errors="surrogatepass"), safe="")
        path = re.sub(r"<\w+>", user_id, route.path) + self._choice(["", "/"])
        if self._rarely(0.02):
            at = self._random.randrange(1, len(path) + 1)
            path = path[:at] + self._choice(["/", "x", "%00", "%ff", "%2f", "..", ";", "%"]) + path[at:]
        return path

    def _query(self, route: Route) -> str:
        fields: list[tuple[str, Any]] = []
        if route.schema is not None:
            document = self._document(route.schema)
            fields += [("id", user_id) for user_id in self._list(document.pop("id_list", []))]
            fields += document.items()
        if self._rarely(0.6):
            fields.append(
                ("limit", self._mostly(str(self._random.randint(1, 20)), [*VALUES, *STRINGS, "1001"], 0.3))
            )
        if self._rarely(0.3):
            fields.append(("cursor", self._choice(CURSORS)))
        if self._rarely(0.05):
            fields += self._choice([[("x", "1")], fields, [("", "")], [(self._choice(STRINGS), "1")]])
        texts = (f"{self._quoted(name)}={self._quoted(value)}" for name, value in fields)
        return "?" + "&".join(texts)

    def _quoted(self, value: Any) -> str:
        text = json.dumps(value) if isinstance(value, bool) else str(value)
        return quote(text.encode(errors="surrogatepass"), safe="")

    def _body(self, route: Route) -> tuple[bytes, str, str]:
        """Return a body, its content type, and a query string that goes with it."""
        assert route.schema is not None
        document: Any = self._document(route.schema)
        if route.path.endswith(".bulk"):
            document = [self._document(route.schema) for _ in range(self._random.randrange(4))]
        if self._rarely(0.03):
            document = self._choice(VALUES)
        if "periods" in route.schema.fields and isinstance(document, dict) and self._rarely(0.2):
            lines = [json.dumps(item).encode() for item in self._list(document.pop("periods", []))]
            fields = [(name, value) for name, value in document.items() if self._rarely(0.5)]
            query = "&".join(f"{self._quoted(name)}={self._quoted(value)}" for name, value in fields)
            return self._damaged(b"\n".join(lines)), "application/x-ndjson", f"?{query}" if query else ""
        text = json.dumps(document, ensure_ascii=self._rarely(0.5), indent=self._choice([None, 1]))
        types = ["application/json", "application/json; charset=utf-8", "text/plain", "", "application/x-ndjson"]
        return self._damaged(text.encode(errors="surrogatepass")), self._mostly(types[0], types, 0.06), ""

    def _damaged(self, body: bytes) -> bytes:
        """Return the body, or in one case of twelve something near it."""
        if not self._rarely(0.08):
            return body
        at = self._random.randrange(len(body) + 1)
        bytes_ = self._choice(
            [b"", b"\xff", b"\x00", b'"', b"{", b"]", b",", b"NaN", b"1e999", b"\\ud800", b"\xc3"]
        )
        return self._choice(
            [
                body[:at],
                body[:at] + bytes_ + body[at:],
                body[:at] + bytes_ + body[at + 1 :],
                b"\xef\xbb\xbf" + body,
                body.replace(b"{", b'{"tz": "UTC", "tz": "UTC", ', 1),
                b"[" * at + body + b"]" * at,
                body + body,
                body.ljust(1024 * 1024 + 1),
                self._choice(JSON_SUITE).read_bytes(),
            ]
        )

    # ---- documents

    def _document(self, schema: Schema) -> dict[str, Any]:
        document = {
            name: self._value(name, rules)
            for name, rules in schema.fields.items()
            if self._rarely(0.97 if rules.get("required") else 0.25)
        }
        if schema.names_members and self._rarely(0.95):
            document.pop("all", None)
            document.pop("id_list", None)
            name = self._choice(["all", "id_list", "id_list"])
            document[name] = self._value(name, schema.fields[name])
        if self._rarely(0.04):
            document[self._text("is_admin", 0.5)] = self._choice(VALUES)
        return document

    def _value(self, name: str, rules: Mapping[str, Any]) -> Any:
        """Return a value for a field, in nine of ten cases one that its rules allow."""
        if self._rarely(0.05):
            return self._choice(VALUES)
        if self._rarely(0.05):
            return self._choice(STRINGS)
        if "allowed" in rules:
            return self._choice(rules["allowed"])
        match rules.get("check_with", rules.get("type")):
            case "user_ids":
                count = self._mostly(self._random.randint(1, 6), [0, 1_000, 1_001], 0.01)
                return [self._text(self._choice(USER_IDS), 0.02) for _ in range(count)]
            case "periods":
                count = self._mostly(self._random.randint(0, 5), [40, 5_001], 0.01)
                return [self._period() for _ in range(min(count, 40))] * (1 if count <= 40 else count // 40 + 1)
            case "user_id":
                return self._choice(USER_IDS)
            case "real_name":
                return self._text(f"Name {self._random.randrange(9)}", 0.3)
            case "boolean":
                return self._rarely(0.5)
            case "number":
                return self._mostly((START - self._random.randrange(DAY)) / instants.SECOND, VALUES, 0.05)
            case "no_boolean":
                return self._mostly(self._random.randint(rules["min"], rules["max"]), VALUES, 0.05)
        return self._choice(ZONES) if "tz" in name or "zone" in name else self._time(name)

    def _period(self) -> Any:
        if self._rarely(0.01):
            return self._choice(VALUES)
        day, length = self._random.randrange(DAYS), self._random.choice([1, 2, 5, 170])
        start = START + day * DAY
        period = {
            "user_id": self._choice(USER_IDS),
            "start_time": self._written(start),
            "end_time": self._written(start + length * instants.HOUR),
        }
        if self._rarely(0.03):
            period[self._choice([*period, "x"])] = self._choice([*VALUES, *STRINGS, *TIMES])
        if self._rarely(0.01):
            del period[self._choice(list(period))]
        return period

    def _time(self, name: str) -> str:
        """Return a time; most of those of ``to`` are after most of those of ``from``."""
        if self._rarely(0.1):
            return self._choice(TIMES)
        day = self._random.randrange(DAYS // 2) + (DAYS // 2 if name == "to" else 0)
        return self._written(START + day * DAY)

    def _written(self, instant: int) -> str:
        form = self._random.randrange(10)
        if form == 0:
            return time_formats.display(instant, 0)
        if form == 1:
            return time_formats.iso(instant, 0).partition("T")[0]
        if form == 2:
            return time_formats.iso(instant, 0).partition("+")[0]
        return time_formats.iso(instant, self._choice([0, 3_600, -28_800, 20_700]))

    # ---- chance

    def _rarely(self, probability: float) -> bool:
        return self._random.random() < probability

    def _choice(self, values: Sequence[_T]) -> _T:
        return self._random.choice(values)

    def _mostly(self, usual: Any, others: list[Any], probability: float = 0.04) -> Any:
        return self._choice(others) if self._rarely(probability) else usual

    def _text(self, usual: str, probability: float) -> str:
        return str(self._mostly(usual, STRINGS, probability))

    def _list(self, value: Any) -> list[Any]:
        return value if isinstance(value, list) else [value]


class _Alarms(logging.Handler):
    """Notes what is logged with a traceback, or as an error."""

    def __init__(self) -> None:
        super().__init__(logging.ERROR)
        self.found: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.found.append(record.getMessage())


@contextmanager
def _alarms() -> Iterator[list[str]]:
    handler, logger = _Alarms(), logging.getLogger()
    logger.addHandler(handler)
    try:
        yield handler.found
    finally:
        logger.removeHandler(handler)


def run(storage: Storage, count: int, seed: int = 1) -> Counter[str]:
    """Send so many requests; check every answer, and that the tables stay as they are. Return the codes by number."""
    storage.users.add_new([User(user_id, "A", "Europe/Berlin") for user_id in USER_IDS])
    for team_id in USER_IDS[:6]:  # ids are made up alike
        storage.teams.add(Team(team_id, "A"), USER_IDS[:3])
    tokens = [("admin",), ("read",), ("write",)]
    callers = [make_token(storage, *scopes)["Authorization"] for scopes in tokens]
    callers.insert(1, make_key(storage, USER_IDS[1])["Authorization"])
    callers += [
        make_token(storage, "admin", users=("u0",))["Authorization"],
        callers[0][:-1],
        "x",
        "",
        "Bearer \xff",
    ]
    app = TestApp(checking(create_app(storage)))
    before = tables(storage)
    codes: Counter[str] = Counter()
    with _alarms() as alarms:
        for number, sent in enumerate(itertools.islice(Fuzz(seed, callers).requests(), count)):
            try:
                codes[_ask(app, sent)] += 1
                assert not alarms, alarms
            except BaseException as exc:
                headers = {name: value for name, value in sent.headers.items() if name != "Authorization"}
                what = f"{sent.method} {sent.path[:300]} {headers} {sent.body[:300]!r}"
                raise AssertionError(f"request {number} of seed {seed}: {what}: {exc!r}"[:1_500]) from exc
    assert tables(storage) == before, "the tables were changed"
    return codes


def _ask(app: TestApp, sent: Sent) -> str:
    response = app.request(sent.path, method=sent.method, body=sent.body, headers=sent.headers, expect_errors=True)
    assert not response.errors, response.errors
    assert response.status_int < 500, response.text
    if not response.body:
        assert sent.method == "HEAD" or response.status_int == 204
        return str(response.status_int)
    if "json" not in response.content_type:
        return "200"
    lines = response.body.splitlines() if response.content_type == responses.NDJSON else [response.body]
    answer = [json.loads(line) for line in lines][-1]
    if "openapi" in answer:
        return "200"
    assert answer["ok"] is (response.status_int in (200, 201)), answer
    return "200" if answer["ok"] else str(answer["error"])


def tables(storage: Storage) -> list[tuple[Any, ...]]:
    """Return what the tables of a database are."""
    catalogue = (
        "SELECT type, name, sql FROM sqlite_master ORDER BY 1, 2"
        if storage.database.is_sqlite
        else "SELECT table_name, column_name, data_type FROM information_schema.columns"
        " WHERE table_schema = 'public' ORDER BY 1, 2"
    )
    with transaction(storage.database) as connection:
        return [tuple(row) for row in connection.exec_driver_sql(catalogue)]


def fuzz(*, long: bool) -> str:
    """Send random requests on each database."""
    count = 50_000 if long else 10_000

    def attempt(database: Fresh) -> str:
        with database.opened() as storage:
            codes = run(storage, count)
        assert codes["200"] > count / 4, codes
        errors = len(codes.keys() & HTTP_STATUSES.keys())
        return f"{count:,} requests, {codes['200']:,} × 200, {errors} error codes, 0 × 500, 0 tracebacks"

    return on_each(BOTH, attempt)
