"""Feast objects of every FeatureSet of the contract.

Nothing here knows a single set: entities, sources, feature views and feature services are built from
featuresets.json (the contract, equal in all environments) and environment.json (where this environment keeps its
tables). Both lie beside this file. `feast apply` collects what stands in this module's namespace.
"""

import json
from datetime import timedelta
from pathlib import Path

import feast.types
from feast import Entity, FeatureService, FeatureView, Field, FileSource, ValueType
from feast.data_format import ParquetFormat

HERE = Path(__file__).parent
UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days"}


def load(name):
    return json.loads((HERE / name).read_text(encoding="utf-8"))


def duration(text):
    """`30d` as a timedelta."""
    return timedelta(**{UNITS[text[-1]]: int(text[:-1])})


def without_none(**values):
    """Keyword arguments for what the contract says; Feast's own default for the rest."""
    return {key: value for key, value in values.items() if value is not None}


def build(contract, environment):
    """All Feast objects, by a name that is unique in a module."""
    types = {dtype: getattr(feast.types, names["feast"]) for dtype, names in contract["dtypes"].items()}
    objects = {}
    entities = {}

    for set_name, spec in contract["featureSets"].items():
        keys = []
        for entity in spec["entities"]:
            name = entity["name"]
            if name not in entities:
                entities[name] = Entity(
                    name=name,
                    join_keys=[name],
                    value_type=ValueType[entity["type"].upper()],
                    **without_none(description=entity.get("description")),
                )
                objects[f"entity {name}"] = entities[name]
            keys.append(entities[name])

        described = without_none(
            description=spec.get("description"), owner=spec.get("owner"), tags=spec.get("tags")
        )
        source = FileSource(
            name=set_name,
            path=f"{environment['featureBase']}/{set_name}/latest/features.parquet",
            file_format=ParquetFormat(),
            timestamp_field=spec["timestampColumn"],
            s3_endpoint_override=environment.get("s3Endpoint") or None,
        )
        # The keys stand in the schema too: otherwise Feast opens the table to find out their type, and a new
        # environment has no table yet.
        schema = [Field(name=entity["name"], dtype=types[entity["type"]]) for entity in spec["entities"]]
        schema += [
            Field(
                name=feature["name"],
                dtype=types[feature["dtype"]],
                **without_none(description=feature.get("description"), tags=feature.get("tags")),
            )
            for feature in spec["features"]
        ]
        view = FeatureView(
            name=set_name,
            entities=keys,
            ttl=duration(spec["ttl"]),
            schema=schema,
            source=source,
            online=True,
            **described,
        )
        objects[f"source {set_name}"] = source
        objects[f"view {set_name}"] = view
        objects[f"service {set_name}"] = FeatureService(name=set_name, features=[view], **described)
    return objects


globals().update(build(load("featuresets.json"), load("environment.json")))
