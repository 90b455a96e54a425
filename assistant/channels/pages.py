"""Serves the widget's script and the assistant's own pages beside the API."""

from __future__ import annotations

import gzip
import hashlib
import logging
from pathlib import Path

from rasa.core.channels.channel import InputChannel
from sanic import Blueprint
from sanic.request import Request
from sanic.response import HTTPResponse, raw

from assistant.channels.turns import Handler
from assistant.origins import allowed_origins

logger = logging.getLogger(__name__)

PAGES = Path(__file__).resolve().parent / "pages"
#: Built by `make widget` from widget/.
WIDGET = Path(__file__).resolve().parents[2] / "widget" / "dist" / "widget.js"
#: Files of `pages/` with an address of their own; the others are served under their name.
ADDRESSES = {"index.html": "/", "embed.html": "/embed", "chat.html": "/chat"}
TYPES = {
    ".html": "text/html; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".svg": "image/svg+xml",
}
HEADERS = {
    "Cache-Control": "no-cache",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=(), browsing-topics=()",
    "Referrer-Policy": "no-referrer",
    "Strict-Transport-Security": "max-age=31536000",  # browsers heed it over HTTPS only
    "X-Content-Type-Options": "nosniff",
}


def content_security_policy(framed_by: str = "'none'") -> str:
    """Nothing from elsewhere, nothing inline; `framed_by` says which sites may show the page in a frame."""
    return (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
        f"base-uri 'none'; form-action 'none'; frame-ancestors {framed_by}; "
        "require-trusted-types-for 'script'; trusted-types 'none'"
    )


class Asset:
    """A file as it is sent: read once, compressed once, named by its content so that browsers keep it."""

    def __init__(self, path: Path, headers: dict[str, str]) -> None:
        self._body = path.read_bytes()
        self._zipped = gzip.compress(self._body, mtime=0)
        self._headers = {
            **headers,
            "Content-Type": TYPES[path.suffix],
            "ETag": f'"{hashlib.sha256(self._body).hexdigest()[:24]}"',
            "Vary": "Accept-Encoding, Origin",
        }

    def answer(self, request: Request) -> HTTPResponse:
        if request.headers.get("if-none-match") == self._headers["ETag"]:
            return raw(b"", status=304, headers=self._headers)
        if "gzip" in (request.headers.get("accept-encoding") or ""):
            return raw(self._zipped, headers={**self._headers, "Content-Encoding": "gzip"})
        return raw(self._body, headers=self._headers)


class PagesInput(InputChannel):
    """Not a way to talk, but Rasa's way to add routes: the files of `pages/`, and the widget at `/widget.js`."""

    @classmethod
    def name(cls) -> str:
        return "pages"

    def url_prefix(self) -> str:
        return "/"

    def blueprint(self, on_new_message: Handler) -> Blueprint:
        blueprint = Blueprint("pages")
        own = {**HEADERS, "Content-Security-Policy": content_security_policy()}
        framed = " ".join(["'self'", *allowed_origins()])

        def add(address: str, asset: Asset) -> None:
            async def serve(request: Request) -> HTTPResponse:
                return asset.answer(request)

            blueprint.add_route(serve, address, methods=["GET"], name=f"page_{address.strip('/').replace('.', '_')}")

        for path in sorted(PAGES.iterdir()):
            headers = dict(own)
            if path.name == "chat.html":  # the whole chat as a page, to link to or to put into a frame
                headers["Content-Security-Policy"] = content_security_policy(framed)
            add(ADDRESSES.get(path.name, f"/{path.name}"), Asset(path, headers))
        if WIDGET.exists():
            add("/widget.js", Asset(WIDGET, {**HEADERS, "Cross-Origin-Resource-Policy": "cross-origin"}))
        else:
            logger.warning("The widget is not built. `make widget` builds it.")
        return blueprint
