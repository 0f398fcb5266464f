"""Renders pages: Jinja2 with everything escaped, under a policy that allows no inline script or style."""

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from aiohttp import web
from jinja2 import Environment, FileSystemLoader, StrictUndefined

from console import views, words
from console.auth import Caller
from desk.bootstrap import Application

TEMPLATES = Path(__file__).parents[1] / "templates"
POLICY = ("default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
          "form-action 'self'; base-uri 'none'; frame-ancestors 'none'")
HEADERS = {"Content-Security-Policy": POLICY, "Cache-Control": "no-store", "X-Frame-Options": "DENY",
           "X-Content-Type-Options": "nosniff", "Referrer-Policy": "same-origin"}


@dataclass(frozen=True)
class Visit:
    """One request for a page; ``caller`` is None where nobody is signed in."""

    request: web.Request
    app: Application
    caller: Caller | None

    def may(self, permission: str) -> bool:
        """Whether the visitor's role allows something."""
        return self.caller is not None and self.caller.agent.may(permission)


class Renderer:
    """The templates with what all of them need."""

    def __init__(self, application: Application) -> None:
        self._app = application
        self._env = Environment(loader=FileSystemLoader(TEMPLATES), autoescape=True, undefined=StrictUndefined,
                                trim_blocks=True, lstrip_blocks=True)
        self._env.filters["moment"] = self._moment

    def page(self, visit: Visit | None, template: str, *, status: int = 200, **context: Any) -> web.Response:
        """A page as an answer."""
        caller = visit.caller if visit else None
        policy = self._app.desk.policy
        html = self._env.get_template(template).render(
            me=views.agent(caller.agent) if caller else None, csrf=caller.csrf if caller else "",
            path=visit.request.path if visit else "", company=policy.company.name,
            zone=policy.company.timezone, now=self._app.clock.now().isoformat(),
            policy_problem=self._app.policies.problem if visit and visit.may("supervise") else "", **context)
        return web.Response(text=html, content_type="text/html", status=status, headers=HEADERS)

    def error(self, visit: Visit | None, status: int, message: str) -> web.Response:
        """A page that says what went wrong and what to do."""
        return self.page(visit, "error.html", status=status, code=status, message=message)

    def _moment(self, at: str | None) -> str:
        return words.moment(datetime.fromisoformat(at), views.zone(self._app.desk.policy)) if at else "—"
