"""What the desk itself says in a conversation: status, queue place, rating. The bot's own words are in bot/domain."""

import re

from desk.core.queueing import Discipline
from desk.core.waiting import Quote

LEAVE_QUEUE = re.compile(r"^(我?(先|就)?(取消|退出)排队|不排队?了|不等了|我?不想等了|算了不等了?)[吧。!!.~]*$")
CALL_BACK = re.compile(r"^(那|还是|算了|要不)?[，,]?(不等了)?[，,]?(你们?|请|麻烦)*(给我|帮我)?(安排|登记)?(回|打)(个|一个)?电话?"
                       r"(给我|过来|找我)?(吧|好了|也行|就行|可以吗|行吗)?[。！!？?~]*$")
WHY_OTHERS = re.compile(r"(为什么|为啥|凭什么|怎么).{0,8}(别人|人家|他们?|后来|后面).{0,4}(先|插)|插队|(这|太)不公平")
HOW_LONG = re.compile(r"(还要|还得|要|得)等?多久|等多久|排到(哪|第几|我)|前面(还有)?(几|多少)|轮到我|多长时间")
WANTS_PERSON = re.compile(r"(转|找|要|接)?(一下)?人工(客服|服务|坐席)?|转接?客服|真人")

RATING_BUTTONS = [{"title": f"{score}分 {word}", "payload": f'/rate_service{{"rating":"{score}"}}'}
                  for score, word in ((5, "非常满意"), (4, "满意"), (3, "一般"), (2, "不满意"), (1, "很不满意"))]


def wait_range(low_min: int, high_min: int) -> str:
    """A range of minutes in words."""
    if high_min <= 1:
        return "不到 1 分钟"
    return f"约 {max(1, low_min)}–{high_min} 分钟" if max(1, low_min) < high_min else f"约 {high_min} 分钟"


def wait_with_odds(quote: Quote) -> str:
    """A range of minutes with how sure it is (PD-4: as scientific information about the wait as possible)."""
    if quote.high_min <= 1:
        return wait_range(quote.low_min, quote.high_min)
    return (f"{wait_range(quote.low_min, quote.high_min)}，10 位客户里约 {round(quote.percentile * 10)} 位"
            f"在 {quote.high_min} 分钟内接通")


def queue_place(*, place: int, quote: Quote | None, on_duty: int, number: str = "", first: bool = True) -> str:
    """Where the customer stands; a figure only when there is a basis for it. Later messages say only what is new."""
    drawn = f"您的号码是 {number}，" if number else ""
    if on_duty == 0:
        ahead = f"按排班预计等待{wait_range(quote.low_min, quote.high_min)}" if quote else "上线后会按顺序接入"
        return f"已为您登记人工服务。{drawn}目前没有客服在线，{ahead}，您可以先留言。"
    where = _where(place)
    if not first:
        return f"{where}，预计还要{wait_range(quote.low_min, quote.high_min)}。" if quote else f"{where}，轮到您时会立即接入。"
    if quote is None:
        return f"正在为您排队，{drawn}{where}。暂时无法准确估计等待时间，轮到您时会立即接入。"
    return f"正在为您排队，{drawn}{where}，预计等待{wait_with_odds(quote)}。"


def still_waiting(*, place: int, quote: Quote | None) -> str:
    """A sign of life when a greeting is overdue (JC-5): still true figures, no excuses."""
    ahead = f"预计还要{wait_range(quote.low_min, quote.high_min)}" if quote else "轮到您时会立即接入"
    return f"让您久等了，我们一直在为您安排客服。{_where(place)}，{ahead}。"


def _where(place: int) -> str:
    return "下一位就是您" if place == 0 else f"您前面还有 {place} 位"


def passed_on() -> str:
    """An agent did not answer; the next one is called."""
    return "让您久等了，刚才的客服暂时没能接听，正在为您转给下一位。"


def call_back_registered(*, number: str, promise: str, phone: str) -> str:
    """Nobody is left to ask: a call back is promised, and the customer keeps their place."""
    who = "" if phone else "您还没有留电话，请把号码发给我们。"
    return f"非常抱歉，现在客服都没能接听。已为您登记回电，单号 {number}，我们会在{promise}。{who}您也可以继续等，客服一有空就接入。"


def off_duty_unanswered(seconds: int) -> str:
    """To an agent who did not answer."""
    return f"您有一位客户 {seconds} 秒没有接听，已把您转为离岗，客户已转给其他人。准备好后请重新上岗。"


def greet_now() -> str:
    """To an agent who has taken somebody and has not said a word."""
    return "您接入的客户还在等第一句问候，请尽快回复（60 秒内问候，JC-5）。"


def nobody_answers(queue_name: str, waited_min: int) -> str:
    """To supervisors about a customer whom nobody has taken."""
    waited = f"等了 {waited_min} 分钟" if waited_min else "等了不到 1 分钟"
    return f"{queue_name}有客户{waited}，没有人接听，请安排人员接入。"


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


def why_others(discipline: Discipline) -> str:
    """Why somebody may be served before: the rule of the queue (PD-2, PD-5: unfair waits seem longer)."""
    rule = {"first_come": "大家按先来后到的顺序接入", "shortest_first": "能很快办完的会先接入",
            "classes": "会员客户会先接入"}[discipline.order]
    aged = "，等得越久次序越靠前" if discipline.ageing is not None and discipline.order != "first_come" else ""
    return f"{rule}{aged}；只有紧急情况（比如人身安全）会优先。您的位置一直为您保留着。"


def left_queue_to_be_called() -> str:
    """The customer would rather be called back: the bot takes it up at once."""
    return "好的，不用一直等着，已为您取消排队。"


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
