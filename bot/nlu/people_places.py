"""Person names and addresses where the cue is strong: “我叫”, a surname with its title, a road or an estate with a number.

What has no such cue is left to the CRF, which learned from marked sentences: a rule that is wrong could not be put right.
"""

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
_NOT_NAMED = "的了吗呢吧啊呀是在有我你他她不没要想都也就还和跟把被给从到这那什么怎多少几点分元块号楼天年月日个家上下去来做修装办约取改问说看请帮查投诉预约"
_GIVEN = f"[^\\W\\d_a-z{_NOT_NAMED}]"
_END = r"(?=$|[^\u4e00-\u9fff])"
_POLITE = "(?:先生|女士|小姐|太太)"
_CUE = (r"(?:我叫|[他她]叫|叫我|名字(?:叫|是)*|姓名[是:]?|联系人[是:叫写]?|[户机业]主[是叫]?|户名|(?:[收发]货|[收寄]件|登记|报修|预约|经办)人是?|本人|称呼[是:]?|个叫)")
_CUED = re.compile(rf"{_CUE}[\s:]*(?P<name>{_SURNAME}{_GIVEN}{{1,2}})(?:{_END}|(?={_POLITE}|[的,]|名下|这个|收$))")
_I_AM = re.compile(rf"(?:^|[\s,。!])我是(?P<name>{_SURNAME}{_GIVEN}{{1,2}}){_END}")
_SURNAMED = re.compile(rf"(?:(?<=免贵)|(?<![老百同贵]))姓\s*(?P<name>{_SURNAME})(?={_END}|[的啊呀哈吧])")
_LEAD_IN = "(?:^|[^\u4e00-\u9fff]|我是|叫|找|让|给|跟|和|谢谢|感谢|表扬|投诉|联系|联系人|转告|请|对|的|那个|登记|接|转|就是|人是|写|夸夸?|约|定|如果|上次|可以|指定|你们)"
_JOB = "(?:师傅|阿姨|经理|主管|店长|老师|大爷|大姐|大哥|老板)"
_SHORT_TITLE = r"(?:[总工姐哥](?=$|[^\u4e00-\u9fff]|在[吗不]|[说来您你好回给帮]))"
_TITLED = re.compile(rf"{_LEAD_IN}(?P<name>{_SURNAME}(?:{_GIVEN}{{0,2}}{_POLITE}|{_JOB}|{_SHORT_TITLE}))")
_BARE = re.compile(rf"(?:叫|是)?(?P<name>{_SURNAME}{_GIVEN}{{1,2}})(?:[\s,。!]*$|[\s,]*(?:电话|手机)?[是号:]*\s*(?:\+86)?1[\d\s-]{{10,}}(?!\d))")
_NO_NAME = frozenset("高兴 安排 方便 方案 马上 马桶 白天 任何 安全 安静 安装 安心 常见 常常 高峰 万一 平安 金额 金钱 水管 时间 时候 包括 包装 包月 包年 "
                     "全部 全都 全天 全屋 易碎 温度 尽快 单独 单位 单子 单号 程序 成都 左右 顾客 季度 连续 路由 于是 施工 支付 房东 明白 明显 周边 周围 周期 "
                     "车费 车牌 武汉 方法 方式 白色 黄色 黄金 蓝色 金色 安卓 苏州 常州 宁波 温州 应急 应付 解释 解决 计算 成功 费用 舒服 余额 余款 "
                     "童装 米饭 毛病 毛巾 池子 花园 花钱 古董 管道 管子 管家 祖传 单价 经理 师傅 先生 女士 小姐 谢谢 谢啦 多谢 关机 关门 关灯 关闭 "
                     "周一 周二 周三 周四 周五 周六 周日 周末 周天 江苏 江西 林业 石油 石头 雷电 雷雨 安慰 康复 常用 严重 高级 高铁 高速 夏季 游泳 游戏 "
                     "马路 龙头 路灯 路线 童话 纪念 柳州 伍佰 万能 万分 毕竟 尚未 温水 季节 盛大 简单 连接 祝你 祝您 应该 解封 贾宝 平方 方向 强制 雷猴 白白 辛苦 欧克 莫得 白痴 王八 王者 "
                     "简直 祝福 盛世 成语 双色 平时 平常 查收 范围 卢布 钟头 常年 宁可 关于 管理 计划 安心".split())
