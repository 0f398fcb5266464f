"""``desk policy``: checks the policy files, shows what they promise, compares versions, explains a ticket's deadlines."""

from argparse import ArgumentParser
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from desk.core.errors import DeskError, NotFound
from desk.settings import Settings

if TYPE_CHECKING:
    from desk.core.policies import PolicyVersion
    from desk.core.policy import Policy

HELP = "检查、查看、比较策略，解释工单的时限"


class NoSuchPolicy(DeskError):
    """There is no such version."""


class NoSuchTicket(DeskError):
    """There is no such ticket."""


def arguments(command: ArgumentParser) -> None:
    """What the command takes."""
    actions = command.add_subparsers(dest="action", required=True, metavar="动作")
    check = actions.add_parser("check", help="检查策略文件，错误指出文件、行和可用的词，另外提醒合法但可疑的地方")
    check.add_argument("directory", nargs="?", metavar="目录", help="策略文件目录；不写为 DESK_POLICY_DIR")
    show = actions.add_parser("show", help="列出各类工单的承诺、升级路径和策略的历史版本")
    show.add_argument("version", nargs="?", metavar="版本", help="不写为现行版本")
    diff = actions.add_parser("diff", help="按含义比较两个版本；不写为现行版本与目录里的文件")
    diff.add_argument("before", nargs="?", metavar="旧版本", help="不写为现行版本")
    diff.add_argument("after", nargs="?", metavar="新版本", help="不写为目录里的文件")
    explain = actions.add_parser("explain", help="一张工单的每个时限：依据、起止、结论和已做、将做的步骤")
    explain.add_argument("ticket", metavar="工单号")


def run(known: Settings, given: Any) -> None:
    """Carry it out."""
    for line in ACTIONS[given.action](known, given):
        print(line)


def _check(known: Settings, given: Any) -> Iterator[str]:
    from desk.core.policy_review import oddities
    from desk.gateways.clocks import SystemClock
    from desk.gateways.policy_files import load_policy

    directory = Path(given.directory or known.policy_dir)
    policy = load_policy(directory)
    yield (f"策略文件没有问题：{len(policy.services)} 项服务，{len(policy.queues)} 个队列，"
           f"{len(policy.escalation)} 条升级规则，版本 {policy.version}。")
    remarks = oddities(policy)
    if policy.valid_from is not None and policy.valid_from > SystemClock().now() and not _versions(known):
        remarks.append(f"valid_from 是将来的 {policy.valid_from:%Y-%m-%d %H:%M}，但之前没有任何版本，所以会立即生效")
    yield from (f"提醒：{remark}。" for remark in remarks)


def _show(known: Settings, given: Any) -> Iterator[str]:
    from desk.commands import policy_pages
    from desk.core.policies import in_force
    from desk.gateways.policy_files import parse_policy

    versions = _versions(known)
    now = in_force(versions, _clock(known).now())
    row = _row(versions, given.version) if given.version else now
    policy = parse_policy(row.files) if row is not None else _in_folder(known)
    return policy_pages.promises(policy, row=row, in_force=now.version if now else "", versions=versions)


def _diff(known: Settings, given: Any) -> Iterator[str]:
    from desk.commands import policy_pages
    from desk.core.policies import in_force
    from desk.gateways.policy_files import parse_policy

    versions = _versions(known)
    first = _row(versions, given.before) if given.before else in_force(versions, _clock(known).now())
    if first is None:
        raise NoSuchPolicy("数据库里还没有策略版本；服务台启动后才有可比较的版本。")
    after = parse_policy(_row(versions, given.after).files) if given.after else _in_folder(known)
    return policy_pages.differences(parse_policy(first.files), after, name=given.after or f"{known.policy_dir}/ 里的文件")


def _explain(known: Settings, given: Any) -> Iterator[str]:
    from desk import bootstrap
    from desk.commands import policy_pages
    from desk.service import explaining

    if not _versions(known):
        raise NoSuchPolicy("数据库里还没有策略版本；服务台启动后才有。")
    number = given.ticket.strip().upper()
    try:
        with bootstrap.reading_desk(known) as desk:
            return policy_pages.explanation(explaining.explain(desk, number=number))
    except NotFound as error:
        raise NoSuchTicket(f"没有工单 {number}。") from error


def _versions(known: Settings) -> "list[PolicyVersion]":
    """The stored versions, newest first; none where there is no database yet."""
    from desk import bootstrap
    from desk.service import policies
    from desk.store import migrate

    if not migrate.is_current(known.database_url):
        return []
    with bootstrap.reading_desk(known) as desk:
        return policies.history(desk)


def _clock(known: Settings) -> Any:
    from desk.bootstrap import make_clock

    return make_clock(known.clock_start)


def _in_folder(known: Settings) -> "Policy":
    from desk.gateways.policy_files import load_policy

    return load_policy(Path(known.policy_dir))


def _row(versions: "list[PolicyVersion]", version: str) -> "PolicyVersion":
    """The newest row whose version begins like that."""
    found = {one.version: one for one in reversed(versions) if one.version.startswith(version)}
    if len(found) != 1:
        known = "、".join(dict.fromkeys(one.version for one in versions)) or "（还没有）"
        raise NoSuchPolicy(f"没有策略版本 {version}；已有的版本：{known}" if not found else
                           f"{version} 不止一个版本：{'、'.join(found)}")
    return next(iter(found.values()))


ACTIONS = {"check": _check, "show": _show, "diff": _diff, "explain": _explain}
