"""Maps: what they show, that any name is harmless, and that they save themselves."""

import os
import re
import warnings
import xml.etree.ElementTree as ET
from itertools import pairwise

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import map_geometry
import serviceflow as sf
from programs import output_of
from serviceflow.errors import ServiceflowError
from serviceflow.model.chain import Chain
from serviceflow.view import fonts, format, ids, legend, palette, render
from serviceflow.view.kpi_lookup import Figures, FiguresError
from serviceflow.view.map_model import Lost
from serviceflow.view.maps import Map, MapFormatError
from serviceflow.view.process_map import process_map
from serviceflow.view.render import DrawingError, draw
from serviceflow.view.service_map import service_map
from serviceflow.view.svg_parts import with_whole_lines

SVG = "{http://www.w3.org/2000/svg}"
EXAMPLES = sf.examples()
HOSTILE = [
    "<script>alert(1)</script>",
    'He said "hi" & left',
    "back\\slash\\N\\G\\",
    "\\",
    "a\\\\b\\\\\\N",
    '"',
    "<",
    "<b>bold</b>",
    "&lt;entity&#65;",
    "port:n",
    "{rec|ord}",
    "%s {0} $x ${y}",
    "]]>",
    "a; b [c=d]",
    "客房部",
    "ניקיון",
    "🏨",
]


def hotel(**names: str) -> Chain:
    """A small chain; `names` stand in for the names of its elements."""

    def n(name: str) -> str:
        return names.get(name.replace(" ", "_"), name)

    chain = Chain(n("Hotel"), time_unit="min")
    chain.add_provider(n("Front desk"), staff={"mon-sun": {"06:00-13:00": 2, "13:00-20:00": 3}})
    chain.add_provider(n("Housekeeping"), staff=9)
    chain.add_stock(n("Ready rooms"), initial=120)
    takes = {n("Ready rooms"): 1}
    chain.add_service(n("Check in"), provider=n("Front desk"), duration="6 min", consumes=takes)
    chain.add_service(n("Check out"), provider=n("Front desk"), duration="lognormal(mean=4 min, cv=0.5)")
    chain.add_service(
        n("Clean room"), provider=n("Housekeeping"), duration="32 min", produces={n("Ready rooms"): 1}
    )
    chain.add_consumer(
        n("Guests"),
        arrivals={"rate": "6 per hour"},
        enters=n("Check in"),
        sla={"resolution": "90% within 15 min", "until": n("Check in")},
    )
    chain.add_handoff(n("Check in"), n("Check out"), delay="uniform(low=7 h, high=11 h)")
    chain.add_handoff(
        n("Check out"),
        n("Clean room"),
        every="30 min",
        clarification={"probability": "12%", "delay": "20 min"},
        sla={"resolution": "85% within 90 min"},
    )
    chain.add_handoff(n("Clean room"), n("Check out"), probability="8%")
    chain.add_handoff(n("Clean room"), "end")
    return chain


def table(*rows: tuple[str, str, str, float]) -> pd.DataFrame:
    return pd.DataFrame(rows, columns=["scope", "name", "measure", "mean"])


def run_of_hotel(**changes: float) -> pd.DataFrame:
    means = {
        ("consumer", "Guests", "arrived"): 1000.0,
        ("consumer", "Guests", "flow_time"): 600.0,
        ("service", "Check in", "arrived"): 1000.0,
        ("service", "Check in", "waiting_time"): 3.0,
        ("service", "Check in", "waiting_contention"): 3.0,
        ("service", "Check out", "arrived"): 1000.0,
        ("service", "Check out", "waiting_time"): 1.0,
        ("service", "Check out", "waiting_contention"): 1.0,
        ("service", "Clean room", "arrived"): 1000.0,
        ("service", "Clean room", "waiting_time"): 96.0,
        ("service", "Clean room", "waiting_contention"): 96.0,
        ("provider", "Front desk", "utilization"): 0.55,
        ("provider", "Housekeeping", "utilization"): 0.93,
        ("stock", "Ready rooms", "mean_level"): 43.21,
        ("stock", "Ready rooms", "stockout_share"): 0.12,
        ("handoff", "Check in -> Check out", "arrived"): 1000.0,
        ("handoff", "Check in -> Check out", "handoff_time"): 596.0,
        ("handoff", "Check out -> Clean room", "arrived"): 500.0,
        ("handoff", "Check out -> Clean room", "handoff_time"): 26.0,
        ("handoff", "Clean room -> Check out", "arrived"): 80.0,
        ("handoff", "Clean room -> Check out", "handoff_time"): 0.0,
        ("sla", "Guests: resolution", "attainment"): 0.94,
        ("sla", "Check out -> Clean room: resolution", "attainment"): 0.72,
    }
    for key, value in changes.items():
        scope, name, measure = key.split("__")
        means[scope, name.replace("_", " "), measure] = value
    return table(*((*key, value) for key, value in means.items()))


def elements(svg: str, kind: str) -> list[ET.Element]:
    """The groups of an SVG that stand for nodes, edges or clusters."""
    return [group for group in ET.fromstring(svg).iter(f"{SVG}g") if group.get("class") == kind]


