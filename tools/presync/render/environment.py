"""The build environment: ``$ARGOCD_APP_NAME`` and its kin, and Go's way of substituting them."""

from __future__ import annotations

from collections.abc import Mapping

from presync.argocd.model import Application, Source

_SPECIAL = frozenset("*#$@!?-0123456789")


def build_environment(application: Application, source: Source, revision: str) -> Mapping[str, str]:
    """What Argo CD sets for a source (https://argo-cd.readthedocs.io/en/stable/user-guide/build-environment/).

    ``ARGOCD_APP_NAMESPACE`` is the destination's namespace, not the Application's.
    """
    return {
        "ARGOCD_APP_NAME": application.name,
        "ARGOCD_APP_NAMESPACE": application.destination.namespace,
        "ARGOCD_APP_PROJECT_NAME": application.project,
        "ARGOCD_APP_REVISION": revision,
        "ARGOCD_APP_REVISION_SHORT": revision[:7],
        "ARGOCD_APP_REVISION_SHORT_8": revision[:8],
        "ARGOCD_APP_SOURCE_REPO_URL": source.repo_url,
        "ARGOCD_APP_SOURCE_PATH": source.path,
        "ARGOCD_APP_SOURCE_TARGET_REVISION": source.target_revision,
    }


def substitute(text: str, environment: Mapping[str, str]) -> str:
    """``$name`` and ``${name}`` as Go's os.Expand replaces them: unknown ones become empty, ``$$`` is a dollar sign."""
    out: list[str] = []
    at = 0
    while (dollar := text.find("$", at)) >= 0 and dollar + 1 < len(text):
        out.append(text[at:dollar])
        name, width = _name(text[dollar + 1 :])
        if name == "$":
            out.append("$")
        elif name:
            out.append(environment.get(name, ""))
        elif not width:
            out.append("$")
        at = dollar + 1 + width
    return "".join(out) + text[at:]


def uses_revision(text: str) -> bool:
    """Whether the text takes the commit id in, which is another one after the merge."""
    seen: list[str] = []

    class _Spy(dict[str, str]):
        def get(self, key: str, default: object = None) -> str:
            seen.append(key)
            return ""

    substitute(text, _Spy())
    return any(name.startswith("ARGOCD_APP_REVISION") for name in seen)


def _name(text: str) -> tuple[str, int]:
    """The variable's name after a dollar sign, and its width; a width without a name is bad syntax."""
    if text[0] == "{":
        if len(text) > 2 and text[1] in _SPECIAL and text[2] == "}":
            return text[1], 3
        end = text.find("}", 1)
        if end < 0:
            return "", 1
        return text[1:end], end + 1
    if text[0] in _SPECIAL:
        return text[0], 1
    width = 0
    while width < len(text) and (text[width] == "_" or (text[width].isascii() and text[width].isalnum())):
        width += 1
    return text[:width], width
