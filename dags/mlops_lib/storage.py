"""S3, and no more of it than the pipeline uses: streamed, conditional, with errors that say what was refused.

Every object is written whole or not at all; that is all S3 promises, and what `mlops_lib.versions` builds on.
"""

import hashlib
import io
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from mlops_lib.errors import ChangedError, ConflictError, DeniedError, StorageError

_DENIED = {
    "403", "AccessDenied", "AllAccessDisabled", "ExpiredToken", "InvalidAccessKeyId", "InvalidToken",
    "SignatureDoesNotMatch", "RequestTimeTooSkewed",
}  # fmt: skip
_ABSENT = {"404", "NoSuchKey", "NotFound"}
_CONFLICT = {"409", "412", "ConditionalRequestConflict", "PreconditionFailed"}

MEBIBYTE = 1024 * 1024
# An object up to this size is fetched at once: one request is faster than the five a Parquet reader makes.
SMALL = 4 * MEBIBYTE


@dataclass(frozen=True)
class Object:
    uri: str
    size: int
    etag: str
    metadata: Mapping[str, str] = field(default_factory=dict)


def split(uri: str) -> tuple[str, str]:
    parts = urlsplit(uri)
    if parts.scheme != "s3" or not parts.netloc:
        raise StorageError(f"{uri!r} is no s3:// address")
    return parts.netloc, parts.path.lstrip("/")


def sha256(path: Path) -> str:
    with path.open("rb") as file:
        return f"sha256:{hashlib.file_digest(file, 'sha256').hexdigest()}"


