"""Kinds of arrays that geometry computes with."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Shapes = NDArray[np.object_]
"""Shapely geometries in one plane coordinate system."""
Floats = NDArray[np.float64]
Ints = NDArray[np.intp]
Numbers = NDArray[np.int32]
"""Where there are many, and none beyond two thousand million."""
Bools = NDArray[np.bool_]
Bytes = NDArray[np.uint8]
