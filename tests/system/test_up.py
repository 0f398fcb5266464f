"""Starting and stopping: what stands in the way is said in one sentence, and nothing is left running."""

import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests

from desk.supervise import free_port
from tests.system.processes import ROOT, until

pytestmark = [pytest.mark.system, pytest.mark.timeout(240)]


def environment(tmp_path: Path, model: Path | str, port: int) -> dict[str, str]:
    """A desk of its own."""
    return {**os.environ, "DESK_DATA_DIR": str(tmp_path / "var"), "DESK_MODEL": str(model), "DESK_PORT": str(port)}


def up(given: dict[str, str]) -> subprocess.CompletedProcess[str]:
    """``desk up`` that is expected to end by itself."""
    return subprocess.run([sys.executable, "-m", "desk.cli", "up"], cwd=ROOT, env=given, capture_output=True, text=True,
                          timeout=120, check=False)


def one_sentence(ended: subprocess.CompletedProcess[str], words: str) -> None:
    """Exit code not 0, no traceback, the reason and what to do."""
    assert ended.returncode == 1, ended
    assert "Traceback" not in ended.stderr
    assert words in ended.stderr


def test_a_taken_port_is_said(tmp_path: Path, trained_model: Path) -> None:
    """With the port and a way out."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        one_sentence(up(environment(tmp_path, trained_model, port)), f"端口 {port} 已被占用")


def test_a_broken_model_is_said(tmp_path: Path) -> None:
    """A file that is no archive is found before anything starts."""
    model = tmp_path / "model.tar.gz"
    model.write_bytes(b"not a model")
    one_sentence(up(environment(tmp_path, model, free_port())), "模型文件损坏")


def test_a_model_that_rasa_cannot_load_is_said(tmp_path: Path, trained_model: Path) -> None:
    """An archive with its inside damaged: Rasa is not started again and again."""
    inside = tmp_path / "inside"
    shutil.unpack_archive(trained_model, inside)
    for path in inside.rglob("*.skops"):
        path.write_bytes(b"damaged")
    for path in inside.rglob("metadata.json"):
        path.write_text("{}")
    shutil.make_archive(str(tmp_path / "model"), "gztar", inside)
    one_sentence(up(environment(tmp_path, tmp_path / "model.tar.gz", free_port())), "加载不了模型")


def test_a_policy_mistake_is_said(tmp_path: Path, trained_model: Path) -> None:
    """File, line and key, before anything starts."""
    shutil.copytree(ROOT / "policy", tmp_path / "policy")
    file = tmp_path / "policy/queues.yml"
    file.write_text(file.read_text(encoding="utf-8").replace("calendar: desk", "calender: desk", 1), encoding="utf-8")
    given = environment(tmp_path, trained_model, free_port()) | {"DESK_POLICY_DIR": str(tmp_path / "policy")}
    one_sentence(up(given), "policy/queues.yml:")


def test_an_unreachable_database_is_said(tmp_path: Path, trained_model: Path) -> None:
    """The setting to look at is named."""
    given = environment(tmp_path, trained_model, free_port())
    given["DESK_DATABASE_URL"] = f"postgresql+psycopg2://nobody@127.0.0.1:{free_port()}/nothing"
    one_sentence(up(given), "DESK_DATABASE_URL")


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of one megabyte."""
    folder = tmp_path / "small"
    folder.mkdir()
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", str(folder)], check=False,
                             capture_output=True)
    if mounted.returncode:
        pytest.skip("mounting a small file system needs root")
    yield folder
    subprocess.run(["umount", str(folder)], check=True)


def test_a_full_disk_is_said(small_disk: Path, tmp_path: Path, trained_model: Path) -> None:
    """Before anything is written."""
    given = environment(tmp_path, trained_model, free_port()) | {"DESK_DATA_DIR": str(small_disk / "var")}
    one_sentence(up(given), "磁盘空间不足")


def test_a_missing_python_is_said(tmp_path: Path) -> None:
    """The installer names what to install."""
    for tool in ("bash", "dirname", "df", "awk"):
        found = shutil.which(tool)
        assert found is not None
        (tmp_path / tool).symlink_to(found)
    ended = subprocess.run([str(tmp_path / "bash"), str(ROOT / "scripts/install.sh")], env={"PATH": str(tmp_path)},
                           capture_output=True, text=True, check=False)
    one_sentence(ended, "需要 Python 3.11")


class Running:
    """A ``desk up`` in a process group of its own."""

    def __init__(self, given: dict[str, str], folder: Path) -> None:
        self.port = int(given["DESK_PORT"])
        self.out = folder / "up.out"
        with self.out.open("wb") as out:
            self.process = subprocess.Popen([sys.executable, "-m", "desk.cli", "up"], cwd=ROOT, env=given, stdout=out,
                                            stderr=subprocess.STDOUT)
        until(self.ready, timeout_s=120, what=f"desk up (see {self.out})")

    def ready(self) -> bool:
        """Whether everything can answer."""
        assert self.process.poll() is None, self.out.read_text()
        try:
            return requests.get(f"http://127.0.0.1:{self.port}/readyz", timeout=5).ok
        except requests.RequestException:
            return False

    def children(self) -> list[int]:
        """Its child processes."""
        found = subprocess.run(["ps", "-o", "pid=", "--ppid", str(self.process.pid)], capture_output=True, text=True,
                               check=False)
        return [int(pid) for pid in found.stdout.split()]


def alive(pid: int) -> bool:
    """Whether a process runs (a zombie does not)."""
    status = Path(f"/proc/{pid}/stat")
    return status.exists() and status.read_text().rpartition(")")[2].split()[0] != "Z"


def test_ctrl_c_stops_everything_and_the_next_start_goes_on(tmp_path: Path, trained_model: Path) -> None:
    """Exit code 0, no child left; a supervisor that is killed takes Rasa with it as well."""
    given = environment(tmp_path, trained_model, free_port())
    first = Running(given, tmp_path)
    until(lambda: "客服控制台" in first.out.read_text(), timeout_s=10, what="the addresses")
    assert "yunqiao-wang" in first.out.read_text()
    rasa = first.children()
    assert rasa
    first.process.send_signal(signal.SIGINT)
    assert first.process.wait(30) == 0
    assert not any(alive(pid) for pid in rasa)

    second = Running(given, tmp_path)
    rasa = second.children()
    second.process.kill()
    second.process.wait()
    until(lambda: not any(alive(pid) for pid in rasa), timeout_s=15, what="Rasa's end")


def test_a_killed_rasa_is_started_again(tmp_path: Path, trained_model: Path) -> None:
    """The supervisor replaces it, and what was said meanwhile is answered."""
    running = Running(environment(tmp_path, trained_model, free_port()), tmp_path)
    try:
        os.kill(running.children()[0], signal.SIGKILL)
        until(lambda: not running.ready(), timeout_s=10, what="Rasa's absence")
        base = f"http://127.0.0.1:{running.port}/channels/web"
        token = requests.post(f"{base}/sessions", timeout=10).json()["token"]
        headers = {"Authorization": f"Bearer {token}"}
        sent = requests.post(f"{base}/messages", json={"id": "1", "text": "你好"}, headers=headers, timeout=10)
        assert sent.status_code == 202
        until(running.ready, timeout_s=90, what="Rasa's return")

        def answered() -> bool:
            time.sleep(0.5)
            events = requests.get(f"{base}/events", params={"after": "1"}, headers=headers, timeout=10).json()["events"]
            return any(event["sender"] == "bot" for event in events)

        until(answered, timeout_s=30, what="the answer")
    finally:
        running.process.send_signal(signal.SIGINT)
        running.process.wait(30)
