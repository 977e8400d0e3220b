"""Critical chains: what each run waited for, followed back from its transfers."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from parcelplan.planning.risk.estimates import Ints
from parcelplan.planning.risk.land import LandNetwork, LandRuns
from parcelplan.planning.risk.works import WorkRuns, end_node, start_node

Weights = NDArray[np.float64]


def critical_weight(network: LandNetwork, works: WorkRuns, land: LandRuns, weights: Weights) -> Weights:
    """Follow chains back from transfers to the works whose durations they hang on.

    Each unit's chain is one path: from its notice to what it waited for, from that to what that waited for, until
    something was not waiting for any other. A work whose end waited, for a promised day or for another end, hands
    the chain on although its own duration made no difference.

    Parameters
    ----------
    network
        The transfers.
    works, land
        What came out of the runs.
    weights
        Weight of each unit (rows) in each run (columns).

    Returns
    -------
    ndarray
        Weight of the units whose chains hang on the duration of each work (rows) in each run (columns).
    """
    count, runs = works.start.shape
    flow = np.zeros((2 * count + len(network.units), runs))
    for u in reversed(range(len(network.units))):
        own = flow[network.node(u)] + weights[u]
        _hand_on(flow, land.held_by[u], own)
    critical = np.zeros((count, runs))
    for k in reversed(network.works.sequence.order):
        if network.plan.works[k].fixed:
            continue
        critical[k] = np.where(works.by_end[k], 0.0, flow[end_node(k)])
        _hand_on(flow, works.held_by[k], flow[end_node(k)] + flow[start_node(k)])
    return critical


def _hand_on(flow: Weights, held_by: Ints, weight: Weights) -> None:
    runs = np.flatnonzero((held_by >= 0) & (weight > 0))
    flow[held_by[runs], runs] += weight[runs]


def last_transfers(land: LandRuns, phase_rows: NDArray[np.bool_] | None = None) -> Weights:
    """Weight 1 for the unit that is transferred last in each run, the first of them where several are.

    Parameters
    ----------
    land
        What came out of the runs.
    phase_rows
        Units that count; all where None.
    """
    days = land.transfer if phase_rows is None else np.where(phase_rows[:, None], land.transfer, -1)
    last = np.argmax(days, axis=0)
    weights = np.zeros(days.shape)
    weights[last, np.arange(days.shape[1])] = 1.0
    return weights
