"""The commands of ftlclient: a room each, with EXAMPLE, ``add_arguments(parser)``, ``handle(args, console)``.

This list is all that ``ftlclient --help`` needs; a room, and the libraries behind it, is loaded when its
command runs.
"""

COMMANDS = [
    # name, room, help
    ("activity", "activity", "each member's periods of activity"),
    ("timeline", "timeline", "who was active when, drawn on one axis"),
    ("summary", "summary", "how long each member was active on each day"),
    ("hours", "hours", "in which hours of the week members are active"),
    ("overlap", "overlap", "when members were active together"),
    ("who", "who", "who is active now, and since when"),
    ("meeting", "meeting", "the best times to meet in a coming week"),
    ("members", "members", "whom the server knows"),
    ("log", "log", "record that somebody was active from one time to another"),
    ("track", "track", "record activity while this runs"),
    ("import", "import_file", "send users and activity from a file of another system"),
    ("export", "export", "fetch all that the server holds"),
    ("login", "login", "keep the address of a server and the token for it"),
    ("logout", "logout", "forget them"),
    ("whoami", "whoami", "show which server is asked, and what the token may do"),
    ("spool", "spool", "show what waits to be sent, and what was refused"),
    ("completion", "completion", "write the script that lets a shell complete commands"),
]
