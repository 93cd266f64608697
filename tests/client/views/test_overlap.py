"""The intervals and the matrix of an overlap at fixed widths."""

from ftlclient.views import overlap
from tests.client.conftest import lines

OVERLAP = {
    "min_members": 2,
    "overlap_seconds": 5400,
    "members": [{"id": name, "real_name": f"Member {name}", "tz": "UTC"} for name in "abc"],
    "matrix": [[7200, 5400, 0], [5400, 9000, 0], [0, 0, 60]],
    "stretches": [
        {
            "start_time": "2026-11-16T23:30:00+01:00",
            "end_time": "2026-11-17T00:30:00+01:00",
            "seconds": 3600,
            "members": ["a", "b"],
        },
        {
            "start_time": "2026-11-17T09:00:00+01:00",
            "end_time": "2026-11-17T09:30:00+01:00",
            "seconds": 1800,
            "members": ["a", "b", "c"],
        },
    ],
}


def test_overlap_shows_intervals_and_pairs() -> None:
    assert lines(overlap.Overlap(OVERLAP)) == [
        "1:30 with at least 2 of 3 active, 2 intervals",
        "  2026-11-16 Mon  23:30-00:30 +1   1:00  Member a, Member b",
        "  2026-11-17 Tue  09:00-09:30      0:30  all",
        "",
        "Time together per pair; on the diagonal, each member's total",
        "                  1      2      3",
        "  1 Member a   2:00   1:30      -",
        "  2 Member b   1:30   2:30      -",
        "  3 Member c      -      -   0:01",
    ]
    assert list(overlap.rows(OVERLAP))[1][3] == "a b c"


def test_a_wide_matrix_folds() -> None:
    names = [f"m{n}" for n in range(20)]
    answer = {
        **OVERLAP,
        "stretches": [],
        "members": [{"id": n, "real_name": n, "tz": "UTC"} for n in names],
        "matrix": [[60] * 20] * 20,
    }
    assert max(map(len, lines(overlap.Overlap(answer)))) <= 60
