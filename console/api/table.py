"""The table of all operations of the API."""

from aiohttp import web

import console.live
from console.api import (
    agents,
    casework,
    complaints,
    conversations,
    notices,
    openapi,
    queue,
    reports,
    session,
    tasks,
    tickets,
)
from console.api.call import Call, Route
from console.errors import json_response


async def describe(call: Call) -> web.Response:
    """The API as OpenAPI 3.1."""
    return json_response(openapi.document(ROUTES, server=call.app.settings.address))


ROUTES: tuple[Route, ...] = (
    Route("GET", "/openapi.json", describe, "本接口的 OpenAPI 文档", public=True),
    *session.ROUTES, *queue.ROUTES, *conversations.ROUTES, *tickets.ROUTES, *casework.ROUTES, *tasks.ROUTES,
    *notices.ROUTES, *agents.ROUTES, *complaints.ROUTES, *reports.ROUTES,
    Route("GET", "/live", console.live.serve, "WebSocket：队列和所订阅会话的实时变化", permission="converse", status=101),
)
