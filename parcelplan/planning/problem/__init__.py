"""The planning problem, free of any solver: works, parcels, and demands with their inequalities.

``n_i`` is the day on which parcel *i* goes on notice, ``t_i`` the day of its transfer by the statutory clock, ``a_i``
its area; ``s_w`` is the first day of work *w* and ``f_w`` the first day after its end.
"""

from parcelplan.planning.problem.bureau import (
    Absorption,
    BatchSize,
    BlackOut,
    Horizon,
    ListingsPerMonth,
    OccupancyTrigger,
    PhaseOrder,
    PhaseWindow,
    YearlyQuota,
)
from parcelplan.planning.problem.core import LATER_YEARS, AnyDemand, Demand, PlanningProblem
from parcelplan.planning.problem.land import Candidate, Gate, NetLand, Split, Together
from parcelplan.planning.problem.money import CashLimit
from parcelplan.planning.problem.objectives import UNITS, ObjectiveName
from parcelplan.planning.problem.targets import Measure, Target
from parcelplan.planning.problem.works import (
    Closure,
    CrewCapacity,
    Mode,
    Precedence,
    Relation,
    Work,
    WorkCalendar,
    WorkDeadline,
)

__all__ = [
    "LATER_YEARS",
    "UNITS",
    "Absorption",
    "AnyDemand",
    "BatchSize",
    "BlackOut",
    "Candidate",
    "CashLimit",
    "Closure",
    "CrewCapacity",
    "Demand",
    "Gate",
    "Horizon",
    "ListingsPerMonth",
    "Measure",
    "Mode",
    "NetLand",
    "ObjectiveName",
    "OccupancyTrigger",
    "PhaseOrder",
    "PhaseWindow",
    "PlanningProblem",
    "Precedence",
    "Relation",
    "Split",
    "Target",
    "Together",
    "Work",
    "WorkCalendar",
    "WorkDeadline",
    "YearlyQuota",
]
