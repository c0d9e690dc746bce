"""`storage "mem-python"`: a storage that keeps everything in its instance, and loses it with it.

The names of the classes are those of the world's exports; `wit_world` is made by componentize-py.
"""

import hashlib
from bisect import bisect_left

from componentize_py_types import Err
from wit_world import exports
from wit_world.exports.provider import Opened
from wit_world.exports.storage import Check_Absent, Page, Write_Put
from wit_world.imports.types import Capabilities, Error, ErrorKind

KEY_BYTES_MAX = 32_768
VALUE_BYTES_MAX = 1 << 20
BATCH_OPS_MAX = 10_000
BATCH_BYTES_MAX = 16 << 20
PAGE_MAX = 10_000

# The values by their keys, and the keys in order. Text is ordered by code point in Python, which is
# the byte order of UTF-8.
values = {}
keys = []


def refuse(kind, message):
    raise Err(Error(kind, message, retryable=False, maybe_applied=False))


def check_key(key):
    if len(key.encode()) > KEY_BYTES_MAX:
        refuse(ErrorKind.TOO_LARGE, f"the key is longer than {KEY_BYTES_MAX} bytes")
    if "\0" in key or any(segment in ("", ".", "..") for segment in key.split("/")):
        refuse(ErrorKind.INVALID_ARGUMENT, "the key is empty, or has a segment that is not allowed")


def check_batch(writes):
    size = 0
    for write in writes:
        put = isinstance(write, Write_Put)
        key, value = write.value if put else (write.value, b"")
        check_key(key)
        if len(value) > VALUE_BYTES_MAX:
            refuse(ErrorKind.TOO_LARGE, f"the value is longer than {VALUE_BYTES_MAX} bytes")
        size += len(key.encode()) + len(value)
    if len(writes) > BATCH_OPS_MAX or size > BATCH_BYTES_MAX:
        refuse(ErrorKind.TOO_LARGE, "the batch has too many writes or bytes")


def holds(check):
    if isinstance(check, Check_Absent):
        check_key(check.value)
        return check.value not in values
    key, digest = check.value
    check_key(key)
    return key in values and hashlib.sha256(values[key]).digest() == bytes(digest)


def put(key, value):
    if key not in values:
        keys.insert(bisect_left(keys, key), key)
    values[key] = bytes(value)


def delete(key):
    if values.pop(key, None) is not None:
        del keys[bisect_left(keys, key)]


def refuse_fence(fence):
    if fence is not None:
        refuse(ErrorKind.UNSUPPORTED, "fencing is not supported by this provider")


class Provider(exports.Provider):
    def open(self, settings):
        for name, _ in settings:
            refuse(ErrorKind.CONFIG_INVALID, f'the setting "{name}" is not known here')
        capabilities = Capabilities(
            atomic_batch=True,
            max_batch_ops=BATCH_OPS_MAX,
            max_batch_bytes=BATCH_BYTES_MAX,
            checks=True,
            fencing=False,
            changes=False,
            max_key_bytes=KEY_BYTES_MAX,
            max_value_bytes=VALUE_BYTES_MAX,
            clustered=False,
        )
        return Opened(storage=capabilities, ha_lock=False, seal=False, shareable=False)

    def close(self):
        pass


class Storage(exports.Storage):
    def get(self, op, key):
        check_key(key)
        return values.get(key)

    def put(self, op, key, value, fence):
        self.apply(op, [], [Write_Put((key, value))], fence)

    def delete(self, op, key, fence):
        refuse_fence(fence)
        check_key(key)
        delete(key)

    def list(self, op, prefix, after, limit):
        if prefix:
            if not prefix.endswith("/"):
                refuse(ErrorKind.INVALID_ARGUMENT, "the prefix must be empty or end in '/'")
            check_key(prefix[:-1])
        limit = min(limit or PAGE_MAX, PAGE_MAX)
        names = []
        place = bisect_left(keys, prefix)
        if after:
            # Nothing before it can be a name after it.
            place = max(place, bisect_left(keys, prefix + after.removesuffix("/")))
        while place < len(keys) and keys[place].startswith(prefix):
            head, slash, _ = keys[place][len(prefix):].partition("/")
            name = head + slash
            # '0' is the character after '/': past a whole subtree at once.
            place = bisect_left(keys, prefix + head + "0") if slash else place + 1
            if name > after:
                if len(names) == limit:
                    return Page(names, True)
                names.append(name)
        return Page(names, False)

    def apply(self, op, checks, writes, fence):
        refuse_fence(fence)
        check_batch(writes)
        if len(checks) > BATCH_OPS_MAX:
            refuse(ErrorKind.TOO_LARGE, "the batch has too many checks")
        if not all([holds(check) for check in checks]):
            refuse(ErrorKind.CONFLICT, "a checked key was changed meanwhile")
        for write in writes:
            if isinstance(write, Write_Put):
                put(*write.value)
            else:
                delete(write.value)

    def health(self, op):
        pass
