"""When something is first so in a release's week."""

import numpy as np
from numpy.typing import NDArray

Flags = NDArray[np.bool_]
NEVER = np.inf


def first_hour(flags: Flags) -> float:
    """Hours after release at the first look that is flagged, NEVER where none is: look t comes t+1 hours after."""
    return float(np.argmax(flags) + 1) if flags.any() else NEVER
