"""Which service a customer means; what is not in the guide is never invented."""

from pathlib import Path

import pytest

from desk.core import services
from desk.core.errors import NotFound
from desk.core.policy import Policy
from desk.gateways.policy_files import load_policy


@pytest.fixture(scope="module")
def policy() -> Policy:
    """The shipped policy."""
    return load_policy(Path(__file__).parents[2] / "policy")


def test_every_name_and_synonym_finds_its_own_service(policy: Policy) -> None:
    """No synonym of one service leads to another one."""
    wrong = {name: found.id if found else None for service in policy.services.values()
             for name in (service.id, *services.names(service))
             if (found := services.match(policy, name).service) is not service}
    assert {} == wrong


@pytest.mark.parametrize(("text", "service_id"), [
    ("我想装宽带", "broadband_install"), ("宽带维修", "network_repair"), ("家里空调要加氟，空调加氟多少钱", "appliance_repair"),
    ("修专线", "leased_line_repair"), ("企业专线", "leased_line_install"), ("做个SPA", "beauty"), ("做个spa", "beauty"),
    ("帮我打扫卫生", "cleaning"), ("装WiFi", "broadband_install")])
def test_a_service_is_found_inside_a_sentence(policy: Policy, text: str, service_id: str) -> None:
    """The longest name in the text wins; upper and lower case are the same."""
    found = services.match(policy, text).service
    assert found is not None
    assert service_id == found.id


@pytest.mark.parametrize("text", ["", "   ", "办签证", "买机票", "宠物寄养"])
def test_what_is_not_offered_is_not_found(policy: Policy, text: str) -> None:
    """GG-4: no service is made up for a wish outside the guide."""
    assert services.match(policy, text).service is None


def test_a_near_miss_is_answered_with_real_services(policy: Policy) -> None:
    """At most three, all from the guide, the nearest first."""
    near = services.match(policy, "带宽新装").closest
    assert 1 <= len(near) <= services.CLOSEST
    assert "broadband_install" == near[0].id


@pytest.mark.parametrize(("text", "outlet_id"), [
    ("城东店", "east"), ("去城西门店吧", "west"), ("总店", "center"), ("north", "north"), ("火星店", None), ("", None)])
def test_an_outlet_is_found_by_its_names(policy: Policy, text: str, outlet_id: str | None) -> None:
    """By id, name or synonym, or not at all."""
    found = services.outlet(policy, text)
    assert outlet_id == (found.id if found else None)


def test_services_are_listed_by_what_can_be_done_with_them(policy: Policy) -> None:
    """A kind lists exactly those services that carry it."""
    for kind in ("booking", "application", "fault"):
        listed = {service.id for service in services.of_kind(policy, kind)}
        assert listed == {one.id for one in policy.services.values() if kind in one.kinds} != set()


def test_an_unknown_id_is_an_error(policy: Policy) -> None:
    """A typo in code is not silently another service."""
    with pytest.raises(NotFound):
        policy.service("teleport")


@pytest.mark.parametrize(("text", "service_id"), [
    ("专线断网了", "leased_line_repair"), ("WiFi连不上", "network_repair"), ("空调不制冷", "appliance_repair"),
    ("厨房水龙头关不紧", "property_repair"), ("打印机卡纸", "it_support"), ("保洁阿姨没来", None)])
def test_a_symptom_names_the_service_that_mends_it(policy: Policy, text: str, service_id: str | None) -> None:
    """The words are the guide's; where several fit, the first of the guide wins."""
    found = services.by_symptom(policy, text)
    assert service_id == (found.id if found else None)
