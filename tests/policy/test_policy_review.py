"""Odd but legal policies are remarked on, and two policies are compared by what they mean."""

import pytest

from desk.core import durations
from desk.core.policy_changes import changes
from desk.core.policy_review import oddities
from desk.gateways.policy_files import load_policy, parse_policy
from tests.policy.editing import SHIPPED, edited_texts


def test_the_shipped_policy_has_nothing_odd() -> None:
    """No remark is a false alarm."""
    assert [] == oddities(load_policy(SHIPPED))


@pytest.mark.parametrize(("edits", "remark"), [
    ([("escalation.yml", "when: response_due", "when: reply_due")], "响应有时限，但 escalation.yml 里没有 response_due 的规则"),
    ([("escalation.yml", "when: consult_due, then", "when: consult_due, kinds: [fault], then"),
      ("escalation.yml", "when: consult_due, after: -1h, then", "when: consult_due, after: -1h, kinds: [fault], then")],
     "会商（inquiry、complaint"),
    ([("escalation.yml", "when: result_due, then", "when: result_due, kinds: [callback], then")],
     "规则 result_late 永远不会触发：没有哪一类有结果反馈时限"),
    ([("escalation.yml", "when: result_due, then", "when: result_due, kinds: [callback, fault], then")],
     "规则 result_late 的 kinds 里 callback 没有结果反馈时限"),
    ([("escalation.yml", "after: -30m", "after: -24h")], "规则 reply_soon 提前 24h，不短于时限本身"),
    ([("services.yml", "departments: [网络运维部]", "departments: [网络运营部]")], "会商部门 网络运营部 不是任何服务的主管部门"),
    ([("services.yml", "    supplier: sutong\n", "")], "没有服务由外包商 sutong（速通物流）承接"),
])
def test_what_is_odd_is_said(edits: list[tuple[str, str, str]], remark: str) -> None:
    """One remark for one oddity."""
    found = oddities(parse_policy(edited_texts(*edits)))
    assert 1 == len(found), found
    assert remark in found[0]


@pytest.mark.parametrize(("file", "old", "new", "change"), [
    ("sla.yml", "reply_within: 2h", "reply_within: 4h", ("promises.any.reply_within", "2h", "4h")),
    ("sla.yml", "    notice_within: 24h\n", "", ("promises.any.notice_within", "24h", "（无）")),
    ("sla.yml", "review: {within: 16h", "review: {within: 8h", ("tasks.review.within", "16h", "8h")),
    ("escalation.yml", "after: -30m", "after: -20m", ("escalation.reply_soon.after", "-30m", "-20m")),
    ("calendars.yml", "day_kinds: {}", "day_kinds: {2099-01-01: holiday}", ("day_kinds.2099-01-01", "（无）", "holiday")),
    ("calendars.yml", "overrides: {}", "overrides: {office: {2099-01-05: []}}",
     ("calendars.office.overrides.2099-01-05", "（无）", "（空）")),
    ("queues.yml", "weight: 20", "weight: 30", ("queues.general.handling.weight", "20", "30")),
    ("policy.yml", "valid_from: 2026-01-01", "valid_from: 2027-01-01", ("valid_from", "2026-01-01 00:00", "2027-01-01 00:00")),
    ("targets.yml", "0.90", "0.95", ("targets.satisfaction", "0.9", "0.95")),
])
def test_a_difference_has_a_path_and_both_values(file: str, old: str, new: str, change: tuple[str, str, str]) -> None:
    """One edit is one difference, and what customers are told of it follows."""
    found = changes(load_policy(SHIPPED), parse_policy(edited_texts((file, old, new))))
    assert [change] == [(one.path, one.before, one.after) for one in found if not one.path.endswith(".text")]


def test_what_means_the_same_is_no_difference() -> None:
    """Comments, another notation of the same time, and defaults written out."""
    same = parse_policy(edited_texts(
        ("sla.yml", "reply_within: 2h", "reply_within: 120m  # 两小时"), ("queues.yml", "    letter: A", "    letter: A\n    line: single"),
        ("escalation.yml", "when: response_due", "when: response_due, after: 0")))
    assert [] == changes(load_policy(SHIPPED), same)
    assert same.version != load_policy(SHIPPED).version


def test_lists_differ_by_their_members_and_order_counts() -> None:
    """A synonym added and one removed; a queue that became the default."""
    [one] = changes(load_policy(SHIPPED), parse_policy(edited_texts(("services.yml", "[保洁, 打扫卫生", "[保洁, 扫地"))))
    assert ("services.cleaning.synonyms", ("扫地",), ("打扫卫生",)) == (one.path, one.added, one.removed)
    texts = edited_texts()
    head, first, rest = texts["queues.yml"].partition("  - id: general")
    general, complaints, others = rest.partition("  - id: complaints")
    technical = others.index("  - id: technical")
    texts["queues.yml"] = head + complaints + others[:technical] + first + general + others[technical:]
    [moved] = changes(load_policy(SHIPPED), parse_policy(texts))
    assert ("queues（次序）", "general、complaints、technical、emergency", "complaints、general、technical、emergency") == (
        moved.path, moved.before, moved.after)


@pytest.mark.parametrize(("text", "written", "spoken"), [
    ("2h", "2h", "2 小时"), ("120m", "2h", "2 小时"), ("60s", "60s", "60 秒"), ("90s", "1m30s", "1 分钟 30 秒"),
    ("1h30m", "1h30m", "1 小时 30 分钟"), ("3d", "72h", "72 小时"), ("4d", "4d", "4 天"), ("-30m", "-30m", "30 分钟"),
    ("4d2h", "4d2h", "4 天 2 小时"), ("0m", "0m", "0 分钟")])
def test_lengths_are_written_and_spoken(text: str, written: str, spoken: str) -> None:
    """What is written can be read again."""
    length = durations.read(text)
    assert (written, spoken) == (durations.written(length), durations.spoken(length))
    assert length == durations.read(durations.written(length))


@pytest.mark.parametrize("text", ["", "2", "2 小时", "h", "-", "1m1h", "1.5h", "2h 30m"])
def test_other_notations_are_refused(text: str) -> None:
    """So that nothing is guessed."""
    with pytest.raises(ValueError, match=r".*"):
        durations.read(text)
