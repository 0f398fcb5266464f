"""Is it alive, can it answer, and in figures: ``/healthz``, ``/readyz``, ``/metrics``."""

import time
from collections.abc import Awaitable, Callable

from aiohttp import web
from prometheus_client import CONTENT_TYPE_LATEST, Counter, Gauge, Histogram, generate_latest

from desk.bootstrap import Application
from desk.core.errors import StoreUnavailable
from desk.service import clock, figures

REQUESTS = Counter("desk_http_requests_total", "HTTP requests", ["route", "method", "status"])
SECONDS = Histogram("desk_http_request_seconds", "Seconds per HTTP request", ["route"])
CONVERSATIONS = Gauge("desk_conversations", "Conversations by owner", ["owner"])
WAITING = Gauge("desk_handoffs_waiting", "Customers waiting by queue", ["queue"])
PENDING = Gauge("desk_messages_pending", "Customer messages that the bot has not answered")
UNSENT = Gauge("desk_outbox_rows", "Outbox rows by state", ["state"])
LAG = Gauge("desk_deadline_lag_seconds", "Seconds by which the most overdue step of the escalation path is late")
READY = Gauge("desk_ready", "1 when a part can answer", ["part"])


def setup(app: web.Application, application: Application) -> None:
    """Add the three routes and the request counter."""
    app.middlewares.append(_count)

    async def healthz(request: web.Request) -> web.Response:
        return web.json_response({"status": "ok"})

    async def readyz(request: web.Request) -> web.Response:
        parts = await _parts(application)
        ok = all(part["ok"] for part in parts.values())
        return web.json_response({"ready": ok, **parts}, status=200 if ok else 503)

    async def metrics(request: web.Request) -> web.Response:
        await _measure(application)
        return web.Response(body=generate_latest(), headers={"Content-Type": CONTENT_TYPE_LATEST})

    app.router.add_get("/healthz", healthz)
    app.router.add_get("/readyz", readyz)
    app.router.add_get("/metrics", metrics)


async def _parts(application: Application) -> dict[str, dict[str, object]]:
    try:
        await application.call(figures.count)
        database: dict[str, object] = {"ok": True}
    except StoreUnavailable as error:
        database = {"ok": False, "why": type(error).__name__}
    model = await application.rasa.ready()
    return {"database": database, "rasa": {"ok": model is not None},
            "model": {"ok": model is not None, "file": model.file if model else None}}


async def _measure(application: Application) -> None:
    counted = await application.call(figures.count)
    for gauge, values in ((CONVERSATIONS, counted.conversations), (WAITING, counted.waiting),
                          (UNSENT, counted.outbox)):
        gauge.clear()
        for label, value in values.items():
            gauge.labels(label).set(value)
    PENDING.set(counted.pending)
    LAG.set(await application.call(clock.lag_s))
    for part, state in (await _parts(application)).items():
        READY.labels(part).set(1 if state["ok"] else 0)


@web.middleware
async def _count(request: web.Request,
                 handler: Callable[[web.Request], Awaitable[web.StreamResponse]]) -> web.StreamResponse:
    start = time.perf_counter()
    status = 500
    try:
        response = await handler(request)
        status = response.status
        return response
    except web.HTTPException as error:
        status = error.status
        raise
    finally:
        resource = request.match_info.route.resource
        route = resource.canonical if resource is not None else "unknown"
        REQUESTS.labels(route, request.method, status).inc()
        SECONDS.labels(route).observe(time.perf_counter() - start)
