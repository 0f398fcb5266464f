"""The OpenAPI 3.1 document, made from the route table so that it cannot drift from the router."""

import re
from collections.abc import Sequence
from typing import Any

from console.api.call import Route

PREFIX = "/api/v1"
_PARAMETER = re.compile(r"\{(\w+)(?::((?:[^{}]|\{[^{}]*\})*))?\}")


def plain_path(path: str) -> str:
    """A route's path without the patterns of its parts."""
    return _PARAMETER.sub(r"{\1}", path)


def document(routes: Sequence[Route], *, server: str) -> dict[str, Any]:
    """The whole document."""
    paths: dict[str, dict[str, Any]] = {}
    for route in routes:
        paths.setdefault(PREFIX + plain_path(route.path), {})[route.method.lower()] = _operation(route)
    return {
        "openapi": "3.1.0",
        "info": {"title": "应答服务台接口", "version": "1",
                 "description": "客服控制台使用的接口。用 POST /api/v1/session 登录，或带上 Authorization: Bearer 密钥。"},
        "servers": [{"url": server}],
        "security": [{"bearer": []}, {"cookie": []}],
        "paths": paths,
        "components": {
            "securitySchemes": {"bearer": {"type": "http", "scheme": "bearer"},
                                "cookie": {"type": "apiKey", "in": "cookie", "name": "yingda_session"}},
            "schemas": {"Error": {"type": "object", "required": ["error", "message", "detail"],
                                  "properties": {name: {"type": "string"} for name in ("error", "message", "detail")}}},
        },
    }


def _operation(route: Route) -> dict[str, Any]:
    made: dict[str, Any] = {
        "operationId": operation_id(route), "summary": route.summary,
        "parameters": [*_path_parameters(route.path),
                       *({"name": name, "in": "query", "schema": schema} for name, schema in route.query.items())],
        "responses": {str(route.status): {"description": "成功"}, **_errors(route)}}
    if route.permission:
        made["x-permission"] = route.permission
    if route.public:
        made["security"] = []
    if route.body is not None:
        required = [name for name, schema in route.body.items() if "default" not in schema]
        made["requestBody"] = {"required": True, "content": {"application/json": {"schema": {
            "type": "object", "required": required, "properties": dict(route.body)}}}}
    return made


def operation_id(route: Route) -> str:
    """The name of an operation: unique, made of module and function."""
    return f"{route.handler.__module__.rpartition('.')[2]}.{route.handler.__name__}"


def _path_parameters(path: str) -> list[dict[str, Any]]:
    return [{"name": name, "in": "path", "required": True, "schema": {"type": "string", "pattern": f"^{pattern}$"}}
            for name, pattern in _PARAMETER.findall(path)]


def _errors(route: Route) -> dict[str, Any]:
    statuses = {"401": "没有登录"} | ({"403": "没有权限"} if not route.public else {})
    if route.body is not None:
        statuses |= {"400": "不是 JSON 对象", "422": "内容不符合要求"}
    if "{" in route.path:
        statuses |= {"404": "没有找到", "409": "状态冲突"}
    content = {"application/json": {"schema": {"$ref": "#/components/schemas/Error"}}}
    return {status: {"description": said, "content": content} for status, said in statuses.items()}
