"""Turns errors into answers: JSON in Chinese for the API, and for the pages a page that says what to do."""

import json
from collections.abc import Mapping
from typing import Any

from aiohttp import web

from console.masking import masked
from desk.core.errors import DeskError


class BadJson(DeskError):
    """The body is not a JSON object in UTF-8."""


class CrossSite(DeskError):
    """The request came from another site."""

    status = 403


SAYS = {
    "bad_json": "请求内容不是有效的 JSON 对象。",
    "cross_site": "请求来自其他网站，已被拒绝。请刷新页面后重试。",
    "wrong_password": "用户名或密码不对，请核对后再试。",
    "not_signed_in": "登录已失效，请重新登录。",
    "too_many": "尝试次数太多，请 15 分钟后再试，或联系管理员。",
    "not_yours": "您没有这项权限，或这条记录由别人负责。",
    "not_found": "没有找到，请核对编号或返回列表查看。",
    "conflict": "别人先了一步，请刷新后再看。",
    "cannot_end": "{detail}",
    "illegal_transition": "现在的状态下不能这样操作，请刷新后再看。",
    "invalid": "内容不完整或不符合要求，请检查后再提交。",
    "store_unavailable": "数据库暂时连不上，请稍后再试。",
}
STATUS_SAYS = {404: "没有这个地址。", 405: "这个地址不支持这种请求方法。", 413: "内容太大，请缩短后再提交。",
               500: "服务出了点问题，请稍后再试；如果反复出现，请联系管理员。"}


def message(error: DeskError, says: Mapping[str, str] | None = None) -> str:
    """An error in Chinese; ``says`` are a route's own words for some codes, {detail} is an error that speaks itself."""
    said = (says or {}).get(error.code) or SAYS.get(error.code) or next(
        (SAYS[code] for code in _codes(type(error)) if code in SAYS), str(error))
    return masked(error.detail) if said == "{detail}" else said


def as_json(error: DeskError, says: Mapping[str, str] | None = None) -> dict[str, Any]:
    """The body of an error."""
    return {"error": error.code, "message": message(error, says), "detail": masked(error.detail)}


def response(error: DeskError, says: Mapping[str, str] | None = None) -> web.Response:
    """An error as an answer of the API."""
    answer = json_response(as_json(error, says), status=error.status)
    if error.status == 401:
        answer.headers["WWW-Authenticate"] = 'Bearer realm="yingda"'
    return answer


def http_response(status: int) -> web.Response:
    """An HTTP error that is none of the desk's as an answer of the API."""
    code = {404: "not_found", 405: "method_not_allowed", 413: "too_large"}.get(status, f"http_{status}")
    said = STATUS_SAYS.get(status) or STATUS_SAYS[500]
    return json_response({"error": code, "message": said, "detail": ""}, status=status)


def json_response(data: Any, *, status: int = 200) -> web.Response:
    """JSON that nobody stores, with Chinese as Chinese."""
    return web.json_response(data, status=status, headers={"Cache-Control": "no-store"},
                             dumps=lambda value: json.dumps(value, ensure_ascii=False))


def _codes(kind: type) -> list[str]:
    return [one.__new__(one).code for one in kind.__mro__ if issubclass(one, DeskError)]
