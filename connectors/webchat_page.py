"""Serves the web-chat page, its modules and the loader that embeds it in another site."""

import html
from collections.abc import Sequence
from pathlib import Path
from string import Template

from aiohttp import web

from desk.bootstrap import Application

FOLDER = Path(__file__).parent / "static" / "webchat"
REVALIDATE = {"Cache-Control": "no-cache"}


def setup(app: web.Application, application: Application, embedding: Sequence[str]) -> None:
    """Add ``/``, ``/embed.js`` and the page's files; ``embedding`` are the origins that may frame the page."""
    template = Template((FOLDER / "page.html").read_text(encoding="utf-8"))
    policy = content_policy(embedding)

    async def page(request: web.Request) -> web.Response:
        company = application.desk.policy.company
        text = template.substitute(company=html.escape(company.name), hotline=html.escape(company.hotline),
                                   max_chars=application.settings.message_max_chars)
        return web.Response(text=text, content_type="text/html",
                            headers={**REVALIDATE, "Content-Security-Policy": policy})

    async def loader(request: web.Request) -> web.FileResponse:
        return web.FileResponse(FOLDER / "embed.js", headers=REVALIDATE)

    async def file(request: web.Request) -> web.FileResponse:
        path = FOLDER / request.match_info["name"]
        if not path.is_file():
            raise web.HTTPNotFound
        return web.FileResponse(path, headers=REVALIDATE)

    app.router.add_get("/", page)
    app.router.add_get("/embed.js", loader)
    app.router.add_get(r"/webchat/{name:[a-z]+\.(?:js|css|svg)}", file)


def content_policy(embedding: Sequence[str]) -> str:
    """The page's Content-Security-Policy: everything from here, nothing inline, framed only where allowed."""
    ancestors = " ".join(["'self'", *embedding])
    return ("default-src 'self'; img-src 'self' data:; object-src 'none'; base-uri 'none'; form-action 'none'; "
            f"frame-ancestors {ancestors}")
