"""Applications are refused by rule, with the reason and the right address (GG-7)."""

from dataclasses import replace
from pathlib import Path

import pytest

from desk.core.applications import qualify
from desk.core.policy import Policy, Refusal, RefuseRule
from desk.gateways.policy_files import load_policy

HEAVY = RefuseRule(field="weight", above=1000, refusal=Refusal("超重", "专业大件承运", "请找大件承运商"))


@pytest.fixture(scope="module")
def policy() -> Policy:
    """The shipped policy."""
    return load_policy(Path(__file__).parents[2] / "policy")


@pytest.mark.parametrize(("service_id", "fields", "department"), [
    ("freight", {"goods": "两桶汽油"}, "有危险货物运输资质的企业"), ("freight", {"goods": "一只小狗"}, "专业宠物或活体托运机构"),
    ("freight", {"goods": "一箱书"}, None), ("freight", {}, None), ("freight", {"receiver": "汽油路 1 号"}, None),
    ("leased_line_install", {"company": "我是个人"}, "宽带业务部"), ("hr_outsourcing", {"company": "云桥科技"}, None)])
def test_a_forbidden_word_in_its_own_field_refuses(policy: Policy, service_id: str, fields: dict[str, str],
                                                   department: str | None) -> None:
    """Only the field that the rule names counts, and whoever is refused is told where to go."""
    refusal = qualify(policy.service(service_id), fields)
    assert department == (refusal.department if refusal else None)
    assert refusal is None or (refusal.reason and refusal.advice)


@pytest.mark.parametrize(("given", "refused"), [
    ("1000 公斤", False), ("1000.5公斤", True), ("大约2000", True), ("不知道", False), ("", False)])
def test_a_limit_is_the_largest_that_still_passes(policy: Policy, given: str, refused: bool) -> None:
    """The number in the answer is compared; an answer without one refuses nobody."""
    service = replace(policy.service("freight"), refuse=(HEAVY,))
    assert refused == (qualify(service, {"weight": given}) is not None)
