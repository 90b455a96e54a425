"""Serves the assistant's own pages beside the API."""

from __future__ import annotations

from pathlib import Path

from rasa.core.channels.channel import InputChannel
from sanic import Blueprint
from sanic.request import Request
from sanic.response import HTTPResponse, file

from assistant.channels.turns import Handler

PAGES = Path(__file__).resolve().parent / "pages"
TYPES = {
    ".html": "text/html; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".css": "text/css; charset=utf-8",
}
HEADERS = {
    "Content-Security-Policy": "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "Cache-Control": "no-cache",
}


class PagesInput(InputChannel):
    """Not a way to talk, but Rasa's way to add routes: serves the files of `pages/`, with index.html at `/`."""

    @classmethod
    def name(cls) -> str:
        return "pages"

    def url_prefix(self) -> str:
        return "/"

    def blueprint(self, on_new_message: Handler) -> Blueprint:
        blueprint = Blueprint("pages")

        def add(path: str, page: Path) -> None:
            async def serve(request: Request) -> HTTPResponse:
                return await file(page, headers=HEADERS, mime_type=TYPES[page.suffix])

            blueprint.add_route(serve, path, name=f"page_{page.stem}_{page.suffix[1:]}")

        for page in sorted(PAGES.iterdir()):
            add("/" if page.name == "index.html" else f"/{page.name}", page)
        return blueprint
