"""The Application's own ``kustomize:`` block, written into a kustomization as ``kustomize edit`` would."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Protocol

from presync.render.environment import substitute
from presync.render.failure import Refused

Kustomization = dict[str, Any]


class Folder(Protocol):
    """The folder of the kustomization."""

    def find(self, path: str) -> list[str]:
        """What a path, or a glob, finds, relative to the folder."""

    def absent(self, path: str) -> str:
        """Kustomize's words for a path that is not there."""


_KEEP = "*"


def edited(
    original: Mapping[str, Any], options: Mapping[str, Any], environment: Mapping[str, str], folder: Folder
) -> Kustomization:
    """The kustomization with the block applied, in Argo CD's order.

    Raises:
        Refused: ``kustomize edit`` would fail.
    """
    out = dict(original)
    if options.get("namePrefix"):
        out["namePrefix"] = str(options["namePrefix"])
    if options.get("nameSuffix"):
        out["nameSuffix"] = str(options["nameSuffix"])
    if options.get("images"):
        out["images"] = _images(out, [substitute(str(one), environment) for one in options["images"]])
    if options.get("replicas"):
        out["replicas"] = _replicas(out, options["replicas"])
    if options.get("commonLabels"):
        _labels(out, options, environment)
    if options.get("commonAnnotations"):
        _annotations(out, options, environment)
    if options.get("namespace"):
        out["namespace"] = str(options["namespace"])
    if options.get("patches"):
        patches = out.get("patches", [])
        if not isinstance(patches, list):
            raise Refused("expected 'patches' field in kustomization.yaml to be []any")
        out["patches"] = [*patches, *options["patches"]]
    if options.get("components"):
        _components(out, options, folder)
    return out


def _images(out: Kustomization, wanted: list[str]) -> list[dict[str, Any]]:
    chosen = {image["name"]: image for image in map(_image, wanted)}
    for old in [*(out.get("images") or []), *(out.pop("imageTags", None) or [])]:
        if not isinstance(old, Mapping):
            raise Refused("invalid Kustomization: json: cannot unmarshal into Go struct field Kustomization.images")
        name = str(old.get("name") or "")
        new = chosen.get(name)
        if new is None:
            chosen[name] = dict(old)
            continue
        for key in ("newName", "newTag", "digest"):
            if new.get(key) == _KEEP:
                new[key] = old.get(key, "")
    for image in chosen.values():
        for key in ("newName", "newTag", "digest"):
            if image.get(key) in (_KEEP, ""):
                image.pop(key, None)
    return [chosen[name] for name in sorted(chosen)]


def _image(text: str) -> dict[str, Any]:
    """``[name=]image[:tag][@digest]``."""
    key, assigned, value = text.partition("=")
    if not assigned:
        key, value = "", text
    rest, _, digest = value.partition("@")
    tag = ""
    colon = rest.rfind(":")
    if colon > rest.rfind("/"):
        rest, tag = rest[:colon], rest[colon + 1 :]
    if rest == text:
        raise Refused(
            "Error: invalid format of image, use one of the following options:\n"
            "- <image>=<newimage>:<newtag>\n- <image>=<newimage>@<digest>\n- <image>=<newimage>:<newtag>@<digest>\n"
            "- <image>=<newimage>\n- <image>:<newtag>\n- <image>:<newtag>@<digest>\n- <image>@<digest>"
        )
    image = {"name": key, "newName": rest} if assigned and key else {"name": rest}
    return {**image, "newTag": tag, "digest": digest}


def _replicas(out: Kustomization, wanted: list[Mapping[str, Any]]) -> list[dict[str, Any]]:
    chosen: dict[str, dict[str, Any]] = {}
    for one in wanted:
        name, count = str(one.get("name") or ""), one.get("count", 0)
        if isinstance(count, str):
            if not re.fullmatch(r"[+-]?[0-9]+", count):
                raise Refused(f"expected integer value for count. Received: {count}")
            count = int(count)
        chosen[name] = {"name": name, "count": count}
    for old in out.get("replicas") or []:
        chosen.setdefault(str(old.get("name") or ""), dict(old))
    return [chosen[name] for name in sorted(chosen)]


def _labels(out: Kustomization, options: Mapping[str, Any], environment: Mapping[str, str]) -> None:
    wanted = {str(key): substitute(str(value), environment) for key, value in options["commonLabels"].items()}
    forced = options.get("forceCommonLabels") is True
    in_templates = options.get("labelIncludeTemplates") is True
    if in_templates and options.get("labelWithoutSelector") is not True:
        raise Refused("Error: --without-selector flag must be specified for --include-templates to work")
    if options.get("labelWithoutSelector") is not True:
        out["commonLabels"] = _added(out.get("commonLabels"), wanted, forced, "label")
        return
    labels = [dict(one) for one in out.get("labels") or []]
    for label in labels:
        if not label.get("includeSelectors") and bool(label.get("includeTemplates")) == in_templates:
            label["pairs"] = _added(label.get("pairs"), wanted, forced, "label")
            break
    else:
        labels.append({"pairs": wanted, **({"includeTemplates": True} if in_templates else {})})
    out["labels"] = labels


def _annotations(out: Kustomization, options: Mapping[str, Any], environment: Mapping[str, str]) -> None:
    wanted = {str(key): str(value) for key, value in options["commonAnnotations"].items()}
    if options.get("commonAnnotationsEnvsubst") is True:
        wanted = {key: substitute(value, environment) for key, value in wanted.items()}
    forced = options.get("forceCommonAnnotations") is True
    out["commonAnnotations"] = _added(out.get("commonAnnotations"), wanted, forced, "annotation")


def _added(old: Any, wanted: Mapping[str, str], forced: bool, kind: str) -> dict[str, Any]:
    merged = dict(old or {})
    for key, value in wanted.items():
        if key in merged and not forced:
            raise Refused(f"Error: {kind} {key} already in kustomization file. Use --force to override.")
        merged[key] = value
    return merged


def _components(out: Kustomization, options: Mapping[str, Any], folder: Folder) -> None:
    wanted = [str(one) for one in options["components"]]
    if options.get("ignoreMissingComponents") is True:
        wanted = [one for one in wanted if one in folder.find(one)]
    components = list(out.get("components") or [])
    for one in wanted:
        found = folder.find(one)
        if not found:
            raise Refused(f"Error: {one} has no match: {folder.absent(one)}")
        components += [path for path in found if path not in components]
    if wanted:
        out["components"] = components
