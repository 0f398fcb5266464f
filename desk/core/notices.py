"""What the desk itself says in a conversation: status, queue place, rating. The bot's own words are in bot/domain."""

import re

from desk.core.waiting import Quote

LEAVE_QUEUE = re.compile(r"^(我?(先|就)?(取消|退出)排队|不排队?了|不等了|我?不想等了|算了不等了?)[吧。!!.~]*$")
HOW_LONG = re.compile(r"(还要|还得|要|得)等?多久|等多久|排到(哪|第几|我)|前面(还有)?(几|多少)|轮到我|多长时间")
WANTS_PERSON = re.compile(r"(转|找|要|接)?(一下)?人工(客服|服务|坐席)?|转接?客服|真人")

RATING_BUTTONS = [{"title": f"{score}分 {word}", "payload": f'/rate_service{{"rating":"{score}"}}'}
                  for score, word in ((5, "非常满意"), (4, "满意"), (3, "一般"), (2, "不满意"), (1, "很不满意"))]


def wait_range(low_min: int, high_min: int) -> str:
    """A range of minutes in words."""
    if high_min <= 1:
        return "不到 1 分钟"
    return f"约 {max(1, low_min)}–{high_min} 分钟" if max(1, low_min) < high_min else f"约 {high_min} 分钟"


def queue_place(*, place: int, quote: Quote | None, on_duty: int) -> str:
    """Where the customer stands; a figure only when there is a basis for it."""
    where = "下一位就是您" if place == 0 else f"您前面还有 {place} 位"
    if on_duty == 0:
        return "已为您登记人工服务。目前没有客服在线，上线后会按顺序接入，您可以先留言。"
    if quote is None:
        return f"正在为您排队，{where}。暂时无法准确估计等待时间，轮到您时会立即接入。"
    return f"正在为您排队，{where}，预计等待{wait_range(quote.low_min, quote.high_min)}。"


def accepted(agent_name: str) -> str:
    """A person has taken over."""
    return f"客服{agent_name}已接入，正在为您服务。"


def requeued() -> str:
    """The person cannot go on; somebody else will."""
    return "刚才的客服临时离开，已为您优先安排其他客服，请稍候。"


def returned() -> str:
    """The person gave the conversation back to the bot."""
    return "人工服务已结束，接下来由智能助手继续为您服务。"


def closed() -> str:
    """The person ended the conversation."""
    return "本次会话已结束，感谢您的咨询。如有需要，随时发消息给我们。"


def left_queue() -> str:
    """The customer no longer wants to wait."""
    return "已为您取消排队。有什么可以继续帮您？需要时随时说“转人工”。"


def ask_rating() -> str:
    """Ask once after a person has served."""
    return "请您为这次人工服务打个分，帮助我们做得更好。"


def rated(score: int) -> str:
    """Thank for a rating."""
    return "谢谢您的认可！" if score >= 4 else "谢谢您的反馈，我们会认真改进。"


def late() -> str:
    """The bot cannot answer at present."""
    return "您的消息已收到，系统正在恢复中，恢复后会马上回复您。着急的话可以说“转人工”。"


def failed() -> str:
    """The bot broke on this message."""
    return "抱歉，刚才这条消息我没能处理好。请您换个说法再试一次，或者说“转人工”由客服帮您处理。"
