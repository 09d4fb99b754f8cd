"""What was measured, what is allowed, and the judgement between them: pure values, no input or output."""

from rig.measure.budget import Budget, Contribution, Correlation, too_near
from rig.measure.decide import decide
from rig.measure.limit import Limit, Rule, condition_text
from rig.measure.reading import Reading
from rig.measure.risk import global_risk
from rig.measure.text import format_acceptance, format_limit, format_reading
from rig.measure.verdict import Decision, Verdict

__all__ = [
    "Budget",
    "Contribution",
    "Correlation",
    "Decision",
    "Limit",
    "Reading",
    "Rule",
    "Verdict",
    "condition_text",
    "decide",
    "format_acceptance",
    "format_limit",
    "format_reading",
    "global_risk",
    "too_near",
]
