"""Health and readiness."""

from pathlib import Path

from webtest import TestApp

from ftlserver.storage import Storage
from ftlserver.web.app import create_app
from tests.helpers import check_shape


def test_health_needs_no_database(sqlite_storage: Storage) -> None:
    app = TestApp(create_app(sqlite_storage))
    sqlite_storage.database.close()
    response = app.get("/healthz")
    check_shape(response)
    assert response.json["tzdata"] >= "2026c"


def test_readiness_says_whether_the_database_can_be_written(sqlite_storage: Storage, tmp_path: Path) -> None:
    app = TestApp(create_app(sqlite_storage))
    assert app.get("/readyz").json == {"ok": True}
    (tmp_path / "ftl.sqlite3").rename(tmp_path / "gone")
    response = app.get("/readyz", expect_errors=True)
    check_shape(response)
    assert (response.status_int, response.json["error"]) == (503, "database_unavailable")
    assert response.headers["Retry-After"] == "1"
    assert str(tmp_path) not in response.text
