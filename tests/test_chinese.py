"""What is said in Chinese: the check, the answer and the report, from one catalogue each."""

import re
from pathlib import Path

import pytest
from typer.testing import CliRunner

import serviceflow as sf
from serviceflow.cli import app
from serviceflow.theory.checks.chinese import HOLE, in_chinese, messages

PACKAGE = Path(sf.__file__).parent
ENGLISH = re.compile(r"[A-Za-z]{4,}")

CLINIC = """
serviceflow: 1
name: 诊所
time_unit: min
run: {duration: 2 days, replications: 3, seed: 7}
calendars: {门诊: {mon-fri: "08:00-18:00"}, 假日: {sat: "08:00-12:00"}}
providers:
  前台: {staff: 1}
  医生: {staff: 2, discipline: priority}
services:
  挂号: {provider: 前台, duration: 4 min}
  看诊: {provider: 医生, duration: "gamma(mean=25 min, cv=0.6)"}
consumers:
  患者: {arrivals: {rate: 6 per hour}, enters: 挂号, sla: {resolution: 90% within 20 min}}
handoffs:
  挂号 -> 看诊: {delay: 2 min}
"""


@pytest.mark.parametrize(("english", "chinese"), messages().items())
def test_translations_have_the_holes_of_the_message(english, chinese):
    assert set(HOLE.findall(chinese)) <= set(HOLE.findall(english))
    assert re.search(r"[\u4e00-\u9fff]", chinese)


def written():
    """The words of all messages of the code, with texts that go on in the next line put together."""
    paths = [*(PACKAGE / "theory").rglob("*.py"), *(PACKAGE / "model").rglob("*.py"), PACKAGE / "errors.py"]
    text = "\n".join(path.read_text("utf-8") for path in paths if path.name != "chinese.py")
    return re.sub(r'"\s+f?"', "", text)


def test_translated_messages_are_said_somewhere():
    """A message that is worded anew needs its translation anew."""
    source, gone = written(), []
    for english in messages():
        for part in re.split(r"\{\w+\}|; |: |, so |, or | and |\?$", english):
            words = part.strip(" ,:")
            gone += [words] if ENGLISH.search(words) and words not in source else []
    assert gone == []


def test_a_check_in_chinese_has_nothing_in_english_left():
    text = sf.loads(CLINIC).check().text("zh")
    assert text.startswith("警告: ")
    assert "大家的优先级都一样，所以是先到先服务；请给需求方设 priority" in text
    assert "3 次重复运行的区间比较粗略；最好 20 次以上" in text
    assert "没有任何地方用它；请在适用处写上，或删除它" in text
    assert re.search(r"提供者 +工作量 +当班 +负荷", text)
    told = [line.split(": ", 2)[-1] for line in text.splitlines()]
    left = {word for line in told for word in ENGLISH.findall(line)}
    assert left <= {"priority", "horizon", "terminating", "resolution", "within"}


def test_what_has_no_translation_stays_english():
    assert in_chinese("the moon is full") == "the moon is full"
    told = "'x' is no mapping; write each by its name, as {name: ...}"
    assert in_chinese(told) == "'x' 不是映射；请逐一按名称写成 {name: ...}"
    told = "'mom' is no day; did you mean 'mon'?; write weekdays (mon-fri), a date (2026-12-25)"
    assert in_chinese(f"{told} or a range of dates (2026-12-24 to 2026-12-26)").startswith(
        "'mom' 不是日子（是不是 'mon'？）；请写星期"
    )
    assert in_chinese("unknown field; did you mean 'staff'?") == "没有这个字段；是不是 'staff'？"


def test_unknown_languages_are_refused():
    chain = sf.loads(CLINIC)
    with pytest.raises(ValueError, match="language='fr': use 'en' or 'zh'"):
        chain.check().text("fr")
    with pytest.raises(sf.ReportError, match="language='fr'"):
        chain.simulate(engine="simpy").answer("fr")


def test_the_answer_in_both_languages():
    results = sf.loads(CLINIC).simulate(engine="simpy")
    assert results.answer() == str(results.bottlenecks())
    told = results.answer("zh")
    assert "医生" in told
    assert not ENGLISH.search(told)


def test_the_command_line_checks_in_chinese(tmp_path):
    (tmp_path / "clinic.yaml").write_text(CLINIC, encoding="utf-8")
    told = CliRunner().invoke(app, ["check", str(tmp_path / "clinic.yaml"), "--language", "zh"])
    assert told.exit_code == 0
    assert "负荷" in told.stdout
    (tmp_path / "wrong.yaml").write_text(CLINIC.replace("staff: 1", "stuff: 1"), encoding="utf-8")
    broken = CliRunner().invoke(app, ["check", str(tmp_path / "wrong.yaml"), "--language", "zh"])
    assert broken.exit_code == 2
    assert "providers.前台.stuff: 没有这个字段；是不是 'staff'？" in broken.output
    wrong = CliRunner().invoke(app, ["check", str(tmp_path / "clinic.yaml"), "--language", "fr"])
    assert "--language fr: use en or zh" in wrong.output
