"""The options and annotations Argo CD 3.5 looks at; anything else it passes over without a word.

Sources: https://argo-cd.readthedocs.io/en/release-3.5/user-guide/{sync-options,compare-options,annotations-and-labels}/
and the sources of v3.5.7.
"""

from __future__ import annotations

from collections.abc import Mapping

_BOOL = frozenset({"true", "false"})

# Option to the values that mean something.
SYNC_OPTIONS: Mapping[str, frozenset[str]] = {
    "ApplyOutOfSyncOnly": _BOOL,
    "ClientSideApplyMigration": _BOOL,
    "CreateNamespace": _BOOL,
    "Delete": _BOOL | {"confirm"},
    "DisableClientSideApplyMigration": _BOOL,
    "FailOnSharedResource": _BOOL,
    "Force": _BOOL,
    "Prune": _BOOL | {"confirm"},
    "PruneLast": _BOOL,
    "PrunePropagationPolicy": frozenset({"foreground", "background", "orphan"}),
    "Replace": _BOOL,
    "RespectIgnoreDifferences": _BOOL,
    "ServerSideApply": _BOOL,
    "SkipDryRunOnMissingResource": _BOOL,
    "Validate": _BOOL,
}
# Those that only the whole Application can have.
OF_APPLICATION = frozenset(
    {
        "ApplyOutOfSyncOnly",
        "CreateNamespace",
        "FailOnSharedResource",
        "PrunePropagationPolicy",
        "RespectIgnoreDifferences",
    }
)
COMPARE_OPTIONS = frozenset(
    {"IgnoreExtraneous", "ServerSideDiff=true", "ServerSideDiff=false", "IncludeMutationWebhook=true"}
)
ANNOTATIONS = frozenset(
    f"argocd.argoproj.io/{name}"
    for name in (  # noqa: SIM905 - easier to read
        "application-set-refresh client-side-apply-migration-manager compare-options hook hook-delete-policy hydrate "
        "ignore-default-links ignore-healthcheck ignore-resource-updates installation-id manifest-generate-paths "
        "managed-by-url refresh skip-reconcile sync-options sync-wave tracking-id"
    ).split()
)
HOOKS = frozenset({"PreSync", "Sync", "PostSync", "SyncFail", "PreDelete", "PostDelete", "Skip"})
DELETE_POLICIES = frozenset({"HookSucceeded", "HookFailed", "BeforeHookCreation"})
