"""Why a field changes: the lines that, taken back, bring back what it was."""

from presync.change.causes.find import cause, every, of_application, prepare
from presync.change.causes.lines import of_field, of_object
from presync.change.causes.model import UNKNOWN, Cause, Place

__all__ = ["UNKNOWN", "Cause", "Place", "cause", "every", "of_application", "of_field", "of_object", "prepare"]