def words(element: ET.Element) -> list[str]:
    return ["".join(text.itertext()) for text in element.iter(f"{SVG}text")]


def shown(svg: str) -> list[str]:
    return words(ET.fromstring(svg))


def tips(svg: str) -> list[str]:
    return [
        link.get("{http://www.w3.org/1999/xlink}title") or "" for link in ET.fromstring(svg).iter(f"{SVG}a")
    ]


def node(svg: str, name: str) -> ET.Element:
    return next(group for group in elements(svg, "node") if name in words(group))


def edge(svg: str, tip: str) -> ET.Element:
    for group in elements(svg, "edge"):
        if any(found.startswith(tip) for found in tips(ET.tostring(group, encoding="unicode"))):
            return group
    raise AssertionError(f"no line {tip}")


def width_of(line: ET.Element) -> float:
    return float(next(line.iter(f"{SVG}path")).get("stroke-width") or 1)


# What a process map shows


def test_every_element_of_the_chain_is_on_the_map():
    words_ = shown(process_map(hotel()).svg)
    for name in ("Hotel", "Front desk", "Housekeeping", "Check in", "Check out", "Clean room", "Guests"):
        assert name in words_
    assert "Ready rooms" in words_
    assert "end" in words_


def test_services_stand_in_the_frame_of_their_provider():
    dot = process_map(hotel()).dot
    frames = re.findall(r"subgraph cluster\d+ \{(.*?)\n\t\}", dot, re.DOTALL)
    assert len(frames) == 2
    desk, rooms = frames
    assert all(name in desk for name in ("Front desk", "Check in", "Check out"))
    assert "Clean room" in rooms
    assert "Check in" not in rooms


def test_a_consumer_stands_in_the_frame_of_the_provider_of_its_name():
    chain = hotel()
    chain.add_consumer("Housekeeping", arrivals={"rate": "1 per hour"}, enters="Check in")
    frames = re.findall(r"subgraph cluster\d+ \{(.*?)\n\t\}", process_map(chain).dot, re.DOTALL)
    assert "1 per hour" in frames[1]


def test_without_results_links_say_who_goes_when_and_how_long():
    svg = process_map(hotel()).svg
    assert words(edge(svg, "Check in -> Check out")) == ["~9 h"]
    assert words(edge(svg, "Check out -> Clean room")) == ["every 30 min · 12% incomplete"]
    assert words(edge(svg, "Clean room -> Check out")) == ["8%"]
    assert "6 per hour" in words(node(svg, "Guests"))
    assert "~4 min" in words(node(svg, "Check out"))
    assert "6 min" in words(node(svg, "Check in"))
    assert "2 – 3 staff" in shown(svg)
    assert "at first 120" in words(node(svg, "Ready rooms"))


def test_with_results_links_say_how_many_and_how_long():
    svg = process_map(hotel(), run_of_hotel()).svg
    assert words(edge(svg, "Check in -> Check out")) == ["1,000 · 9.9 h"]
    assert words(edge(svg, "Check out -> Clean room")) == ["500 · 26 min"]
    assert words(edge(svg, "Clean room -> Check out")) == ["80"]
    assert "1,000 · flow 10 h" in words(node(svg, "Guests"))
    assert "2 – 3 staff · utilization 55%" in shown(svg)
    assert words(node(svg, "Ready rooms")) == ["Ready rooms", "level 43.2", "short 12% of the time"]
    assert words(node(svg, "Clean room")) == ["Clean room", "wait 1.6 h", "96% of waiting"]


def test_lines_are_as_wide_as_many_requests_pass():
    svg = process_map(hotel(), run_of_hotel()).svg
    widths = [
        width_of(edge(svg, tip))
        for tip in ("Check in -> Check out", "Check out -> Clean room", "Clean room -> Check out")
    ]
    assert widths == sorted(widths, reverse=True)
    assert widths[1] == pytest.approx((widths[0] + 0.9) / 2, abs=0.02)


def test_services_are_as_dark_as_requests_wait_there():
    svg = process_map(hotel(), run_of_hotel()).svg
    fills = {
        name: next(node(svg, name).iter(f"{SVG}polygon")).get("fill")
        for name in ("Check in", "Check out", "Clean room")
    }
    assert fills["Clean room"] == palette.WAITING[-1]
    assert fills["Check out"] == fills["Check in"] == palette.WAITING[0]


def test_links_are_as_dark_as_the_way_takes_long():
    svg = process_map(hotel(), run_of_hotel()).svg
    colors = [
        next(edge(svg, tip).iter(f"{SVG}path")).get("stroke")
        for tip in ("Clean room -> Check out", "Check out -> Clean room", "Check in -> Check out")
    ]
    assert colors[0] == palette.DELAY[0]
    assert colors[2] == palette.DELAY[-1]
    assert palette.DELAY.index(colors[1]) < palette.DELAY.index(colors[2])


def marked(drawn, text="▲ MOST TIME LOST"):
    """The frames and nodes that have a badge."""
    found = [*elements(drawn, "cluster"), *elements(drawn, "node"), *elements(drawn, "edge")]
    return [one for one in found if any(text in word.split(" · ") for word in words(one))]


