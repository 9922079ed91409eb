import os
import sys

from benchmarks.run import main

os.environ["SERVICEFLOW_BACKGROUND"] = "0"  # Nothing is compiled beside what is timed.
sys.exit(main())
