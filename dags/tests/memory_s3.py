"""S3 in memory, as far as `mlops_lib.storage` uses it: whole objects, conditions, and the errors boto3 raises.

The sweeps of test_latest.py run everything again for each call to S3; against a server that takes minutes. That both
behave alike is tested there as well, with moto.
"""

import hashlib
import io
from collections.abc import Callable, Iterator
from typing import Any

from botocore.exceptions import ClientError


class _Body(io.BytesIO):
    def iter_chunks(self, size: int) -> Iterator[bytes]:
        while chunk := self.read(size):
            yield chunk


class _Model:
    def __init__(self, name: str) -> None:
        self.name = name


class MemoryS3:
    """Several clients may share one `objects`: {key: (data, etag, metadata)}. A snapshot of it is a snapshot of S3."""

    def __init__(self, objects: dict[str, tuple[bytes, str, dict[str, str]]]) -> None:
        self.objects = objects
        self._hooks: dict[str, list[Callable[..., None]]] = {"before-call.s3": [], "after-call.s3": []}
        self.meta = self.events = self
        self.exceptions = self
        self.ClientError = ClientError
        # Whether each PUT is sent a second time, as after an answer that was lost.
        self.repeat = False

    def register(self, event: str, hook: Callable[..., None]) -> None:
        self._hooks[event].append(hook)

    def _call(self, name: str, work: Callable[[], Any]) -> Any:
        for hook in self._hooks["before-call.s3"]:
            hook(model=_Model(name))
        try:
            return work()
        finally:
            # An answer that is an error is an answer, too.
            for hook in self._hooks["after-call.s3"]:
                hook(model=_Model(name))

    @staticmethod
    def _fail(code: str, name: str) -> ClientError:
        return ClientError({"Error": {"Code": code}}, name)

    def put_object(self, Body: Any, **said: Any) -> Any:
        data = Body if isinstance(Body, bytes) else Body.read()

        def work() -> Any:
            there = self.objects.get(said["Key"])
            if there and said.get("IfNoneMatch") == "*":
                raise self._fail("PreconditionFailed", "PutObject")
            if "IfMatch" in said and not there:
                raise self._fail("NoSuchKey", "PutObject")
            if there and said.get("IfMatch", there[1]) != there[1]:
                raise self._fail("PreconditionFailed", "PutObject")
            etag = f'"{hashlib.md5(data).hexdigest()}"'
            self.objects[said["Key"]] = (data, etag, said.get("Metadata", {}))
            return {"ETag": etag}

        if self.repeat:
            work()
        return self._call("PutObject", work)

    def _find(self, key: str, name: str, missing: str) -> tuple[bytes, str, dict[str, str]]:
        if key not in self.objects:
            raise self._fail(missing, name)
        return self.objects[key]

    def get_object(self, Bucket: str, Key: str) -> Any:
        def work() -> Any:
            data, etag, metadata = self._find(Key, "GetObject", "NoSuchKey")
            return {"Body": _Body(data), "ETag": etag, "Metadata": metadata}

        return self._call("GetObject", work)

    def head_object(self, Bucket: str, Key: str) -> Any:
        def work() -> Any:
            data, etag, metadata = self._find(Key, "HeadObject", "404")
            return {"ContentLength": len(data), "ETag": etag, "Metadata": metadata}

        return self._call("HeadObject", work)

    def delete_object(self, Bucket: str, Key: str) -> Any:
        return self._call("DeleteObject", lambda: self.objects.pop(Key, None))

    def get_paginator(self, _: str) -> Any:
        return self

    def paginate(self, Bucket: str, Prefix: str, Delimiter: str = "") -> Any:
        keys = sorted(key for key in self.objects if key.startswith(Prefix))
        if Delimiter:
            folders = sorted({key[len(Prefix) :].split("/")[0] for key in keys if "/" in key[len(Prefix) :]})
            page = {"CommonPrefixes": [{"Prefix": f"{Prefix}{folder}/"} for folder in folders]}
        else:
            page = {
                "Contents": [
                    {"Key": key, "Size": len(self.objects[key][0]), "ETag": self.objects[key][1]} for key in keys
                ]
            }
        return [self._call("ListObjectsV2", lambda: page)]
