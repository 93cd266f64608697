"""An answer about presence, which two views show."""

PRESENCE = {
    "at": "2026-11-16T12:00:00Z",
    "members": [
        {"id": "n", "real_name": "Never", "tz": "UTC", "active": False, "local_time": "2026-11-16T12:00:00+00:00"},
        {
            "id": "l",
            "real_name": "Last",
            "tz": "Asia/Tokyo",
            "active": False,
            "last_active": "2026-11-13T18:00:00+01:00",
            "local_time": "2026-11-16T21:00:00+09:00",
        },
        {
            "id": "e",
            "real_name": "Earlier",
            "tz": "UTC",
            "active": False,
            "last_active": "2026-01-13T18:00:00+01:00",
            "local_time": "2026-11-16T12:00:00+00:00",
        },
        {
            "id": "a",
            "real_name": "Active",
            "tz": "Pacific/Auckland",
            "active": True,
            "since": "2026-11-16T11:15:00+00:00",
            "local_time": "2026-11-17T01:00:00+13:00",
        },
    ],
}
