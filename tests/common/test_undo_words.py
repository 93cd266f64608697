"""What an undo did, in words."""

from ftlcommon.undo_words import set_back_lines, undone_lines

NOTHING = {"deleted": 0, "restored": 0, "set_back": 0, "kept": 0}


def test_an_undo_of_an_import_is_told_with_what_was_kept() -> None:
    undone = {
        "periods": {"deleted": 1_200, "restored": 0, "set_back": 12, "kept": 1},
        "users_kept": 3,
        "set_back": [
            {
                "user_id": "ada",
                "start_time": "2026-03-28T23:00:00+01:00",
                "end_time": "2026-03-28T23:30:15+01:00",
                "previous_end_time": "2026-03-29T04:00:00+02:00",
            }
        ],
        "kept": [
            {
                "user_id": "bob",
                "start_time": "2026-03-28T09:00:00+00:00",
                "end_time": "2026-03-28T12:00:00+00:00",
            },
            {"table": "users", "id": "bob"},
        ],
    }
    assert list(undone_lines(undone)) == [
        "periods: 1,200 deleted, 12 with their earlier end again, 1 kept",
        "ada, Sat 2026-03-28 23:00 UTC+01:00: ends at 23:30:15 again, not at Sun 2026-03-29 04:00 UTC+02:00",
        "  and 11 more",
        "kept, because a later change extended them further:",
        "  bob, Sat 2026-03-28 09:00 UTC to 12:00",
        "kept, because they have other activity:",
        "  bob",
        "  and 2 more",
    ]


def test_an_undo_that_is_about_no_period_needs_no_words() -> None:
    undone = {"periods": NOTHING, "users_kept": 0, "set_back": [], "kept": []}
    assert list(undone_lines(undone)) == list(set_back_lines(undone)) == []
