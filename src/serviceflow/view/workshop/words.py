"""Every word of the kit, in English and in Chinese."""

from __future__ import annotations

WORDS = {
    "title": ("workshop kit", "研讨会工具包"),
    "contents": ("What is in it", "内容"),
    "how": (
        "Print the pages, one each, and fill in what is empty. Then copy what was written into the files"
        " beside this one: orders.csv (needs), agreements.csv (promises) and survey.csv (answers), which"
        " serviceflow reads back.",
        "请将各页分别打印，填写空白处，然后把结果录入同一文件夹中的 orders.csv（需求）、"
        "agreements.csv（承诺）和 survey.csv（问卷），serviceflow 可读回这些文件。",
    ),
    "map": ("Map of the chain", "服务链图"),
    "service map": ("Who serves whom", "谁为谁服务"),
    "catalogue": ("Service catalogue", "服务目录"),
    "order": ("Order form of the internal customer", "内部客户订单"),
    "agreement": ("Service agreement", "服务协议"),
    "handoff": ("What makes a handoff complete", "交接完整性清单"),
    "points": ("Points of pain, delight and itch", "痛点、爽点与痒点"),
    "profile": ("Profile of the service", "服务画像"),
    "plan": ("Plan of action", "行动计划"),
    "survey": ("Questionnaire", "问卷"),
    "offers": ("What we offer", "我们提供什么"),
    "asks": ("What we need from others", "我们需要别人提供什么"),
    "service": ("service", "服务"),
    "for": ("for", "对象"),
    "from": ("from", "提供方"),
    "content": ("content", "内容"),
    "promise": ("promise", "承诺"),
    "need": ("need", "需求"),
    "nothing": ("nothing", "无"),
    "none agreed": ("none agreed", "尚无约定"),
    "what": ("what", "需要什么"),
    "of": ("of", "向谁"),
    "how often": ("how often", "多久一次"),
    "start within": ("started within", "多久开始"),
    "done within": ("done within", "多久完成"),
    "share": ("how many of 100", "每百次中"),
    "complete": ("complete (of 100)", "一次到位（每百次）"),
    "agreed": ("agreed today", "目前约定"),
    "receiver": ("receiver", "接收方"),
    "provider": ("provider", "提供方"),
    "services": ("content of the service", "服务内容"),
    "standard": ("standard", "标准"),
    "evaluation": ("evaluation", "评价"),
    "kept": ("kept in the model", "模型中的兑现率"),
    "agreed anew": ("agreed from now on", "今后约定"),
    "gives": ("The receiver sees to it that requests are complete: ", "接收方保证请求完整："),
    "signed": ("date, receiver, provider", "日期、接收方、提供方"),
    "way": ("from", "来自"),
    "incomplete": ("incomplete today", "目前不完整"),
    "costs": ("costs", "代价"),
    "known": ("carries", "携带"),
    "must be there": ("must be there, so that nobody has to ask back", "必须具备（以免回头追问）"),
    "pain": ("pain", "痛点"),
    "delight": ("delight", "爽点"),
    "itch": ("itch", "痒点"),
    "pain is": ("what hurts: promises to us that are broken", "令人痛苦：对我们的承诺没有兑现"),
    "delight is": ("what pleases: more is kept than was promised", "令人愉快：兑现超过承诺"),
    "itch is": ("what would be nice: needs that nothing is agreed on", "心里痒痒：尚无约定的需求"),
    "dimension": ("dimension", "维度"),
    "measure": ("measure", "衡量方式"),
    "past": ("in the past", "过去"),
    "today": ("today", "现在"),
    "future": ("in the future", "未来"),
    "tick": ("1 is worst, 7 is best: tick today, circle the future", "1 最差，7 最好：现状打勾，未来画圈"),
    "goal": ("goal", "目标"),
    "partners": ("partners", "合作方"),
    "strategy": ("strategy", "策略"),
    "date": ("date", "日期"),
    "by what": ("how we shall know", "衡量"),
    "keep": ("keep: ", "兑现："),
    "expected": ("what I expect", "期望"),
    "found": ("what I find", "感知"),
    "link": ("who serves whom", "服务关系"),
    "scale": ("1: not at all … 7: entirely", "1 完全不是 … 7 完全是"),
    "points of 100": ("100 points over the five", "五个维度共 100 分"),
    "comment": ("comment", "意见"),
    "no results": ("not simulated", "未仿真"),
    "response": ("response", "响应"),
    "first time": ("right first time", "一次到位"),
    "resolution": ("done", "完成"),
    "reliability": ("reliability", "可靠"),
    "completeness": ("completeness", "完整"),
    "flexibility": ("flexibility", "灵活"),
    "communication": ("communication", "沟通"),
    "workload": ("workload", "负荷"),
    "cost": ("cost", "成本"),
    "waiting_time": ("waiting time", "等待时间"),
    "utilization": ("utilization", "利用率"),
    "promises kept": ("promises kept", "承诺兑现"),
    "all": ("all dimensions", "全部维度"),
    "satisfaction": ("satisfaction", "满意"),
}
"""Key to the text in English and in Chinese."""
LANGUAGES = ("en", "zh")
UNITS = {
    " days": " 天",
    " day": " 天",
    " weeks": " 周",
    " week": " 周",
    " hours": " 小时",
    " h": " 小时",
    " min": " 分钟",
    " s": " 秒",
}


class Words:
    """The words of one language.

    Parameters
    ----------
    language : str
        ``en`` or ``zh``.
    """

    def __init__(self, language: str) -> None:
        self.language = language
        self._place = LANGUAGES.index(language)

    def __call__(self, key: str) -> str:
        return WORDS[key][self._place]

    def clause(self, kind: str, text: str) -> str:
        """A promise or need, such as ``response 90% within 15 min``."""
        name = self("first time" if kind == "first_time_right" else kind)
        if self.language == "en":
            return f"{text} {name}" if kind == "first_time_right" else f"{name}: {text}"
        return f"{name}：{self.times(text)}"

    def times(self, text: str) -> str:
        """A text with its times and its conjunctions in this language."""
        if self.language == "en":
            return text
        for english, chinese in UNITS.items():
            text = _worded(text, english, chinese)
        return text.replace(" within ", "，不超过 ").replace(", until ", "，截至 ")


def _worded(text: str, english: str, chinese: str) -> str:
    """A unit after a number, as a word of its own."""
    import re

    return re.sub(rf"(?<=\d){re.escape(english)}\b", chinese, text)
