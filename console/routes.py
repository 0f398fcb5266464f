"""Adds the console to the web process: the API from its table, the pages from theirs, static files, error answers."""

from collections.abc import Awaitable, Callable
from pathlib import Path

import structlog
from aiohttp import web
from aiohttp.typedefs import Middleware

from console import errors
from console.api import openapi, table
from console.api.call import Call, Route
from console.auth import Auth
from console.following import Readers
from console.pages import table as pages
from console.pages.rendering import Renderer, Visit
from desk.bootstrap import Application
from desk.core.errors import DeskError, NotYours
from desk.service.agents import NotSignedIn

log = structlog.get_logger()
STATIC = Path(__file__).parent / "static"
Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


def setup(app: web.Application, application: Application) -> None:
    """Add the agents' console and the JSON API."""
    auth, readers = Auth(application), Readers(application.wakeups)
    renderer = Renderer(application)
    app.middlewares.append(_answer_errors(renderer))
    for route in table.ROUTES:
        app.router.add_route(route.method, openapi.PREFIX + route.path, _operation(route, application, auth, readers))
    for page in pages.PAGES:
        app.router.add_get(page.path, _page(page, application, auth, renderer))
    app.router.add_get(r"/console/static/{name:[a-z_]+\.(?:js|css|svg)}", _file)

    async def stop(app: web.Application) -> None:
        readers.stop()

    app.on_shutdown.append(stop)


def _operation(route: Route, application: Application, auth: Auth, readers: Readers) -> Handler:
    async def handle(request: web.Request) -> web.StreamResponse:
        try:
            caller = None if route.public else await auth.caller(request)
            if caller is not None and route.permission is not None and not caller.agent.may(route.permission):
                raise NotYours(route.permission)
            return await route.handler(Call(request, application, auth, readers, caller))
        except DeskError as error:
            return errors.response(error, route.says)

    return handle


def _page(page: pages.Page, application: Application, auth: Auth, renderer: Renderer) -> Handler:
    async def handle(request: web.Request) -> web.StreamResponse:
        try:
            caller = await auth.caller(request)
        except NotSignedIn:
            if not page.public:
                raise web.HTTPFound(pages.login_address(request.rel_url)) from None
            caller = None
        visit = Visit(request, application, caller)
        try:
            if page.permission is not None and not visit.may(page.permission):
                raise NotYours(page.permission)
            return await page.handler(visit, renderer)
        except DeskError as error:
            return renderer.error(visit, error.status, errors.message(error))

    return handle


def _answer_errors(renderer: Renderer) -> Middleware:
    """What the router or a defect raises: JSON under /api/v1, a page under /console and /studio."""
    @web.middleware
    async def answer(request: web.Request, handler: Handler) -> web.StreamResponse:
        api = request.path.startswith(openapi.PREFIX)
        if not (api or request.path.split("/")[1] in ("console", "studio")):
            return await handler(request)
        try:
            return await handler(request)
        except web.HTTPException as error:
            if error.status < 400:
                raise
            status = error.status
        except DeskError as error:
            return errors.response(error) if api else renderer.error(None, error.status, errors.message(error))
        except Exception:
            log.exception("console.failed", method=request.method, path=request.path)
            status = 500
        if api:
            return errors.http_response(status)
        return renderer.error(None, status, errors.STATUS_SAYS.get(status, errors.STATUS_SAYS[500]))

    return answer


async def _file(request: web.Request) -> web.FileResponse:
    path = STATIC / request.match_info["name"]
    if not path.is_file():
        raise web.HTTPNotFound
    return web.FileResponse(path, headers={"Cache-Control": "no-cache"})
