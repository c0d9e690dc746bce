"""ha_storage "{{name}}": an HA lock that keeps everything in memory, until your service is in its place.

There is no background work: the server renews and gives up by itself."""

from dataclasses import dataclass

from componentize_py_types import Err
from wit_world.exports import HaLock as HaLockExport
from wit_world.exports import Provider as ProviderExport
from wit_world.exports.ha_lock import Acquired_Acquired, Acquired_Held, Holder
from wit_world.exports.provider import Opened
from wit_world.imports import clock
from wit_world.imports.types import Error, ErrorKind, Fence


@dataclass
class Lock:
    epoch: int
    value: str
    until: int

    def holder(self) -> Holder:
        return Holder(self.value, self.epoch)


# A lock that nobody holds stays: its epoch must go on growing.
locks: dict[str, Lock] = {}


def token(epoch: int) -> str:
    """Unique to an acquisition."""
    return f"{{name}}-{epoch}"


def after(ttl_ms: int) -> int:
    return clock.now_ns() + ttl_ms * 1_000_000


def held(key: str) -> Lock | None:
    lock = locks.get(key)
    return lock if lock and clock.now_ns() < lock.until else None


def held_by(fence: Fence) -> Lock | None:
    lock = held(fence.lock_key)
    return lock if lock and (lock.epoch, token(lock.epoch)) == (fence.epoch, fence.token) else None


class Provider(ProviderExport):
    def open(self, settings):
        for name, _ in settings:
            message = f'the setting "{name}" is not known here'
            raise Err(Error(ErrorKind.CONFIG_INVALID, message, False, False))
        return Opened(storage=None, ha_lock=True, seal=False, shareable=False)

    def close(self):
        pass


class HaLock(HaLockExport):
    def acquire(self, op, key, value, ttl_ms):
        lock = held(key)
        if lock:
            return Acquired_Held(lock.holder())
        epoch = locks[key].epoch + 1 if key in locks else 1
        locks[key] = Lock(epoch, value, after(ttl_ms))
        return Acquired_Acquired(Fence(key, token(epoch), epoch))

    def renew(self, op, fence, ttl_ms):
        lock = held_by(fence)
        if lock:
            lock.until = after(ttl_ms)
        return lock is not None

    def release(self, op, fence):
        lock = held_by(fence)
        if lock:
            lock.until = 0

    def current(self, op, key):
        lock = held(key)
        return lock.holder() if lock else None
