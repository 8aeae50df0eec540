"""`python -m tradewind` is `tradewind`."""

import sys

from tradewind.cli.main import main

sys.exit(main())
