"""What can go wrong in a run, by what helps against it."""

from collections.abc import Iterable


class PipelineError(Exception):
    """Anything a person should read as it stands: no traceback is needed to understand it."""

    # A retry helps against what may have changed meanwhile; it never helps against bad data or a bad setting.
    retry = False


class SettingsError(PipelineError):
    """A setting is missing or makes no sense."""


class ContractError(PipelineError):
    """The mounted contract is missing, incomplete or not in agreement with itself."""


class EmptyIntervalError(PipelineError):
    """No events for the data interval. They may only be late, so a retry is worth its wait."""

    retry = True


class DataRefusedError(PipelineError):
    """The data breaks the contract. Nothing of it was stored."""

    def __init__(self, feature_set: str, reasons: Iterable[str]) -> None:
        self.feature_set = feature_set
        self.reasons = list(reasons)
        listed = "".join(f"\n  * {reason}" for reason in self.reasons)
        super().__init__(f"{feature_set} is refused and was not stored:{listed}")


class VersionError(PipelineError):
    """A version does not exist, is damaged, or does not fit the contract."""


class StorageError(PipelineError):
    """S3 did not do what was asked."""

    retry = True


class DeniedError(StorageError):
    """S3 refuses these credentials. Retried all the same: rotated ones reach a pod a little later."""


class ConflictError(StorageError):
    """The object is not (or no longer) the one the caller has seen."""


class ChangedError(StorageError):
    """An object was replaced while it was being read."""
