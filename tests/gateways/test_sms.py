"""The SMS gateway that writes to a file."""

from pathlib import Path

import pytest
from structlog.testing import capture_logs

from desk.core.customers import masked_phone
from desk.gateways.sms import ConsoleSms, make_sms


async def test_messages_are_written_down_in_order(tmp_path: Path) -> None:
    """Whoever tries the desk finds number and text, one message a line."""
    sms = make_sms("console", tmp_path)
    await sms.send("13800000001", "您的验证码是 123456")
    await sms.send("13800000002", "好")
    assert ["13800000001\t您的验证码是 123456", "13800000002\t好"] == (
        tmp_path / "sms.log").read_text(encoding="utf-8").splitlines()


async def test_the_log_line_masks_the_phone(tmp_path: Path) -> None:
    """The number never stands in the log."""
    with capture_logs() as lines:
        await ConsoleSms(tmp_path).send("13800000001", "好")
    assert ["sms.sent"] == [line["event"] for line in lines]
    assert "138****0001" == lines[0]["phone"]
    assert "13800000001" not in str(lines)


async def test_a_folder_that_cannot_be_written_is_a_failure(tmp_path: Path) -> None:
    """Delivery hears of it and tries again."""
    with pytest.raises(OSError, match="sms"):
        await ConsoleSms(tmp_path / "missing").send("13800000001", "好")


@pytest.mark.parametrize(("phone", "masked"), [("13800000001", "138****0001"), ("12345", "***45"), ("1", "1"), ("", "")])
def test_numbers_are_masked(phone: str, masked: str) -> None:
    """Mobile numbers keep both ends, everything else two digits."""
    assert masked == masked_phone(phone)
