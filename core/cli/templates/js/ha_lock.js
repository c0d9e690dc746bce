// ha_storage "{{name}}": an HA lock that keeps everything in memory, until your service is in its place.
// There is no background work: the server renews and gives up by itself.

// A lock that nobody holds stays: its epoch must go on growing.
const locks = new Map();

// Unique to an acquisition.
const token = (epoch) => `{{name}}-${epoch}`;
const isHeld = (lock) => lock !== undefined && performance.now() < lock.until;

function heldBy(fence) {
  const lock = locks.get(fence.lockKey);
  const same = isHeld(lock) && lock.epoch === fence.epoch && token(lock.epoch) === fence.token;
  return same ? lock : undefined;
}

export const provider = {
  open(settings) {
    // What nobody knows is refused by its name.
    for (const [name] of settings) {
      const message = `the setting "${name}" is not known here`;
      throw { kind: "config-invalid", message, retryable: false, maybeApplied: false };
    }
    return { storage: undefined, haLock: true, seal: false, shareable: false };
  },

  close() {},
};

export const haLock = {
  acquire(op, key, value, ttlMs) {
    const lock = locks.get(key);
    if (isHeld(lock)) return { tag: "held", val: { value: lock.value, epoch: lock.epoch } };
    const epoch = (lock?.epoch ?? 0n) + 1n;
    locks.set(key, { epoch, value, until: performance.now() + ttlMs });
    return { tag: "acquired", val: { lockKey: key, token: token(epoch), epoch } };
  },

  renew(op, fence, ttlMs) {
    const lock = heldBy(fence);
    if (lock) lock.until = performance.now() + ttlMs;
    return lock !== undefined;
  },

  release(op, fence) {
    const lock = heldBy(fence);
    if (lock) lock.until = 0;
  },

  current(op, key) {
    const lock = locks.get(key);
    return isHeld(lock) ? { value: lock.value, epoch: lock.epoch } : undefined;
  },
};
