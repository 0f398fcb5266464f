"""The shipped policy is complete, and a mistake in a policy file is named with its place and the way out."""

import shutil
from datetime import date, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from desk.core.errors import PolicyError
from desk.core.handoffs import RANK
from desk.core.tickets import KIND_NAMES
from desk.gateways.policy_files import load_policy, parse_policy, read_policy
from tests.policy.editing import SHIPPED, Edit, line_of

SHANGHAI = ZoneInfo("Asia/Shanghai")


def test_the_guide_has_at_least_twelve_services_with_every_part() -> None:
    """GG-4: item, conditions, materials, procedure, fee, time limit, department, whether it can be booked, source."""
    policy = load_policy(SHIPPED)
    assert len(policy.services) >= 12
    for service in policy.services.values():
        assert all((service.name, service.summary, service.conditions, service.materials, service.procedure,
                    service.fee, service.time_limit, service.department, service.cite)), service.id
        assert ("booking" in service.kinds) == (service.booking is not None), service.id


def test_every_request_and_every_handoff_has_somebody() -> None:
    """A promise and a queue for every kind of ticket, and an article behind every promise and topic."""
    policy = load_policy(SHIPPED)
    for kind in KIND_NAMES:
        assert policy.promise_for(kind).cite
        assert policy.queue_for(kind).id in policy.queues
    assert all(topic.cite and topic.names for topic in policy.topics.values())
    assert "emergency" == policy.queue_for("emergency").id
    assert policy.calendars[policy.queue_for("emergency").calendar].is_open(datetime(2026, 10, 1, 3, tzinfo=SHANGHAI))
    assert {"emergency", "normal"} == set(RANK)


def test_no_name_means_two_services_or_two_outlets() -> None:
    """A synonym that stands twice would send half of the customers to the wrong place."""
    policy = load_policy(SHIPPED)
    for things in (policy.services.values(), policy.outlets.values()):
        names = [name for one in things for name in (one.name, *one.synonyms)]
        assert sorted(set(names)) == sorted(names)


@pytest.mark.parametrize(("day", "kind"), [
    (date(2026, 10, 1), "holiday"), (date(2026, 10, 10), "workday"), (date(2026, 9, 20), "workday"),
    (date(2026, 2, 28), "workday"), (date(2026, 2, 17), "holiday"), (date(2026, 11, 28), "restday"),
    (date(2026, 11, 24), "workday"), (date(2099, 1, 1), "workday"), (date(2099, 1, 3), "restday")])
def test_days_are_what_was_published(day: date, kind: str) -> None:
    """Holidays and make-up workdays of 2026 as announced; years that are not published go by the week."""
    assert kind == load_policy(SHIPPED).day_kind(day)


def test_a_make_up_saturday_has_office_hours() -> None:
    """10 October 2026 is a Saturday on which offices work; the Saturday after is not."""
    office = load_policy(SHIPPED).calendars["office"]
    assert office.is_open(datetime(2026, 10, 10, 10, tzinfo=SHANGHAI))
    assert not office.is_open(datetime(2026, 10, 17, 10, tzinfo=SHANGHAI))
    assert "当天是休息日" == office.closed_reason(date(2026, 10, 17))


def test_operations_may_declare_days_themselves(edited: Edit) -> None:
    """A year that is not published yet, and one calendar on one day."""
    folder = edited("calendars.yml", "day_kinds: {}\noverrides: {}",
                    "day_kinds:\n  2099-01-01: holiday\noverrides:\n  office:\n    2026-11-25: []\n"
                    '    2026-11-28: ["10:00-12:00"]')
    policy = load_policy(folder)
    assert "holiday" == policy.day_kind(date(2099, 1, 1))
    assert [] == policy.calendars["office"].windows(date(2026, 11, 25))
    assert policy.calendars["office"].is_open(datetime(2026, 11, 28, 11, tzinfo=SHANGHAI))
    assert policy.calendars["outlet"].is_open(datetime(2026, 11, 25, 10, tzinfo=SHANGHAI))


def test_durations_are_hours_and_minutes(edited: Edit) -> None:
    """2h, 30m or 1h30m."""
    policy = load_policy(edited("sla.yml", "reply_within: 2h", "reply_within: 1h30m"))
    assert timedelta(minutes=90) == policy.promises["any"].reply_within


