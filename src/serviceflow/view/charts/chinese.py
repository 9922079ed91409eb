"""What charts say, in Chinese: their texts follow a few patterns; names stay as they are."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator
from functools import cache
from typing import TYPE_CHECKING

from serviceflow.errors import UnknownNameError
from serviceflow.view.charts.style import DAYS, finish, texts_of
from serviceflow.view.report.texts import LANGUAGES, ZH_UNITS
from serviceflow.view.report.words import WORDS

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.text import Text

    from serviceflow.model.chain import Chain

WEEKDAYS = dict(zip(DAYS, ("周一", "周二", "周三", "周四", "周五", "周六", "周日"), strict=True))
MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
WHOLE = {
    "Where requests wait, and why": "请求在哪里等待，为什么",
    "Where requests lose time, and why": "请求在哪里损失时间，为什么",
    "cause": "原因",
    "cause; line under a bar:\ninterval of its total": "原因；条下的线：\n总量的区间",
    "no request waits": "没有请求等待",
    "no request loses time": "没有请求损失时间",
    "no time is lost": "没有损失时间",
    "nothing is promised": "没有承诺",
    "no request has ended": "没有请求结束",
    "no figure to compare": "没有可比较的指标",
    "busy": "忙碌",
    "overtime": "加班",
    "on duty": "当班",
    "off duty": "无人当班",
    "staff on duty": "当班人数",
    "staff working": "工作中的人数",
    "staff (mean number)": "人数（平均）",
    "staff, and requests (number)": "人数与请求数",
    "requests (mean number)": "请求数（平均）",
    "hour of the week": "一周中的小时",
    "hour of the week, and utilization by day (busy share of scheduled time)": (
        "一周中的小时；各天的利用率（忙碌时间占排班时间）"
    ),
    "hour of the day": "一天中的小时",
    "hour of the day; outlined: staff on duty": "一天中的小时；框线：有人当班",
    "middle 90% of replications": "90% 的重复运行",
    "lowest to highest replication": "各次重复运行的范围",
    "one replication": "一次重复运行",
    "mean over replications": "各次重复运行的平均",
    "moving average": "移动平均",
    "end of the warm-up": "预热期结束",
    "needed (MSER-5)": "应有的预热期（MSER-5）",
    "requests in the chain": "服务链中的请求数",
    "requests waiting": "等待的请求",
    "requests in progress": "进行中的请求",
    "waiting": "等待",
    "lost time": "损失时间",
    "lost": "损失",
    "handoff": "交接",
    "paused time": "暂停时间",
    "response time": "响应时间",
    "resolution time": "完成时间",
    "time on the clock of the promise": "承诺时钟上的时间",
    "response": "响应",
    "resolution": "完成",
    "first time right": "一次做对",
    "missed": "未兑现",
    "kept": "兑现",
    "cannot be told": "无法判断",
    "promised": "承诺",
    "Promises: the share that was kept": "承诺：兑现的比例",
    "share of requests (%)": "请求的比例（%）",
    "at work, or lost with": "工作中，或损失于",
    "setup": "换型",
    "change (% of the baseline), with the interval of the difference": "变化（占基准的 %）及差异的区间",
    "What changes against the baseline": "与基准相比的变化",
    "scenario": "方案",
    "baseline": "基准",
    "gain": "改善",
    "percentage points": "百分点",
    "thick: interval of one lever; thin: of all together": "粗线：单项措施的区间；细线：全部措施同时成立",
    "What would help": "什么有用",
    "helps": "有用",
    "makes it worse": "变差",
    "best": "最佳",
    "tied": "并列",
    "lines: intervals, paired": "线：成对差异的区间",
    "interval": "区间",
    "saved less spent, so far": "累计节省减去支出",
    "spent, so far": "累计支出",
    "week of the window": "统计期的周次",
    "money": "金额",
    "expected by the model": "模型的预期",
    "its middle": "预期的中值",
    "observed": "观察值",
    "outside": "超出界限",
    "week": "周",
    "share": "比例",
    "time": "时间",
    "What service costs": "服务的代价",
    "lines: intervals; filled: keeps what it must": "线：区间；实心：满足要求",
    "staff": "人数",
    "today": "现状",
}
"""Texts that say the same always."""
SCOPES = {
    "promise": "承诺",
    "consumer": "需求方",
    "provider": "提供者",
    "service": "服务",
    "handoff": "交接",
    "call": "调用",
    "stock": "库存",
    "chain": "服务链",
}
COUNTED = {
    "providers": "个提供者",
    "places": "个地点",
    "promises": "项承诺",
    "figures": "个指标",
    "rows": "行",
    "levers": "项措施",
    "inputs": "个输入",
}
PARTS = (
    ("<many> more <counted>, not drawn: <total> in all", "另有 {many} {counted}未画出：共 {total}"),
    ("<many> more <counted>, not drawn", "另有 {many} {counted}未画出"),
    ("Utilization <used>", "利用率 {used}"),
    ("{name}: utilization <used>", "{name}：利用率 {used}"),
    ("{name}: on duty, working, waiting", "{name}：当班、工作、等待"),
    ("On duty, working, waiting", "当班、工作、等待"),
    ("{name}: [what] over the week", "{name}：一周中{what}"),
    ("[what] over the week", "一周中{what}"),
    ("{name}: [what] by hour of arrival", "{name}：按到达时刻的{what}"),
    ("[what] by hour of arrival", "按到达时刻的{what}"),
    ("[what] (mean number)", "{what}（平均数）"),
    ("mean of <many> replications", "{many} 次重复运行的平均"),
    ("those that wait for {name} from the start of the runs", "从运行开始起等待{name}的请求数"),
    ("[what] from the start of the runs", "从运行开始起{what}"),
    ("time from the start ([unit])", "从开始起的时间（{unit}）"),
    ("requests (% per <time>)", "请求（每 {time}的 %）"),
    ("<many> requests", "{many} 个请求"),
    ("half within <time>", "半数不超过 {time}"),
    ("<share> within <time>", "{share} 不超过 {time}"),
    (
        "promised: <share> within\n<time>; [verdict]: <kept>",
        "承诺：{share} 不超过\n{time}；{verdict}：{kept}",
    ),
    ("<share> take longer, up to <time>", "{share} 更长，最长 {time}"),
    ("[what] beyond what was promised", "{what}超出承诺的部分"),
    ("<kept>% of <promised>%", "{kept}%，承诺 {promised}%"),
    ("clock, from <clock>", "时钟，自 {clock} 起"),
    ("Request <number> of {name}", "{name}的请求 {number}"),
    ("<number> of {name}", "{name} {number}"),
    ("<number> asked: <other> {name}", "{number} 询问：{other} {name}"),
    ("{name}: [kind] kept", "{name}：{kind}，兑现"),
    ("{name} kept", "{name} 兑现"),
    ("<change> points", "{change} 个百分点"),
    ("[what]: {name} and {other}", "{what}：{name}与{other}"),
    ("[what] ([unit])", "{what}（{unit}）"),
    ("[what] by [scope]", "各{scope}的{what}"),
    ("input <by> lower", "输入减少 {by}"),
    ("input <by> higher", "输入增加 {by}"),
    ("What would help: {name}", "什么有用：{name}"),
    ("What moves {name}", "什么影响{name}"),
    ("[unit] per request", "{unit}/请求"),
    ("[unit] per week", "{unit}/周"),
    ("{name}: [what]", "{name}：{what}"),
)
"""Texts with something in them: ``{name}`` stays, ``[text]`` is translated, ``<figure>`` has its units so."""
LENGTH = re.compile(r"(?<![\w.])([\d.,]+) (us|ms|s|min|h|days?|weeks?)(?!\w)")
DATE = re.compile(rf"(\d\d) ({'|'.join(MONTHS)})(?: (\d{{4}}))?")
HOLE = re.compile(r"(\{\w+\}|\[\w+\]|<\w+>)")
KINDS = {"{": r".+", "[": r".+?", "<": r"[^()a-z]*\d[^()]*?"}


def names_of(chain: Chain, scenarios: Iterable[str] = ()) -> set[str]:
    """Every name that a chart of a chain may show."""
    parts = (chain.providers, chain.services, chain.consumers, chain.stocks, chain.handoffs, chain.calls)
    return {chain.name, *scenarios, *(str(name) for part in parts for name in part)}


def in_language(ax: Axes, language: str, names: Collection[str] = ()) -> Axes:
    """A chart in a language; what is called by a name of the chain stays.

    Raises
    ------
    UnknownNameError
        If there is no such language.
    """
    if language not in LANGUAGES:
        raise UnknownNameError("language", language, LANGUAGES)
    if language == "zh":
        for written in (*_written(ax), *_beside(ax)):
            written.set_text(text_in_chinese(written.get_text(), names))
        _translate_ticks(ax, names)
        finish(ax)
        for label in _beside(ax):
            label.set_fontfamily(ax.xaxis.label.get_fontfamily())
    return ax


def _written(ax: Axes) -> Iterator[Text]:
    ticks = {id(one) for one in (*ax.get_xticklabels(), *ax.get_yticklabels())}
    yield from (one for one in texts_of(ax) if id(one) not in ticks)


def _beside(ax: Axes) -> list[Text]:
    """What is written at the scales of colors."""
    bars = (drawn.colorbar for drawn in ax.collections)
    return [bar.ax.yaxis.label for bar in bars if bar is not None]


def _translate_ticks(ax: Axes, names: Collection[str]) -> None:
    """Labels of an axis that stand there as texts; numbers are left to the axis."""
    from matplotlib.ticker import FixedFormatter, FuncFormatter

    for axis in (ax.xaxis, ax.yaxis):
        if isinstance(axis.get_major_formatter(), FixedFormatter | FuncFormatter):
            told = [one.get_text() for one in axis.get_ticklabels()]
            axis.set_ticks(axis.get_ticklocs(), [_tick(one, names) for one in told])


def _tick(text: str, names: Collection[str]) -> str:
    first, _, rest = text.partition("\n")
    if first in WEEKDAYS and text not in names:
        return WEEKDAYS[first] + (f"\n{text_in_chinese(rest, names)}" if rest else "")
    return text if text in names else _pattern_of(text, names, rows=True) or text


def text_in_chinese(text: str, names: Collection[str] = ()) -> str:
    """A text of a chart in Chinese; what is not known stays English, with its units in Chinese."""
    if text in names or not text:
        return text
    return _known(text, names) or "\n".join(
        _known(line, names) or _figures(line) for line in text.split("\n")
    )


def _known(text: str, names: Collection[str]) -> str | None:
    return _word(text) or _pattern_of(text, names)


def _word(text: str) -> str | None:
    for spelled in (text, text[:1].lower() + text[1:]):
        found = WHOLE.get(spelled) or _report().get(spelled) or ZH_UNITS.get(spelled)
        if found is not None:
            return found
    return None


@cache
def _report() -> dict[str, str]:
    """Causes and measures as the report calls them, by their names in the tables."""
    found = {}
    for key, (_, chinese) in WORDS.items():
        kind, _, name = key.partition(".")
        if kind in ("cause", "measure") and "{" not in chinese:
            words = name.replace("_p9", ", 9").replace("_", " ")
            found[f"{words}th percentile" if ", 9" in words else words] = chinese
    return found


def _pattern_of(text: str, names: Collection[str], rows: bool = False) -> str | None:
    """A text by the first pattern that fits, all of whose inner texts are known."""
    for pattern, chinese in _patterns():
        for spelled in (text, text[:1].lower() + text[1:]):
            found = pattern.fullmatch(spelled)
            if found is not None and not (rows and chinese.startswith("{what}")):
                parts = {key: _part(key, value, names) for key, value in found.groupdict().items()}
                if None not in parts.values():
                    return chinese.format(**{key[2:]: value for key, value in parts.items()})
    return None


def _part(key: str, value: str, names: Collection[str]) -> str | None:
    """What stands in a hole: ``n`` a name, ``t`` a text, ``f`` a figure."""
    if key[0] == "n":
        return WHOLE["baseline"] if value == "baseline" and value not in names else value
    if key in ("f_counted", "t_scope"):
        return (COUNTED if key == "f_counted" else SCOPES).get(value)
    if key[0] == "f":
        return _figures(value)
    return value if value in ("%", "") else _known(value, names)


def _figures(text: str) -> str:
    text = LENGTH.sub(lambda found: f"{found[1]} {ZH_UNITS[found[2]]}", text)
    return DATE.sub(_date, text)


def _date(found: re.Match[str]) -> str:
    year = f"{found[3]}年" if found[3] else ""
    return f"{year}{MONTHS.index(found[2]) + 1}月{int(found[1])}日"


@cache
def _patterns() -> tuple[tuple[re.Pattern[str], str], ...]:
    return tuple(
        (re.compile("".join(map(_piece, HOLE.split(english)))), chinese) for english, chinese in PARTS
    )


def _piece(part: str) -> str:
    if not HOLE.fullmatch(part):
        return re.escape(part)
    name = {"{": "n", "[": "t", "<": "f"}[part[0]] + "_" + part[1:-1]
    inner = "|".join(COUNTED) if name == "f_counted" else KINDS[part[0]]
    return f"(?P<{name}>{inner})"
