"""The databases of the tests that start several processes."""

from tests.databases import postgres, postgres_url, redis_server, redis_url

__all__ = ["postgres", "postgres_url", "redis_server", "redis_url"]
