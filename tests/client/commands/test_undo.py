"""Undo: what was recorded from this machine is taken back, again and again."""

from pathlib import Path

import pytest

from ftlserver.domain.token import EVERYTHING
from ftlserver.storage import Storage
from tests.client.commands.conftest import stored_instants
from tests.client.conftest import run
from tests.helpers import EGON, GLINDA, make_token

DAY = ("--on", "2026-11-16", "--user", EGON.id)


def test_undo_takes_back_the_last_then_the_one_before(
    capsys: pytest.CaptureFixture[str], url: str, storage: Storage
) -> None:
    run(capsys, "log", "09:00", "10:00", *DAY)
    first = stored_instants(storage)
    run(capsys, "log", "13:00", "14:00", *DAY)
    status, out, err = run(capsys, "undo")
    assert (status, out.split()[:2], err) == (0, ["undone:", EGON.id], "")
    assert "13:00" in out
    assert stored_instants(storage) == first
    assert run(capsys, "undo")[0] == 0
    assert stored_instants(storage) == []
    status, out, err = run(capsys, "undo")
    assert (status, out, "nothing was recorded from here" in err) == (2, "", True)


def test_undo_of_what_grew_sets_the_end_back(
    capsys: pytest.CaptureFixture[str], url: str, storage: Storage
) -> None:
    run(capsys, "log", "09:00", "10:00", *DAY)
    before = stored_instants(storage)
    assert run(capsys, "log", "09:00", "11:00", *DAY)[1].startswith("extended")
    out = run(capsys, "undo")[1]
    assert out == f"undone: {EGON.id}, Mon 2026-11-16 09:00 UTC-08:00: ends at 10:00 again, not at 11:00\n"
    assert stored_instants(storage) == before


def test_undo_of_an_import_says_what_a_later_change_extended(
    capsys: pytest.CaptureFixture[str], url: str, storage: Storage, tmp_path: Path
) -> None:
    file = tmp_path / "a.csv"
    file.write_text(
        "user_id,start_time,end_time\n"
        f"{EGON.id},2026-11-16T09:00,2026-11-16T10:00\n{EGON.id},2026-11-17T09:00,2026-11-17T10:00\n"
    )
    run(capsys, "import", "csv", str(file))
    run(capsys, "log", "09:00", "11:00", *DAY)
    (_, entry) = storage.changes.newest(2)
    status, out, err = run(capsys, "undo", str(entry.number))
    assert (status, err) == (0, "")
    assert out.splitlines() == [
        "undone",
        "periods: 1 deleted, 1 kept",
        "kept, because a later change extended them further:",
        f"  {EGON.id}, Mon 2026-11-16 09:00 UTC-08:00 to 11:00",
        f"take this back with: ftlclient undo {storage.changes.newest(1)[0].number}",
    ]
    run(capsys, "undo")
    assert stored_instants(storage) == []


def test_undo_refuses_what_was_changed_since_and_says_what_to_do(
    capsys: pytest.CaptureFixture[str], url: str, storage: Storage
) -> None:
    run(capsys, "log", "09:00", "10:00", *DAY)
    (entry, *_) = storage.changes.newest(1)
    storage.changes.undo(entry.number, EVERYTHING)
    status, out, err = run(capsys, "undo")
    assert (status, out, err.count("\n")) == (1, "", 1)
    assert f"undo the later changes first: the period of {EGON.id} from 2026-11-16T09:00:00-08:00 to" in err
    status, _, err = run(capsys, "undo", "999")
    assert (status, "no change with the number 999" in err) == (1, True)


def test_undo_needs_the_token_that_recorded(
    capsys: pytest.CaptureFixture[str], url: str, storage: Storage, monkeypatch: pytest.MonkeyPatch
) -> None:
    mine, another = (make_token(storage, "write")["Authorization"].split()[1] for _ in range(2))
    monkeypatch.setenv("FTL_TOKEN", mine)
    run(capsys, "log", "09:00", "10:00", *DAY)
    monkeypatch.setenv("FTL_TOKEN", another)
    status, _, err = run(capsys, "undo")
    assert (status, "made by another caller" in err) == (1, True)
    monkeypatch.setenv("FTL_TOKEN", mine)
    assert run(capsys, "undo")[0] == 0
    assert stored_instants(storage) == []


@pytest.mark.parametrize(
    ("argv", "shown"),
    [
        (("add", "ada", "Ada Lovelace", "Europe/London"), "added ada, Ada Lovelace, Europe/London"),
        (("rename", EGON.id, "E. Spengler"), f"{EGON.id} is now E. Spengler"),
        (("zone", EGON.id, "UTC"), f"{EGON.id} is now in UTC"),
        (("leave", EGON.id, "--on", "2026-01-31"), f"{EGON.id} is marked as having left; their activity stays"),
        (
            ("leave", EGON.id, "--on", "2999-01-31"),
            f"{EGON.id} is marked as leaving on 2999-01-31; their activity stays",
        ),
        (("merge", EGON.id, GLINDA.id), f"{EGON.id} is now {GLINDA.id}: 0 periods moved"),
    ],
)
def test_an_admin_changes_members_and_takes_it_back(
    capsys: pytest.CaptureFixture[str], url: str, storage: Storage, argv: tuple[str, ...], shown: str
) -> None:
    before = list(storage.users.all())
    assert run(capsys, "user", *argv) == (0, shown + "\n", "")
    assert run(capsys, "undo")[0] == 0
    assert list(storage.users.all()) == before


def test_deleting_a_member_asks(capsys: pytest.CaptureFixture[str], url: str, storage: Storage) -> None:
    status, _, err = run(capsys, "user", "delete", EGON.id)
    assert (status, "say --yes" in err) == (2, True)
    assert run(capsys, "user", "delete", EGON.id, "--yes") == (0, f"deleted {EGON.id}\n", "")
    assert [user.id for user in storage.users.all()] == [GLINDA.id]


def test_undo_takes_the_number_of_a_change(capsys: pytest.CaptureFixture[str]) -> None:
    for word in ("last", "0", "-1", "9" * 20, "1.5"):
        with pytest.raises(SystemExit):
            run(capsys, "undo", word)
        assert "expected the number of a change, as ftlserver audit shows it" in capsys.readouterr().err
