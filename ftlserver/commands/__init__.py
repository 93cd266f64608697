"""The commands of ftlserver, one module each, with ``add_arguments(parser)`` and ``handle(args, config)``.

``ftlserver --help`` needs only this list; a module is imported when its command runs.
"""

from ftlcommon.command_line import number

COMMANDS = [
    # name, module, help
    ("demo", "demo", "serve a sample team from a temporary database"),
    ("serve", "serve", "answer over HTTP"),
    ("token", "token", "create, list, revoke and rotate access tokens"),
    ("user", "user", "list, add, change, merge and delete users"),
    ("users", "users", "list the users"),
    ("team", "team", "make, list, change and delete teams"),
    ("insert_user", "insert_user", "add random users"),
    ("insert_activity", "insert_activity", "add random activity of a user"),
    ("delete_user", "delete_user", "delete a user and all their periods"),
    ("import", "import_file", "import users and activity from a file of another system"),
    ("export", "export", "write users and activity in the format that import members reads"),
    ("prune", "prune", "delete the periods before a date, for good"),
    ("audit", "audit", "list what was changed, by whom and when"),
    ("undo", "undo", "take a change back"),
    ("doctor", "doctor", "look for faults in the database, and correct some"),
    ("backup", "backup", "write a consistent copy of a SQLite database while it is in use"),
    ("migrate", "migrate", "update the database tables to this version"),
    ("completion", "completion", "write the completion script for a shell"),
]

positive = number(1, 1_000_000)
days = number(1, 20_000)  # fewer than the days since 1970
port = number(0, 65_535)  # 0 takes any free one
