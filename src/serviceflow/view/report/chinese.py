"""The verdict in Chinese: the same facts as the English sentences, from the same tables."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from serviceflow.analysis.verdict import held_at, next_places, overloaded
from serviceflow.results.promises import promises
from serviceflow.view.report.promised import promised
from serviceflow.view.report.source import Source, rows_of
from serviceflow.view.report.texts import duration, interval, known, name, share

NAMED = 3
"""Places, promises or levers that are named at most."""
TRIFLE = 0.001
"""Share below which nothing is said."""
LOST = {"gave up": "中途放弃", "refused": "被拒绝", "unfinished": "在运行结束时尚未完成"}


def in_chinese(source: Source) -> dict[str, list[str]]:
    """What a reader should know, the gravest first, by what it is about."""
    return {
        "lost": list(_lost(source)),
        "promises": list(_promises(source)),
        "where": [*_time(source), *_places(source), *_overload(source)],
        "helps": list(_levers(source)),
    }


def _lost(source: Source) -> Iterator[str]:
    arrived = source.whole("arrived")
    if not arrived:
        yield "统计期内没有请求到达。"
    counts = source.bottlenecks.lost.groupby("outcome")["requests"].sum()
    said = [
        f"{share(counts[outcome] / arrived)}{words}"
        for outcome, words in LOST.items()
        if arrived and counts.get(outcome, 0.0) > TRIFLE * arrived
    ]
    if said:
        yield f"全部请求中{'、'.join(said)}，未计入均值。"


def _promises(source: Source) -> Iterator[str]:
    made = {one.name: one for one in promises(source.main.runs.program)}
    table, once = source.bottlenecks.promises, "（仅一次重复）" if source.main.count == 1 else ""
    for row in rows_of(table[table["verdict"] == "broken"].head(NAMED)):
        what = promised(made[row["promise"]], source.unit).zh
        ends = interval(row["ci_low"], row["ci_high"], "share", source.unit).zh
        kept = f"{share(row['attainment'])}（{ends}）" if ends else str(share(row["attainment"]))
        yield f"{name(row['by'])}对{name(row['to'])}的承诺（{what}）未兑现{once}：实际 {kept}。{_used(row)}"
    unclear = int((table["verdict"] == "unclear").sum())
    if unclear:
        yield f"有 {unclear} 项承诺是否兑现，这几次运行无法判断。"
    if len(table) and (table["verdict"] == "kept").all():
        yield f"全部承诺均已兑现{once}。"


def _used(row: dict[str, Any]) -> str:
    if not row["used_place"]:
        return ""
    mostly = "" if row["used_mainly"] > 0.9 else "主要是"
    cause = mostly + known(f"cause.{row['used_cause']}").zh
    return f"违约的时间中 {share(row['used_share'])} 花在{name(row['used_place'])}（{cause}）。"


def _time(source: Source) -> Iterator[str]:
    flow, lost = source.whole("flow_time"), float(source.bottlenecks.lost_time["mean"].sum())
    if not flow:
        if source.whole("arrived"):
            yield "没有请求完成，无法说明时间损失在何处。"
    elif lost < TRIFLE * flow:
        yield f"一个请求平均用时 {duration(flow, source.unit).zh}，几乎没有损失。"
    else:
        told = duration(lost, source.unit).zh
        yield f"一个请求平均用时 {duration(flow, source.unit).zh}，其中损失 {told}（{share(lost / flow)}）。"


def _places(source: Source) -> Iterator[str]:
    rows = source.bottlenecks.places
    most = set(source.bottlenecks.verdict_places)
    chosen = [row for row in rows_of(rows) if (row["scope"], row["place"]) in most]
    if not chosen or float(rows["mean"].sum()) < TRIFLE * source.whole("flow_time"):
        return
    told = "、".join(
        f"{name(row['place'])}（{share(row['share'])}：{_why(source, row)}）" for row in chosen[:NAMED]
    )
    unsure = "；这几次运行不足以判断哪一处更多" if len(chosen) > 1 else ""
    yield f"损失最多的是{told}{unsure}。"
    for provider, held in held_at(source.bottlenecks):
        yield f"{name(provider)}的人手有 {share(held)} 的在岗时间被占住，等待答复或等待下一处有空位。"
    rest = rows_of(next_places(source.bottlenecks))
    if rest:
        told = "、".join(f"{name(row['place'])}（{share(row['share'])}）" for row in rest)
        yield f"其次是{told}。"


def _why(source: Source, row: dict[str, Any]) -> str:
    """The main causes at a place."""
    table = source.bottlenecks.lost_time
    mine = table[(table["scope"] == row["scope"]) & (table["place"] == row["place"])]
    large = mine[mine["mean"] >= 0.1 * float(row["mean"])]
    return "、".join(known(f"cause.{one['cause']}").zh for one in rows_of(large.head(NAMED)))


def _overload(source: Source) -> Iterator[str]:
    ends = {False: "那里的等待会随运行时间不断增长", True: "超出的请求会离开"}
    for provider, load, leaves in overloaded(source.bottlenecks):
        yield f"{name(provider)}的负荷为其能力的 {share(load)}：{ends[leaves]}。"


def _levers(source: Source) -> Iterator[str]:
    if source.levers is not None and source.levers.best:
        best = "、".join(f"“{name(one)}”" for one in source.levers.best[:NAMED])
        yield f"最有效的改变：{best}。"
    elif source.levers is not None:
        yield f"试过 {len(source.levers.table)} 项改变，没有一项可以确定有效。"
