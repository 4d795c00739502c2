"""`python -m stasis`."""

import sys

from stasis.cli import main

sys.exit(main())
