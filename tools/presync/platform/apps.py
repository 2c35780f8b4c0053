"""Apps: what runs in several environments under names that differ by the environment's alone."""

from __future__ import annotations

import re

from presync.platform.model import Entry, Platform


def apps(platform: Platform) -> dict[str, dict[str, Entry]]:
    """Apps with their Application in each environment, recognised by its name without the environment's."""
    found: dict[str, dict[str, Entry]] = {}
    several = platform.environments if len(platform.environments) > 1 else ()
    for entry in platform.entries:
        if entry.environment in several:
            word = rf"(?:^|(?<=[-._])){re.escape(entry.environment)}(?=$|[-._])"
            rest, count = re.subn(word, "", entry.name, count=1)
            words = [word for word in re.split(r"[-._]", rest) if word]
            if count and words:
                found.setdefault("-".join(words), {}).setdefault(entry.environment, entry)
    return found
