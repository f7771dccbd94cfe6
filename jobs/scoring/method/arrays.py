"""What figures are kept in: counts, hours and probabilities alike."""

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
