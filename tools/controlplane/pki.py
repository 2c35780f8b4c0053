"""Keys and certificates of one instance, made with the openssl command; nothing of them outlives the instance."""

from __future__ import annotations

import subprocess
from pathlib import Path

_CURVE = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes")
# Without a configuration of its own openssl would add the machine's default extensions to ours.
_CONFIGURATION = "[req]\ndistinguished_name = name\n[name]\n"


def _openssl(folder: Path, *arguments: str) -> None:
    subprocess.run(["openssl", *arguments], cwd=folder, stdin=subprocess.DEVNULL, capture_output=True, check=True)


def authority(folder: Path) -> None:
    """ca.crt and ca.key."""
    (folder / "openssl.cnf").write_text(_CONFIGURATION, encoding="ascii")
    _openssl(
        folder,
        *("req", "-x509", *_CURVE, "-config", "openssl.cnf", "-days", "30", "-subj", "/CN=control plane"),
        *("-addext", "basicConstraints=critical,CA:TRUE", "-addext", "keyUsage=critical,keyCertSign,cRLSign"),
        *("-addext", "subjectKeyIdentifier=hash", "-keyout", "ca.key", "-out", "ca.crt"),
    )


def certificate(folder: Path, file: str, names: list[str]) -> None:
    """FILE.crt and FILE.key for these names (`DNS:...`, `IP:...`), signed by the authority."""
    _openssl(
        folder,
        *("req", "-x509", *_CURVE, "-config", "openssl.cnf", "-days", "30", "-subj", "/CN=server"),
        *("-CA", "ca.crt", "-CAkey", "ca.key", "-addext", f"subjectAltName={','.join(names)}"),
        *("-addext", "basicConstraints=critical,CA:FALSE", "-addext", "extendedKeyUsage=serverAuth"),
        *("-keyout", f"{file}.key", "-out", f"{file}.crt"),
    )


def signing_key(folder: Path) -> None:
    """sa.key and sa.pub, with which ServiceAccount tokens are signed and checked."""
    _openssl(folder, "ecparam", "-name", "prime256v1", "-genkey", "-noout", "-out", "sa.key")
    _openssl(folder, "ec", "-in", "sa.key", "-pubout", "-out", "sa.pub")
