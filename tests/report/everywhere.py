"""A chain in which whatever can have a name has a strange one, and everything that can be made of it."""

import json

import serviceflow as sf

SCRIPT, CLOSING = "<script>alert(1)</script>", "]]> </script><img src=x onerror=alert(2)>"
FORMULA, PLUS, MINUS, AT = '=HYPERLINK("http://x") {label} \\N', "+1+cmd|' /C calc'!A0", "-2+3", "@SUM(A1)"
TURNED, LONG = "前台接待 😀 \u202eevil\u202c \u200fعربي", "x" * 200
DOT, QUOTES = '"]; a [label="x", URL="javascript:alert(4)"] //', "'; DROP -- {{7*7}} ${7*7} & `x`"
ALL = (SCRIPT, CLOSING, FORMULA, PLUS, MINUS, AT, TURNED, LONG, DOT, QUOTES)
LINK = f"{FORMULA} -> {TURNED}"


def strange_chain():
    """Names turn round: provider, member, service, consumer, stock, calendar, way, value, label, scenario."""
    content = {
        "serviceflow": 1,
        "name": DOT,
        "run": {"duration": "1 day", "replications": 2, "seed": 7},
        "calendars": {PLUS: {"mon-sun": "00:00-23:00"}},
        "providers": {
            SCRIPT: {
                "members": {AT: {"calendar": PLUS, "skills": [QUOTES]}, TURNED: {}},
                "cost": "30 per hour",
                "labels": {MINUS: CLOSING, "site": AT, "rank": FORMULA},
            },
            CLOSING: {"staff": 1, "labels": {"site": TURNED}},
        },
        "stocks": {LONG: {"initial": 400}},
        "services": {
            FORMULA: {"provider": SCRIPT, "duration": "exponential(mean=8 min)"},
            TURNED: {
                "provider": CLOSING,
                "duration": "exponential(mean=6 min)",
                "consumes": {LONG: 1},
            },
        },
        "consumers": {
            QUOTES: {
                "arrivals": {"rate": "6 per hour"},
                "enters": FORMULA,
                "attributes": {"kind": {SCRIPT: "50%", MINUS: "50%"}, DOT.replace(",", ""): {"a": "100%"}},
                "sla": {"resolution": "90% within 30 min", "penalty": 5},
            }
        },
        "handoffs": {
            f"{LINK} via {CLOSING}": {"every": "10 min", "delay": "2 min", "probability": "50%"},
            LINK: {"sla": {"resolution": "90% within 5 min"}},
        },
        "scenarios": {MINUS: {"description": SCRIPT, "changes": {"providers": {CLOSING: {"staff": 2}}}}},
    }
    return sf.loads(json.dumps(content, ensure_ascii=False))
