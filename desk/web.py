"""Assembles the web process: the one front door of connectors, console, action host and health."""

import hmac
import json
from collections.abc import AsyncIterator, Awaitable, Callable

import structlog
from aiohttp import web
from rasa_sdk.executor import ActionExecutor
from rasa_sdk.interfaces import ActionExecutionRejection, ActionNotFoundException

import actions
import connectors.delivery
import connectors.webchat
import console.routes
from connectors.gate import Gate
from desk import clockwork, health
from desk.bootstrap import Application
from desk.core.errors import DeskError

log = structlog.get_logger()
Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]
MAX_BODY = 4 * 1024 * 1024

HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=()",
}


def make_app(application: Application) -> web.Application:
    """The aiohttp application of a desk; starting it starts the background loops, cleaning it up closes all."""
    app = web.Application(middlewares=[_errors], client_max_size=MAX_BODY)
    gate = Gate(application)
    app.on_response_prepare.append(_add_headers)
    connectors.webchat.setup(app, application, gate)
    console.routes.setup(app, application)
    health.setup(app, application)
    _add_action_host(app, application)
    app.cleanup_ctx.append(_running(application, gate))
    return app


def _running(application: Application, gate: Gate) -> Callable[[web.Application], AsyncIterator[None]]:
    async def context(app: web.Application) -> AsyncIterator[None]:
        await application.start()
        await gate.start()
        async with connectors.delivery.running(application), clockwork.running(application):
            yield
        await gate.stop()
        await application.aclose()

    return context


async def _add_headers(request: web.Request, response: web.StreamResponse) -> None:
    for name, value in HEADERS.items():
        response.headers.setdefault(name, value)


@web.middleware
async def _errors(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Translate errors once for machines; pages under /console translate their own."""
    try:
        return await handler(request)
    except DeskError as error:
        return web.json_response({"error": error.code, "message": str(error), "detail": error.detail},
                                 status=error.status)
    except json.JSONDecodeError as error:
        return web.json_response({"error": "bad_json", "message": "The body is not valid JSON.",
                                  "detail": str(error)}, status=400)


def _add_action_host(app: web.Application, application: Application) -> None:
    executor = ActionExecutor()
    actions.register(executor, application)

    async def run_action(request: web.Request) -> web.Response:
        given = request.headers.get("Authorization", "").removeprefix("Bearer ") or request.query.get("token", "")
        if not hmac.compare_digest(given.encode(), application.settings.internal_token.encode()):
            return web.json_response({"error": "unauthorized"}, status=401)
        call = await request.json()
        name = call.get("next_action")
        try:
            result = await executor.run(call)
        except ActionExecutionRejection as error:
            return web.json_response({"error": str(error), "action_name": error.action_name}, status=400)
        except ActionNotFoundException as error:
            return web.json_response({"error": str(error), "action_name": error.action_name}, status=404)
        except Exception as error:
            log.exception("action.failed", action=name, conversation=call.get("sender_id"))
            return web.json_response({"error": type(error).__name__, "action_name": name}, status=500)
        return web.json_response(result)

    app.router.add_post("/internal/actions", run_action)
