"""The Chinese words for what the desk keeps under English names: intents, slots, reasons, roles, facts."""

from collections.abc import Mapping
from datetime import datetime, tzinfo
from typing import Any

from console.masking import masked
from desk.core.policy import Policy
from desk.core.tickets import KIND_NAMES, STATUS_NAMES

ROLES = {"agent": "客服", "trainer": "训练师", "supervisor": "主管", "admin": "管理员"}
OWNERS = {"bot": "智能助手", "queue": "排队中", "agent": "人工服务", "closed": "已结束"}
CHANNELS = {"web": "网页聊天", "wechat": "微信", "hotline": "热线", "sms": "短信", "phone": "电话", "sample": "样例"}
PRIORITIES = {"normal": "普通", "high": "加急", "emergency": "紧急"}
BOOKING_STATUS = {"booked": "已预约", "cancelled": "已取消", "done": "已完成"}
REASONS = {
    "request_human": "客户要求人工", "misunderstood": "机器人没听懂", "request_supervisor": "要求找负责人", "angry": "客户情绪激动",
    "abuse": "言语冲突", "report_emergency": "紧急情况", "booking": "预约", "account": "账户"}
INTENTS = {
    "ask_service": "咨询服务", "ask_price": "问价格", "ask_hours": "问营业时间", "ask_location": "问地址", "ask_procedure": "问流程",
    "ask_policy": "问规定", "ask_wait": "问等待时间", "ask_ticket_status": "查工单", "ask_booking": "查预约",
    "ask_account": "查账户", "apply_service": "申请业务", "book_service": "预约服务", "change_booking": "改预约",
    "cancel_booking": "取消预约", "file_complaint": "投诉", "report_fault": "报修", "report_emergency": "紧急情况",
    "urge_ticket": "催办", "withdraw_ticket": "撤回工单", "give_suggestion": "提建议", "give_praise": "表扬",
    "request_compensation": "要求赔付", "request_human": "转人工", "request_callback": "要求回电",
    "request_supervisor": "找负责人", "greet": "问候", "goodbye": "道别", "thank": "致谢", "affirm": "肯定", "deny": "否定",
    "inform": "提供信息", "rate_service": "评分", "help": "求助", "bot_challenge": "问是不是机器人", "abuse": "辱骂", "stop": "停止",
    "out_of_scope": "超出范围", "nlu_fallback": "没听懂"}
TASKS = {
    "booking_form": "预约服务", "change_booking_form": "更改预约", "cancel_booking_form": "取消预约", "complaint_form": "登记投诉",
    "fault_form": "登记报修", "application_form": "申请业务", "callback_form": "登记回电", "feedback_form": "登记建议或表扬",
    "ticket_form": "查办工单", "verification_form": "核验身份"}
SLOTS = {
    "said": "客户最后说", "intent": "客户想要", "task": "正在办理", "customer_title": "称呼", "last_service": "谈到的服务",
    "verify_phone": "核验手机", "application_service": "申请业务", "application_fields": "申请内容",
    "application_name": "申请人", "application_phone": "申请人电话", "booking_service": "预约服务",
    "booking_place": "预约地点", "booking_day": "预约日期", "booking_time": "预约时间", "booking_name": "预约人",
    "booking_phone": "预约电话", "change_number": "要改的预约", "change_day": "新日期", "change_time": "新时间",
    "cancel_number": "要取消的预约", "complaint_kind": "诉求类型", "complaint_matter": "投诉内容",
    "complaint_phone": "投诉人电话", "fault_matter": "故障现象", "fault_service": "报修服务", "fault_address": "报修地址",
    "fault_phone": "报修电话", "feedback_kind": "反馈类型", "feedback_text": "反馈内容", "callback_phone": "回电号码",
    "ticket_purpose": "工单事项", "ticket_number": "工单编号", "ticket": "工单编号", "address": "地址", "matter": "事由",
    "phone": "电话", "reason": "原因"}
# A one-time code is the customer's secret; the rest is the bot's own bookkeeping.
HIDDEN_SLOTS = frozenset({
    "verify_code", "verify_sent", "requested_slot", "session_started_metadata", "booking_asked", "booking_wish",
    "change_wish", "booking_confirm", "change_confirm", "cancel_confirm", "ticket_confirm", "application_confirm",
    "application_complete"})
VALUES = {
    "none": "客户不便提供", "given_up": "未能核验", "known": "已核验", "onsite": "上门", "status": "查进度", "urge": "催办",
    "withdraw": "撤回", "yes": "是", "no": "否", **KIND_NAMES}
