"""Who is calling: a session cookie or a bearer token, and the defence against requests forged by other sites."""

import hashlib
import hmac
from dataclasses import dataclass
from datetime import timedelta
from urllib.parse import urlsplit

from aiohttp import web

from console.errors import CrossSite
from desk.bootstrap import Application
from desk.core.agents import Agent
from desk.gateways import passwords
from desk.service import agents
from desk.service.agents import NotSignedIn, SignedIn

COOKIE = "yingda_session"
CSRF_HEADER = "X-CSRF-Token"
SAFE = frozenset({"GET", "HEAD", "OPTIONS"})


@dataclass(frozen=True)
class Caller:
    """A signed-in agent, the token that proved it, and whether a browser sent it by itself."""

    agent: Agent
    token: str
    by_cookie: bool

    @property
    def csrf(self) -> str:
        """The token that a page sends back with changes."""
        return csrf_token(self.token)


class Auth:
    """Signs in, recognises and signs out."""

    def __init__(self, application: Application) -> None:
        self._app = application
        self._secure = application.settings.address.startswith("https://")
        self._lifetime = timedelta(hours=application.settings.console_session_hours)

    async def caller(self, request: web.Request) -> Caller:
        """The agent behind a request. Raises NotSignedIn, or CrossSite for a change that no page of ours asked for."""
        token, by_cookie = _token(request)
        if not token:
            raise NotSignedIn()
        caller = Caller(await self.agent(token), token, by_cookie)
        if by_cookie and request.method not in SAFE:
            self._check_origin(request, caller)
        return caller

    async def agent(self, token: str) -> Agent:
        """The agent behind a token, as of now. Raises NotSignedIn."""
        return await self._app.call(agents.who, token=token)

    async def sign_in(self, request: web.Request, username: str, password: str) -> SignedIn:
        """A new session. Raises WrongPassword, TooMany, and CrossSite when another site's page asks for it."""
        if request.headers.get("Sec-Fetch-Site") or request.headers.get("Origin"):
            self._check_origin(request, None)
        return await self._app.call(agents.sign_in, username=username, password=password,
                                    matches=passwords.matches, lifetime=self._lifetime)

    def set_cookie(self, response: web.Response, token: str) -> None:
        """Let the browser keep a session."""
        response.set_cookie(COOKIE, token, max_age=int(self._lifetime.total_seconds()), path="/", httponly=True,
                            samesite="Strict", secure=self._secure)

    def drop_cookie(self, response: web.Response) -> None:
        """Let the browser forget it."""
        response.del_cookie(COOKIE, path="/", httponly=True, samesite="Strict", secure=self._secure)

    def check_socket(self, request: web.Request, caller: Caller) -> None:
        """Raise CrossSite for a page of another site: browsers send cookies with any WebSocket handshake."""
        if caller.by_cookie and not self._is_own(request, request.headers.get("Origin", "")):
            raise CrossSite("Origin")

    def _check_origin(self, request: web.Request, caller: Caller | None) -> None:
        given = request.headers.get(CSRF_HEADER, "")
        if caller is not None and given and hmac.compare_digest(given.encode(errors="replace"), caller.csrf.encode()):
            return
        site = request.headers.get("Sec-Fetch-Site")
        same = site == "same-origin" if site else self._is_own(request, request.headers.get("Origin", ""))
        if not same:
            raise CrossSite("Sec-Fetch-Site" if site else "Origin")

    def _is_own(self, request: web.Request, origin: str) -> bool:
        own = urlsplit(self._app.settings.address)
        parts = urlsplit(origin)
        return bool(parts.netloc) and (parts.netloc == request.host
                                       or (parts.scheme, parts.netloc) == (own.scheme, own.netloc))


def csrf_token(token: str) -> str:
    """Derived from the session, so that nothing is stored: whoever can compute it has the session already."""
    return hashlib.sha256(b"csrf:" + token.encode()).hexdigest()


def _token(request: web.Request) -> tuple[str, bool]:
    scheme, _, given = request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() == "bearer":
        return given.strip(), False
    return request.cookies.get(COOKIE, ""), True
