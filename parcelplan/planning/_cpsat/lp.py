"""Linear programmes, solved for the multipliers of their rows: what the relaxation's bounds are proved with."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

import numpy as np
from numpy.typing import NDArray
from ortools.math_opt import model_pb2
from ortools.math_opt.python import mathopt

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


@dataclass(frozen=True, kw_only=True)
class Programme:
    """``min costs · x`` with ``A x ≤ limits`` and ``0 ≤ x ≤ upper``; *A* by its entries that are not 0."""

    costs: Floats
    upper: Floats
    rows: Ints
    columns: Ints
    entries: Floats
    limits: Floats


def multipliers(programme: Programme, *, time_limit_s: float) -> Floats | None:
    """Solve a programme for the multipliers of its rows, none above 0.

    Parameters
    ----------
    programme
        The programme.
    time_limit_s
        Longest search, seconds.

    Returns
    -------
    ndarray or None
        One multiplier a row, not necessarily the best ones; None where the time did not suffice for any.
    """
    if time_limit_s <= 0:
        return None
    model = mathopt.Model.from_model_proto(_proto(programme))
    parameters = mathopt.SolveParameters(time_limit=timedelta(seconds=time_limit_s))
    result = mathopt.solve(model, mathopt.SolverType.GLOP, params=parameters)
    solution = next((item.dual_solution for item in result.solutions if item.dual_solution is not None), None)
    if solution is None:
        return None
    found = np.zeros(len(programme.limits))
    for row, value in solution.dual_values.items():
        found[row.id] = value
    return np.minimum(found, 0.0)


def _proto(programme: Programme) -> model_pb2.ModelProto:
    proto = model_pb2.ModelProto()
    columns, rows = len(programme.costs), len(programme.limits)
    proto.variables.ids.extend(range(columns))
    proto.variables.lower_bounds.extend([0.0] * columns)
    proto.variables.upper_bounds.extend(programme.upper.tolist())
    proto.variables.integers.extend([False] * columns)
    priced = np.flatnonzero(programme.costs)
    proto.objective.linear_coefficients.ids.extend(priced.tolist())
    proto.objective.linear_coefficients.values.extend(programme.costs[priced].tolist())
    proto.linear_constraints.ids.extend(range(rows))
    proto.linear_constraints.lower_bounds.extend([-np.inf] * rows)
    proto.linear_constraints.upper_bounds.extend(programme.limits.tolist())
    order = np.lexsort((programme.columns, programme.rows))
    proto.linear_constraint_matrix.row_ids.extend(programme.rows[order].tolist())
    proto.linear_constraint_matrix.column_ids.extend(programme.columns[order].tolist())
    proto.linear_constraint_matrix.coefficients.extend(programme.entries[order].tolist())
    return proto
