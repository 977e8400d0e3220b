"""How sure a plan is: its works run thousands of times with durations drawn from their estimates."""

from parcelplan.planning.risk.answers import LEVELS, Risk
from parcelplan.planning.risk.estimates import Shape
from parcelplan.planning.risk.running import RUNS, assess_risk

__all__ = ["LEVELS", "RUNS", "Risk", "Shape", "assess_risk"]
