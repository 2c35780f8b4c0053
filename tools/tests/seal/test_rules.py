"""The rules about SealedSecrets: each fires on its mistakes and on nothing else."""

from __future__ import annotations

import copy
import datetime
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from presync.argocd.model import Application, Origin
from presync.base.finding import Location, Severity
from presync.platform.model import Entry, Platform
from presync.render.model import RenderedApplication, Resource
from presync.rules import (
    sec101_sealed_for_another_name,
    sec102_sealed_secret_malformed,
    sec103_sealed_secret_unrecorded,
    sec104_sealing_certificate_mismatch,
    sec105_plain_value_in_sealed_secret,
)
from presync.rules.model import Match, dotted
from presync.seal.keys import read_certificates
from presync.seal.scope import ANNOTATIONS, Scope
from presync.seal.sealed import put_values, seal_secret
from presync.seal.secret import Secret
from presync.settings import Settings
from presync.tree.repository import open_repository

from .conftest import TODAY, Pair, make_pair

RULES = {
    "SEC101": sec101_sealed_for_another_name,
    "SEC102": sec102_sealed_secret_malformed,
    "SEC103": sec103_sealed_secret_unrecorded,
    "SEC104": sec104_sealing_certificate_mismatch,
    "SEC105": sec105_plain_value_in_sealed_secret,
}
DEV, PROD = "envs/dev/sealed-secrets.pem", "envs/prod/sealed-secrets.pem"
Object = dict[str, Any]


class World:
    """SealedSecrets in a tree with the certificates of two environments."""

    def __init__(self, folder: Path, dev: Pair, prod: Pair) -> None:
        self.folder = folder
        self.pairs = {"dev": dev, "prod": prod}
        self.resources: list[Resource] = []
        for path, pair in ((DEV, dev), (PROD, prod)):
            (folder / path).parent.mkdir(parents=True)
            (folder / path).write_bytes(pair.pem)

    def sealed(
        self, env: str = "dev", name: str = "auth", scope: Scope = Scope.STRICT, pair: Pair | None = None
    ) -> Object:
        [certificate] = read_certificates((pair or self.pairs[env]).pem, "c")
        secret = Secret(name, f"redis-{env}", {"password": b"x", "user": b"y"}, "Opaque")
        return seal_secret(secret, scope, certificate, TODAY)

    def add(self, data: Mapping[str, Any], env: str = "dev", namespace: str = "") -> None:
        place = namespace or str(data["metadata"].get("namespace") or f"redis-{env}")
        self.resources.append(Resource(data, place, Location(f"envs/{env}/secrets/a.yaml", 1)))

    def matches(self, rule: str) -> list[Match]:
        entry = Entry(RenderedApplication(Application({}, Origin(Location())), tuple(self.resources)), "dev")
        repository = open_repository(self.folder)
        platform = Platform(repository, repository.worktree, Settings(), (entry,), (), ())
        return list(RULES[rule].check(platform))

    def found(self) -> list[tuple[str, str]]:
        """Rule and field of everything that fires."""
        return [(rule, dotted(match.path)) for rule in RULES for match in self.matches(rule)]


@pytest.fixture
def world(tmp_path: Path, pair: Pair, other: Pair) -> World:
    return World(tmp_path, pair, other)