def test_where_most_time_is_lost_has_a_badge_and_a_thick_frame():
    svg = process_map(hotel(), run_of_hotel(), lost=Lost((("provider", "Housekeeping"),))).svg
    (frame,) = marked(svg)
    assert "Housekeeping" in words(frame)
    assert next(frame.iter(f"{SVG}path")).get("stroke-width") == "4"
    assert "Badge: where most time is lost per completed request." in shown(svg)


@pytest.mark.parametrize("place", [("link", "Check out -> Clean room"), ("provider", "Front desk")])
def test_a_link_may_lose_most_time(place):
    svg = process_map(hotel(), run_of_hotel(), lost=Lost((place,))).svg
    assert len(marked(svg)) == 1
    if place[0] == "link":
        path = next(edge(svg, "Check out -> Clean room").iter(f"{SVG}path"))
        assert path.get("stroke") == palette.ALARM


def test_stocks_and_outside_parties_may_lose_most_time():
    chain = hotel()
    chain.add_stock("Soap", initial=1)
    chain.add_service("Deliver soap", duration="1 day", produces={"Soap": 5})
    svg = process_map(chain, run_of_hotel(), lost=Lost((("stock", "Soap"), ("outside", "Deliver soap")))).svg
    assert len(marked(svg, "▲ MOST TIME LOST, TIED")) == 2
    assert any("the runs cannot tell which loses more" in line for line in shown(svg))


def test_where_no_time_is_lost_there_is_no_badge():
    svg = process_map(hotel(), run_of_hotel(), lost=Lost()).svg
    assert not marked(svg)
    assert "No time is lost." in shown(svg)


def test_services_are_colored_by_lost_time_where_it_is_known():
    svg = process_map(hotel(), run_of_hotel(), lost=Lost((), {"Check in": 0.9})).svg
    fill = next(node(svg, "Check in").iter(f"{SVG}polygon")).get("fill")
    assert fill == palette.WAITING[-1]
    assert "90% of lost time" in shown(svg)
    assert "Service: share of all lost time" in shown(svg)


def test_the_badge_is_where_the_sentence_says():
    results = sf.example("hotel_checkin").simulate(
        duration="1 week", replications=2, seed=1, engine="simpy", progress=False
    )
    svg, found = results.map().svg, results.bottlenecks()
    badge = "▲ MOST TIME LOST, TIED" if len(found.verdict) > 1 else "▲ MOST TIME LOST"
    assert len(marked(svg, badge)) == len(found.verdict) > 0


def test_who_is_lost_goes_by_a_line_of_their_own():
    chain = hotel().change({"services": {"Check in": {"patience": "10 min"}}})
    chain = chain.change({"providers": {"Housekeeping": {"queue_limit": 5}}})
    assert "gave up" in shown(process_map(chain).svg)
    assert shown(process_map(chain).svg).count("refused") == 1
    kpis = run_of_hotel(service__Check_in__gave_up=120.0, service__Clean_room__refused=0.0)
    svg = process_map(chain, kpis).svg
    assert words(edge(svg, "Check in: gave up")) == ["120 · 12%"]
    assert "refused" not in shown(svg)
    chain.add_handoff("Check in", "end", after="gave up")
    assert not [tip for tip in tips(process_map(chain, kpis).svg) if tip.startswith("Check in: gave up")]


def test_counts_are_whole():
    kpis = run_of_hotel()
    kpis.loc[kpis["name"] == "Clean room -> Check out", "mean"] = 0.4
    assert words(edge(process_map(hotel(), kpis).svg, "Clean room -> Check out"))[0].startswith("< 1")


def test_with_results_a_service_says_who_else_works_there():
    chain = hotel()
    chain.add_provider("Technicians", staff=1)
    changed = chain.change(
        {"services": {"Clean room": {"provider": None, "providers": {"Housekeeping": 1, "Technicians": 1}}}}
    )
    assert "with Technicians" in words(node(process_map(changed, run_of_hotel()).svg, "Clean room"))


def test_arrivals_by_a_profile_have_a_mean_rate():
    chain = hotel().change(
        {"consumers": {"Guests": {"arrivals": {"profile": {"mon-fri": {"08:00-12:00": "7 per hour"}}}}}}
    )
    assert "~20 per day" in words(node(process_map(chain).svg, "Guests"))


# Nothing lies upon anything else


def sixty() -> Chain:
    return large(60)


def chinese() -> Chain:
    return hotel(
        Hotel="酒店",
        Front_desk="前台",
        Housekeeping="客房部",
        Check_in="办理入住",
        Clean_room="打扫房间",
        Guests="客人",
    )


def looping() -> Chain:
    """Links of every kind that lead back, aside and to themselves."""
    chain = hotel()
    chain.add_handoff("Clean room", "Clean room", probability="5%")
    chain.add_handoff("Check in", "Check out", "phone", probability="10%", delay="3 min")
    chain.add_call("Check out", "Check in", delay="2 min")
    chain.add_call("Clean room", "Check out", wait=False)
    return chain


CHAINS = {
    **{name: lambda name=name: sf.example(name) for name in EXAMPLES},
    "sixty services": sixty,
    "Chinese": chinese,
    "looping": looping,
}


