"""The VibroSculpt rig: drives a unit and its bench through a test plan, judges, and keeps the record."""

import os

# numpy's linear algebra on several threads is slower for records of this size, and its sums then depend on how many
# cores there are: the same unit must give the same digits on every machine of a line. Read when numpy is loaded.
for _library in ("OPENBLAS", "OMP", "MKL"):
    os.environ.setdefault(f"{_library}_NUM_THREADS", "1")
