"""What every test starts from."""

from __future__ import annotations

import os

# No test reads or fills the cache of whoever runs it.
os.environ["PRESYNC_CACHE"] = "off"
