"""The public guide of the policy (GG-4): company, outlets, services with their booking rules and applications."""

from collections.abc import Collection
from zoneinfo import ZoneInfo

from desk.core.policy import BookingRule, Company, Field, Outlet, Refusal, RefuseRule, Service
from desk.gateways.yaml_source import Node

KINDS = ("booking", "application", "fault")
FIELD_KINDS = ("text", "phone", "address", "number", "choice", "datetime")


def company(file: Node) -> Company:
    """``company`` of company.yml."""
    node = file.needed("company")
    node.checked("timezone", ZoneInfo, "应为时区名，例如 Asia/Shanghai")
    found = Company(node.text("name"), node.text("hotline"), node.text("timezone"), node.text("about"))
    node.done()
    return found


def outlets(file: Node, calendars: Collection[str]) -> dict[str, Outlet]:
    """``outlets`` of outlets.yml."""
    def build(node: Node) -> Outlet:
        return Outlet(id=node.text("id"), name=node.text("name"), synonyms=node.texts("synonyms", default=()),
                      address=node.text("address"), phone=node.text("phone"), directions=node.text("directions"),
                      calendar=node.text("calendar", allowed=calendars))

    return file.by_id("outlets", build)


def services(file: Node, *, calendars: Collection[str], outlets: Collection[str],
             suppliers: Collection[str]) -> dict[str, Service]:
    """``services`` of services.yml."""
    return file.by_id("services", lambda node: _service(node, calendars, outlets, suppliers))


def _service(node: Node, calendars: Collection[str], outlets: Collection[str], suppliers: Collection[str]) -> Service:
    service = Service(
        id=node.text("id"), name=node.text("name"), synonyms=node.texts("synonyms"), summary=node.text("summary"),
        conditions=node.texts("conditions"), materials=node.texts("materials"), procedure=node.texts("procedure"),
        fee=node.text("fee"), time_limit=node.text("time_limit"), department=node.text("department"),
        cite=node.text("cite"), kinds=frozenset(node.texts("kinds", allowed=KINDS)),
        symptoms=node.texts("symptoms", default=()), departments=node.texts("departments", default=()),
        supplier=_supplier(node, suppliers), booking=_booking(node, calendars, outlets),
        application=_application(node),
        refuse=tuple(_refuse(one) for one in node.children("refuse")))
    for kind, there in (("booking", service.booking), ("application", service.application)):
        if (kind in service.kinds) != bool(there):
            node.fail("kinds", f"kinds 里的 {kind} 和 {kind} 这一项要么都有，要么都没有")
    if service.symptoms and "fault" not in service.kinds:
        node.fail("symptoms", "只有可报修（kinds 里有 fault）的服务才写 symptoms")
    if service.department in service.departments:
        node.fail("departments", f"{service.department!r} 是本服务的主管部门，这里只写其他部门")
    keys = {one.key for one in service.application}
    for rule in service.refuse:
        if rule.field not in keys:
            node.fail("refuse", f"没有申请项 {rule.field!r}；可用的有 {'、'.join(sorted(keys))}")
    return service


def _supplier(node: Node, suppliers: Collection[str]) -> str | None:
    if not node.given("supplier"):
        node.value("supplier", default=None)
        return None
    if not suppliers:
        node.fail("supplier", "suppliers.yml 里还没有外包商")
    return node.text("supplier", allowed=suppliers)


def _booking(parent: Node, calendars: Collection[str], outlets: Collection[str]) -> BookingRule | None:
    node = parent.child("booking")
    if node is None:
        return None
    rule = BookingRule(
        where=node.text("where", allowed=("outlet", "onsite")),  # type: ignore[arg-type]
        calendar=node.text("calendar", allowed=calendars), minutes=node.whole("minutes", minimum=5),
        capacity=node.whole("capacity", minimum=1), lead_minutes=node.whole("lead_minutes"),
        horizon_days=node.whole("horizon_days", minimum=1),
        outlets=node.texts("outlets", allowed=outlets, default=()))
    if (rule.where == "outlet") != bool(rule.outlets):
        node.fail("where", "到店服务要写 outlets，上门服务不写")
    node.done()
    return rule


def _application(parent: Node) -> tuple[Field, ...]:
    found: dict[str, Field] = {}
    for node in parent.children("application"):
        one = _field(node)
        if one.key in found:
            node.fail("key", f"{one.key!r} 重复")
        found[one.key] = one
    return tuple(found.values())


def _field(node: Node) -> Field:
    one = Field(key=node.text("key"), label=node.text("label"), ask=node.text("ask"),
                kind=node.text("kind", default="text", allowed=FIELD_KINDS),  # type: ignore[arg-type]
                required=node.flag("required", default=True), choices=node.texts("choices", default=()))
    if (one.kind == "choice") != bool(one.choices):
        node.fail("kind", "kind: choice 要写 choices，其他类型不写")
    node.done()
    return one


def _refuse(node: Node) -> RefuseRule:
    rule = RefuseRule(
        field=node.text("field"), contains=node.texts("contains", default=()),
        above=node.checked("above", float, "应为数字", default=None),
        refusal=Refusal(node.text("reason"), node.text("department"), node.text("advice")))
    if bool(rule.contains) == (rule.above is not None):
        node.fail("field", "contains 和 above 写一个")
    node.done()
    return rule
