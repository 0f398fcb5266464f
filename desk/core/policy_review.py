"""What is legal in a policy but odd: clocks that nobody watches, rules that cannot fire, names that lead nowhere."""

from collections.abc import Iterator

from desk.core import durations, tasks
from desk.core.escalation import WHENS, Rule
from desk.core.policy import Policy
from desk.core.promises import CLOCK_NAMES, ClockRule
from desk.core.tickets import KIND_NAMES


def oddities(policy: Policy) -> list[str]:
    """Remarks for the operator, in Chinese; none for a policy without surprises."""
    return [*_unwatched(policy), *_dead_rules(policy), *_departments(policy), *_suppliers(policy)]


def clocks_by_kind(policy: Policy) -> dict[str, dict[str, ClockRule]]:
    """Every clock that can run, with the kinds of tickets, kinds of tasks or queues that have it."""
    having: dict[str, dict[str, ClockRule]] = {clock: {} for clock in CLOCK_NAMES}
    owners = [(kind, policy.promise_for(kind).clocks()) for kind in KIND_NAMES]
    owners += [(kind, policy.clocks_of_task(kind=kind, assigned_to="")) for kind in tasks.KIND_NAMES if kind != "supplier"]
    owners += [("supplier", policy.clocks_of_task(kind="supplier", assigned_to=one)) for one in policy.suppliers]
    owners += [(queue, policy.clocks_of_handoff(queue)) for queue in policy.queues]
    for kind, rules in owners:
        for rule in rules:
            having[rule.clock].setdefault(kind, rule)
    return having


def _unwatched(policy: Policy) -> Iterator[str]:
    for clock, kinds in clocks_by_kind(policy).items():
        alone = [kind for kind in kinds if not any(rule.clock == clock and rule.concerns(kind) for rule in policy.escalation)]
        if alone:
            whose = "" if len(alone) == len(kinds) else f"（{'、'.join(alone)}）"
            yield f"{CLOCK_NAMES[clock]}{whose}有时限，但 escalation.yml 里没有 {clock}_due 的规则：到期没有人知道"


def _dead_rules(policy: Policy) -> Iterator[str]:
    having = clocks_by_kind(policy)
    for rule in policy.escalation:
        if rule.clock is None:
            continue
        meant = [having[rule.clock][kind] for kind in having[rule.clock] if rule.concerns(kind)]
        if not meant:
            yield f"规则 {rule.id} 永远不会触发：没有哪一类有{WHENS[rule.when].removesuffix('到期')}时限"
        elif all(-rule.after >= one.within for one in meant):
            yield f"规则 {rule.id} 提前 {durations.written(-rule.after)}，不短于时限本身，会在一开始就触发"
        else:
            yield from _dead_kinds(rule, having[rule.clock])


def _dead_kinds(rule: Rule, kinds: dict[str, ClockRule]) -> Iterator[str]:
    without = sorted(rule.kinds - set(kinds))
    if without:
        yield f"规则 {rule.id} 的 kinds 里 {'、'.join(without)} 没有{WHENS[rule.when].removesuffix('到期')}时限"


def _departments(policy: Policy) -> Iterator[str]:
    real = {service.department for service in policy.services.values()} | {one.name for one in policy.queues.values()}
    for service in policy.services.values():
        unknown = [one for one in service.departments if one not in real]
        if unknown:
            yield f"服务 {service.id} 的会商部门 {'、'.join(unknown)} 不是任何服务的主管部门"


def _suppliers(policy: Policy) -> Iterator[str]:
    used = {service.supplier for service in policy.services.values()}
    for supplier in policy.suppliers.values():
        if supplier.id not in used:
            yield f"没有服务由外包商 {supplier.id}（{supplier.name}）承接"
