"""Checks a DKIM signature (RFC 6376) with openssl: RSA, SHA-256, relaxed header and simple body."""

import base64
import hashlib
import pathlib
import re
import subprocess
import tempfile


def fields_of(head):
    """Header fields as (name, whole field with CRLF inside)."""
    return [(field.split(b":", 1)[0].strip().lower(), field) for field in re.split(rb"\r\n(?![ \t])", head)]


def relaxed(field):
    name, value = field.split(b":", 1)
    return name.strip().lower() + b":" + re.sub(rb"[ \t]+", b" ", value.replace(b"\r\n", b"")).strip()


def signature_holds(content, public_key):
    """True when the first signature of a message (LF line ends) is right for it."""
    head, body = content.replace(b"\n", b"\r\n").split(b"\r\n\r\n", 1)
    fields = fields_of(head)
    signature = next((field for name, field in fields if name == b"dkim-signature"), None)
    if signature is None:
        return False
    tags = dict(part.strip().split(b"=", 1) for part in signature.split(b":", 1)[1].split(b";") if b"=" in part)
    tags = {name: re.sub(rb"\s", b"", value) for name, value in tags.items()}
    body = re.sub(rb"(\r\n)*\Z", b"", body) + b"\r\n"
    if base64.b64encode(hashlib.sha256(body).digest()) != tags[b"bh"]:
        return False
    signed, left = b"", list(fields)
    for name in tags[b"h"].lower().split(b":"):
        at = next((at for at in reversed(range(len(left))) if left[at][0] == name), None)
        if at is not None:  # a name without a field signs that there is none
            signed += relaxed(left.pop(at)[1]) + b"\r\n"
    signed += relaxed(re.sub(rb"(;\s*b\s*=)[^;]*", rb"\1", signature, count=1))
    with tempfile.TemporaryDirectory() as folder:
        value, data = pathlib.Path(folder, "signature"), pathlib.Path(folder, "signed")
        value.write_bytes(base64.b64decode(tags[b"b"]))
        data.write_bytes(signed)
        check = ["openssl", "dgst", "-sha256", "-verify", str(public_key), "-signature", str(value), str(data)]
        return subprocess.run(check, capture_output=True).returncode == 0
