"""What lies in a Maildir."""

import hashlib
import pathlib
import re

from .world import expect, wait_for


class Maildir:
    def __init__(self, path):
        self.path = pathlib.Path(path)

    def files(self):
        return sorted(path for part in ("new", "cur") for path in (self.path / part).glob("*"))

    def messages(self):
        return [path.read_bytes() for path in self.files()]

    def tokens(self):
        """The X-Token of each message, in no order."""
        return [match.group(1).decode() for content in self.messages() if (match := re.search(rb"^X-Token: (\w+)", content, re.M))]

    def wait_for(self, token, seconds=15):
        """The message with that token once it is there, whole and with the body that was sent."""
        def found():
            return next((content for content in self.messages() if b"X-Token: " + token.encode() in content), None)
        content = wait_for(found, f"{self.path} holds {token}", seconds)
        expect(body_is_whole(content), f"{self.path}: the body of {token} is not what was sent")
        return content


def body_is_whole(content):
    """Compares the body with the digest in the header, whatever the line ends are."""
    head, _, body = content.replace(b"\r\n", b"\n").partition(b"\n\n")
    digest = re.search(rb"^X-Body-SHA256: (\w+)", head, re.M)
    return bool(digest) and hashlib.sha256(body).hexdigest().encode() == digest.group(1)