class Storage:
    """`client` is boto3's. A file of more than `single` bytes goes up in parts: S3 takes 5 GiB at once."""

    def __init__(self, client: Any, *, single: int = 1024 * MEBIBYTE, part: int = 64 * MEBIBYTE) -> None:
        self.client = client
        self.single = single
        self.part = part

    @classmethod
    def connect(cls) -> "Storage":
        """The credentials chain and AWS_ENDPOINT_URL are boto3's own."""
        import boto3
        from botocore.config import Config

        config = Config(
            connect_timeout=10,
            read_timeout=60,
            retries={"mode": "standard", "max_attempts": 5},
            # Stores that are compatible with S3, but older than its checksums, refuse the trailer they are sent in.
            request_checksum_calculation="when_required",
            response_checksum_validation="when_required",
        )
        return cls(boto3.client("s3", config=config))

    @contextmanager
    def _asking(self, what: str, uri: str, conflict: type[StorageError] = ConflictError) -> Iterator[None]:
        from botocore.exceptions import BotoCoreError, ClientError, NoCredentialsError

        try:
            yield
        except ClientError as error:
            code = str(error.response.get("Error", {}).get("Code", ""))
            if code in _ABSENT:
                raise FileNotFoundError(uri) from error
            if code in _CONFLICT:
                raise conflict(f"S3: {what} {uri}: the object is another one by now ({code})") from error
            if code in _DENIED:
                raise DeniedError(f"S3 denies {what} {uri} to these credentials ({code})") from error
            raise StorageError(f"S3: {what} {uri} failed ({code or error})") from error
        except NoCredentialsError as error:
            raise DeniedError(f"S3: {what} {uri}: no credentials were found") from error
        except BotoCoreError as error:
            raise StorageError(f"S3: {what} {uri} failed ({error})") from error

    def list(self, folder: str) -> Iterator[Object]:
        """Every object below a folder, by name."""
        bucket, prefix = split(folder)
        with self._asking("ListBucket", folder):
            pages = self.client.get_paginator("list_objects_v2").paginate(
                Bucket=bucket, Prefix=f"{prefix.rstrip('/')}/"
            )
            for page in pages:
                for entry in page.get("Contents", ()):
                    yield Object(f"s3://{bucket}/{entry['Key']}", entry["Size"], entry["ETag"])

    def folders(self, folder: str) -> Iterator[str]:
        """Names of the folders directly below a folder."""
        bucket, prefix = split(folder)
        prefix = f"{prefix.rstrip('/')}/"
        with self._asking("ListBucket", folder):
            pages = self.client.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=prefix, Delimiter="/")
            for page in pages:
                for entry in page.get("CommonPrefixes", ()):
                    yield entry["Prefix"][len(prefix) :].rstrip("/")

    def head(self, uri: str) -> Object | None:
        bucket, key = split(uri)
        try:
            with self._asking("HeadObject", uri):
                answer = self.client.head_object(Bucket=bucket, Key=key)
        except FileNotFoundError:
            return None
        return Object(uri, answer["ContentLength"], answer["ETag"], answer.get("Metadata", {}))

    def read(self, uri: str) -> tuple[bytes, Object]:
        """A small object in one piece. FileNotFoundError if there is none."""
        bucket, key = split(uri)
        with self._asking("GetObject", uri):
            answer = self.client.get_object(Bucket=bucket, Key=key)
            data = answer["Body"].read()
        return data, Object(uri, len(data), answer["ETag"], answer.get("Metadata", {}))

    def read_range(self, source: Object, start: int, stop: int) -> bytes:
        """Bytes of exactly the object that was listed: if it was replaced since, ChangedError."""
        bucket, key = split(source.uri)
        with self._asking("GetObject", source.uri, ChangedError):
            answer = self.client.get_object(
                Bucket=bucket, Key=key, Range=f"bytes={start}-{stop - 1}", IfMatch=source.etag
            )
            data: bytes = answer["Body"].read()
        return data

    def open(self, source: Object) -> "RangeFile":
        return RangeFile(self, source)

    def download(self, uri: str, path: Path) -> str:
        """Stream an object into a file; gives its SHA-256."""
        bucket, key = split(uri)
        digest = hashlib.sha256()
        with self._asking("GetObject", uri), path.open("wb") as file:
            body = self.client.get_object(Bucket=bucket, Key=key)["Body"]
            for chunk in body.iter_chunks(MEBIBYTE):
                digest.update(chunk)
                file.write(chunk)
        return f"sha256:{digest.hexdigest()}"

    def write(
        self,
        uri: str,
        data: bytes | Path,
        *,
        absent: bool = False,
        match: str | None = None,
        metadata: Mapping[str, str] | None = None,
    ) -> None:
        """Write an object whole. `absent`: only if there is none; `match`: only over the object with this ETag."""
        bucket, key = split(uri)
        condition = {"IfNoneMatch": "*"} if absent else {"IfMatch": match} if match else {}
        target = {"Bucket": bucket, "Key": key}
        described = {"Metadata": dict(metadata or {})}
        with self._asking("PutObject", uri):
            try:
                if isinstance(data, bytes):
                    self.client.put_object(**target, **condition, **described, Body=data)
                elif data.stat().st_size <= self.single:
                    with data.open("rb") as file:
                        self.client.put_object(**target, **condition, **described, Body=file)
                else:
                    self._write_parts(target, condition, described, data)
            except self.client.exceptions.ClientError as error:
                # The object that was to be replaced is gone: to the caller, that is another object.
                if match and str(error.response.get("Error", {}).get("Code", "")) in _ABSENT:
                    raise ConflictError(f"S3: PutObject {uri}: the object is gone") from error
                raise

    def _write_parts(self, target: Any, condition: Any, described: Any, path: Path) -> None:
        upload = {**target, "UploadId": self.client.create_multipart_upload(**target, **described)["UploadId"]}
        parts = []
        try:
            with path.open("rb") as file:
                for number in range(1, 10_001):
                    if not (chunk := file.read(self.part)):
                        break
                    answer = self.client.upload_part(**upload, PartNumber=number, Body=chunk)
                    parts.append({"ETag": answer["ETag"], "PartNumber": number})
            self.client.complete_multipart_upload(**upload, **condition, MultipartUpload={"Parts": parts})
        except Exception:
            # Parts of an upload that never completes are not seen, but paid for.
            self.client.abort_multipart_upload(**upload)
            raise

    def delete(self, uri: str) -> None:
        bucket, key = split(uri)
        with self._asking("DeleteObject", uri):
            self.client.delete_object(Bucket=bucket, Key=key)


class RangeFile(io.RawIOBase):
    """An object as a file that is read where it is needed: a Parquet reader takes its columns and leaves the rest."""

    def __init__(self, storage: Storage, source: Object) -> None:
        super().__init__()
        self._storage = storage
        self._source = source
        self._position = 0
        self._whole: bytes | None = None

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def tell(self) -> int:
        return self._position

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        base = {io.SEEK_SET: 0, io.SEEK_CUR: self._position, io.SEEK_END: self._source.size}[whence]
        self._position = max(0, base + offset)
        return self._position

    def readinto(self, buffer: Any) -> int:
        data = self.read(len(buffer))
        buffer[: len(data)] = data
        return len(data)

    def read(self, size: int = -1) -> bytes:
        start = self._position
        stop = self._source.size if size < 0 else min(self._source.size, start + size)
        if start >= stop:
            return b""
        if self._source.size <= SMALL:
            if self._whole is None:
                self._whole = self._storage.read_range(self._source, 0, self._source.size)
            self._position = stop
            return self._whole[start:stop]
        data = self._storage.read_range(self._source, start, stop)
        self._position = start + len(data)
        return data
