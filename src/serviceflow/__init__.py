"""serviceflow: process mapping and bottleneck simulation of internal service chains.

Departments serve one another. A chain says who asks whom for what, and what they promise each other; a
simulation shows where requests wait, why, and for whom it matters::

    import serviceflow as sf

    chain = sf.example("hotel_checkin")      # or sf.load("model.yaml"), or sf.ServiceChain("...")
    results = chain.simulate(duration="4 weeks", replications=20, seed=7)
    print(results.bottlenecks())

Everything is imported when it is first used, so that ``import serviceflow`` is quick.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from serviceflow.analysis.audit.report import (
        AuditReport,
        Breach,
    )
    from serviceflow.analysis.bottlenecks import (
        Bottlenecks,
    )
    from serviceflow.analysis.designs import (
        DesignedSensitivity,
    )
    from serviceflow.analysis.estimating import (
        Estimate,
        Estimated,
    )
    from serviceflow.analysis.input_uncertainty import (
        InputUncertainty,
        InputUncertaintyError,
    )
    from serviceflow.analysis.levers import (
        LeverError,
        Levers,
        ObjectiveError,
    )
    from serviceflow.analysis.search import (
        SearchError,
    )
    from serviceflow.analysis.search.own_space import (
        OptunaObjective,
        optuna_objective,
    )
    from serviceflow.analysis.selecting import (
        Best,
    )
    from serviceflow.analysis.sensitivity import (
        SensitivityError,
    )
    from serviceflow.analysis.story import (
        Story,
        StoryError,
    )
    from serviceflow.analysis.trusting import (
        TrustCard,
    )
    from serviceflow.analysis.waits import (
        WaitsError,
    )
    from serviceflow.api.chains import (
        ServiceChain,
        compare,
        factorial,
        load,
        load_results,
        loads,
        select_best,
    )
    from serviceflow.api.discovering import (
        Discovery,
        discover,
    )
    from serviceflow.api.imports import (
        BpmnImport,
        read_bpmn,
    )
    from serviceflow.api.input_uncertainty import (
        input_uncertainty,
    )
    from serviceflow.api.monitoring import (
        Monitor,
        before_after,
        monitor,
    )
    from serviceflow.api.results import (
        Comparison,
        Factorial,
        Results,
    )
    from serviceflow.api.search import (
        Search,
        search,
    )
    from serviceflow.api.sensitivity import (
        Sensitivity,
    )
    from serviceflow.api.shipped import (
        example,
        example_survey,
        examples,
    )
    from serviceflow.api.validating import (
        Validation,
        validate,
    )
    from serviceflow.display.rounded import (
        RoundedTable,
    )
    from serviceflow.display.spreadsheet import (
        ExportError,
    )
    from serviceflow.engine.record.record import (
        Record,
    )
    from serviceflow.engine.reference.behaviours import (
        Behaviours,
        Policy,
    )
    from serviceflow.errors import (
        DeadlockError,
        ExpressionError,
        ModelError,
        NotSupportedError,
        Problem,
        RunError,
        ServiceflowError,
        UnitError,
        UnknownNameError,
    )
    from serviceflow.experiment.engines import (
        EngineError,
    )
    from serviceflow.experiment.ranking import (
        SelectionError,
    )
    from serviceflow.experiment.replicate import (
        ExperimentError,
    )
    from serviceflow.formats.bpmn.errors import (
        BpmnError,
    )
    from serviceflow.formats.inserting import (
        InsertError,
    )
    from serviceflow.formats.logs.raw import (
        LogError,
    )
    from serviceflow.formats.schema import (
        json_schema,
    )
    from serviceflow.mining.before_after import (
        BeforeAfter,
    )
    from serviceflow.mining.event_log import (
        EventLog,
        read_log,
    )
    from serviceflow.model.distributions import (
        Distribution,
        constant,
        discrete,
        empirical,
        erlang,
        exponential,
        gamma,
        geometric,
        hyperexponential,
        lognormal,
        mixture,
        normal,
        pert,
        poisson,
        triangular,
        uniform,
        weibull,
    )
    from serviceflow.model.expressions import (
        Expression,
    )
    from serviceflow.model.links import (
        Link,
    )
    from serviceflow.model.state import (
        State,
        read_state,
    )
    from serviceflow.quality.catalogue import (
        ServiceCatalogue,
    )
    from serviceflow.quality.errors import (
        SurveyError,
    )
    from serviceflow.quality.instruments import (
        Instrument,
        instrument,
    )
    from serviceflow.quality.kano import (
        kano,
    )
    from serviceflow.quality.scorecards import (
        Scorecard,
    )
    from serviceflow.quality.service_links import (
        ServiceLink,
        ServiceLinks,
    )
    from serviceflow.quality.survey import (
        Survey,
    )
    from serviceflow.results.comparison import (
        ComparisonError,
    )
    from serviceflow.results.errors import (
        NotKeptError,
    )
    from serviceflow.results.forecasting import (
        ForecastError,
    )
    from serviceflow.results.naming import (
        FigureNameError,
    )
    from serviceflow.results.opened import (
        StateError,
    )
    from serviceflow.results.parquet import (
        ParquetError,
    )
    from serviceflow.results.precision import (
        Precision,
        PrecisionError,
    )
    from serviceflow.results.retention import (
        KeepingError,
    )
    from serviceflow.results.run_store import (
        StoreWarning,
    )
    from serviceflow.results.storage import (
        StorageError,
    )
    from serviceflow.results.warm_up import (
        WarmUp,
    )
    from serviceflow.theory.checks.finding import (
        CheckReport,
        Finding,
    )
    from serviceflow.view.charts import (
        ChartError,
    )
    from serviceflow.view.explain import (
        Explanation,
    )
    from serviceflow.view.fonts import (
        MissingGlyphWarning,
    )
    from serviceflow.view.kpi_lookup import (
        FiguresError,
    )
    from serviceflow.view.maps import (
        Map,
        MapFormatError,
    )
    from serviceflow.view.render import (
        DrawingError,
    )
    from serviceflow.view.report.report import (
        ReportError,
    )

__version__ = "0.1.0"

_PLACES = {
    "analysis.audit.report": (
        "AuditReport",
        "Breach",
    ),
    "analysis.bottlenecks": ("Bottlenecks",),
    "analysis.designs": ("DesignedSensitivity",),
    "analysis.estimating": (
        "Estimate",
        "Estimated",
    ),
    "analysis.input_uncertainty": (
        "InputUncertainty",
        "InputUncertaintyError",
    ),
    "analysis.levers": (
        "LeverError",
        "Levers",
        "ObjectiveError",
    ),
    "analysis.search": ("SearchError",),
    "analysis.search.own_space": (
        "OptunaObjective",
        "optuna_objective",
    ),
    "analysis.selecting": ("Best",),
    "analysis.sensitivity": ("SensitivityError",),
    "analysis.story": (
        "Story",
        "StoryError",
    ),
    "analysis.trusting": ("TrustCard",),
    "analysis.waits": ("WaitsError",),
    "api.chains": (
        "ServiceChain",
        "compare",
        "factorial",
        "load",
        "load_results",
        "loads",
        "select_best",
    ),
    "api.discovering": (
        "Discovery",
        "discover",
    ),
    "api.imports": (
        "BpmnImport",
        "read_bpmn",
    ),
    "api.input_uncertainty": ("input_uncertainty",),
    "api.monitoring": (
        "Monitor",
        "before_after",
        "monitor",
    ),
    "api.results": (
        "Comparison",
        "Factorial",
        "Results",
    ),
    "api.search": (
        "Search",
        "search",
    ),
    "api.sensitivity": ("Sensitivity",),
    "api.shipped": (
        "example",
        "example_survey",
        "examples",
    ),
    "api.validating": (
        "Validation",
        "validate",
    ),
    "display.rounded": ("RoundedTable",),
    "display.spreadsheet": ("ExportError",),
    "engine.record.record": ("Record",),
    "engine.reference.behaviours": (
        "Behaviours",
        "Policy",
    ),
    "errors": (
        "DeadlockError",
        "ExpressionError",
        "ModelError",
        "NotSupportedError",
        "Problem",
        "RunError",
        "ServiceflowError",
        "UnitError",
        "UnknownNameError",
    ),
    "experiment.engines": ("EngineError",),
    "experiment.ranking": ("SelectionError",),
    "experiment.replicate": ("ExperimentError",),
    "formats.bpmn.errors": ("BpmnError",),
    "formats.inserting": ("InsertError",),
    "formats.logs.raw": ("LogError",),
    "formats.schema": ("json_schema",),
    "mining.before_after": ("BeforeAfter",),
    "mining.event_log": (
        "EventLog",
        "read_log",
    ),
    "model.distributions": (
        "Distribution",
        "constant",
        "discrete",
        "empirical",
        "erlang",
        "exponential",
        "gamma",
        "geometric",
        "hyperexponential",
        "lognormal",
        "mixture",
        "normal",
        "pert",
        "poisson",
        "triangular",
        "uniform",
        "weibull",
    ),
    "model.expressions": ("Expression",),
    "model.links": ("Link",),
    "model.state": (
        "State",
        "read_state",
    ),
    "quality.catalogue": ("ServiceCatalogue",),
    "quality.errors": ("SurveyError",),
    "quality.instruments": (
        "Instrument",
        "instrument",
    ),
    "quality.kano": ("kano",),
    "quality.scorecards": ("Scorecard",),
    "quality.service_links": (
        "ServiceLink",
        "ServiceLinks",
    ),
    "quality.survey": ("Survey",),
    "results.comparison": ("ComparisonError",),
    "results.errors": ("NotKeptError",),
    "results.forecasting": ("ForecastError",),
    "results.naming": ("FigureNameError",),
    "results.opened": ("StateError",),
    "results.parquet": ("ParquetError",),
    "results.precision": (
        "Precision",
        "PrecisionError",
    ),
    "results.retention": ("KeepingError",),
    "results.run_store": ("StoreWarning",),
    "results.storage": ("StorageError",),
    "results.warm_up": ("WarmUp",),
    "theory.checks.finding": (
        "CheckReport",
        "Finding",
    ),
    "view.charts": ("ChartError",),
    "view.explain": ("Explanation",),
    "view.fonts": ("MissingGlyphWarning",),
    "view.kpi_lookup": ("FiguresError",),
    "view.maps": (
        "Map",
        "MapFormatError",
    ),
    "view.render": ("DrawingError",),
    "view.report.report": ("ReportError",),
}
_HOMES = {name: module for module, names in _PLACES.items() for name in names}

__all__ = [
    "AuditReport",
    "BeforeAfter",
    "Behaviours",
    "Best",
    "Bottlenecks",
    "BpmnError",
    "BpmnImport",
    "Breach",
    "ChartError",
    "CheckReport",
    "Comparison",
    "ComparisonError",
    "DeadlockError",
    "DesignedSensitivity",
    "Discovery",
    "Distribution",
    "DrawingError",
    "EngineError",
    "Estimate",
    "Estimated",
    "EventLog",
    "ExperimentError",
    "Explanation",
    "ExportError",
    "Expression",
    "ExpressionError",
    "Factorial",
    "FigureNameError",
    "FiguresError",
    "Finding",
    "ForecastError",
    "InputUncertainty",
    "InputUncertaintyError",
    "InsertError",
    "Instrument",
    "KeepingError",
    "LeverError",
    "Levers",
    "Link",
    "LogError",
    "Map",
    "MapFormatError",
    "MissingGlyphWarning",
    "ModelError",
    "Monitor",
    "NotKeptError",
    "NotSupportedError",
    "ObjectiveError",
    "OptunaObjective",
    "ParquetError",
    "Policy",
    "Precision",
    "PrecisionError",
    "Problem",
    "Record",
    "ReportError",
    "Results",
    "RoundedTable",
    "RunError",
    "Scorecard",
    "Search",
    "SearchError",
    "SelectionError",
    "Sensitivity",
    "SensitivityError",
    "ServiceCatalogue",
    "ServiceChain",
    "ServiceLink",
    "ServiceLinks",
    "ServiceflowError",
    "State",
    "StateError",
    "StorageError",
    "StoreWarning",
    "Story",
    "StoryError",
    "Survey",
    "SurveyError",
    "TrustCard",
    "UnitError",
    "UnknownNameError",
    "Validation",
    "WaitsError",
    "WarmUp",
    "before_after",
    "compare",
    "constant",
    "discover",
    "discrete",
    "empirical",
    "erlang",
    "example",
    "example_survey",
    "examples",
    "exponential",
    "factorial",
    "gamma",
    "geometric",
    "hyperexponential",
    "input_uncertainty",
    "instrument",
    "json_schema",
    "kano",
    "load",
    "load_results",
    "loads",
    "lognormal",
    "mixture",
    "monitor",
    "normal",
    "optuna_objective",
    "pert",
    "poisson",
    "read_bpmn",
    "read_log",
    "read_state",
    "search",
    "select_best",
    "triangular",
    "uniform",
    "validate",
    "weibull",
]


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    found = getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
    globals()[name] = found
    return found


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
