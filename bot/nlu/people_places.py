"""Person names and addresses by the cues Chinese gives: surnames, titles, “我叫”, road, house and room words."""

from __future__ import annotations

import re
from collections.abc import Iterator

from rasa.engine.recipes.default_recipe import DefaultV1Recipe

from bot.nlu.rule_extractor import Found, RuleExtractor
from desk.gateways.chinese_text import Folded

_DOUBLE = "欧阳|司马|上官|诸葛|东方|皇甫|尉迟|公孙|慕容|令狐|夏侯|端木|南宫"
_SINGLE = ("王李张刘陈杨黄赵周吴徐孙朱马胡郭林何高梁郑罗宋谢唐韩曹许邓萧冯曾程蔡彭潘袁于董余苏叶吕魏蒋田杜丁沈姜范江傅钟卢汪戴崔任陆廖姚方金"
           "邱夏谭韦贾邹石熊孟秦阎薛侯雷白龙段郝孔邵史毛常万顾赖武康贺严尹钱施牛洪龚汤陶黎温莫易樊乔文安殷颜庄章鲁倪庞邢俞翟蓝聂齐葛柴伍"
           "覃骆关焦柳欧祝纪尚毕耿芦左季管符辛苗詹曲靳祁路涂兰甘裴梅童翁霍游阮尤岳柯滕谷舒卜饶宁凌盛查单祖")
_SURNAME = f"(?:{_DOUBLE}|[{_SINGLE}])"
_NOT_NAMED = "的了吗呢吧啊呀是在有我你他她不没要想都也就还和跟把被给从到这那什么怎么多少几点分元块号楼天年月日个家上下去来做修装办约取改问说看请帮查投诉预约"
_GIVEN = f"[^\\W\\d_a-z{_NOT_NAMED}]"
_TITLE = "(?:先生|女士|小姐|太太|老师|师傅|经理|总|阿姨|大爷|大姐|大哥|哥|姐)"
_CUED = re.compile(rf"(?:我叫|名字叫?是?|姓名[是:]?|联系人[是:叫]?|叫我|本人|称呼[是:]?)\s*(?P<name>{_SURNAME}{_GIVEN}{{1,2}})(?:{_TITLE})?")
_SURNAMED = re.compile(rf"(?:免贵)?(?:我|客户|本人)?姓\s*(?P<name>{_SURNAME})")
_TITLED = re.compile(rf"(?P<name>{_SURNAME}{_GIVEN}{{0,2}}{_TITLE})(?!傅)")
_BARE = re.compile(rf"(?:^|[,，。\s、])(?:我是|是)?(?P<name>{_SURNAME}{_GIVEN}{{1,2}})(?=$|[,，。\s、\d])")
_ROAD = r"[\u4e00-\u9fff]{1,8}?(?:路|街|大道|巷|弄|胡同|道(?!歉|理))"
_ESTATE = r"[\u4e00-\u9fff]{2,10}?(?:小区|花园|公寓|家园|大厦|广场|写字楼|新村|苑|科技园|工业园|产业园|商场|市场|学校|医院|中心(?!店))"
_HOUSE = r"[\dA-Za-z零一二三四五六七八九十]+\s*(?:号楼|号|弄|栋|幢|座|单元|层|楼|室|#)"
_REGION = r"(?:[\u4e00-\u9fff]{2,3}省)?(?:[\u4e00-\u9fff]{2,4}市)?(?:[\u4e00-\u9fff]{1,4}(?:区|县|镇|乡))?"
_TAIL = rf"(?:\s*(?:{_HOUSE}|\d{{1,5}}(?:[-–]\d{{1,5}})*(?:室)?))*"
_ADDRESS = re.compile(rf"{_REGION}(?:{_ROAD}(?:{_ESTATE})?|{_ESTATE}(?:{_ROAD})?){_TAIL}")
_LEAD = re.compile(r"^(?:.*?(?:地址|住址|家|就|住)(?:是|在|:)|我们?住(?=.{3})|.*?(?:我在|在|到|来|去|从|送到|搬到)(?=.{3}))")
_NO_NAME = frozenset("高兴 安排 方便 方案 马上 白天 任何 安全 安静 安装 安心 常见 常常 高峰 万一 平安 金额 金钱 水管 时间 时候 包括 包装 "
                     "全部 全都 全天 全屋 易碎 温度 尽快 单独 单位 单子 程序 成都 左右 顾客 季度 连续 路由器 于是 施工 支付 房东 明白 明显 "
                     "车费 车牌 车上 武汉 方法 方式 白色 黄色 蓝色 金色 安卓 苏州 常州 宁波 温州 应急 应付 解释 解决 计算 成功 费用 舒服 "
                     "童装 米饭 毛病 毛巾 池子 花园 花钱 古董 管道 管子 管家 祖传 单价 查查 查询 查收 盛情 谷歌 经理 师傅 先生 女士".split())
_VAGUE = re.compile(r"附近|哪|什么|怎么|多少|你们|您们|店里|知道|网络|一路|半路|线路|电路|水路|思路|走路|迷路|套路|车路")


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.ENTITY_EXTRACTOR, is_trainable=False)
class PeoplePlacesExtractor(RuleExtractor):
    """Finds person_name and address; values are the words as written (folded)."""

    def find(self, text: Folded) -> Iterator[Found]:
        """The names and addresses of a folded text."""
        address = next(_addresses(text.text), None)
        if address:
            yield address
        for pattern in (_CUED, _SURNAMED, _TITLED, _BARE):
            match = pattern.search(text.text)
            if match and match["name"] not in _NO_NAME and not (address and address.start <= match.start("name") < address.end):
                yield Found("person_name", match["name"], *match.span("name"))
                return


def _addresses(text: str) -> Iterator[Found]:
    for match in _ADDRESS.finditer(text):
        words, start = match.group(), match.start()
        lead = _LEAD.match(words)
        if lead and lead.end() < len(words) - 2:
            start, words = start + lead.end(), words[lead.end():]
        if re.search(r"\d|[一二三四五六七八九十]+[号栋幢楼]", words) and len(words) >= 4 and not _VAGUE.search(words):
            yield Found("address", words.strip(), start, match.end())