def test_a_policy_read_from_its_texts_is_the_same(edited: Edit) -> None:
    """What is kept in the database gives the policy again, version included, however the lines end."""
    for folder in (SHIPPED, edited("sla.yml", "reply_within: 2h", "reply_within: 1h30m")):
        texts = read_policy(folder)
        assert load_policy(folder) == parse_policy(texts)
        assert load_policy(folder).version == parse_policy(dict(reversed(texts.items()))).version
    (folder / "sla.yml").write_bytes(b"\xef\xbb\xbf" + texts["sla.yml"].replace("\n", "\r\n").encode())
    assert load_policy(folder).version == parse_policy(texts).version


def test_the_version_is_the_content(edited: Edit, tmp_path: Path) -> None:
    """The same files have the same version wherever they lie; one character makes another."""
    shutil.copytree(SHIPPED, tmp_path / "same")
    version = load_policy(SHIPPED).version
    assert version == load_policy(tmp_path / "same").version
    assert version != load_policy(edited("targets.yml", "0.90", "0.91")).version


MISTAKES = [  # file, what stands there, the mistake, the line's own text, key, words the message must hold
    ("services.yml", "    fee: 洗剪吹", "    symptoms: [头发]\n    fee: 洗剪吹", "    fee: 洗剪吹", "services[5].symptoms", ["fault"]),
    ("services.yml", "calendar: office, minutes", "calendar: offices, minutes", "calendar: office, minutes",
     "services[1].booking.calendar", ["'offices'", "around_the_clock", "office", "outlet"]),
    ("services.yml", "kinds: [booking, application]", "kinds: [boking, application]", "kinds: [booking, application]",
     "services[0].kinds", ["'boking'", "booking", "application", "fault"]),
    ("services.yml", "minutes: 60, capacity: 3", "minutes: 60, capacity: 0", "minutes: 60, capacity: 3",
     "services[0].booking.capacity", ["1", "0"]),
    ("services.yml", "minutes: 60, capacity: 3", "minutes: 一小时, capacity: 3", "minutes: 60, capacity: 3",
     "services[0].booking.minutes", ["整数", "一小时"]),
    ("services.yml", "where: onsite, calendar", "where: office, calendar", "where: onsite, calendar",
     "services[0].booking.where", ["'office'", "onsite", "outlet"]),
    ("services.yml", "outlets: [center, east, west, north]", "outlets: [centre, east, west, north]",
     "outlets: [center, east, west, north]", "services[5].booking.outlets", ["'centre'", "center", "north"]),
    ("services.yml", "    synonyms: [宽带,", "    synonym: [宽带,", "- id: broadband_install", "services[0].synonyms", ["缺少"]),
    ("services.yml", "    fee: 300M", "    feee: 多余\n    fee: 300M", "fee: 300M", "services[0].feee", ["没有这一项", "fee"]),
    ("services.yml", "kind: choice, choices: [300M, 500M, 1000M]", "kind: choise, choices: [300M, 500M, 1000M]",
     "choices: [300M, 500M, 1000M]", "services[0].application[1].kind", ["'choise'", "choice", "datetime", "phone"]),
    ("services.yml", "{field: address, contains", "{field: adress, contains", "refuse:", "services[0].refuse",
     ["'adress'", "address", "bandwidth"]),
    ("services.yml", "id: leased_line_install", "id: broadband_install", "id: leased_line_install", "services[1].id",
     ["broadband_install", "重复"]),
    ("services.yml", "    summary: 家庭和小店", "   summary: 家庭和小店", "summary: 家庭和小店", "YAML", []),
    ("outlets.yml", "    calendar: outlet", "    calendar: shop", "calendar: outlet", "outlets[0].calendar",
     ["'shop'", "outlet", "desk"]),
    ("outlets.yml", "    address: 云桥市市民中心路 18 号 1 楼\n", "", "id: center", "outlets[0].address", ["缺少"]),
    ("queues.yml", "topics: [request_human,", "topic: [request_human,", "id: general", "queues[0].topics", ["缺少"]),
    ("calendars.yml", "09:00-12:00", "9点-12点", "09:00-12:00", "calendars[1].workday", ["13:30-18:00", "9点-12点"]),
    ("calendars.yml", "13:00-18:00", "11:30-18:00", "13:00-18:00", "calendars[1].workday", ["重叠"]),
    ("calendars.yml", '"09:00-12:00", "13', '"09:00-24:00", "13', "13:00-18:00", "calendars[1].workday", ["重叠"]),
    ("calendars.yml", "00:00-24:00", "00:00-24:30", "00:00-24:00", "calendars[0].workday", ["24:30"]),
    ("calendars.yml", '["09:00-12:00", ', "[900, ", "13:00-18:00", "calendars[1].workday", ["900"]),
    ("calendars.yml", "day_kinds: {}", "day_kinds: {2027-02-06: feast}", "day_kinds", "day_kinds.2027-02-06",
     ["'feast'", "holiday", "restday", "workday"]),
    ("calendars.yml", "overrides: {}", "overrides: {offce: {2027-02-06: []}}", "overrides: {}", "overrides",
     ["'offce'", "office", "outlet"]),
    ("calendars.yml", "overrides: {}", "overrides: {office: {明天: []}}", "overrides: {}", "overrides.office.明天",
     ["2027-02-06"]),
    ("calendars.yml", "overrides: {}", "override: {}", "overrides: {}", "override", ["没有这一项", "overrides", "day_kinds"]),
    ("sla.yml", "reply_within: 2h", "reply_within: 两小时", "reply_within: 2h", "promises[0].reply_within", ["2h", "30m"]),
    ("sla.yml", "reply_within: 2h", "reply_within: 2", "reply_within: 2h", "promises[0].reply_within", ["2h", "30m"]),
    ("sla.yml", "kind: any", "kind: anything", "kind: any", "promises[0].kind", ["'anything'", "any", "complaint"]),
    ("sla.yml", "kind: complaint", "kind: any", "kind: complaint", "promises[1].kind", ["any", "重复"]),
    ("sla.yml", "    cite: [ZX-3.3, KF-3.3.2, KF-3.3.3, YW-5]\n", "", "kind: emergency", "promises[3].cite", ["缺少"]),
    ("company.yml", "timezone: Asia/Shanghai", "timezone: Asia/Yunqiao", "timezone", "company.timezone",
     ["Asia/Shanghai", "Asia/Yunqiao"]),
    ("company.yml", "  name: 云桥服务", "  name: 云桥服务\n  motto: 快", "hotline", "company.motto", ["没有这一项", "name"]),
    ("targets.yml", "0.90", "九成", "satisfaction", "targets.satisfaction", ["数字", "九成"]),
]


