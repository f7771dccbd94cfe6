"""The pipeline's entry points (verbs), declarations, and a room for each stage."""

import os

# Matrices here have a few hundred rows: a second thread of a product mostly waits for the first, spinning: a quarter of scoring's processor
# time on two cores. Numpy reads this when it is first imported.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
