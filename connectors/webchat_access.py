"""Who may use the web chat: visitors' signed tokens, the origins allowed to embed it, and how fast anybody may go."""

import hashlib
import hmac
import math
import time
from collections import OrderedDict
from collections.abc import Callable
from datetime import timedelta
from urllib.parse import urlsplit

from desk.core.errors import DeskError, TooMany
from desk.service.desk import Clock
from desk.settings import Settings

VERSION = "v1"
MAX_BUCKETS = 50_000


class BadToken(DeskError):
    """The session token is missing, wrong or expired; open a new session."""

    status = 401


class ForeignOrigin(DeskError):
    """The origin of the page may not use the web chat; see DESK_ALLOWED_ORIGINS."""

    status = 403


class TooFast(TooMany):
    """Too many requests; wait before the next one."""

    def __init__(self, retry_after_s: float) -> None:
        self.retry_after = max(1, math.ceil(retry_after_s))
        super().__init__(f"retry after {self.retry_after} s")


class Tokens:
    """Signs and reads visitors' tokens, ``v1.user.expiry.signature``; nothing is stored."""

    def __init__(self, settings: Settings, clock: Clock) -> None:
        if not settings.secret:
            raise ValueError("web chat needs settings.secret")
        self._key = settings.secret.encode()
        self._valid = timedelta(days=settings.session_days)
        self._clock = clock

    def issue(self, user: str) -> str:
        """A token for a visitor, valid from now."""
        body = f"{VERSION}.{user}.{int((self._clock.now() + self._valid).timestamp())}"
        return f"{body}.{self._sign(body)}"

    def user(self, token: str) -> str:
        """The visitor a token was made for. Raises BadToken."""
        body, _, signature = token.rpartition(".")
        if not hmac.compare_digest(self._sign(body).encode(), signature.encode(errors="replace")):
            raise BadToken
        _, user, expires = body.split(".")
        if int(expires) <= self._clock.now().timestamp():
            raise BadToken("expired")
        return user

    def _sign(self, body: str) -> str:
        return hmac.new(self._key, b"webchat:" + body.encode(errors="replace"), hashlib.sha256).hexdigest()


class Origins:
    """The pages that may embed the chat or call it from a browser."""

    def __init__(self, settings: Settings) -> None:
        self.embedding = [_origin(one) for one in settings.allowed_origins.split(",") if one.strip()]
        self._own = _origin(settings.address)

    def may_read(self, origin: str) -> bool:
        """Whether a browser may hand our answers to a page of this origin."""
        return origin in self.embedding

    def check_socket(self, origin: str | None, host: str) -> None:
        """Raise ForeignOrigin for a browser page that is neither ours nor allowed; programs send no origin."""
        if origin and origin not in self.embedding and origin != self._own and urlsplit(origin).netloc != host:
            raise ForeignOrigin(origin[:100])


class Buckets:
    """Token buckets by key: ``per_minute`` on average, as many at once."""

    def __init__(self, per_minute: int, now: Callable[[], float] = time.monotonic) -> None:
        self._per_minute = per_minute
        self._now = now
        self._levels: OrderedDict[str, tuple[float, float]] = OrderedDict()

    def take(self, key: str) -> None:
        """Take one; raises TooFast when none is left."""
        now, rate = self._now(), self._per_minute / 60
        level, since = self._levels.pop(key, (float(self._per_minute), now))
        level = min(self._per_minute, level + (now - since) * rate)
        self._levels[key] = (level - 1 if level >= 1 else level, now)
        if len(self._levels) > MAX_BUCKETS:
            self._levels.popitem(last=False)
        if level < 1:
            raise TooFast((1 - level) / rate)


def _origin(address: str) -> str:
    parts = urlsplit(address.strip())
    if parts.scheme not in ("http", "https") or not parts.netloc or set(parts.netloc) & set("; '\"*"):
        raise ValueError(f"not an origin: {address!r}")
    return f"{parts.scheme}://{parts.netloc}".lower()
