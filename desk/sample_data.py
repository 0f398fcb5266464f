"""Fictional customers, agents and past talks, so that a new desk can be tried at once. Loading twice adds nothing."""

import random
from datetime import timedelta

from desk.core.agents import Agent
from desk.core.conversations import Conversation
from desk.core.customers import Customer
from desk.core.handoffs import Handoff, Rating
from desk.gateways import passwords
from desk.service.desk import Desk, UnitOfWork

AGENTS = [
    ("wang", "王敏", "agent", ["general", "complaints"], 3),
    ("li", "李强", "agent", ["technical", "emergency", "general"], 3),
    ("zhao", "赵静", "supervisor", ["general", "complaints", "technical", "emergency"], 2),
    ("chen", "陈晨", "trainer", [], 1),
    ("admin", "管理员", "admin", ["general", "complaints", "technical", "emergency"], 1),
]
CUSTOMERS = [
    ("张伟", "男", "云桥市城东区朝阳路 12 号", "500M 家庭宽带", 12850), ("王芳", "女", "云桥市城西区文澜路 8 号", "300M 家庭宽带", 5600),
    ("李娜", "女", "云桥市城北区和平街 31 号", "1000M 家庭宽带", 20000), ("刘洋", "男", "云桥市城东区建设路 5 号", "保洁月卡", 30000),
    ("陈静", "女", "云桥市市民中心路 20 号", "美容护理次卡", 68000), ("杨帆", "男", "云桥市城西区科技园 3 幢", "100M 企业专线", 180000),
    ("赵磊", "男", "云桥市城北区工业路 77 号", "货运月结", -32000), ("黄丽", "女", "云桥市城东区花园弄 2 号", "代理记账（小规模）", 20000),
    ("周杰", "男", "云桥市城西区文澜路 150 号", "IT 支持包年", 300000), ("吴敏", "女", "云桥市城北区滨河路 9 号", "500M 家庭宽带", 0),
    ("徐鹏", "男", "云桥市城东区朝阳路 301 号", "物业维修签约", 15000), ("孙悦", "女", "云桥市市民中心路 66 号", "美发储值卡", 46600),
]
QUEUES = ("general", "complaints", "technical", "emergency")


def password(username: str) -> str:
    """The sample password of a sample agent; printed by ``desk up``, to be changed before real use."""
    return f"yunqiao-{username}"


def load(desk: Desk) -> bool:
    """Load everything into an empty desk; False when somebody is there already."""
    with desk.begin() as uow:
        if uow.agents.by_username("admin") is not None:
            return False
    hashes = {username: passwords.hashed(password(username)) for username, *_ in AGENTS}
    with desk.begin() as uow:
        _agents(desk, uow, hashes)
        _customers(desk, uow)
        _history(desk, uow)
    return True


def _agents(desk: Desk, uow: UnitOfWork, hashes: dict[str, str]) -> None:
    """Nobody is on duty until somebody has signed in and says so: an agent whom nobody plays would let customers ring."""
    for username, name, role, skills, capacity in AGENTS:
        uow.add(Agent(username=username, name=name, role=role, password_hash=hashes[username],  # type: ignore[arg-type]
                      skills=list(skills), capacity=capacity, on_duty=False,
                      created_at=desk.clock.now()))
    uow.flush()


def _customers(desk: Desk, uow: UnitOfWork) -> None:
    for i, (name, gender, address, plan, balance) in enumerate(CUSTOMERS, start=1):
        uow.add(Customer(customer_no=f"C{100000 + i}", name=name, phone=f"138000000{i:02d}", gender=gender,
                         address=address, plan=plan, balance_fen=balance,
                         contract_until=desk.clock.now() + timedelta(days=30 * i),
                         tier="VIP" if balance > 100000 else "普通"))


def _history(desk: Desk, uow: UnitOfWork) -> None:
    """Forty ended talks of the last fortnight, three to fifteen minutes long: the basis of the first quotes."""
    generator = random.Random(7)
    agent = uow.agents.by_username("wang")
    for i in range(40):
        start = desk.clock.now() - timedelta(days=generator.uniform(0.5, 14))
        conversation = Conversation(id=f"sample{i:04d}", channel="sample", channel_user=f"sample{i}", created_at=start)
        uow.add(conversation)
        uow.flush()
        accepted = start + timedelta(minutes=generator.expovariate(0.5))
        handoff = Handoff(conversation_id=conversation.id, queue=QUEUES[i % 4], reason="request_human",
                          requested_at=start, accepted_at=accepted, agent_id=agent.id if agent else None,
                          ended_at=accepted + timedelta(minutes=generator.uniform(3, 15)), outcome="closed")
        uow.add(handoff)
        uow.flush()
        uow.add(Rating(conversation_id=conversation.id, score=generator.choice([3, 4, 5, 5, 5]), at=accepted,
                       handoff_id=handoff.id, agent_id=handoff.agent_id))