@pytest.mark.parametrize("chain", CHAINS.values(), ids=CHAINS)
@pytest.mark.parametrize("draw", [process_map, service_map])
def test_nothing_lies_upon_a_box_a_caption_or_a_label(chain, draw):
    svg = draw(chain()).svg
    assert len(map_geometry.boxes(svg)) > 4
    assert map_geometry.overlapping(svg) == []
    assert map_geometry.run_over(svg) == []
    assert map_geometry.loose(svg) == []


@pytest.mark.parametrize("name", EXAMPLES)
def test_nor_with_results(name):
    results = sf.example(name).simulate(
        duration="1 week", replications=2, seed=7, engine="simpy", progress=False
    )
    for drawn in (results.map(), results.service_map()):
        assert map_geometry.overlapping(drawn.svg) == []
        assert map_geometry.run_over(drawn.svg) == []
        assert map_geometry.loose(drawn.svg) == []


def test_the_test_sees_what_lies_upon_something_else():
    drawn = """digraph {
        rankdir=LR; a [id=a]; subgraph cluster0 { id=c; label="A long caption of a frame"; b [id=b] } a -> b
    }"""
    assert set(map_geometry.boxes(draw(drawn, "svg").decode())) == {"a", "b", "c:caption"}
    box = (0.0, 0.0, 10.0, 10.0)
    assert map_geometry.inside((5, 5), box)
    assert not map_geometry.inside((11, 5), box)
    svg = process_map(sixty()).svg
    moved = re.sub(r'points="[^"]+"', 'points="0,0 100,0 100,-40 0,-40"', svg)
    assert len(map_geometry.overlapping(moved)) > 100
    assert map_geometry.loose(moved) != []
    plain = draw(process_map(sixty()).dot, "svg", "lines=plain", "splines=line").decode()
    assert map_geometry.run_over(with_whole_lines(plain))


# Ids


def test_ids_come_from_names_and_stay_when_others_come():
    chain, grown = hotel(), hotel()
    grown.add_provider("A new one", staff=1)
    grown.add_service("Apart", provider="A new one", duration="1 min")
    grown.add_handoff("Clean room", "Apart", probability="1%")
    before, after = (set(re.findall(r' id="([^"]+)"', process_map(one).svg)) for one in (chain, grown))
    ours = {name for name in before if re.match("(svc|prov|cons|stock|link|takes|adds|enters)-", name)}
    assert ours <= after
    assert {"svc-Check-in", "prov-Front-desk", "cons-Guests", "stock-Ready-rooms"} <= ours
    assert {"link-Check-in.Check-out", "takes-Check-in.Ready-rooms", "enters-Guests"} <= ours


@given(st.lists(st.text(min_size=1, max_size=200), min_size=2, max_size=2, unique=True))
def test_ids_are_plain_and_no_two_names_have_the_same(names):
    one, other = (ids.element_id("service", name) for name in names)
    assert one != other
    assert re.fullmatch(r"svc-[A-Za-z0-9_.-]*", one)


def test_a_line_is_one_path_from_where_it_starts_to_where_it_leads():
    svg = process_map(hotel(), run_of_hotel()).svg
    for tip, start, goal in (
        ("Check in -> Check out", "Check in", "Check out"),
        ("Clean room -> Check out", "Clean room", "Check out"),
        ("Check in takes", "Ready rooms", "Check in"),
    ):
        line = edge(svg, tip)
        assert len(list(line.iter(f"{SVG}path"))) == 1
        points = map_geometry.outline(next(line.iter(f"{SVG}path")))
        for name, point in ((start, points[0]), (goal, points[-1])):
            box = map_geometry.around(
                [p for shape in node(svg, name).iter() for p in map_geometry.outline(shape)]
            )
            assert map_geometry.near(point, box), (tip, name)


def test_a_map_with_results_has_a_legend_with_units():
    words_ = shown(process_map(hotel(), run_of_hotel(), caption="4 weeks, mean of 20 replications").svg)
    assert "4 weeks, mean of 20 replications" in words_
    assert "Service: share of all waiting" in words_
    assert "≥ 80%" in words_
    assert "Link: time between services, mean" in words_
    assert any(re.fullmatch(r"≥ \d+ (min|h)", word) for word in words_)
    assert any("widest: 1,000" in word for word in words_)


def test_calls_ways_batches_conditions_and_lost_requests_are_told_apart():
    chain = hotel()
    chain.add_provider("Runners", staff=1)
    chain.add_service("Fetch key", provider="Runners", duration="5 min")
    chain.add_service("Deliver", duration="3 days")
    chain.add_attribute("vip", "0.2")
    chain.add_call("Check in", "Fetch key", ask="start", probability="40%", delay="10 min")
    chain.add_handoff("Check in", "Deliver", "phone", batch={"size": 4, "max_wait": "2 h"})
    chain.add_handoff("Check in", "end", after="gave up")
    chain.add_handoff("Deliver", "end", when="vip > 0.5", delay="vip * 2 min")
    svg = process_map(chain).svg
    assert words(edge(svg, "Check in -> Fetch key (call)")) == ["asks · 40%", "10 min"]
    assert words(edge(svg, "Check in -> Deliver via phone")) == ["via phone · batches of 4"]
    assert words(edge(svg, "Check in -> end")) == ["gave up"]
    assert words(edge(svg, "Deliver -> end")) == ["if vip > 0.5 · vip * 2 min"]
    assert "stroke-dasharray" in next(edge(svg, "Check in -> end").iter(f"{SVG}path")).attrib
    assert "stroke-dasharray" in next(node(svg, "Deliver").iter(f"{SVG}polygon")).attrib


