// `storage "mem-js"`: a storage that keeps everything in its instance, and loses it with it.
//
// Each export has the name of an interface of the world. Checks are not claimed, so the server
// keeps to what an unchecked batch can do.

const KEY_BYTES_MAX = 32_768;
const VALUE_BYTES_MAX = 1 << 20;
const BATCH_OPS_MAX = 10_000;
const BATCH_BYTES_MAX = 16 << 20;
const PAGE_MAX = 10_000;

// The values by their keys, and the keys in the byte order of UTF-8.
const values = new Map();
const keys = [];
const utf8 = new TextEncoder();

// What is thrown in an export is its error.
function refuse(kind, message) {
  throw { kind, message, retryable: false, maybeApplied: false };
}

function bytes(text) {
  // UTF-8 has at most three bytes for a unit of UTF-16: most texts need not be encoded to know.
  return text.length * 3 <= KEY_BYTES_MAX ? text.length : utf8.encode(text).length;
}

function checkKey(key) {
  if (bytes(key) > KEY_BYTES_MAX) {
    refuse("too-large", `the key is longer than ${KEY_BYTES_MAX} bytes`);
  }
  if (key.includes("\0") || key.split("/").some((it) => it === "" || it === "." || it === "..")) {
    refuse("invalid-argument", "the key is empty, or has a segment that is not allowed");
  }
}

function refuseFence(fence) {
  if (fence !== undefined) refuse("unsupported", "fencing is not supported by this provider");
}

// JavaScript orders text by units of UTF-16, in which pairs come before U+E000 to U+FFFF.
function rank(unit) {
  if (unit < 0xd800) return unit;
  return unit < 0xe000 ? unit + 0x2000 : unit - 0x800;
}

function isBefore(a, b) {
  const length = Math.min(a.length, b.length);
  for (let at = 0; at < length; at++) {
    const [left, right] = [a.charCodeAt(at), b.charCodeAt(at)];
    if (left !== right) return rank(left) < rank(right);
  }
  return a.length < b.length;
}

// The first place among the keys that is not before this one.
function placeOf(key) {
  let [low, high] = [0, keys.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (isBefore(keys[middle], key)) low = middle + 1;
    else high = middle;
  }
  return low;
}

function put(key, value) {
  if (!values.has(key)) keys.splice(placeOf(key), 0, key);
  values.set(key, value);
}

function remove(key) {
  if (values.delete(key)) keys.splice(placeOf(key), 1);
}

function checkBatch(writes) {
  let size = 0;
  for (const { tag, val } of writes) {
    const [key, value] = tag === "put" ? val : [val, new Uint8Array()];
    checkKey(key);
    if (value.length > VALUE_BYTES_MAX) {
      refuse("too-large", `the value is longer than ${VALUE_BYTES_MAX} bytes`);
    }
    size += utf8.encode(key).length + value.length;
  }
  if (writes.length > BATCH_OPS_MAX || size > BATCH_BYTES_MAX) {
    refuse("too-large", "the batch has too many writes or bytes");
  }
}

export const provider = {
  open(settings) {
    for (const [name] of settings) {
      refuse("config-invalid", `the setting "${name}" is not known here`);
    }
    const capabilities = {
      atomicBatch: true,
      maxBatchOps: BATCH_OPS_MAX,
      maxBatchBytes: BATCH_BYTES_MAX,
      checks: false,
      fencing: false,
      changes: false,
      maxKeyBytes: KEY_BYTES_MAX,
      maxValueBytes: VALUE_BYTES_MAX,
      clustered: false,
    };
    return { storage: capabilities, haLock: false, seal: false, shareable: false };
  },

  close() {},
};

export const storage = {
  get(op, key) {
    checkKey(key);
    return values.get(key);
  },

  put(op, key, value, fence) {
    storage.apply(op, [], [{ tag: "put", val: [key, value] }], fence);
  },

  delete(op, key, fence) {
    refuseFence(fence);
    checkKey(key);
    remove(key);
  },

  list(op, prefix, after, limit) {
    if (prefix !== "") {
      if (!prefix.endsWith("/")) {
        refuse("invalid-argument", "the prefix must be empty or end in '/'");
      }
      checkKey(prefix.slice(0, -1));
    }
    const most = Math.min(limit || PAGE_MAX, PAGE_MAX);
    const names = [];
    // Nothing before `after` can be a name after it.
    let place = placeOf(prefix + (after.endsWith("/") ? after.slice(0, -1) : after));
    while (place < keys.length && keys[place].startsWith(prefix)) {
      const rest = keys[place].slice(prefix.length);
      const slash = rest.indexOf("/");
      const name = slash < 0 ? rest : rest.slice(0, slash + 1);
      // '0' is the character after '/': past a whole subtree at once.
      place = slash < 0 ? place + 1 : placeOf(prefix + rest.slice(0, slash) + "0");
      if (isBefore(after, name)) {
        if (names.length === most) return { keys: names, more: true };
        names.push(name);
      }
    }
    return { keys: names, more: false };
  },

  apply(op, checks, writes, fence) {
    refuseFence(fence);
    if (checks.length > 0) refuse("unsupported", "checks are not supported by this provider");
    checkBatch(writes);
    for (const { tag, val } of writes) {
      if (tag === "put") put(...val);
      else remove(val);
    }
  },

  health() {},
};
