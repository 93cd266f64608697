"""The API reference: the OpenAPI document, and a page made from it."""

import base64
import hashlib
import json
import re
import shlex
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import cached_property
from html import escape
from typing import Any
from urllib.parse import urlencode

import orjson
from bottle import response

from ftlserver.errors import CODES
from ftlserver.storage import Storage
from ftlserver.web import openapi, responses
from ftlserver.web.requests import Request
from ftlserver.web.route import Route

_STYLE = """\
:root { color-scheme: light dark; --line: light-dark(#ccd1d9, #3b424d); --back: light-dark(#f4f6f8, #1e2329); }
body { font: 1rem/1.5 system-ui, sans-serif; margin: 0 auto; max-width: 62rem; overflow-wrap: break-word;
  padding: 0 1rem 4rem; }
h2 { border-bottom: 1px solid var(--line); margin-top: 3rem; }
h3 { margin-top: 2.5rem; }
code, pre { background: var(--back); border-radius: .25rem; font: .9em/1.5 ui-monospace, monospace; }
code { padding: .1em .25em; }
pre { overflow-x: auto; padding: .75rem; }
pre code { padding: 0; }
table { border-collapse: collapse; display: block; overflow-x: auto; }
th, td { border-bottom: 1px solid var(--line); padding: .3rem .75rem .3rem 0; text-align: left; }
td { vertical-align: top; }
nav ul { columns: 22rem; list-style: none; padding: 0; }
caption { font-weight: bold; padding-top: .75rem; text-align: left; }
a { color: light-dark(#0b57a4, #8ab8f0); }
.skip:not(:focus) { left: -99rem; position: absolute; }
@media print { nav { display: none; } }
"""
_HASH = base64.b64encode(hashlib.sha256(_STYLE.encode()).digest()).decode()
POLICY = (
    f"default-src 'none'; style-src 'sha256-{_HASH}'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)


class Reference:
    """The reference of *routes*, which is made when it is first asked for, and kept."""

    def __init__(self, routes: Callable[[], Sequence[Route]]) -> None:
        self._routes = routes

    def openapi(self, _storage: Storage, _request: Request) -> bytes:
        """Answer with the OpenAPI document."""
        response.content_type = responses.JSON
        return self._document

    def page(self, _storage: Storage, _request: Request) -> bytes:
        """Answer with the reference for a browser."""
        response.content_type = responses.HTML
        response.set_header("Content-Security-Policy", POLICY)
        return self._page

    @cached_property
    def _document(self) -> bytes:
        return orjson.dumps(openapi.document(self._routes()))

    @cached_property
    def _page(self) -> bytes:
        return Page(orjson.loads(self._document)).html().encode()


class Page:
    """An OpenAPI document as HTML that needs neither script nor another file."""

    def __init__(self, document: Mapping[str, Any]) -> None:
        self._document = document
        codes = [set(self._codes_of(operation)) for _, _, operation in self.operations()]
        self._common = set.intersection(*codes)

    def operations(self) -> Iterator[tuple[str, str, Mapping[str, Any]]]:
        """Yield the method, the path and the operation of each route, in the order of the tags."""
        for tag in self._document["tags"]:
            for path, methods in self._document["paths"].items():
                for method, operation in methods.items():
                    if tag["name"] in operation["tags"]:
                        yield method.upper(), path, operation

    def html(self) -> str:
        """Return the page."""
        info = self._document["info"]
        title = f"{escape(info['title'])}: API reference"
        return (
            '<!doctype html>\n<html lang="en"><head><meta charset="utf-8">'
            '<meta name="viewport" content="width=device-width, initial-scale=1">'
            f"<title>{title}</title><style>{_STYLE}</style></head>\n"
            '<body><a class="skip" href="#routes">Skip to the routes</a>'
            f"<header><h1>{title}</h1>{_prose(info['description'])}"
            '<p>This page is made from <a href="/openapi.json">/openapi.json</a>, in OpenAPI 3.1.</p></header>\n'
            f'<nav aria-label="Routes">{self._contents()}</nav>\n'
            f'<main id="routes">{self._access()}{"".join(self._sections())}{self._codes()}</main></body></html>\n'
        )

    def curl(self, method: str, path: str, operation: Mapping[str, Any]) -> str:
        """Return a command that sends an example of a request."""
        words = ["curl"] if method == "GET" else ["curl", "-X", method]
        lines = [f'{" ".join(words)} "$FTL_URL{self._example_path(path, operation)}"']
        lines += [
            '-u "$FTL_KEY:"' if "key" in security else '-H "Authorization: Bearer $FTL_TOKEN"'
            for security in operation["security"]
        ]
        if "requestBody" in operation:
            lines.append("-H 'Content-Type: application/json'")
            lines.append(f"-d {shlex.quote(json.dumps(self._example_body(operation), ensure_ascii=False))}")
        return " \\\n  ".join(lines)

    def python(self, method: str, path: str, operation: Mapping[str, Any]) -> str:
        """Return a program that sends an example of a request, with requests."""
        arguments = [f'os.environ["FTL_URL"] + "{self._example_path(path, operation)}"']
        for security in operation["security"]:
            header = '{"Authorization": "Bearer " + os.environ["FTL_TOKEN"]}'
            arguments.append('auth=(os.environ["FTL_KEY"], "")' if "key" in security else f"headers={header}")
        if "requestBody" in operation:
            arguments.append(f"json={self._example_body(operation)!r}")
        shown = "".join(f"    {argument},\n" for argument in [*arguments, "timeout=60"])
        success = next(iter(operation["responses"].values()))
        value = "response.json()" if responses.JSON in success["content"] else "response.text"
        return (
            f"import os\nimport requests\n\nresponse = requests.{method.lower()}(\n{shown})\n"
            f"print(response.status_code, {value})"
        )

    # ---- parts of the page

    def _contents(self) -> str:
        items = (
            f'<li><a href="#{operation["operationId"]}"><code>{method} {escape(path)}</code></a></li>'
            for method, path, operation in self.operations()
        )
        return f"<ul>{''.join(items)}</ul>"

    def _access(self) -> str:
        schemes = self._document["components"]["securitySchemes"]
        rows = "".join(
            f"<tr><td>{scheme['scheme'].title()}</td><td>{_inline(scheme['description'])}</td></tr>"
            for scheme in schemes.values()
        )
        head = '<tr><th scope="col">Authorization</th><th scope="col">Meaning</th></tr>'
        return f"<h2>Access</h2><table>{head}{rows}</table>\n"

    def _sections(self) -> Iterator[str]:
        tags = {tag["name"]: tag["description"] for tag in self._document["tags"]}
        shown = ""
        for method, path, operation in self.operations():
            if operation["tags"][0] != shown:
                shown = operation["tags"][0]
                yield f"<h2>{_inline(tags[shown].rstrip('.'))}</h2>\n"
            yield self._section(method, path, operation)

    def _section(self, method: str, path: str, operation: Mapping[str, Any]) -> str:
        parts = [
            f'<section><h3 id="{operation["operationId"]}"><code>{method} {escape(path)}</code></h3>',
            f"<p>{_inline(operation['summary'])} {_inline(operation.get('description', ''))}</p>",
            f"<p>{_scope(path, operation['security'])}</p>",
        ]
        if parameters := operation.get("parameters"):
            rows = [(one["name"], {**one["schema"], **one}, one.get("required", False)) for one in parameters]
            parts.append(_fields("Parameters", rows, required="required"))
        for media_type, body in operation.get("requestBody", {}).get("content", {}).items():
            parts.append(self._shape(f"Body: {media_type}", body["schema"], required="required"))
        status, success = next(iter(operation["responses"].items()))
        for media_type, body in success["content"].items():
            caption = f"Answer: {status}, {media_type}"
            shape = self._shape(caption, body["schema"], optional="not always there")
            parts.append(shape or f"<p>{caption}: {_inline(success['description'])}.</p>")
        own = [code for code in self._codes_of(operation) if code not in self._common]
        common = '<a href="#every-route">those of every route</a>'
        parts.append(f"<p>Errors: {_links(own)} and {common}.</p>" if own else f"<p>Errors: {common}.</p>")
        examples = (self.curl(method, path, operation), self.python(method, path, operation))
        parts += [f"<pre><code>{escape(example)}</code></pre>" for example in examples]
        return "".join(parts) + "</section>\n"

    def _shape(self, caption: str, schema: Mapping[str, Any], **marks: str) -> str:
        """Return the table of the fields of an object, and of those inside of it, with the *marks* of these."""
        rows = list(self._rows(schema, ""))
        if not rows:
            description = schema.get("description")
            return f"<p>{escape(caption)}: {_inline(description)}.</p>" if description else ""
        ways = [f"<code>{way['required'][0]}</code>" for way in self._resolved(schema).get("oneOf", [])]
        choice = f"<p>The body has one of {', '.join(ways[:-1])} and {ways[-1]}.</p>" if ways else ""
        return _fields(caption, rows, **marks) + choice

    def _rows(self, schema: Mapping[str, Any], prefix: str) -> Iterator[tuple[str, Mapping[str, Any], bool]]:
        schema = self._resolved(schema)
        if "items" in schema:
            yield from self._rows(schema["items"], f"{prefix}[]")
        for inner in [*schema.get("anyOf", []), *schema.get("prefixItems", [])]:
            yield from self._rows(inner, prefix)
        separator = "." if prefix else ""
        for name, field in schema.get("properties", {}).items():
            is_required = name in schema.get("required", [])
            yield f"{prefix}{separator}{name}", self._resolved(field), is_required
            yield from self._rows(field, f"{prefix}{separator}{name}")

    def _resolved(self, schema: Mapping[str, Any]) -> Mapping[str, Any]:
        """Return a schema with what it refers to; an error is described once, at the end."""
        name = schema.get("$ref", "").rpartition("/")[2]
        if not name:
            return schema
        if name == "Error":
            return {"type": "object", "description": "an error"}
        return {**self._document["components"]["schemas"][name], **schema}

    def _codes_of(self, operation: Mapping[str, Any]) -> list[str]:
        codes: list[str] = []
        for answer in operation["responses"].values():
            if name := answer.get("$ref", "").rpartition("/")[2]:
                schema = self._document["components"]["responses"][name]["content"][responses.JSON]["schema"]
                codes += schema["properties"]["error"]["enum"]
        return codes

    def _codes(self) -> str:
        error = self._document["components"]["schemas"]["Error"]
        rows = "".join(
            f'<tr id="{code}"><td>{status}</td><td><code>{code}</code></td><td>{_inline(meaning)}</td></tr>'
            for status, codes in CODES.items()
            for code, meaning in codes.items()
        )
        head = '<tr><th scope="col">Status</th><th scope="col">Code</th><th scope="col">When</th></tr>'
        table = f"<table>{head}{rows}</table>"
        every = _links([code for codes in CODES.values() for code in codes if code in self._common])
        common = f'<p id="every-route">Every route can answer {every}.</p>'
        fields = _fields("Every error", list(self._rows(error, "")), optional="not always there")
        return f'<h2 id="errors">Errors</h2>{fields}{common}{table}\n'

    # ---- examples

    def _example_path(self, path: str, operation: Mapping[str, Any]) -> str:
        query: dict[str, Any] = {}
        for parameter in operation.get("parameters", []):
            if parameter["in"] == "path":
                path = path.replace(f"{{{parameter['name']}}}", parameter["example"])
            elif parameter["name"] in openapi.SHOWN and parameter["schema"].get("examples"):
                query[parameter["name"]] = parameter["schema"]["examples"][0]
        return path + (f"?{urlencode(query, doseq=True)}" if query else "")

    def _example_body(self, operation: Mapping[str, Any]) -> Any:
        return operation["requestBody"]["content"][responses.JSON]["example"]


def _fields(
    caption: str, rows: Sequence[tuple[str, Mapping[str, Any], bool]], *, required: str = "", optional: str = ""
) -> str:
    """Return a table of fields, of which those that are *required*, or *optional*, are marked as such."""
    lines = "".join(
        f"<tr><td><code>{escape(name)}</code></td><td>{_type(schema, required if is_required else optional)}</td>"
        f"<td>{_inline(schema.get('description', ''))}</td></tr>"
        for name, schema, is_required in rows
    )
    head = '<tr><th scope="col">Field</th><th scope="col">Type</th><th scope="col">Meaning</th></tr>'
    return f"<table><caption>{escape(caption)}</caption>{head}{lines}</table>"


def _type(schema: Mapping[str, Any], mark: str) -> str:
    """Return what a value may be, in words, and its *mark*."""
    if "const" in schema:
        words = f"<code>{json.dumps(schema['const'])}</code>"
    elif "enum" in schema and len(schema["enum"]) < 10:
        words = " or ".join(f"<code>{escape(_json(value))}</code>" for value in schema["enum"])
    else:
        types = schema.get("type", "")
        words = escape(" or ".join(types) if isinstance(types, list) else types)
        if "type" in (items := schema.get("items", {})):
            words = words.replace("array", f"array of {items['type']}s")
        if "maxItems" in schema:
            words += f", at most {schema['maxItems']:,}"
    least, most = schema.get("minimum"), schema.get("maximum")
    if most is not None:
        words += f", {least:,} to {most:,}"
    if "default" in schema:
        words += f", by default <code>{escape(_json(schema['default']))}</code>"
    return f"{words}, {mark}" if words and mark else words or mark


def _links(codes: Sequence[str]) -> str:
    return ", ".join(f'<a href="#{code}"><code>{code}</code></a>' for code in codes)


def _json(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value)


def _scope(path: str, security: Sequence[Mapping[str, Sequence[str]]]) -> str:
    if "{secret}" in path:
        return "Needs the token of a feed, in its path."
    if not security:
        return "Needs no token."
    if "key" in security[0]:
        return "Needs a key for editor plugins."
    scopes = security[0]["token"]
    return f"Needs a token with the scope <code>{scopes[0]}</code>." if scopes else "Needs a token, of any scope."


def _prose(text: str) -> str:
    return "".join(f"<p>{_inline(paragraph)}</p>" for paragraph in text.strip().split("\n\n"))


def _inline(text: str) -> str:
    """Return a description, whose code is between backticks, as HTML that begins with a capital."""
    shown = text[:1].upper() + text[1:]
    return re.sub(r"`([^`]+)`", r"<code>\1</code>", escape(shown, quote=False)).replace("\n* ", "<br>")
