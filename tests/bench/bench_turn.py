"""A turn through the whole front door beside stock ``rasa run`` REST with the same model and its SQL tracker store.

Prints the median at one customer and the 99th percentile at 32, each beside stock's, with the ratio.
Run: ``python -m tests.bench.bench_turn [--model models/X.tar.gz]`` (``make bench`` runs it).
"""

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
import threading
import time
import uuid
from collections.abc import Callable
from pathlib import Path

import requests

from desk import bootstrap, settings
from desk.service import conversations
from tests.system.processes import ROOT, Processes, free_port, until
from tests.system.visitor import Visitor

SCRIPTS = [
    ["你好", "你们都有什么服务", "保洁多少钱", "城东店在哪", "谢谢"],
    ["我要投诉", "师傅迟到了两个小时还态度恶劣", "13800000007", "好的", "谢谢"],
    ["宽带多少钱一个月", "怎么办理", "要带什么材料", "你们几点上班", "再见"],
    ["我想预约剪头发", "城东店", "明天下午三点", "张先生", "13800000008", "对的"],
    ["你是机器人吗", "投诉多久回复", "今天天气怎么样", "帮我看看进度", "算了", "再见"],
]
Speak = Callable[[str], None]


def stock_credentials(folder: Path, actions_port: int) -> None:
    """Rasa's own REST channel, its own SQL tracker store, and an action server with our actions."""
    (folder / "credentials.yml").write_text("rest:\n")
    (folder / "endpoints.yml").write_text(
        f"action_endpoint:\n  url: http://127.0.0.1:{actions_port}/webhook\n"
        f"tracker_store:\n  type: SQL\n  dialect: sqlite\n  db: {folder}/stock.db\n  query: {{}}\n")


class Stock:
    """Stock Rasa: ``rasa run`` and ``rasa run actions``."""

    def __init__(self, model: Path, folder: Path) -> None:
        self.folder, self.model = folder, model
        self.port, self.actions_port = free_port(), free_port()
        self.environment = {**os.environ, "DESK_DATA_DIR": str(folder / "var"), "SANIC_HOST": "127.0.0.1",
                            "DESK_CLOCK_START": "2026-11-24T09:30:00+08:00", "TF_CPP_MIN_LOG_LEVEL": "3"}
        stock_credentials(folder, self.actions_port)
        for command in ("migrate", "sample-data"):
            subprocess.run([sys.executable, "-m", "desk.cli", command], cwd=ROOT, env=self.environment, check=True,
                           capture_output=True)
        self.desk = bootstrap.build(settings.load(self.environment))
        self.processes = [self._run("actions", "--actions", "actions", "--port", str(self.actions_port)),
                          self._run("-m", str(model), "--credentials", str(folder / "credentials.yml"),
                                    "--endpoints", str(folder / "endpoints.yml"), "-i", "127.0.0.1",
                                    "-p", str(self.port))]
        until(self._answers, timeout_s=180, what=f"stock rasa (see {folder}/stock.log)", every_s=1)

    def _run(self, *arguments: str) -> subprocess.Popen[bytes]:
        log = (self.folder / "stock.log").open("ab")
        return subprocess.Popen([sys.executable, "-m", "rasa", "run", *arguments], cwd=ROOT, env=self.environment,
                                stdout=log, stderr=subprocess.STDOUT)

    def _answers(self) -> bool:
        try:
            return bool(requests.post(f"http://127.0.0.1:{self.port}/webhooks/rest/webhook", timeout=60,
                                      json={"sender": self.arrive(), "message": "你好"}).json())
        except requests.RequestException:
            return False

    def arrive(self) -> str:
        """A conversation row, which the actions' foreign keys need, as sender id."""
        return conversations.open(self.desk.desk, channel="bench", channel_user=uuid.uuid4().hex).id

    def customer(self) -> Speak:
        """Somebody new; speaking returns when the webhook has answered."""
        sender, session = self.arrive(), requests.Session()

        def speak(text: str) -> None:
            session.post(f"http://127.0.0.1:{self.port}/webhooks/rest/webhook", timeout=300,
                         json={"sender": sender, "message": text}).raise_for_status()

        return speak

    def stop(self) -> None:
        """End both."""
        for process in self.processes:
            process.terminate()
        for process in self.processes:
            process.wait(30)


def our_customer(url: str) -> Speak:
    """Somebody new at the front door; speaking returns when the answer has been read back."""
    visitor = Visitor(url, patience_s=300).arrive()

    def speak(text: str) -> None:
        visitor.say(text)

    return speak


def converse(arrive: Callable[[], Speak], rounds: int, customers: int) -> list[float]:
    """Milliseconds of every turn when so many customers go through the scripts at once."""
    times: list[float] = []

    def one(number: int) -> None:
        for i in range(rounds):
            speak = arrive()
            for text in SCRIPTS[(number + i) % len(SCRIPTS)]:
                start = time.perf_counter()
                speak(text)
                times.append((time.perf_counter() - start) * 1000)

    threads = [threading.Thread(target=one, args=(n,)) for n in range(customers)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return times


def percentile(values: list[float], share: float) -> float:
    """The value below which a share lies."""
    return sorted(values)[min(len(values) - 1, int(share * len(values)))]


def measure(arrive: Callable[[], Speak]) -> tuple[float, float, float]:
    """p50 of one customer, p50 and p99 of 32."""
    converse(arrive, rounds=2, customers=1)
    alone = converse(arrive, rounds=10, customers=1)
    together = converse(arrive, rounds=2, customers=32)
    return statistics.median(alone), statistics.median(together), percentile(together, 0.99)


def main() -> None:
    """Measure both, one after the other, on the same machine."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--model", type=Path, default=None)
    model = parser.parse_args().model or max((ROOT / "models").glob("*.tar.gz"), key=lambda path: path.stat().st_mtime)
    with tempfile.TemporaryDirectory() as one, tempfile.TemporaryDirectory() as two:
        stock = Stock(model.resolve(), Path(one))
        try:
            theirs = measure(stock.customer)
        finally:
            stock.stop()
        ours_processes = Processes(Path(two), model.resolve())
        ours_processes.prepare()
        for name in ("web", "rasa"):
            ours_processes.start(name)
        try:
            ours_processes.wait_ready(180)
            ours = measure(lambda: our_customer(ours_processes.url))
        finally:
            ours_processes.stop()
    print(f"{'turn, ms':28}{'stock':>10}{'yingda':>10}{'ratio':>8}")
    for name, a, b in zip(("median, 1 customer", "median, 32 customers", "p99, 32 customers"), theirs, ours,
                          strict=True):
        print(f"{name:28}{a:10.1f}{b:10.1f}{b / a:8.2f}")


if __name__ == "__main__":
    main()