def test_a_provider_without_services_of_its_own_is_shown():
    chain = hotel()
    chain.add_provider("Nurses", staff=2)
    chain.add_provider("Rooms", members={"One": {}, "Two": {}})
    chain.add_service("Treat", providers={"Nurses": 1, "Rooms": 1}, duration="20 min")
    svg = process_map(chain).svg
    assert "with Rooms" in words(node(svg, "Treat"))
    assert "no service of its own" in shown(svg)
    assert "2 members" in shown(svg)


def test_unknown_names_are_left_out_rather_than_refused():
    chain = hotel()
    chain.add_handoff("Clean room", "Nowhere")
    chain.add_service("Lost", provider="Nobody", duration="1 min", consumes={"Nothing": 1})
    words_ = shown(process_map(chain).svg)
    assert "Lost" in words_
    assert "Nowhere" not in words_
    assert "Lost" not in shown(service_map(chain).svg)


def test_an_empty_chain_has_a_map():
    assert "Nothing yet" in shown(process_map(Chain("Nothing yet")).svg)
    assert any("Nothing yet" in word for word in shown(service_map(Chain("Nothing yet")).svg))


def test_the_same_chain_gives_the_same_dot():
    assert process_map(hotel(), run_of_hotel()).dot == process_map(hotel(), run_of_hotel()).dot


def test_mapping_does_not_change_the_chain():
    chain = hotel()
    process_map(chain, run_of_hotel())
    assert chain == hotel()


# Large chains


