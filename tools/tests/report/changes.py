"""Changes made of nothing but objects, small, hostile and large, for the page."""

from __future__ import annotations

import copy
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from presync.argocd.model import Application, Origin
from presync.base.finding import Finding, Location, Place, Severity
from presync.change import Change, compare
from presync.platform.model import Entry, Platform
from presync.render.model import RenderedApplication, Resource
from presync.settings.model import Environment, Settings
from presync.tree import Repository, Tree

Object = dict[str, Any]
Applications = Mapping[str, list[Object]]  # name-environment to objects

HOSTILE = '</script><img src=x onerror="document.title=1"><!-- {{ script }} &amp; \u2028 \u202e `${1}` ]]>'
PASSWORD = "hunter2-in-the-clear"
SECRETS = (PASSWORD, "aHVudGVyMi1pbi10aGUtY2xlYXI=", "AgBsealedciphertext", "MDAwMC1uZXctdG9rZW4=", "bmV3LXZhbHVl")


class Files(Tree):
    """A tree in memory."""

    def __init__(self, files: Mapping[str, str]) -> None:
        self.label = "memory"
        self._files = {path: text.encode() for path, text in files.items()}

    def digest(self, path: str) -> str:
        return str(hash(self._files[path]))

    def _entries(self) -> Iterator[str]:
        return iter(self._files)

    def _links(self) -> dict[str, str]:
        return {}

    def _size(self, path: str) -> int:
        return len(self._files[path])

    def _read(self, path: str) -> bytes:
        return self._files[path]


def platform(applications: Applications, files: Mapping[str, str]) -> Platform:
    """A rendered platform; what belongs to dev or prod is told by the name."""
    entries = tuple(_entry(name, objects, files) for name, objects in applications.items())
    settings = Settings(environments=(Environment("dev", ("*-dev",)), Environment("prod", ("*-prod",))))
    return Platform(Repository(Path("/nowhere"), False), Files(files), settings, entries, (), ())


def _entry(name: str, objects: list[Object], files: Mapping[str, str]) -> Entry:
    environment = name.rpartition("-")[2]
    spec = {
        "project": environment,
        "destination": {"server": "https://kubernetes.default.svc", "namespace": name},
        "source": {"repoURL": "https://git.example.com/a.git", "path": "charts/x", "targetRevision": "main"},
    }
    reads = frozenset(path for path in files if path.split("/")[-1] == f"{name}.yaml")
    application = Application({"metadata": {"name": name}, "spec": spec}, Origin(Location("apps/all.yaml", 1)))
    resources = tuple(
        Resource(one, str(one["metadata"].get("namespace", name)), Location(f"charts/{name}.yaml", 1))
        for one in objects
    )
    return Entry(RenderedApplication(application, resources, reads=reads), environment)


def config(name: str, data: Mapping[str, Any], **metadata: Any) -> Object:
    """A ConfigMap."""
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": name, **metadata}, "data": dict(data)}


def deployment(name: str, image: str, uses: str = "", replicas: int = 1, checksum: str = "0") -> Object:
    """A Deployment, with the variables of a ConfigMap."""
    container: Object = {"name": "main", "image": image}
    if uses:
        container["envFrom"] = [{"configMapRef": {"name": uses}}]
    template = {"metadata": {"annotations": {"checksum/config": checksum}}, "spec": {"containers": [container]}}
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": name},
        "spec": {"replicas": replicas, "template": template},
    }


def secret(value: str, annotated: str = "") -> Object:
    """A Secret and what kubectl once wrote beside it."""
    annotations = {"kubectl.kubernetes.io/last-applied-configuration": annotated} if annotated else {}
    metadata = {"name": "login", "annotations": annotations}
    return {"apiVersion": "v1", "kind": "Secret", "metadata": metadata, "data": {"password": value}}


