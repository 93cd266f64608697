"""waitress: the server, which threads work on requests, and several processes on one socket.

Everything that touches waitress' private parts is here; ``tests/server/serving/test_waitress.py`` checks that the
installed version has them.
"""
