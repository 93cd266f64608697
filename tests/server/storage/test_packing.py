"""The fast path of the assignment's question, against the plain way in tests.plain."""

import json
from contextlib import closing
from http.client import HTTPConnection
from urllib.parse import urlsplit

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from webtest import TestApp

from ftlserver.domain import instants, time_formats, timezones
from ftlserver.domain.period import LONGEST_PERIOD, ActivityPeriod
from ftlserver.domain.user import User
from ftlserver.storage import Storage
from ftlserver.web.app import create_app
from tests import plain
from tests.helpers import ACTIVITY, serving

moments = st.integers(0, instants.END_OF_TIME - LONGEST_PERIOD - 1) | st.integers(0, 10**14)
spans = st.tuples(moments, st.integers(1, LONGEST_PERIOD), *[st.integers(-50_400, 50_400)] * 2)
histories = st.dictionaries(st.sampled_from(["a", "b", "c", "d@e.f"]), st.lists(spans, max_size=6), max_size=4)


@pytest.mark.slow
@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(histories=histories, ids=st.lists(st.sampled_from(["a", "b", "c", "d@e.f", "x"]), min_size=1, max_size=6))
def test_the_answer_is_that_of_the_plain_way_byte_for_byte(
    storage: Storage, histories: dict[str, list[tuple[int, int, int, int]]], ids: list[str]
) -> None:
    for user in storage.users.all():
        storage.users.delete(user.id)
    storage.bulk_import.store(
        [User(user_id, "Zoë \N{SNOWMAN}", "Europe/Berlin") for user_id in histories],
        [
            ActivityPeriod(user_id, start, start + length, *offsets)
            for user_id, spans in histories.items()
            for start, length, *offsets in spans
        ],
    )
    app = TestApp(create_app(storage))
    for time_format in ("display", "iso"):
        expected = plain.answer(storage, ids, time_format)
        assert app.post_json(ACTIVITY, {"id_list": ids, "time_format": time_format}).body == expected
        everything = {"id_list": ids, "time_format": time_format, "clip": True}
        assert app.post_json(ACTIVITY, everything).body == expected


@pytest.mark.slow
@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(
    histories=histories,
    edges=st.lists(st.integers(0, 10**14) | st.integers(0, 4 * 10**15), min_size=2, max_size=2, unique=True).map(
        sorted
    ),
    tz=st.sampled_from([None, "Asia/Kathmandu", "America/New_York", "Africa/Monrovia"]),
)
def test_the_answer_about_a_window_is_that_of_the_plain_way(
    storage: Storage, histories: dict[str, list[tuple[int, int, int, int]]], edges: list[int], tz: str | None
) -> None:
    for user in storage.users.all():
        storage.users.delete(user.id)
    ids = ["d@e.f", "a", "x", "b", "c"]
    near = [(length // 2, length) for length in range(1, 8)]
    storage.bulk_import.store(
        [User(user_id, "Zoë", "Europe/Berlin") for user_id in histories],
        [
            ActivityPeriod(user_id, start, start + length, *offsets)
            for user_id, spans in histories.items()
            for start, length, *offsets in spans
        ]
        + [
            ActivityPeriod(user_id, max(0, edge - before), edge - before + length + before, -18_000, 20_700)
            for user_id in histories
            for edge in edges
            for before, length in near
        ],
    )
    app = TestApp(create_app(storage))
    window = {
        "from": time_formats.iso(edges[0], 0),
        "to": time_formats.iso(edges[1], 0),
        **({"tz": tz} if tz else {}),
    }
    for time_format in ("display", "iso"):
        expected = json.loads(
            plain.answer(storage, ids, time_format, (edges[0], edges[1]), timezones.zone(tz) if tz else None)
        )
        answer = app.post_json(ACTIVITY, {"id_list": ids, "time_format": time_format, **window}).json
        assert answer["members"] == expected["members"]
        assert answer.get("not_found") == expected.get("not_found")


@pytest.mark.slow
@pytest.mark.parametrize("time_format", ["display", "iso"])
def test_a_long_answer_is_streamed_and_equals_the_plain_one(storage: Storage, time_format: str) -> None:
    users = [User(f"u{number}", "U", "UTC") for number in range(120)]
    storage.bulk_import.store(
        users,
        [
            ActivityPeriod(user.id, n * 10**9, n * 10**9 + 1, 0, 0)
            for index, user in enumerate(users)
            for n in range(5_001 if index == 7 else 1_000 if index == 8 else 20)
        ],
    )
    ids = [user.id for user in users] + ["unknown"]
    body = json.dumps({"id_list": ids, "time_format": time_format})
    with (
        serving(create_app(storage)) as url,
        closing(HTTPConnection(urlsplit(url).netloc, timeout=10)) as connection,
    ):
        connection.request("POST", ACTIVITY, body, {"Content-Type": "application/json"})
        response = connection.getresponse()
        assert response.headers["Transfer-Encoding"] == "chunked"
        assert response.read() == plain.answer(storage, ids, time_format)
        connection.request(
            "POST",
            ACTIVITY,
            json.dumps({"id_list": ids, "time_format": time_format, "from": "1970-01-01T00:00:00Z"}),
            {"Content-Type": "application/json"},
        )
        windowed = json.loads(connection.getresponse().read())
        assert windowed["members"] == json.loads(plain.answer(storage, ids, time_format))["members"]
