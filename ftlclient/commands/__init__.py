"""The commands of ftlclient: a room each, with EXAMPLE, ``add_arguments(parser)``, ``handle(args, console)``.

This list is all that ``ftlclient --help`` needs; a room, and the libraries behind it, is loaded when its
command runs.
"""

COMMANDS = [
    # name, help
    ("activity", "each member's periods of activity"),
    ("timeline", "who was active when, drawn on one axis"),
    ("summary", "how long each member was active on each day"),
    ("hours", "in which hours of the week members are active"),
    ("overlap", "when members were active together"),
    ("who", "who is active now, and since when"),
    ("meeting", "the best times to meet in a coming week"),
    ("members", "whom the server knows"),
]
