"""Names and addresses are found where the cue is strong, whole and without the words around them."""

import pytest

from bot.nlu.people_places import PeoplePlacesExtractor
from tests.bot.found import found, values

pytestmark = pytest.mark.model

RULES = PeoplePlacesExtractor(PeoplePlacesExtractor.get_default_config())


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("王芳", "王芳"),
        ("我叫沈佳怡，查合同", "沈佳怡"),
        ("姓名：蒋文博", "蒋文博"),
        ("免贵姓郑", "郑"),
        ("我姓王，郑州的", "王"),
        ("我是罗建平，我宽带还有几天到期", "罗建平"),
        ("联系人董晓东", "董晓东"),
        ("刘先生", "刘先生"),
        ("麻烦让王经理回个电话", "王经理"),
        ("谢谢毛师傅帮我修好了水管", "毛师傅"),
        ("马总在不在，我认识他", "马总"),
        ("欧阳倩", "欧阳倩"),
        ("王芳 13800000012", "王芳"),
        ("我叫歐陽慧，手機１３８００００００８２", "歐陽慧"),
        ("😀我叫林晓峰", "林晓峰"),
        ("您好，麻烦记一下，我姓　周", "周"),
        ("有个叫方小军的，服务态度非常不好", "方小军"),
    ],
)
def test_names_with_a_cue(text: str, name: str) -> None:
    """The name alone, in the characters the customer wrote."""
    assert found(RULES, text, "person_name") == [name]


@pytest.mark.parametrize(
    "text",
    ["谢谢", "谢谢师傅", "查余额", "查套餐", "查账单", "安排师傅上门", "安排师傅", "没修好，钱照收", "钱照收", "电源关总闸了", "关总闸",
     "周末", "周六上午", "马桶堵了", "高兴", "话费总不能照扣吧", "施工说明天来", "白天", "请转总经理", "方便",
     "江苏", "我是老客户", "辛苦啦"],
)
def test_words_that_only_look_like_names(text: str) -> None:
    """A surname's character is not yet a name."""
    assert found(RULES, text, "person_name") == []


@pytest.mark.parametrize(
    ("text", "address"),
    [
        ("我家翠湖花园12幢1单元304", "翠湖花园12幢1单元304"),
        ("我家住城北区滨河路150号丽景苑9幢1单元603", "城北区滨河路150号丽景苑9幢1单元603"),
        ("她住枫林小区12幢301", "枫林小区12幢301"),
        ("住银杏花园6幢1单元902，想约师傅", "银杏花园6幢1单元902"),
        ("地址滨河路90号，门锁打不开", "滨河路90号"),
        ("地址是银杏花园2幢801", "银杏花园2幢801"),
        ("查华兴大厦2201的合同", "华兴大厦2201"),
        ("要给东湖小区10幢2单元401开一条500M的", "东湖小区10幢2单元401"),
        ("帮我家城西区听雨巷19号修好了水管", "城西区听雨巷19号"),
        ("我留的地址是不是云桥市学府路60号", "云桥市学府路60号"),
        ("我这里是云桥市建设路210号，最近的店", "云桥市建设路210号"),
        ("我们公司在创业路3号软件园B座，打印机坏了", "创业路3号软件园B座"),
        ("朝阳路302号锦绣花园6幢2单元1101", "朝阳路302号锦绣花园6幢2单元1101"),
        ("青年路15号302马桶堵了", "青年路15号302"),
        ("我住文瀾路８號３幢４０２", "文瀾路８號３幢４０２"),
        ("翠湖花园12-1-304", "翠湖花园12-1-304"),
        ("😀文澜路8号😀", "文澜路8号"),
        ("朝阳路88号周末来", "朝阳路88号"),
        ("文澜路8号3点来", "文澜路8号"),
        ("地址要换成梧桐路31号阳光公寓5幢606", "梧桐路31号阳光公寓5幢606"),
    ],
)
def test_addresses(text: str, address: str) -> None:
    """Without what leads in, to the last number of the room."""
    assert found(RULES, text, "address") == [address]


@pytest.mark.parametrize("text", ["那段线路2号口坏了", "附近哪条路好停车", "我在半路3点到", "我按了2号键", "你们在哪条路几号"])
def test_words_that_only_look_like_addresses(text: str) -> None:
    """A way without a house is no address."""
    assert found(RULES, text, "address") == []


def test_values_are_in_one_written_form() -> None:
    """The value is folded, the span is the customer's."""
    assert values(RULES, "我住文瀾路８號", "address") == ["文澜路8号"]


def test_two_addresses() -> None:
    """From here to there are two places."""
    assert found(RULES, "从和平街33号到文澜路210号的专线", "address") == ["和平街33号", "文澜路210号"]
