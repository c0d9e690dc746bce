// seal "{{name}}": a seal with a key from its stanza, until your KMS is in its place.
// The stand-in encrypts with HMAC-SHA-256 as a key stream and authenticates with another HMAC.

const SECRET_BYTES_MAX = 64 << 10;
const NONCE_BYTES = 16;
const TAG_BYTES = 32;

const encoder = new TextEncoder();
const key = { id: "", stream: new Uint8Array(0), tag: new Uint8Array(0) };

function failed(kind, message) {
  return { kind, message, retryable: false, maybeApplied: false };
}

// ---- SHA-256 and HMAC ----

// The first 32 bits of the fractional parts of the roots of the first primes.
const PRIMES = [];
for (let n = 2; PRIMES.length < 64; n++) {
  if (PRIMES.every((prime) => n % prime !== 0)) PRIMES.push(n);
}
const fraction = (number) => Math.floor((number - Math.floor(number)) * 2 ** 32) >>> 0;
const ROUNDS = PRIMES.map((prime) => fraction(Math.cbrt(prime)));
const FIRST = PRIMES.slice(0, 8).map((prime) => fraction(Math.sqrt(prime)));
const turn = (word, by) => (word >>> by) | (word << (32 - by));

function joined(...parts) {
  const whole = new Uint8Array(parts.reduce((total, part) => total + part.length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

function sha256(message) {
  const padded = new Uint8Array((((message.length + 8) >> 6) + 1) * 64);
  padded.set(message);
  padded[message.length] = 0x80;
  const view = new DataView(padded.buffer);
  view.setBigUint64(padded.length - 8, BigInt(message.length) * 8n);
  const state = Uint32Array.from(FIRST);
  const w = new Uint32Array(64);
  for (let block = 0; block < padded.length; block += 64) {
    for (let i = 0; i < 16; i++) w[i] = view.getUint32(block + 4 * i);
    for (let i = 16; i < 64; i++) {
      const [a, b] = [w[i - 15], w[i - 2]];
      const low = turn(a, 7) ^ turn(a, 18) ^ (a >>> 3);
      const high = turn(b, 17) ^ turn(b, 19) ^ (b >>> 10);
      w[i] = w[i - 16] + w[i - 7] + low + high;
    }
    let [a, b, c, d, e, f, g, h] = state;
    for (let i = 0; i < 64; i++) {
      const choice = (e & f) ^ (~e & g);
      const one = (h + (turn(e, 6) ^ turn(e, 11) ^ turn(e, 25)) + choice + ROUNDS[i] + w[i]) | 0;
      const most = (a & b) ^ (a & c) ^ (b & c);
      const two = ((turn(a, 2) ^ turn(a, 13) ^ turn(a, 22)) + most) | 0;
      [h, g, f, e, d, c, b, a] = [g, f, e, (d + one) | 0, c, b, a, (one + two) | 0];
    }
    [a, b, c, d, e, f, g, h].forEach((word, i) => (state[i] += word));
  }
  const digest = new DataView(new ArrayBuffer(32));
  state.forEach((word, i) => digest.setUint32(4 * i, word));
  return new Uint8Array(digest.buffer);
}

// Keys here have 32 bytes.
function mac(secret, ...parts) {
  const pad = (byte) => Uint8Array.from({ length: 64 }, (_, i) => (secret[i] ?? 0) ^ byte);
  return sha256(joined(pad(0x5c), sha256(joined(pad(0x36), ...parts))));
}

// ---- the stand-in for a KMS ----

function mixed(nonce, text) {
  let block;
  return text.map((byte, at) => {
    if (at % 32 === 0) block = mac(key.stream, nonce, Uint8Array.of(at >> 16, at >> 8, at));
    return byte ^ block[at % 32];
  });
}

function tagged(nonce, aad, text) {
  return mac(key.tag, encoder.encode(`${aad.length}:`), aad, nonce, text);
}

export const provider = {
  open(settings) {
    const left = new Map(settings);
    const take = (name) => {
      const value = left.get(name);
      if (!value) throw failed("config-invalid", `the setting "${name}" is missing`);
      left.delete(name);
      return value;
    };
    const [id, hex] = [take("key_id"), take("key")];
    for (const name of left.keys()) {
      throw failed("config-invalid", `the setting "${name}" is not known here`);
    }
    if (!/^[0-9a-f]{64}$/.test(hex)) {
      throw failed("config-invalid", '"key" must be 64 hexadecimal digits');
    }
    const raw = Uint8Array.from(hex.match(/../g), (pair) => parseInt(pair, 16));
    key.id = id;
    key.stream = mac(raw, encoder.encode("stream"));
    key.tag = mac(raw, encoder.encode("tag"));
    return { storage: undefined, haLock: false, seal: true, shareable: true };
  },

  close() {},
};

export const seal = {
  status() {
    return { healthy: true, keyId: key.id, detail: "" };
  },

  wrap(op, plaintext, aad) {
    if (plaintext.length > SECRET_BYTES_MAX) {
      throw failed("too-large", `a secret may have ${SECRET_BYTES_MAX} bytes`);
    }
    const iv = crypto.getRandomValues(new Uint8Array(NONCE_BYTES));
    const text = mixed(iv, plaintext);
    const ciphertext = joined(text, tagged(iv, aad, text));
    return { ciphertext, iv, keyId: key.id, mechanism: 1n };
  },

  unwrap(op, blob, aad) {
    const end = blob.ciphertext.length - TAG_BYTES;
    if (end < 0 || blob.iv.length !== NONCE_BYTES) {
      throw failed("corrupt", "this is no secret of this seal");
    }
    const text = blob.ciphertext.slice(0, end);
    const wanted = tagged(blob.iv, aad, text);
    // In constant time.
    const differ = wanted.reduce((bits, byte, at) => bits | (byte ^ blob.ciphertext[end + at]), 0);
    if (differ !== 0) throw failed("corrupt", "the key does not open this secret");
    return mixed(blob.iv, text);
  },

  random() {
    throw failed("unsupported", "random is not supported by this provider");
  },
};