FACTS = {
    "opened": "登记工单", "urged": "客户催办", "noted": "内部备注", "notified": "已通知客户", **STATUS_NAMES,
    "reopened": "客户反映未解决，重新办理", "contacted": "已联系客户", "customer_asked": "请客户补充", "customer_answered": "客户已补充",
    "departments_involved": "邀请部门会商", "consultation_arranged": "安排会商", "handled": "处理完成",
    "outcome_recorded": "记录处理结论", "supervisor_requested": "客户要找负责人", "compensation_requested": "客户要求赔付",
    "prioritised": "调整优先级", "assigned": "转部门", "task_opened": "派发任务", "task_responded": "任务已响应",
    "task_done": "任务完成", "task_cancelled": "任务取消", "escalated": "按升级路径处理", "apologised": "向客户致歉",
    "promise_broken": "承诺未兑现", "confirmation_lapsed": "客户未在期限内表示异议",
    "result_notified": "发出结果通知", "notice_delivered": "通知已送达",
    "result_delivered": "结果已送达客户", "notice_failed": "通知未能送达", "rating_asked": "请客户评价",
    "rated": "客户评价"}
ACTORS = {"customer": "客户", "system": "系统", "bot": "智能助手", "policy": "升级规则", "clock": "时限时钟"}
WEEKDAYS = "一二三四五六日"


def reason(name: str) -> str:
    """Why a conversation was handed over; a reason may be a ticket kind."""
    return REASONS.get(name) or KIND_NAMES.get(name) or name


def why(name: str, tier: str) -> str:
    """What gives a waiting customer their place (PD-2)."""
    return {"emergency": "紧急优先", "class": f"{tier}优先" if tier else "优先", "shortest": "用时短优先"}.get(name, "先到先服务")


def moment(at: datetime, zone: tzinfo) -> str:
    """11 月 25 日(周三)10:00."""
    local = at.astimezone(zone)
    return f"{local.month} 月 {local.day} 日（周{WEEKDAYS[local.weekday()]}）{local:%H:%M}"


def span(start: datetime, end: datetime, zone: tzinfo) -> str:
    """11 月 25 日(周三)09:00–18:00, or with both days."""
    if start.astimezone(zone).date() == end.astimezone(zone).date():
        return f"{moment(start, zone)}–{end.astimezone(zone):%H:%M}"
    return f"{moment(start, zone)} 至 {moment(end, zone)}"


def place(policy: Policy, resource: str) -> str:
    """The name of an outlet, or 上门."""
    outlet = policy.outlets.get(resource)
    return outlet.name if outlet else VALUES.get(resource, resource)


def service(policy: Policy, service_id: str | None) -> str:
    """The name of a service."""
    known = policy.services.get(service_id or "")
    return known.name if known else service_id or ""


def collected(policy: Policy, slots: Mapping[str, Any], zone: tzinfo) -> list[dict[str, str]]:
    """What the bot knows, as ``{"name", "label", "value"}``, without secrets and bookkeeping."""
    return [{"name": name, "label": SLOTS.get(name, name), "value": shown}
            for name, value in slots.items() if name not in HIDDEN_SLOTS
            and (shown := _value(policy, name, value, slots, zone))]


def summary(policy: Policy, given: Mapping[str, Any], zone: tzinfo) -> list[dict[str, str]]:
    """The note that the bot left for the person who takes over, flattened."""
    rest = {name: value for name, value in given.items() if name != "slots"}
    return collected(policy, {**rest, **(given.get("slots") or {})}, zone)


def _value(policy: Policy, name: str, value: Any, slots: Mapping[str, Any], zone: tzinfo) -> str:
    if value is None or value == "" or value == {} or value == []:
        return ""
    if name == "application_fields" and isinstance(value, Mapping):
        return masked(_fields(policy, slots.get("application_service"), value))
    if isinstance(value, Mapping):
        return masked("；".join(f"{key}：{one}" for key, one in value.items()))
    if isinstance(value, bool):
        return "是" if value else "否"
    if isinstance(value, list):
        return masked("、".join(str(one) for one in value))
    return masked(_word(policy, name, str(value), zone))


def _word(policy: Policy, name: str, value: str, zone: tzinfo) -> str:
    if name == "intent":
        return INTENTS.get(value, value)
    if name == "task":
        return TASKS.get(value, value)
    if name.endswith("_service"):
        return service(policy, value)
    if name.endswith("_place"):
        return place(policy, value)
    if name.endswith("_time"):
        return _time(value, zone)
    return VALUES.get(value, value)


def _time(value: str, zone: tzinfo) -> str:
    try:
        return moment(datetime.fromisoformat(value), zone)
    except ValueError:
        return VALUES.get(value, value)


def _fields(policy: Policy, service_id: Any, given: Mapping[str, Any]) -> str:
    known = policy.services.get(str(service_id))
    labels = {field.key: field.label for field in known.application} if known else {}
    return "；".join(f"{labels.get(key, key)}：{VALUES.get(str(value), value)}" for key, value in given.items())