def small() -> tuple[Change, list[Finding]]:
    """One of everything a page shows."""
    long = [f"line {number}" for number in range(60)]
    later = [*long[:20], "another line", *long[21:50], "one more", *long[50:]]
    dashboard = '{"title":"Requests","panels":[{"id":1,"title":"rate","expr":"sum(rate(requests_total[5m]))"}]}'
    before: dict[str, list[Object]] = {
        "web-dev": [config("web", {"level": "debug"}), deployment("web", "web:1.0.0", "web")],
        "web-prod": [
            config("web", {"level": "info", "web.conf": "\n".join(long), "board": dashboard}),
            deployment("web", "web:1.0.0", "web", 2),
            secret(SECRETS[1], PASSWORD),
            {
                "apiVersion": "bitnami.com/v1alpha1",
                "kind": "SealedSecret",
                "metadata": {"name": "sealed"},
                "spec": {"encryptedData": {"token": SECRETS[2]}},
            },
        ],
        "api-prod": [
            {"apiVersion": "v1", "kind": "Service", "metadata": {"name": "api"}, "spec": {"ports": [{"port": 80}]}},
            config("api", {"web": "http://web.web-prod.svc:8080"}),
            deployment("api", "api:1.0.0", "api"),
        ],
        "old-dev": [config("old", {"a": "b"}), secret(SECRETS[1], PASSWORD)],
        "still-dev": [config("still", {"a": "b"})],
    }
    before["web-prod"].append(
        {"apiVersion": "v1", "kind": "Service", "metadata": {"name": "web"}, "spec": {"ports": [{"port": 8080}]}}
    )
    after = copy.deepcopy(before)
    web = after["web-prod"]
    web[0]["data"] = {"level": 3, "web.conf": "\n".join(later), "board": dashboard.replace("5m", "1m")}
    web[1] = deployment("web", "web:2.0.0", "web", 3, "1")
    web[2] = secret(SECRETS[3], f"{PASSWORD} again")
    web[3]["spec"] = {"encryptedData": {"token": f"{SECRETS[2]}-new", "second": f"{SECRETS[2]}-2"}}
    web[4]["spec"]["ports"].append({"port": 9090, "name": "metrics"})
    after["web-dev"][1] = deployment("web", "web:1.0.0", "web", checksum="1")
    after["api-prod"].append(secret(SECRETS[4]))
    del after["old-dev"]
    after["new-dev"] = [config("new", {"text": "a\nb\n"})]
    change = compare(
        platform(before, {"envs/web-prod.yaml": "replicas: 2\nimage: 1.0.0\n", "apps/all.yaml": "x\n"}),
        platform(after, {"envs/web-prod.yaml": "replicas: 3\nimage: 2.0.0\n", "apps/all.yaml": "x\n"}),
    )
    return change, _findings()


def _findings() -> list[Finding]:
    return [
        Finding(
            "CHG001",
            "application-removed",
            Severity.ERROR,
            "Application old-dev disappears; its 2 objects are deleted with it",
            "Waive CHG001 for it, with a date, if that is meant.",
            "old-dev",
            "dev",
            location=Location("envs/old-dev.yaml"),
        ),
        Finding(
            "CHG011",
            "image-jumps",
            Severity.WARNING,
            "a major version: web:1.0.0 becomes web:2.0.0",
            "Read its upgrade notes.",
            "web-prod",
            "prod",
            "Deployment.apps web-prod/web",
            "spec.template.spec.containers[0].image",
            Location("envs/web-prod.yaml", 2, 1),
            places=(Place("web-dev", "dev", "Deployment.apps web-dev/web", "spec", Location("envs/web-dev.yaml", 1)),),
        ),
        Finding(
            "CHG007", "pods-restart", Severity.INFO, "the Pods restart", application="web-prod", environment="prod"
        ),
    ]


