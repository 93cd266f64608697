"""Names of users where one is recorded, changed or saved as the default."""

import pytest

from ftlclient.config import read_login
from ftlserver.storage import Storage
from tests.client.commands.conftest import stored_instants
from tests.client.conftest import make_token, run, type_in, unavailable_server
from tests.conftest import EGON, GLINDA

LOG = ("log", "09:00", "10:00", "--on", "2026-11-16", "--user")


@pytest.mark.usefixtures("url")
@pytest.mark.parametrize("text", ["egon", "Egon Spengler", "w012a3cde", EGON.id])
def test_what_is_recorded_may_name_the_user(
    capsys: pytest.CaptureFixture[str], storage: Storage, text: str
) -> None:
    assert run(capsys, *LOG, text)[0] == 0
    assert [row[0] for row in stored_instants(storage)] == [EGON.id]


@pytest.mark.usefixtures("url")
def test_a_user_who_is_unknown_or_may_be_several_is_refused(
    capsys: pytest.CaptureFixture[str], storage: Storage
) -> None:
    status, _, err = run(capsys, *LOG, "egno")
    assert (status, err) == (1, "ftlclient: no such member: egno; did you mean Egon Spengler (W012A3CDE)?\n")
    status, _, err = run(capsys, *LOG, "w0")
    assert (status, err.startswith("ftlclient: w0 may be ")) == (2, True)
    assert stored_instants(storage) == []


@pytest.mark.usefixtures("url")
def test_a_token_that_may_not_read_names_users_by_their_ids(
    capsys: pytest.CaptureFixture[str], storage: Storage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FTL_TOKEN", make_token(storage, "write"))
    assert run(capsys, *LOG, "egon")[0] == 1
    assert run(capsys, *LOG, EGON.id)[0] == 0


def test_a_name_waits_for_the_server_as_it_was_typed(capsys: pytest.CaptureFixture[str]) -> None:
    with unavailable_server() as url:
        status, _, err = run(capsys, *LOG, EGON.id, "--url", url)
    assert (status, "saved; will be sent later" in err) == (0, True)


def test_login_saves_the_id_of_a_name(
    capsys: pytest.CaptureFixture[str], url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    type_in(monkeypatch, "\n")
    assert run(capsys, "login", "--url", url, "--user", "glinda")[0] == 0
    saved = read_login()
    assert saved is not None
    assert saved.user_id == GLINDA.id
    type_in(monkeypatch, "\n")
    assert run(capsys, "login", "--url", url, "--user", "nobody")[0] == 1


@pytest.mark.usefixtures("url")
def test_users_are_changed_by_name_and_deleted_without_a_question_by_id(
    capsys: pytest.CaptureFixture[str], storage: Storage
) -> None:
    assert run(capsys, "user", "rename", "egon", "E. Spengler")[0] == 0
    assert storage.users.get(EGON.id).real_name == "E. Spengler"
    assert run(capsys, "user", "delete", "glinda", "--yes")[0] == 1
    assert run(capsys, "user", "merge", "glinda", "spengler")[0] == 0
    assert storage.users.find(GLINDA.id) is None
    assert run(capsys, "user", "delete", EGON.id, "--yes")[0] == 0