_ASKS = "查谢钱关安单成时包温万常应付施余连祝全"  # surnames that begin more messages as words than as names

_CHAR = r"[^\W\da-z_的了吗呢吧是在到从送给帮查住我你他她您们要就把去有这那个叫让来约]"
_ROAD = r"(?:大道|胡同|(?<![线电水思走迷套马半网铁公问顺绕一])路|街|巷|弄)"
_AREA = r"(?:开发区|高新区|省|市(?!民|场)|区|县|镇|乡|村)"
_ESTATE = (r"(?:工业园区|[工产]业园|科技园|软件园|物流园|科创园|小区|花园|公寓|家园|大厦|广场|写字楼|批发市场|市场|商场|新村|名苑|家属院|"
           r"宿舍|小学|中学|学校|医院|人家|[苑园里湾城府])")
_NUMBER = r"(?:[a-z]?\d{1,4}[a-z]?|[a-z]|[零一二三四五六七八九十百]{1,4})"
_PART = (rf"(?:{_NUMBER}(?:号楼(?![下上道梯])|号(?![线键])|弄|[栋幢座]|单元|层|楼(?![下上道梯])|室|期|排|组|区|[东西]?户|#)(?:[东西]户|厂房|仓库|库|铺|摊位)?"
         r"|\d{1,4}(?:[-–]\d{1,4}){0,2}(?:室|铺|铺面)?(?![\d兆m点月年日块元个台%]))")
_NAMED = rf"{_CHAR}{{1,6}}?(?:{_AREA}|{_ROAD}|{_ESTATE})"
_ADDRESS = re.compile(rf"(?:{_NAMED}){{1,5}}(?:\s*{_PART})+(?:{_CHAR}{{2,5}}?(?:{_ESTATE})(?:\s*{_PART})*)?")
_LEAD = re.compile(r"^(?:家(?!园)|安装|接入|提货|收货|收件|上门|公司|单位|报修|地址|住址|门牌号?|看看|现|修|搬|换成|改成|写|装|寄|发|拉|麻烦|请|对|快|派人)+(?=..)")
_VAGUE = re.compile(r"附近|哪|什么|怎么|多少|知道|网络|线路|电路|水路")


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.ENTITY_EXTRACTOR, is_trainable=False)
class PeoplePlacesExtractor(RuleExtractor):
    """Finds person_name and address; values are the words as written (folded)."""

    def find(self, text: Folded) -> Iterator[Found]:
        """The names and addresses of a folded text."""
        addresses = list(_addresses(text.text))
        yield from addresses
        for name in _names(text.text):
            if all(name.end <= one.start or name.start >= one.end for one in addresses):
                yield name


def _names(text: str) -> Iterator[Found]:
    bare = _BARE.match(text)
    if bare and bare["name"][0] not in _ASKS and not _is_word(bare["name"]):
        yield Found("person_name", bare["name"], *bare.span("name"))
        return
    for pattern in (_CUED, _I_AM, _SURNAMED, _TITLED):
        found = [match for match in pattern.finditer(text) if not _is_word(match["name"])]
        if found:
            yield from (Found("person_name", match["name"], *match.span("name")) for match in found)
            return


def _is_word(name: str) -> bool:
    return name in _NO_NAME or name[:2] in _NO_NAME


def _addresses(text: str) -> Iterator[Found]:
    for match in _ADDRESS.finditer(text):
        words, start = match.group(), match.start()
        lead = _LEAD.match(words)
        if lead:
            start, words = match.start() + lead.end(), words[lead.end():]
        if len(words) >= 4 and re.search(_NAMED, words) and not _VAGUE.search(words):
            yield Found("address", words, start, match.end())
