"""The words of a map in Chinese: its labels follow a few patterns; names stay as they are."""

from __future__ import annotations

import re
from collections.abc import Collection

from serviceflow.view.report.texts import ZH_UNITS

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
    "consumer": "需求方",
    "stock": "库存",
    "no staff": "无人员",
    "reorder": "补货",
    "end": "结束",
    "▲ MOST TIME LOST": "▲ 损失最多",
    "▲ MOST TIME LOST, TIED": "▲ 损失最多（并列）",
    "no service of its own": "没有自己的服务",
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
    ("Badge: where most time is lost per completed request.", "标记：每个已完成请求损失时间最多之处。"),
    ("Badges: where most time is lost per completed request;", "标记：每个已完成请求损失时间最多之处；"),
    ("the runs cannot tell which loses more.", "这几次运行无法判断哪一处更多。"),
    ("An arrow leads from who asks to who serves.", "箭头从请求方指向服务方。"),
    (
        "On arrows: services, requests; then each promise. Width: requests.",
        "箭头上：服务、请求数，以及各项承诺。线宽：请求数。",
    ),
    (
        "Blue: promise met. Orange-red: promise missed. Grey: nothing promised.",
        "蓝：承诺兑现。橙红：未兑现。灰：无承诺。",
    ),
    (": process map", "：流程图"),
    (": who serves whom", "：谁为谁服务"),
)
"""What stands above a map, piece by piece."""


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
