"""The steps of ``.ci/run``, one by one and in environments of their own: ``nox --list``, ``nox -s lint``.

``.ci/run`` is what counts: it takes a clean checkout of HEAD and the README's own test command.
"""

import pathlib

import nox

nox.options.default_venv_backend = "venv"
nox.options.error_on_missing_interpreters = False
nox.options.sessions = ["tests", "lint", "types", "package"]


@nox.session(python=["3.11", "3.12", "3.13", "3.14"])
def tests(session: nox.Session) -> None:
    """Run the tests, as the README does; ``nox -s tests-3.13 -- -m 'not slow' --no-cov`` hands on options."""
    session.install(".[test]")
    session.run("pytest", *session.posargs)


@nox.session
def lint(session: nox.Session) -> None:
    """Check the style, with ruff."""
    session.install("ruff>=0.8")
    session.run("ruff", "check", ".")
    session.run("ruff", "format", "--check", ".")


@nox.session
def types(session: nox.Session) -> None:
    """Check the types, with mypy."""
    session.install(".[test]")
    session.run("mypy")


@nox.session
def package(session: nox.Session) -> None:
    """Build the wheel, and use it where nothing else of the project is."""
    parent = pathlib.Path(session.create_tmp())
    session.run("pip", "wheel", "--quiet", "--no-deps", "--wheel-dir", str(parent), ".")
    wheel = max(parent.glob("ftl_activity-*.whl"), key=lambda path: path.stat().st_mtime)
    session.install(str(wheel))
    session.run("pip", "check")
    session.chdir(parent)
    session.run("ftlserver", "--version")
    session.run("ftlclient", "--version")
    session.run("ftl-activity", "--version")
    session.run(
        "python",
        "-c",
        "import ftlserver, ftlclient, importlib.resources as r\n"
        "assert all(r.files(each).joinpath('py.typed').is_file() for each in (ftlserver, ftlclient))",
    )
