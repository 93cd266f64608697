"""The statements of the store, constant texts; where the two databases differ, one for each.

``{minutes}`` and ``{columns}`` stand for what a period is packed into.
"""

import sqlalchemy as sa

INSERT_USER = sa.text("INSERT INTO users (id, real_name, tz) VALUES (:id, :real_name, :tz)")
ADD_USER = sa.text("""
    INSERT INTO users (id, real_name, tz) VALUES (:id, :real_name, :tz) ON CONFLICT (id) DO NOTHING""")
CHANGE_USER = sa.text("""
    UPDATE users SET real_name = coalesce(:real_name, real_name), tz = coalesce(:tz, tz) WHERE id = :id""")
PUT_USER = sa.text("""
    INSERT INTO users (id, real_name, tz) VALUES (:id, :real_name, :tz)
    ON CONFLICT (id) DO UPDATE SET real_name = excluded.real_name, tz = excluded.tz""")
FIND_USER = sa.text("SELECT id, real_name, tz FROM users WHERE id = :id")
DELETE_USER = sa.text("DELETE FROM users WHERE id = :id")
USERS = sa.text("""
    SELECT u.id, u.real_name, u.tz, count(p.user_id), max(p.ended_at),
           (SELECT end_offset FROM activity_periods l WHERE l.user_id = u.id ORDER BY ended_at DESC LIMIT 1)
    FROM users u LEFT JOIN activity_periods p ON p.user_id = u.id
    GROUP BY u.id, u.real_name, u.tz ORDER BY u.id""")
ALL_USERS = sa.text("SELECT id, real_name, tz FROM users ORDER BY id")
USERS_AFTER = sa.text("SELECT id, real_name, tz FROM users WHERE id > :after ORDER BY id LIMIT :limit")
PERIODS_AFTER = sa.text("""
    SELECT started_at, ended_at, start_offset, end_offset FROM activity_periods
    WHERE user_id = :user_id AND (started_at, ended_at) > (:started_at, :ended_at)
      AND started_at < :before AND ended_at > :after
    ORDER BY started_at, ended_at LIMIT :limit""")
PERIOD_COLUMNS = ("user_id", "started_at", "ended_at", "start_offset", "end_offset")
# SQLite: rows in one statement take half as long as rows one by one; of variables every version takes 999.
ROWS_AT_ONCE = 199


def insert_periods(count: int) -> str:
    values = ", ".join(["(?, ?, ?, ?, ?)"] * count)
    return f"INSERT INTO activity_periods ({', '.join(PERIOD_COLUMNS)}) VALUES {values} ON CONFLICT DO NOTHING"  # noqa: S608


INSERT_MANY = insert_periods(ROWS_AT_ONCE)
INSERT_ARRAYS = sa.text("""
    INSERT INTO activity_periods (user_id, started_at, ended_at, start_offset, end_offset)
    SELECT * FROM unnest(CAST(:user_id AS varchar[]), CAST(:started_at AS bigint[]), CAST(:ended_at AS bigint[]),
                         CAST(:start_offset AS integer[]), CAST(:end_offset AS integer[]))
    ON CONFLICT DO NOTHING""")
# The ids are one value, however many there are: no limit on variables, one constant statement.
# One statement for users and periods: a row each, so that the interpreter lock changes hands twice and not once
# a period, and in it the minutes of the wall clock, start and length in one number: start * 65536 + end - start
# + 4096, because the length of who travels may be negative. Division rounds to zero, and west of Greenwich 1970
# began in 1969, so a day more is divided. 2 users with 100 periods take 50 us; their bare rows take 100.
MINUTES_OF_PERIOD = """
    (p.started_at / 1000000 + p.start_offset + 86400) / 60 * 65535
    + (p.ended_at / 1000000 + p.end_offset + 86400) / 60 - 94367744"""
