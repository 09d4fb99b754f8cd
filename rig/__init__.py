"""The VibroSculpt rig: drives a unit and its bench through a test plan, judges, and keeps the record."""

import os
import sys

from rig.isolation import leave_callers_path

_program = os.path.splitext(os.path.basename(sys.argv[0] if sys.argv else ""))[0]
if _program in ("-m", "rig"):
    leave_callers_path()  # a program of ours begins: before it loads anything else

# numpy's linear algebra on several threads is slower for records of this size, and its sums then depend on how many
# cores there are: the same unit must give the same digits on every machine of a line. Read when numpy is loaded.
for _library in ("OPENBLAS", "OMP", "MKL"):
    os.environ.setdefault(f"{_library}_NUM_THREADS", "1")
