"""What a handler of the API is given, and what a route is: one table of routes gives router, checks and document."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Concatenate, ParamSpec, TypeVar

from aiohttp import web

from console.auth import Auth, Caller
from console.following import Readers
from desk.bootstrap import Application
from desk.core.agents import Agent
from desk.core.policy import Policy
from desk.service.agents import NotSignedIn
from desk.service.desk import Desk

P = ParamSpec("P")
R = TypeVar("R")


@dataclass(frozen=True)
class Call:
    """One request to the API; ``caller`` is None only on public routes."""

    request: web.Request
    app: Application
    auth: Auth
    readers: Readers
    caller: Caller | None

    @property
    def signed_in(self) -> Caller:
        """The caller of a route that is not public."""
        if self.caller is None:
            raise NotSignedIn()
        return self.caller

    @property
    def agent(self) -> Agent:
        """The signed-in agent."""
        return self.signed_in.agent

    @property
    def agent_id(self) -> int:
        """The signed-in agent's id."""
        return self.agent.id or 0

    @property
    def policy(self) -> Policy:
        """The policy in force."""
        return self.app.desk.policy

    def path(self, name: str) -> str:
        """A part of the address."""
        return self.request.match_info[name]

    async def do(self, function: Callable[Concatenate[Desk, P], R], *args: P.args, **kwargs: P.kwargs) -> R:
        """Run a service function in a worker thread."""
        return await self.app.call(function, *args, **kwargs)


Handler = Callable[[Call], Awaitable[web.StreamResponse]]


@dataclass(frozen=True)
class Route:
    """One operation. ``permission`` is what the role must allow, ``says`` its own words for some errors.

    ``body`` and ``query`` are JSON schemas of properties; every property of ``body`` without a default is required.
    """

    method: str
    path: str
    handler: Handler
    summary: str
    permission: str | None = None
    public: bool = False
    body: Mapping[str, Any] | None = None
    query: Mapping[str, Any] = field(default_factory=dict)
    status: int = 200
    says: Mapping[str, str] = field(default_factory=dict)