def large(services: int, providers: int = 8) -> Chain:
    """Layers of services with side ways and ways back."""
    chain = Chain("Large")
    names = [f"Handle request of kind {number}" for number in range(services)]
    for number in range(providers):
        chain.add_provider(f"Department {number}", staff=2)
    for number, name in enumerate(names):
        chain.add_service(name, provider=f"Department {number % providers}", duration="5 min")
    for number in range(1, services):
        chain.add_handoff(names[(number - 1) // 2], names[number], delay="5 min")
    chain.add_consumer("Customers", arrivals={"rate": "6 per hour"}, enters=names[0])
    return chain


def boxes(svg: str) -> list[tuple[float, float, float, float]]:
    """The rectangles of services."""
    found = []
    for group in elements(svg, "node"):
        shape = next(group.iter(f"{SVG}polygon"), None)
        if shape is not None:
            corners = [tuple(map(float, pair.split(","))) for pair in (shape.get("points") or "").split()]
            xs, ys = zip(*corners, strict=True)
            found.append((min(xs), min(ys), max(xs), max(ys)))
    return found


def test_sixty_services_do_not_lie_upon_each_other():
    places = boxes(process_map(large(60)).svg)
    assert len(places) >= 60
    for index, one in enumerate(places):
        for other in places[index + 1 :]:
            apart = one[2] <= other[0] or other[2] <= one[0] or one[3] <= other[1] or other[3] <= one[1]
            assert apart, (one, other)


def test_short_chains_run_from_left_to_right_and_long_ones_downwards():
    def row(length: int) -> Chain:
        chain = Chain("Row")
        for number in range(length):
            chain.add_service(f"s{number}", duration="1 min")
        for number in range(1, length):
            chain.add_handoff(f"s{number - 1}", f"s{number}")
        return chain

    assert "rankdir=LR" in process_map(row(4)).dot
    assert "rankdir=TB" in process_map(row(12)).dot


def test_long_names_are_wrapped_and_whole_in_the_tooltip():
    name = "Register the complaint of a guest whose room was given to somebody else by mistake, twice"
    svg = process_map(hotel(Check_in=name)).svg
    assert max(len(word) for word in words(node(svg, "Register the"))) <= 21
    assert any(name in tip for tip in tips(svg))


def test_a_name_of_two_hundred_letters_does_not_make_a_map_of_two_hundred_columns():
    svg = process_map(hotel(Check_in="x" * 200)).svg
    assert max(map(len, shown(svg))) < 120


# Any name is harmless


@pytest.mark.parametrize("name", HOSTILE)
def test_any_name_shows_as_itself(name):
    chain = hotel(Hotel=name, Front_desk=name, Check_in=name + "1", Guests=name + "2", Ready_rooms=name + "3")
    drawn = process_map(chain)
    for one in (drawn, process_map(chain, run_of_hotel()), service_map(chain)):
        joined = "".join(shown(one.svg))
        assert format.clean(name) in joined
        assert "<script" not in one.svg.lower()
    told = [tip.replace("\N{REVERSE SOLIDUS OPERATOR}", "\\") for tip in tips(drawn.svg)]
    assert any(tip.startswith(f"{name}1;") for tip in told)
    assert any(tip == f"{name}2 enters" for tip in told)


name_texts = st.text(st.characters(exclude_categories=("Cs", "Cc", "Zl", "Zp")), min_size=1, max_size=30)


@settings(max_examples=12)
@given(st.lists(name_texts, min_size=4, max_size=4))
def test_any_text_gives_a_well_formed_label_and_tooltip(found):
    drawing = render.digraph(found[0], legend.heading(found[1], found[2], []), "LR")
    drawing.node("a", label=render.stacked([render.markup(found[3])]), tooltip=render.quoted(found[0]))
    drawing.edge("a", "a", label=render.chip([(found[1], "#000000")]), tooltip=render.quoted(found[2]))
    svg = draw(str(drawing.source), "svg").decode("utf-8")
    assert not ET.fromstring(svg).findall(f".//{SVG}script")
    told = {tip.replace("\N{REVERSE SOLIDUS OPERATOR}", "\\") for tip in tips(svg)}
    for text in (found[0], found[2]):
        assert format.clean(text).replace("\N{REVERSE SOLIDUS OPERATOR}", "\\") in told


def test_chinese_names_stay_text_in_svg():
    chain = hotel(Hotel="酒店", Front_desk="前台", Housekeeping="客房部", Clean_room="打扫房间")
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        words_ = shown(process_map(chain).svg)
    assert {"酒店", "前台", "客房部", "打扫房间"} <= set(words_)


# The service map


def test_the_service_map_shows_who_serves_whom_and_the_promises():
    svg = service_map(hotel()).svg
    assert words(edge(svg, "Guests asks Front desk")) == ["Check in", "90% within 15 min to Check in"]
    assert words(edge(svg, "Front desk asks Housekeeping")) == ["Clean room", "85% within 1.5 h"]
    assert words(edge(svg, "Housekeeping asks Front desk")) == ["Check out"]


def test_with_results_each_promise_says_whether_it_was_kept():
    svg = service_map(hotel(), run_of_hotel()).svg
    met, missed = edge(svg, "Guests asks Front desk"), edge(svg, "Front desk asks Housekeeping")
    assert words(met) == ["Check in · 1,000", "90% within 15 min to Check in: met, 94%"]
    assert words(missed) == ["Clean room · 500", "85% within 1.5 h: missed, 72%"]
    assert next(met.iter(f"{SVG}path")).get("stroke") == palette.MET
    assert next(missed.iter(f"{SVG}path")).get("stroke") == palette.MISSED


def test_every_kind_of_promise_is_shown():
    chain = hotel()
    chain.add_call(
        "Clean room",
        "Check in",
        sla={"response": "95% within 5 min", "resolution": "90% within 1 h", "first_time_right": "95%"},
    )
    kpis = run_of_hotel(sla__x__attainment=1.0)
    kpis.loc[len(kpis)] = ["sla", "Clean room -> Check in: first time right", "attainment", 0.97]
    kpis.loc[len(kpis)] = ["sla", "Clean room -> Check in: response", "attainment", 0.9]
    assert words(edge(service_map(chain, kpis).svg, "Housekeeping asks Front desk"))[1:] == [
        "start 95% within 5 min: missed, 90%",
        "90% within 1 h",
        "95% right first time: met, 97%",
    ]


def test_a_consumer_and_a_provider_of_one_name_are_one_department():
    chain = hotel()
    chain.add_consumer("Housekeeping", arrivals={"rate": "1 per hour"}, enters="Check in")
    svg = service_map(chain).svg
    assert len([group for group in elements(svg, "node") if "Housekeeping" in words(group)]) == 1
    assert edge(svg, "Housekeeping asks Front desk") is not None


def test_work_within_a_department_is_shown_only_where_something_is_promised():
    chain = hotel()
    assert not [tip for tip in tips(service_map(chain).svg) if "Front desk asks Front desk" in tip]
    sla = {"sla": {"resolution": "90% within 1 h"}}
    promised = chain.change({"handoffs": {"Check in -> Check out": sla}})
    assert [tip for tip in tips(service_map(promised).svg) if "Front desk asks Front desk" in tip]


def test_a_stock_and_a_service_without_staff_stand_for_themselves():
    chain = hotel()
    chain.add_service("Deliver", duration="3 days")
    chain.add_stock("Soap", initial=5, reorder={"below": 4, "quantity": 10, "enters": "Deliver"})
    svg = service_map(chain).svg
    assert words(edge(svg, "Soap asks Deliver")) == ["Deliver"]
    assert words(node(svg, "Soap")) == ["Soap", "stock"]
    assert words(node(svg, "Deliver")) == ["Deliver", "no staff"]


def test_many_services_and_promises_between_two_departments_are_told_in_short():
    chain = hotel()
    for number in range(6):
        chain.add_service(f"Task {number}", provider="Housekeeping", duration="1 min")
        chain.add_handoff("Check out", f"Task {number}", sla={"resolution": f"9{number}% within 1 h"})
    told = words(edge(service_map(chain).svg, "Front desk asks Housekeeping"))
    assert len(told) == 5
    assert told[0].endswith("…") or told[0].endswith("more")
    assert told[-1] == "and 4 more promises"


# The map as an object


def test_a_map_says_in_short_what_it_is():
    drawn = process_map(hotel())
    assert repr(drawn) == "<map of Hotel: process map: 2 providers, 3 services, 4 links>"
    assert repr(service_map(hotel())) == "<map of Hotel: service map: 3 departments, 3 relations, 2 promises>"


def test_a_map_is_frozen():
    with pytest.raises(AttributeError):
        process_map(hotel()).dot = ""  # type: ignore[misc]


def test_a_notebook_shows_a_map_without_javascript():
    drawn = process_map(hotel(Check_in="<img src=x onerror=alert(1)>"))
    html = drawn._repr_html_()
    assert '<div class="sf-map" role="img" aria-label="map of Hotel' in html
    assert html.count("<svg") == 1
    assert "<script" not in html
    assert "<img" not in html
    assert "<!DOCTYPE" not in html
    ET.fromstring(html)
    assert drawn._repr_svg_() == drawn.svg


@pytest.mark.parametrize(
    ("suffix", "start"), [(".svg", b"<?xml"), (".png", b"\x89PNG"), (".pdf", b"%PDF"), (".dot", b"digraph")]
)
def test_a_map_saves_itself_as_its_suffix_says(tmp_path, suffix, start):
    place = tmp_path / f"map{suffix}"
    assert process_map(hotel()).save(place) == place
    assert place.read_bytes().startswith(start)
    assert os.listdir(tmp_path) == [place.name]


def test_suffixes_may_be_written_large(tmp_path):
    process_map(hotel()).save(str(tmp_path / "MAP.SVG"))
    assert (tmp_path / "MAP.SVG").read_text(encoding="utf-8").startswith("<?xml")


@pytest.mark.parametrize(
    ("name", "what"), [("map.jpg", "as .jpg"), ("map", "without a suffix"), ("map.svg.html", "as .html")]
)
def test_another_suffix_is_refused(tmp_path, name, what):
    with pytest.raises(MapFormatError) as error:
        process_map(hotel()).save(tmp_path / name)
    assert str(error.value) == f"{tmp_path / name}: a map is saved as .svg, .png, .pdf or .dot, not {what}"
    assert isinstance(error.value, ServiceflowError)
    assert os.listdir(tmp_path) == []


def test_saving_where_there_is_no_folder_leaves_nothing(tmp_path):
    with pytest.raises(FileNotFoundError):
        process_map(hotel()).save(tmp_path / "no" / "map.dot")
    assert os.listdir(tmp_path) == []


def test_a_failure_leaves_the_file_that_was_there(tmp_path):
    place = tmp_path / "map.svg"
    place.write_text("earlier")
    with pytest.raises(DrawingError):
        Map("Broken", "", "digraph {").save(place)
    assert place.read_text() == "earlier"
    assert os.listdir(tmp_path) == ["map.svg"]


# Graphviz


def test_what_graphviz_says_is_in_the_error(capfd):
    with pytest.raises(DrawingError, match=r"^Graphviz failed \(exit status 1\): .+"):
        draw("digraph {", "svg")
    assert capfd.readouterr() == ("", "")


def test_drawing_prints_nothing(capfd):
    draw("digraph { a -> b [label=x] }", "png")
    assert capfd.readouterr() == ("", "")


def test_a_layout_without_end_is_given_up():
    with pytest.raises(DrawingError) as error:
        draw("digraph { a -> b }", "svg", patience=1e-4)
    assert str(error.value) == (
        "Graphviz did not finish this map within 0.0002 s; save it as .dot and draw it elsewhere, "
        "or map a part of the chain"
    )


def test_no_dot_program_of_the_system_is_needed(monkeypatch):
    monkeypatch.setenv("PATH", "")
    assert draw("digraph { a }", "svg").startswith(b"<?xml")


def test_drawing_changes_no_environment():
    before = dict(os.environ)
    draw("digraph { a }", "svg")
    assert dict(os.environ) == before


# Figures


def test_a_table_without_its_columns_is_refused():
    with pytest.raises(FiguresError, match=r"^kpis: no column measure, mean; give the kpis of results$"):
        process_map(hotel(), pd.DataFrame({"scope": [], "name": []}))


def test_a_table_of_several_scenarios_is_refused():
    rows = run_of_hotel()
    both = pd.concat([rows.assign(scenario="b"), rows.assign(scenario="a")])
    with pytest.raises(
        FiguresError, match=r"a map shows one scenario, these are of several \(a, b\); select one"
    ):
        process_map(hotel(), both)


def test_missing_figures_are_left_out():
    rows = run_of_hotel()
    rows.loc[rows["measure"] == "handoff_time", "mean"] = float("nan")
    svg = process_map(hotel(), rows).svg
    assert words(edge(svg, "Check in -> Check out")) == ["1,000"]
    assert "Link: time between services, mean" not in shown(svg)


def test_shares_of_waiting_are_of_time_not_of_means():
    figures = Figures.of(
        table(
            ("service", "rare", "arrived", 1.0),
            ("service", "rare", "waiting_time", 100.0),
            ("service", "common", "arrived", 300.0),
            ("service", "common", "waiting_time", 1.0),
        )
    )
    assert figures.waiting_shares == {"common": 0.75, "rare": 0.25}


# Texts


@pytest.mark.parametrize(
    ("value", "unit", "text"),
    [
        (596, "min", "9.9 h"),
        (26, "min", "26 min"),
        (0.75, "min", "45 s"),
        (0, "h", "0 h"),
        (0.5, "s", "0.5 s"),
        (100, "h", "4.2 days"),
        (48, "h", "48 h"),
        (float("nan"), "h", "–"),
    ],
)
def test_times_are_told_in_the_unit_that_reads_best(value, unit, text):
    assert format.time(value, unit) == text


@pytest.mark.parametrize(
    ("value", "text"),
    [(1203.4, "1,203"), (4.2, "4.2"), (0.03123, "0.0312"), (0.0, "0"), (99.96, "100"), (1e-7, "0")],
)
def test_numbers_have_three_digits_that_count(value, text):
    assert format.number(value) == text


@pytest.mark.parametrize(
    ("value", "text"), [(0.08, "8%"), (0.004, "0.4%"), (0.997, "99.7%"), (1.0, "100%"), (0.0, "0%")]
)
def test_shares_do_not_round_to_all_or_nothing(value, text):
    assert format.share(value) == text


def test_wide_characters_count_twice():
    assert format.wrap("打扫房间检查房间释放房间", 8, 3) == ["打扫房间", "检查房间", "释放房间"]
    assert format.clip("打扫房间检查房间", 9) == "打扫房间…"


def test_wrapping_keeps_words_together_where_they_fit():
    assert format.wrap("Register the new complaint", 16) == ["Register the new", "complaint"]
    assert format.wrap("a" * 30, 10, 2) == ["a" * 10, "a" * 9 + "…"]
    assert format.wrap("", 10) == [""]


def test_line_ends_controls_and_turning_characters_do_no_harm():
    assert format.clean("one\ntwo\tthree\x00\u202efour") == "one two three\ufffd\ufffdfour"


@given(st.text(max_size=60), st.integers(4, 30), st.integers(1, 4))
def test_wrapped_text_keeps_its_bounds(text, columns, lines):
    found = format.wrap(text, columns, lines)
    assert 1 <= len(found) <= lines
    assert all(format.width(line) <= columns + 1 for line in found)


# Colors


@pytest.mark.parametrize("scale", [palette.WAITING, palette.DELAY])
def test_scales_darken_step_by_step(scale):
    values = [palette.luminance(color) for color in scale]
    assert values == sorted(values, reverse=True)
    assert all(one / other > 1.1 for one, other in pairwise(values))


@pytest.mark.parametrize("fill", [*palette.WAITING, *palette.DELAY, palette.INK, palette.CLUSTER])
def test_text_can_be_read_on_every_fill(fill):
    assert palette.contrast(palette.ink_on(fill), fill) >= 4.5


@pytest.mark.parametrize("color", [palette.ALARM, palette.MET, palette.MISSED, palette.FAINT, palette.INK])
def test_colored_text_can_be_read_on_paper(color):
    assert palette.contrast(color, palette.PAPER) >= 4.5


def test_bounds_of_waiting_double_up_to_near_the_largest():
    assert legend.share_bounds(0.95) == pytest.approx([0.05, 0.1, 0.2, 0.4, 0.8])
    assert legend.share_bounds(0.07) == pytest.approx([0.05 / 16, 0.05 / 8, 0.0125, 0.025, 0.05])


def test_bounds_of_delays_are_round_times():
    assert legend.delay_bounds([1.0, 0.0, 1000.0], 60.0) == [5.0, 30.0, 240.0]
    assert legend.delay_bounds([0.0], 60.0) == []
    assert legend.delay_bounds([7.0, 7.0], 60.0) == [5.0]


# Fonts


def test_a_raster_without_a_font_gives_one_warning_that_names_one(tmp_path, monkeypatch):
    monkeypatch.setattr(fonts, "_candidates", lambda: [])
    monkeypatch.setattr(fonts, "_unlisted", lambda: [])
    drawn = process_map(hotel(Front_desk="客房部", Check_in="打扫房间"))
    with pytest.warns(fonts.MissingGlyphWarning) as caught:
        drawn.save(tmp_path / "map.png")
    assert [warning.filename for warning in caught] == [__file__]
    told = str(caught[0].message)
    assert re.match(r"no installed font has glyphs for .*; install .*Noto Sans CJK SC.*, or save", told)


def test_a_raster_of_plain_names_needs_no_warning(tmp_path):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        process_map(hotel(), run_of_hotel()).save(tmp_path / "map.png")


def test_a_warning_names_a_font_for_each_script():
    with pytest.warns(fonts.MissingGlyphWarning, match="Noto Sans CJK JP and Noto Sans Thai"):
        fonts._warn([ord("か"), ord("ก")])


def test_view_is_not_loaded_by_the_package():
    code = "import serviceflow, sys; print('matplotlib' in sys.modules, 'graphviz' in sys.modules)"
    assert output_of(code) == "False False"
