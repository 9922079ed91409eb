"""Small BPMN files for tests, written by hand or drawn at random."""

from xml.sax.saxutils import quoteattr

MODEL = "http://www.omg.org/spec/BPMN/20100524/MODEL"
BPSIM = "http://www.bpsim.org/schemas/2.0"


def definitions(content, head=""):
    """A BPMN file with this content."""
    spaces = f'xmlns="{MODEL}" xmlns:bpsim="{BPSIM}" xmlns:qbp="http://www.qbp-simulator.com/Schema201212"'
    return f'<?xml version="1.0" encoding="UTF-8"?>{head}<definitions {spaces} id="d">{content}</definitions>'


def process(*parts, id="p", name="Office"):
    """A process of elements and flows."""
    return f'<process id="{id}" name={quoteattr(name)}>{"".join(parts)}</process>'


def node(kind, id, name="", content="", **attributes):
    """An element."""
    more = "".join(f" {key}={quoteattr(value)}" for key, value in attributes.items())
    return f'<{kind} id="{id}" name={quoteattr(name)}{more}>{content}</{kind}>'


def flow(source, target, name="", condition=None, id=None):
    """A sequence flow."""
    inner = "" if condition is None else f"<conditionExpression>{condition}</conditionExpression>"
    key = id or f"{source}_{target}"
    return f'<sequenceFlow id="{key}" sourceRef="{source}" targetRef="{target}" name={quoteattr(name)}>{inner}</sequenceFlow>'


def line(*ids):
    """Flows from each to the next."""
    return "".join(flow(a, b) for a, b in zip(ids, ids[1:], strict=False))


def task(id, name=None, **attributes):
    return node("userTask", id, id if name is None else name, **attributes)


def start(id="s", name="Clients"):
    return node("startEvent", id, name)


def timer(kind, text):
    return f"<timerEventDefinition><{kind}>{text}</{kind}></timerEventDefinition>"


def bpsim(*elements, settings="", unit="min", scenario='id="one" name="One"', calendars=""):
    """A BPSim scenario with parameters of elements."""
    return (
        '<relationship type="BPSimData"><extensionElements><bpsim:BPSimData>'
        f'<bpsim:Scenario {scenario}><bpsim:ScenarioParameters baseTimeUnit="{unit}">{settings}'
        f"</bpsim:ScenarioParameters>{''.join(elements)}{calendars}</bpsim:Scenario>"
        "</bpsim:BPSimData></extensionElements><source>d</source><target>d</target></relationship>"
    )


def of(element, group, parameter, value):
    """One parameter of an element."""
    return (
        f'<bpsim:ElementParameters elementRef="{element}"><bpsim:{group}><bpsim:{parameter}>{value}'
        f"</bpsim:{parameter}></bpsim:{group}></bpsim:ElementParameters>"
    )


def number(value, **more):
    extra = "".join(f' {key}="{text}"' for key, text in more.items())
    return f'<bpsim:NumericParameter value="{value}"{extra}/>'
