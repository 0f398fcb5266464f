"""A real Redis for wake-ups between processes."""

from tests.databases import redis_server, redis_url

__all__ = ["redis_server", "redis_url"]
