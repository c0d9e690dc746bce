"""seal "{{name}}": a seal with a key from its stanza, until your KMS is in its place.

The stand-in encrypts with HMAC-SHA-256 as a key stream under a random nonce, and authenticates with another HMAC."""

import hashlib
import hmac

from componentize_py_types import Err
from wit_world.exports import Provider as ProviderExport
from wit_world.exports import Seal as SealExport
from wit_world.exports.provider import Opened
from wit_world.exports.seal import Blob, SealStatus
from wit_world.imports import random
from wit_world.imports.types import Error, ErrorKind

SECRET_BYTES_MAX = 64 << 10
TAG_BYTES = 32


def failed(kind: ErrorKind, message: str) -> Err:
    return Err(Error(kind, message, False, False))


class Key:
    """The stand-in: one key, here."""

    id = ""
    stream = b""
    tag = b""


def mac(key: bytes, *parts: bytes) -> bytes:
    """HMAC-SHA-256 by hand: `hmac.new` looks for modules that a component does not have."""
    inner, outer = (bytes(byte ^ pad for byte in key.ljust(64, b"\0")) for pad in (0x36, 0x5C))
    return hashlib.sha256(outer + hashlib.sha256(inner + b"".join(parts)).digest()).digest()


def mixed(nonce: bytes, text: bytes) -> bytes:
    blocks = range((len(text) + 31) // 32)
    stream = b"".join(mac(Key.stream, nonce, number.to_bytes(4, "big")) for number in blocks)
    return bytes(a ^ b for a, b in zip(text, stream))


def tag_of(nonce: bytes, aad: bytes, ciphertext: bytes) -> bytes:
    return mac(Key.tag, nonce, len(aad).to_bytes(8, "big"), aad, ciphertext)


class Provider(ProviderExport):
    def open(self, settings):
        left = dict(settings)
        key_id, key = left.pop("key_id", ""), left.pop("key", "")
        for name in left:
            raise failed(ErrorKind.CONFIG_INVALID, f'the setting "{name}" is not known here')
        if not key_id:
            raise failed(ErrorKind.CONFIG_INVALID, 'the setting "key_id" is missing')
        try:
            raw = bytes.fromhex(key)
        except ValueError:
            raw = b""
        if len(raw) != 32:
            raise failed(ErrorKind.CONFIG_INVALID, '"key" must be 64 hexadecimal digits')
        Key.id, Key.stream, Key.tag = key_id, mac(raw, b"stream"), mac(raw, b"tag")
        return Opened(storage=None, ha_lock=False, seal=True, shareable=False)

    def close(self):
        pass


class Seal(SealExport):
    def status(self, op):
        return SealStatus(True, Key.id, "")

    def wrap(self, op, plaintext, aad):
        if len(plaintext) > SECRET_BYTES_MAX:
            raise failed(ErrorKind.TOO_LARGE, f"a secret may have {SECRET_BYTES_MAX} bytes")
        nonce = random.draw(16)
        ciphertext = mixed(nonce, bytes(plaintext))
        return Blob(ciphertext + tag_of(nonce, bytes(aad), ciphertext), nonce, Key.id, 1)

    def unwrap(self, op, blob, aad):
        nonce, whole = bytes(blob.iv), bytes(blob.ciphertext)
        ciphertext, tag = whole[:-TAG_BYTES], whole[-TAG_BYTES:]
        if not hmac.compare_digest(tag, tag_of(nonce, bytes(aad), ciphertext)):
            raise failed(ErrorKind.CORRUPT, "the key does not open this secret")
        return mixed(nonce, ciphertext)

    def random(self, op, length):
        raise failed(ErrorKind.UNSUPPORTED, "random is not supported by this provider")