MINUTES = {
    "sqlite": """
        SELECT u.id, u.real_name, u.tz, (
            SELECT json_group_array(minutes) FROM (
                SELECT {minutes} AS minutes
                FROM activity_periods p WHERE p.user_id = u.id
                ORDER BY p.started_at, p.ended_at LIMIT :most))
        FROM json_each(:ids) AS asked CROSS JOIN users u ON u.id = asked.value ORDER BY asked.key""",
    "postgresql": """
        SELECT u.id, u.real_name, u.tz, CAST((
            SELECT json_agg(minutes) FROM (
                SELECT {minutes} AS minutes
                FROM activity_periods p WHERE p.user_id = u.id
                ORDER BY p.started_at, p.ended_at LIMIT :most) AS page) AS text)
        FROM unnest(CAST(:ids AS varchar[])) WITH ORDINALITY AS asked (value, key)
        JOIN users u ON u.id = asked.value ORDER BY asked.key""",
}
# The key share lock keeps the users there until their periods are stored.
KEEP_USERS = {
    "sqlite": "SELECT id FROM users WHERE id IN (SELECT value FROM json_each(:ids))",
    "postgresql": "SELECT id FROM users WHERE id = ANY(CAST(:ids AS varchar[])) FOR KEY SHARE",
}
FIND_USERS = {
    "sqlite": """
        SELECT u.id, u.real_name, u.tz
        FROM json_each(:ids) AS asked CROSS JOIN users u ON u.id = asked.value ORDER BY asked.key""",
    "postgresql": """
        SELECT u.id, u.real_name, u.tz
        FROM unnest(CAST(:ids AS varchar[])) WITH ORDINALITY AS asked (value, key)
        JOIN users u ON u.id = asked.value ORDER BY asked.key""",
}
# Each user has a window of their own. A period that reaches into it began at most 7 days before it, so the key
# bounds what is read on both sides. The periods of a user come as one text of numbers, from PostgreSQL as bytes: a
# row each costs twice as much, mostly in handing the interpreter lock over and back, or in packing.
WITHIN = {
    "sqlite": """
        WITH asked AS MATERIALIZED (
            SELECT key, json_extract(value, '$[0]') AS user_id,
                   json_extract(value, '$[1]') AS starts, json_extract(value, '$[2]') AS ends
            FROM json_each(:asked))
        SELECT asked.key, (
            SELECT group_concat(span) FROM (
                SELECT {columns} AS span FROM activity_periods p
                WHERE p.user_id = asked.user_id
                  AND p.started_at > asked.starts - 604800000000
                  AND p.started_at < asked.ends
                  AND p.ended_at > asked.starts
                ORDER BY p.started_at, p.ended_at LIMIT :most))
        FROM asked ORDER BY asked.key""",
    "postgresql": """
        SELECT asked.key - 1, (
            SELECT string_agg(span, ''::bytea) FROM (
                SELECT {columns} AS span FROM activity_periods p
                WHERE p.user_id = asked.user_id
                  AND p.started_at > asked.starts - 604800000000
                  AND p.started_at < asked.ends
                  AND p.ended_at > asked.starts
                ORDER BY p.started_at, p.ended_at LIMIT :most) AS page)
        FROM unnest(CAST(:ids AS varchar[]), CAST(:starts AS bigint[]), CAST(:ends AS bigint[]))
             WITH ORDINALITY AS asked (user_id, starts, ends, key)
        ORDER BY asked.key""",
}
SPAN = {
    "sqlite": "p.started_at || ',' || p.ended_at || ',' || p.start_offset || ',' || p.end_offset",
    "postgresql": """
        int8send(p.started_at) || int8send(p.ended_at) || int4send(p.start_offset) || int4send(p.end_offset)""",
}
CLIPPED = {
    "sqlite": "max(p.started_at, asked.starts) || ',' || min(p.ended_at, asked.ends)",
    "postgresql": "int8send(greatest(p.started_at, asked.starts)) || int8send(least(p.ended_at, asked.ends))",
}
PACKED_MINUTES = {"sqlite": MINUTES_OF_PERIOD, "postgresql": f"int8send({MINUTES_OF_PERIOD})"}
LAST_START = {
    "sqlite": """
        SELECT asked.value, (SELECT max(started_at) FROM activity_periods p
                             WHERE p.user_id = asked.value AND p.started_at <= :at)
        FROM json_each(:ids) AS asked""",
    "postgresql": """
        SELECT asked.value, (SELECT max(started_at) FROM activity_periods p
                             WHERE p.user_id = asked.value AND p.started_at <= :at)
        FROM unnest(CAST(:ids AS varchar[])) AS asked (value)""",
}
