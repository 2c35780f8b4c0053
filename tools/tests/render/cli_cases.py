"""Ways to call a chart: what stands in an Application's ``helm:`` block, and what the real Helm is given for it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Case:
    """A ``helm:`` block, the same as arguments, and value files by name."""

    name: str
    helm: dict[str, Any] = field(default_factory=dict)
    arguments: tuple[str, ...] = ()
    files: dict[str, str] = field(default_factory=dict)
    namespace: str = "apps"
    crds: bool = True


def parameters(**values: str) -> Case:
    """``helm.parameters`` with dotted names; each is one --set."""
    return Case(
        "set " + " ".join(f"{name}={value}" for name, value in values.items()),
        {"parameters": [{"name": name, "value": value} for name, value in values.items()]},
        tuple(part for name, value in values.items() for part in ("--set", f"{name}={value}")),
    )


def files(name: str, *texts: str, **more: Any) -> Case:
    """Value files, in order."""
    names = [f"v{index}.yaml" for index in range(len(texts))]
    return Case(
        name,
        {"valueFiles": names, **more},
        tuple(part for one in names for part in ("--values", one)),
        dict(zip(names, texts, strict=True)),
    )


CASES = [
    Case("defaults"),
    Case("no namespace", namespace=""),
    Case("skip crds", {"skipCrds": True}, crds=False),
    Case("skip tests", {"skipTests": True}, ("--skip-tests",)),
    Case("release name", {"releaseName": "rel"}, ("--name-template", "rel")),
    Case("kube version", {"kubeVersion": "1.31.4"}, ("--kube-version", "1.31.4")),
    Case("too old", {"kubeVersion": "1.20.0"}, ("--kube-version", "1.20.0")),
    Case("bad release name", {"releaseName": "Rel_x"}, ("--name-template", "Rel_x")),
    files("null deletes", "drop: {gone: null}\ndeep: null\nlist: null\nunknown: null\nworker: {drop: null}\n"),
    files("null and set again", "deep: null\n", "deep: {p: 9}\n"),
    files("later wins", "big: 1\nmap: {a: {b: {d: 2}}}\n", "map: {a: {b: {c: 3}}}\nlist: [9]\n"),
    files("scalar over map", "map: 5\n"),
    files("map over scalar", "big: {x: 1}\n"),
    files("words", "yes: 2\ny: 3\nn: 4\non: 5\n1: 6\n1.5: 7\ntext: yes\n"),
    files("numbers", "million: 1234567\nbig: 1e6\nsmall: 1.50\noctal: 0755\nhuge: -9007199254740993\ntext: 0x1F\n"),
    files("several documents", "big: 1\n---\nbig: 2\nextra: 3\n---\n# nothing\n"),
    files("anchors", "a: &x {k: 1}\nb: *x\nc: {<<: *x, m: 2}\n"),
    files("empty", ""),
    files("only a comment", "# nothing\n"),
    files("a list", "- 1\n"),
    files("text", "abc\n"),
    files("broken", "a: [1\n"),
    files("tabs", "a:\n\tb: 1\n"),
    files("duplicate keys", "big: 1\nbig: 2\n"),
    files("byte order mark", "\ufeffbig: 7\n"),
    files("windows lines", "big: 7\r\ntext: |\r\n  a\r\n  b\r\n"),
    files("subcharts off", "worker: {enabled: false}\n"),
    files("alias on", "tags: {more: true}\nsecond: {size: 9}\n"),
    files("both off", "worker: {enabled: false}\ntags: {more: false}\nglobal: {workers: false}\n"),
    files("globals", "global: {port: 8443, shared: {x: null, z: 3}}\nworker: {global: {own: parent}}\n"),
    files("unicode", 'text: "héllo ☃ 𝔘 \\u0007"\n'),
    files("template in values", "template: '{{ .Values.nope.nope }}'\n"),
    files("long block", "multi: |+\n  a\n\n\n"),
    parameters(big="3"),
    parameters(big="12345678"),
    parameters(big="1000000", million="1234567", whole="3.0", small="1.10", octal="0755", expo="1e3", text="true"),
    parameters(huge="9223372036854775807", beyond="9223372036854775808", big="-5"),
    parameters(big="null", deep="null"),
    parameters(**{"drop.gone": "7000000", "map.a.b.c": "8000000", "map.a.b.new": "9000000"}),
    parameters(**{"list[1]": "9"}),
    parameters(**{"new[2]": "5000000"}),
    parameters(**{"new[0].x": "5000000", "new[1].y.z": "6000000"}),
    parameters(**{"new[0][1]": "5000000"}),
    parameters(list="{1,2000000,x}"),
    parameters(list="{}"),
    parameters(text="", multi="a b=c"),
    parameters(**{"global.port": "5000000", "worker.size": "6000000"}),
    parameters(**{"global.shared.x": "5000000", "tags.more": "true", "second.size": "7000000"}),
    parameters(**{"worker.enabled": "false", "worker.size": "7000000"}),
    parameters(**{"a\\.b": "5000000"}),
    parameters(text="C:\\dir"),
    parameters(text="TRUE", multi="Null"),
    parameters(**{"list[70000]": "1"}),
    parameters(**{"list[-1]": "1"}),
    parameters(**{"list[x]": "1"}),
    parameters(**{"list[0": "1"}),
    parameters(**{"map.a": "5", "text": "{a"}),
    Case(
        "list from a file",
        {"valueFiles": ["v0.yaml"], "parameters": [{"name": "list[1]", "value": "9000000"}]},
        ("--values", "v0.yaml", "--set", "list[1]=9000000"),
        {"v0.yaml": "list: [1, 2, {a: 1}]\n"},
    ),
    Case(
        "maps in a list from a file",
        {"valueFiles": ["v0.yaml"], "parameters": [{"name": "list[2].b", "value": "9000000"}]},
        ("--values", "v0.yaml", "--set", "list[2].b=9000000"),
        {"v0.yaml": "list: [1, [2], {a: 1}]\n"},
    ),
    Case(
        "scalar in the way",
        {"valueFiles": ["v0.yaml"], "parameters": [{"name": "big.x", "value": "1"}]},
        ("--values", "v0.yaml", "--set", "big.x=1"),
        {"v0.yaml": "big: 1\n"},
    ),
    Case(
        "forced strings come last",
        {"parameters": [{"name": "big", "value": "7", "forceString": True}, {"name": "big", "value": "8"}]},
        ("--set", "big=8", "--set-string", "big=7"),
    ),
    Case(
        "forced list",
        {"parameters": [{"name": "list", "value": "{1,true}", "forceString": True}]},
        ("--set-string", "list={1,true}"),
    ),
    Case(
        "commas are part of the value",
        {"parameters": [{"name": "text", "value": "a,b"}, {"name": "multi", "value": "a\\,b"}]},
        ("--set", "text=a\\,b", "--set", "multi=a\\,b"),
    ),
    Case(
        "file parameters",
        {"fileParameters": [{"name": "text", "path": "config/a.txt"}, {"name": "map.f", "path": "config/c.json"}]},
        ("--set-file", "text=config/a.txt", "--set-file", "map.f=config/c.json"),
    ),
    Case(
        "inline values beat files",
        {"valueFiles": ["v0.yaml"], "values": "big: 2\n"},
        ("--values", "v0.yaml", "--values", "inline.yaml"),
        {"v0.yaml": "big: 1\nsmall: 5\n", "inline.yaml": "big: 2\n"},
    ),
    Case(
        "values object",
        {
            "valuesObject": {"big": 1234567, "drop": {"gone": None}, "list": [{"x": 1.5}], "text": "yes"},
            "values": "big: 9",
        },
        ("--values", "inline.yaml"),
        {"inline.yaml": 'big: 1234567\ndrop: {gone: null}\nlist: [{x: 1.5}]\ntext: "yes"\n'},
    ),
]
