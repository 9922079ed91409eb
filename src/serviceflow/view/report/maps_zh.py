"""The words of a map in Chinese: its labels follow a few patterns; names stay as they are."""

from __future__ import annotations

import re
from collections.abc import Collection
from itertools import groupby
from xml.etree import ElementTree
from xml.etree.ElementTree import Element

from serviceflow.view.report.texts import ZH_UNITS

SVG, XLINK = "http://www.w3.org/2000/svg", "http://www.w3.org/1999/xlink"
TEXT = f"{{{SVG}}}text"
LENGTH = re.compile(r"(~?[\d.,]+) (s|min|h|days)")
PARTS = tuple(
    (re.compile(pattern), chinese)
    for pattern, chinese in (
        (r"wait (.+)", "等待 {}"),
        (r"flow (.+)", "流程 {}"),
        (r"(.+) of waiting", "占等待 {}"),
        (r"(.+) of lost time", "占损失 {}"),
        (r"lost (.+)", "损失 {}"),
        (r"([\d ,.–]+) staff", "{} 人"),
        (r"([\d,]+) members", "{} 名成员"),
        (r"([\d.,]+) requests", "{} 个请求"),
        (r"utilization (.+)", "利用率 {}"),
        (r"level (.+)", "存量 {}"),
        (r"at first (.+)", "期初 {}"),
        (r"short (.+) of the time", "缺货时间 {}"),
        (r"(.+): met, (.+)", "{}：兑现，{}"),
        (r"(.+): missed, (.+)", "{}：未兑现，{}"),
        (r"(.+) right first time", "{} 一次做对"),
        (r"(.+) incomplete", "{} 信息不全"),
        (r"\+ (\d+) more", "另有 {} 项"),
        (r"(.+) \+ (\d+) more", "{} 等，另有 {} 项"),
        (r"every (.+) in (.+)", "每 {}（{}）"),
        (r"every (.+)", "每 {}"),
        (r"batches of (.+)", "每批 {}"),
        (r"a group of (.+)", "{} 名成员的群体"),
        (r"(.+) per hour", "{}/小时"),
        (r"(.+) per day", "{}/天"),
        (r"(.+) per week", "{}/周"),
        (r"if (.+)", "若 {}"),
        (r"with (.+)", "与{}一起"),
        (r"or (.+)", "或{}"),
        (r"start (.+) within (.+)", "{} 在 {} 内开始"),
        (r"(.+) within (.+) to (.+)", "{} 在 {} 内到“{}”"),
        (r"(.+) within (.+)", "{} 在 {} 内"),
    )
)
"""Labels with something in them, and how they read in Chinese."""
WHOLE = {
    "asks": "请求",
    "gave up": "放弃",
    "refused": "被拒",
    "timed out": "超时",
    "consumer": "需求方",
    "stock": "库存",
    "no staff": "无人员",
    "reorder": "补货",
    "end": "结束",
    "▲ MOST TIME LOST": "▲ 损失最多",
    "▲ MOST TIME LOST, TIED": "▲ 损失最多（并列）",
    "no service of its own": "没有自己的服务",
    "at set times": "在规定时刻",
    "from the start": "从一开始",
    "weekly profile": "每周分布",
    "as listed": "按列表",
    "changed": "已改动",
    "waits less": "等待更短",
    "waits longer": "等待更长",
    "no difference that could be told": "看不出差异",
}
"""Labels that say the same always."""
HEADING = (
    ("Service: share of all waiting", "服务：占全部等待的比例"),
    ("Link: time between services, mean", "连线：服务之间的平均时间"),
    ("On links: requests · mean time. Width: requests", "连线上：请求数 · 平均时间。线宽：请求数"),
    ("(widest: ", "（最宽："),
    ("Inverted colors: consumer.", "反色：需求方。"),
    ("Frame: provider.", "框：提供者。"),
    ("Dashed box: service without staff, or stock.", "虚线框：无人员的服务或库存。"),
    ("Dashed box: service without staff.", "虚线框：无人员的服务。"),
    ("Dashed link: call.", "虚线：调用。"),
    ("Dashed link: given up or refused.", "虚线：放弃或被拒。"),
    ("Cylinder: stock.", "圆柱：库存。"),
    ("Service: share of all lost time", "服务：占全部损失时间的比例"),
    ("No time is lost.", "没有损失时间。"),
    ("Service, before → after", "服务：之前 → 之后"),
    ("~ marks the mean of a distribution.", "~ 表示分布的均值。"),
    ("Badge: where most time is lost per completed request.", "标记：每个已完成请求损失时间最多之处。"),
    ("Badges: where most time is lost per completed request;", "标记：每个已完成请求损失时间最多之处；"),
    ("the runs cannot tell which loses more.", "这几次运行无法判断哪一处更多。"),
    ("An arrow leads from who asks to who serves.", "箭头从请求方指向服务方。"),
    (
        "On arrows: services, requests; then each promise. Width: requests.",
        "箭头上：服务、请求数，以及各项承诺。线宽：请求数。",
    ),
    (
        "Blue: promise met. Orange-red: promise missed. Gray: nothing promised.",
        "蓝：承诺兑现。橙红：未兑现。灰：无承诺。",
    ),
    (": process map", "：流程图"),
    (": who serves whom", "：谁为谁服务"),
)
"""What stands above a map, piece by piece."""