@pytest.mark.parametrize(("file", "old", "new", "at", "key", "words"), MISTAKES,
                         ids=[f"{file}-{new[:30]}" for file, _, new, *_ in MISTAKES])
def test_a_mistake_is_named_with_file_line_key_and_the_way_out(edited: Edit, file: str, old: str, new: str, at: str,
                                                               key: str, words: list[str]) -> None:
    """One deliberate slip in a good policy: the message leads straight to it."""
    folder = edited(file, old, new)
    with pytest.raises(PolicyError) as error:
        load_policy(folder)
    message = error.value.detail
    assert message.startswith(f"policy/{file}:{line_of(file, at)}: {key}"), message
    assert all(word in message for word in words), message


def test_a_missing_file_is_named(edited: Edit) -> None:
    """No stack trace for a forgotten file."""
    folder = edited("targets.yml", "0.90", "0.90")
    (folder / "queues.yml").unlink()
    with pytest.raises(PolicyError, match=r"policy/queues\.yml: 文件不存在"):
        load_policy(folder)


def test_a_file_in_another_encoding_is_named(edited: Edit) -> None:
    """Saved as GBK by an old editor."""
    folder = edited("targets.yml", "0.90", "0.90")
    (folder / "outlets.yml").write_bytes((SHIPPED / "outlets.yml").read_text(encoding="utf-8").encode("gbk"))
    with pytest.raises(PolicyError, match=r"policy/outlets\.yml: 不是 UTF-8"):
        load_policy(folder)


def test_every_clock_has_the_article_that_is_behind_it() -> None:
    """Invariant 4: the two hours are KF-3.3.1's, an emergency's six are ZX-3.3's, the result's twelve KF-3.3.3's."""
    policy = load_policy(SHIPPED)
    complaint = {rule.clock: rule.cite for rule in policy.promise_for("complaint").clocks()}
    emergency = {rule.clock: rule.cite for rule in policy.promise_for("emergency").clocks()}
    assert (("KF-3.3.1",), ("KF-3.3.2",), ("KF-3.3.3",)) == (complaint["reply"], complaint["consult"], complaint["result"])
    assert (("ZX-3.3",), ("YW-5",)) == (emergency["reply"], emergency["response"])