def test_what_presync_seals_is_in_order(world: World) -> None:
    for env in ("dev", "prod"):
        for scope in Scope:
            world.add(world.sealed(env, f"auth-{scope}", scope), env)
    world.add({"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "a"}})
    assert world.found() == []


def test_merged_and_resealed_ones_are_in_order(world: World) -> None:
    document = world.sealed()
    [certificate] = read_certificates(world.pairs["dev"].pem, "c")
    put_values(document, {"third": b"z"}, certificate, TODAY + datetime.timedelta(days=9))
    world.add(document)
    assert world.found() == []


def test_wider_scopes_may_move(world: World) -> None:
    wide = world.sealed(scope=Scope.NAMESPACE_WIDE)
    wide["metadata"]["name"] = "renamed"
    world.add(wide)
    everywhere = world.sealed(name="e", scope=Scope.CLUSTER_WIDE)
    everywhere["metadata"] |= {"name": "renamed-too", "namespace": "elsewhere"}
    world.add(everywhere)
    again = copy.deepcopy(everywhere)
    again["metadata"]["namespace"] = "a-third"
    world.add(again)
    assert world.found() == []


@pytest.mark.parametrize(
    ("scope", "change", "field", "words"),
    [
        (
            Scope.STRICT,
            {"name": "other"},
            "metadata.name",
            "the name auth in the namespace redis-dev, but it is called other",
        ),
        (Scope.STRICT, {"namespace": "feast-dev"}, "metadata.namespace", "but it is auth in the namespace feast-dev"),
        (
            Scope.NAMESPACE_WIDE,
            {"namespace": "feast-dev"},
            "metadata.namespace",
            "any name in the namespace redis-dev, but it is auth in the namespace feast-dev",
        ),
    ],
)
def test_renamed_or_moved(world: World, scope: Scope, change: Object, field: str, words: str) -> None:
    document = world.sealed(scope=scope)
    document["metadata"] |= change
    world.add(document)
    [match] = world.matches("SEC101")
    assert dotted(match.path) == field
    assert words in match.message
    assert world.found() == [("SEC101", field)]


def test_moved_by_the_destination_of_its_application(world: World) -> None:
    document = world.sealed()
    del document["metadata"]["namespace"]
    world.add(document, namespace="feast-dev")
    [match] = world.matches("SEC101")
    assert "auth in the namespace feast-dev" in match.message


@pytest.mark.parametrize("scope", [Scope.NAMESPACE_WIDE, Scope.CLUSTER_WIDE])
def test_scope_annotation_added_or_lost(world: World, scope: Scope) -> None:
    document = world.sealed()
    document["metadata"]["annotations"][ANNOTATIONS[scope]] = "true"
    world.add(document)
    lost = world.sealed(name="lost", scope=scope)
    del lost["metadata"]["annotations"][ANNOTATIONS[scope]]
    world.add(lost)
    first, second = world.matches("SEC101")
    assert f"declared {scope} (sealed strict)" in first.message
    assert f"declared strict (sealed {scope})" in second.message


def test_copy_of_one_without_a_record(world: World) -> None:
    original = world.sealed()
    del original["metadata"]["annotations"]
    moved = copy.deepcopy(original)
    moved["metadata"]["namespace"] = "feast-dev"
    world.add(original)
    world.add(moved)
    matches = world.matches("SEC101")
    assert sorted(match.key for match in matches) == ["password", "password", "user", "user"]
    assert "is the same text as in feast-dev/auth" in matches[0].message


def test_only_the_copy_is_told_where_the_original_has_a_record(world: World) -> None:
    original, copied = world.sealed(), world.sealed(name="copied")
    copied["spec"]["encryptedData"]["password"] = original["spec"]["encryptedData"]["password"]
    world.add(original)
    world.add(copied)
    [match] = world.matches("SEC101")
    assert match.resource is world.resources[1]
    assert "redis-dev/auth" in match.message
    assert world.matches("SEC103") == []


def test_copy_with_the_record_edited_to_fit(world: World) -> None:
    original = world.sealed()
    moved = copy.deepcopy(original)
    moved["metadata"]["namespace"] = "feast-dev"
    moved["metadata"]["annotations"]["presync.example.com/sealed-for"] = "strict:feast-dev/auth"
    world.add(original)
    world.add(moved)
    assert len(world.matches("SEC101")) == 4


def test_copy_into_another_environment_with_the_record_edited_to_fit(world: World) -> None:
    original = world.sealed()
    text = json.dumps(original).replace("-dev", "-prod")
    world.add(original)
    world.add(json.loads(text), "prod")
    assert [match.resource for match in world.matches("SEC101")] == [world.resources[1]] * 2
    assert {rule for rule, _ in world.found()} == {"SEC101"}
    for name in (DEV, PROD):
        (world.folder / name).write_bytes(b"")
    assert len(world.matches("SEC101")) == 4


@pytest.mark.parametrize(
    ("value", "words"),
    [
        ("cGxhaW4gdGV4dA==", "too short"),
        ("hunter2!", "not base64"),
        ("AgA" + "A" * 33, "too short"),
        ("ABA" + "A" * 101, "RSA block would have 16 bytes"),
        (None, "not text"),
        (12, "not text"),
    ],
)
def test_malformed_value(world: World, value: object, words: str) -> None:
    document = world.sealed()
    document["spec"]["encryptedData"]["password"] = value
    world.add(document)
    [match] = world.matches("SEC102")
    assert words in match.message and "hunter2" not in match.message
    assert world.found() == [("SEC102", "spec.encryptedData.password")]


@pytest.mark.parametrize("spec", [{}, {"encryptedData": {}}, {"encryptedData": None}, {"encryptedData": "x"}, None])
def test_no_value(world: World, spec: object) -> None:
    world.add(world.sealed() | {"spec": spec})
    assert [match.message for match in world.matches("SEC102")] == ["has no value in spec.encryptedData"]


def test_deprecated_form(world: World) -> None:
    sealed = world.sealed()
    world.add(sealed | {"spec": {"data": sealed["spec"]["encryptedData"]["user"]}})
    assert world.matches("SEC102") == []
    world.add(sealed | {"spec": {"data": "AgA="}})
    world.add(sealed | {"spec": sealed["spec"] | {"data": "AgA="}})
    assert [match.message[:14] for match in world.matches("SEC102")] == ["the value of s", "has both spec."]


def test_contradicting_scopes(world: World) -> None:
    both = world.sealed(scope=Scope.CLUSTER_WIDE)
    both["metadata"]["annotations"][ANNOTATIONS[Scope.NAMESPACE_WIDE]] = "true"
    world.add(both)
    inside = world.sealed(name="inside")
    inside["spec"]["template"]["metadata"]["annotations"] = {ANNOTATIONS[Scope.NAMESPACE_WIDE]: "true"}
    world.add(inside)
    word = world.sealed(name="word")
    word["metadata"]["annotations"][ANNOTATIONS[Scope.NAMESPACE_WIDE]] = "yes"
    world.add(word)
    no = world.sealed(name="no")
    no["metadata"]["annotations"][ANNOTATIONS[Scope.NAMESPACE_WIDE]] = "false"
    world.add(no)
    only_outside = world.sealed(name="outside", scope=Scope.CLUSTER_WIDE)
    del only_outside["spec"]["template"]
    world.add(only_outside)
    messages = [match.message for match in world.matches("SEC102")]
    assert [message.split(";")[0].split(",")[0] for message in messages] == [
        "declares two scopes",
        "is strict by its own annotations",
        f"{ANNOTATIONS[Scope.NAMESPACE_WIDE]} is 'yes'",
    ]
    assert world.matches("SEC101") == []


def test_unrecorded(world: World) -> None:
    bare = world.sealed()
    del bare["metadata"]["annotations"]
    world.add(bare)
    [match] = world.matches("SEC103")
    assert match.severity is None and "no record" in match.message
    assert world.found() == [("SEC103", "metadata")]


def test_changed_or_added_value(world: World) -> None:
    document, foreign = world.sealed(), world.sealed(name="foreign")
    document["spec"]["encryptedData"]["password"] = foreign["spec"]["encryptedData"]["password"]
    document["spec"]["encryptedData"]["third"] = foreign["spec"]["encryptedData"]["user"]
    world.add(document)
    changed, added = world.matches("SEC103")
    assert (changed.key, changed.severity) == ("password", Severity.WARNING)
    assert (added.key, added.severity) == ("third", None)
    assert {rule for rule, _ in world.found()} == {"SEC103"}


def test_damaged_record(world: World) -> None:
    for annotation in ("presync.example.com/sealed-for", "presync.example.com/sealed-keys"):
        document = world.sealed()
        document["metadata"]["annotations"][annotation] = "?"
        world.add(document)
    assert [dotted(match.path)[-13:] for match in world.matches("SEC103")] == ["m/sealed-for]", "/sealed-keys]"]


def test_certificate_of_the_other_environment(world: World) -> None:
    world.add(world.sealed(pair=world.pairs["prod"]))
    matches = world.matches("SEC104")
    assert [(match.key, match.severity) for match in matches] == [
        ("password", Severity.ERROR),
        ("user", Severity.ERROR),
    ]
    assert f"sealed with {PROD}, not with {DEV}" in matches[0].message


def test_certificate_that_is_nowhere(world: World) -> None:
    stranger = make_pair()
    world.add(world.sealed(pair=stranger))
    matches = world.matches("SEC104")
    assert [match.severity for match in matches] == [Severity.WARNING] * 2
    (world.folder / DEV).write_bytes(world.pairs["dev"].pem + stranger.pem)
    assert world.matches("SEC104") == []


def test_length_of_the_key_without_a_record(world: World) -> None:
    document = world.sealed(pair=make_pair(3072))
    del document["metadata"]["annotations"]
    world.add(document)
    assert "a key of 3072 bits" in world.matches("SEC104")[0].message
    (world.folder / DEV).unlink()
    assert world.matches("SEC104") == []


def test_private_key_instead_of_a_certificate(world: World) -> None:
    (world.folder / DEV).write_bytes(world.pairs["dev"].private_pem)
    world.add(world.sealed())
    [match] = world.matches("SEC104")
    assert match.location == Location(DEV)
    assert "private key" in match.message and match.severity is Severity.ERROR


@pytest.mark.parametrize(
    ("data", "fires"),
    [
        ({"password": "hunter2"}, True),
        ({"SLACK_TOKEN": "xoxb"}, True),
        ({"id_rsa": "-----BEGIN OPENSSH PRIVATE KEY-----\nx"}, True),
        ({"redis.conf": "requirepass {{ .password }}"}, False),
        ({"password": "{{ .user }}:x"}, False),
        ({"username": "feast", "password": None, "token": " "}, False),
        (None, False),
        ("text", False),
    ],
)
def test_plain_value(world: World, data: object, fires: bool) -> None:
    document = world.sealed()
    document["spec"]["template"]["data"] = data
    world.add(document)
    assert bool(world.matches("SEC105")) is fires
    assert all("hunter2" not in match.message for match in world.matches("SEC105"))