def drawing_in_chinese(svg: str, names: Collection[str]) -> str:
    """A whole drawing with its words in Chinese; names stay."""
    head, drawing = svg[: svg.index("<svg")], svg[svg.index("<svg") :]
    for space, uri in (("", SVG), ("xlink", XLINK)):
        ElementTree.register_namespace(space, uri)
    root = ElementTree.fromstring(drawing)
    for written, chinese in texts_in_chinese(root, names):
        written.text = chinese
    return head + ElementTree.tostring(root, encoding="unicode")


def texts_in_chinese(root: Element, names: Collection[str]) -> list[tuple[Element, str]]:
    """Every text of a drawing, and the same in Chinese; what is a name stays."""
    graph = next(iter(root.iter(f"{{{SVG}}}g")), None)
    heading = [] if graph is None else [one for one in graph.findall(TEXT) if one.text]
    found = [
        pair
        for _, lines in groupby(heading, key=lambda one: one.get("font-size"))
        for pair in _in_lines(list(lines))
    ]
    above = {id(one) for one in heading}
    labels = (one for one in root.iter(TEXT) if one.text and id(one) not in above)
    return found + [(one, label_in_chinese(one.text or "", names)) for one in labels]


def _in_lines(lines: list[Element]) -> list[tuple[Element, str]]:
    """Lines of a heading, whose sentences may go on from one to the next: as many in Chinese, of a length."""
    told = heading_in_chinese(" ".join(one.text or "" for one in lines))
    sentences = re.findall(r"[^。]+。? ?", told)
    long, found = len(told) / len(lines), [""]
    for sentence in sentences:
        if len(found) < len(lines) and found[-1] and len(found[-1]) + len(sentence) / 2 > long:
            found.append("")
        found[-1] += sentence
    found += [""] * (len(lines) - len(found))
    return [(one, text.strip()) for one, text in zip(lines, found, strict=True)]


def label_in_chinese(label: str, names: Collection[str]) -> str:
    """A label of the drawing, part by part; what is a name stays."""
    return " · ".join(_part(part, names) for part in label.split(" · "))


def _part(part: str, names: Collection[str]) -> str:
    if part in names:
        return part
    if part in WHOLE:
        return WHOLE[part]
    for pattern, chinese in PARTS:
        found = pattern.fullmatch(part)
        if found:
            return chinese.format(*(_part(one, ()) for one in found.groups()))
    return _lengths(part)


def _lengths(text: str) -> str:
    return LENGTH.sub(lambda found: f"{found[1]} {ZH_UNITS[found[2]]}", text)


def heading_in_chinese(line: str) -> str:
    """A line of the heading; what is not known stays English."""
    for english, chinese in HEADING:
        line = line.replace(english, chinese)
    return _lengths(line)