def odd() -> tuple[Change, list[Finding]]:
    """An object that moves, an Application that changes itself, one that renders in one state only."""
    shared = config("shared", {"a": "b"}, namespace="shared")
    before = platform({"a-dev": [shared], "b-dev": [], "c-dev": [config("c", {"a": "b"})]}, {})
    after = platform({"a-dev": [], "b-dev": [shared], "c-dev": []}, {})
    first, second, third = after.entries
    failed = replace(third, rendered=replace(third.rendered, error="template: charts/c: nil pointer\nmore"))
    raw = copy.deepcopy(dict(second.application.raw))
    raw["spec"]["project"] = "other"
    redirected = replace(second.rendered, application=replace(second.application, raw=raw))
    second = replace(second, rendered=redirected)
    return compare(before, replace(after, entries=(first, second, failed))), []


def hostile() -> tuple[Change, list[Finding]]:
    """Names and values that would like to be markup."""
    name = f'"{HOSTILE}"#?/%2e'
    before: dict[str, list[Object]] = {
        "__proto__": [config(name, {HOSTILE: "a", "constructor": "b"}), config("gone", {"x": HOSTILE})],
        f"{HOSTILE}-prod": [config("b", {"lines": f"{HOSTILE}\nsecond"})],
    }
    after = copy.deepcopy(before)
    after["__proto__"][0]["data"] = {HOSTILE: HOSTILE, "constructor": f"{HOSTILE}\n{HOSTILE}"}
    after["__proto__"][1] = config("come", {"x": HOSTILE})
    after[f"{HOSTILE}-prod"][0]["data"]["lines"] = f"{HOSTILE}\nthird"
    files = {"envs/__proto__.yaml": "a", "half a character \udc80.yaml": "a"}
    change = compare(platform(before, {}), platform(after, files))
    finding = Finding(
        "CHG011",
        HOSTILE,
        Severity.ERROR,
        HOSTILE,
        HOSTILE,
        "__proto__",
        "prod",
        f"ConfigMap __proto__/{name}",
        HOSTILE,
        Location(f"envs/{HOSTILE}", 1),
    )
    return change, [finding]


def large(applications: int = 100, objects: int = 10) -> tuple[Change, list[Finding]]:
    """Applications in two environments, all objects of which change; every tenth has a danger."""
    before: dict[str, list[Object]] = {}
    after: dict[str, list[Object]] = {}
    findings = []
    for number in range(applications):
        for environment in ("dev", "prod"):
            name = f"app-{number:03d}-{environment}"
            before[name] = list(_objects(name, number, objects, False))
            after[name] = list(_objects(name, number, objects, True))
            if number % 10 == 0:
                findings.append(
                    Finding(
                        "CHG011",
                        "image-jumps",
                        Severity.WARNING,
                        f"a major version: registry.example.com/{name}:1.4.2 becomes 2.0.0",
                        "Read its upgrade notes.",
                        name,
                        environment,
                        f"Deployment.apps {name}/main-0",
                        "spec.template.spec.containers[0].image",
                        Location(f"envs/{environment}/{name}/values.yaml", 3),
                    )
                )
    return compare(platform(before, {}), platform(after, {})), findings


def _objects(name: str, number: int, objects: int, after: bool) -> Iterator[Object]:
    environment = name.rpartition("-")[2]
    for at in range(objects):
        if at % 2:
            lines = [f"setting.{line} = {line * number}" for line in range(40)]
            lines[12] = "setting.12 = changed" if after else "setting.12 = as ever"
            if after:
                lines.insert(30, f"setting.new = {at}")
            upstream = f"app-{number // 3:03d}-{environment}"
            data = {"app.conf": "\n".join(lines), "upstream": f"http://svc.{upstream}.svc:8080", "at": str(at)}
            yield config(f"config-{at}", data)
        elif at == 4:
            yield {
                "apiVersion": "v1",
                "kind": "Service",
                "metadata": {"name": "svc", "labels": {"version": "2" if after else "1"}},
                "spec": {"ports": [{"port": 8080}]},
            }
        else:
            image = f"registry.example.com/{name}:{'2.0.0' if after else '1.4.2'}"
            yield deployment(f"main-{at}", image, f"config-{at + 1}", 3 if after else 2, "1" if after else "0")
