/* seal "{{name}}": a seal with a key from its stanza, until your KMS or HSM is in its place. The stand-in encrypts with
 * HMAC-SHA-256 as a key stream and authenticates with another HMAC. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sha256.h"
#include "strongroom_plugin.h"

SR_MANIFEST("{\"name\":\"{{name}}\",\"version\":\"0.1.0\",\"kinds\":[\"seal\"],\"license\":\"Apache-2.0\","
            "\"description\":\"A seal for Strongroom.\",\"abi\":\"" SR_ABI "\",\"sdk\":\"c\"}")

enum { KEY = 32, NONCE = 16, TAG = 32, SECRET_MAX = 65536, ID_MAX = 128 };

typedef struct { uint8_t stream_key[KEY], tag_key[KEY]; char id[ID_MAX]; size_t id_len; } seal;

static const sr_host *host;

static void answer(const sr_call *call, int32_t kind, const char *message, const void *out) {
  sr_answer a = { .struct_size = sizeof a, .kind = kind, .out = out };
  a.message.ptr = (uint8_t *)(uintptr_t)message; /* lent, as it has no drop */
  a.message.len = message ? strlen(message) : 0;
  host->done(host->ctx, call->op_id, &a);
}

static void wipe(void *memory, size_t len) {
  volatile uint8_t *bytes = memory;
  while (len-- > 0) *bytes++ = 0;
}

static void drop(sr_buf *buf) {
  wipe(buf->ptr, buf->len);
  free(buf->ptr);
}

static sr_buf buffer(size_t len) { return (sr_buf){ malloc(len ? len : 1), len, NULL, drop }; }

static sr_buf copy(const void *from, size_t len) {
  sr_buf buf = buffer(len);
  if (buf.ptr) memcpy(buf.ptr, from, len);
  return buf;
}

/* ---- the stand-in for a KMS ---- */
static void stream(const seal *s, const uint8_t *nonce, const uint8_t *in, uint8_t *out, size_t len) {
  uint8_t block[32];
  for (size_t at = 0; at < len; at++) {
    uint32_t number = (uint32_t)(at / 32);
    if (at % 32 == 0) {
      hmac h;
      hmac_begin(&h, s->stream_key);
      hmac_add(&h, nonce, NONCE);
      hmac_add(&h, &number, sizeof number);
      hmac_end(&h, block);
    }
    out[at] = in[at] ^ block[at % 32];
  }
  wipe(block, sizeof block);
}

static void tag(const seal *s, const uint8_t *nonce, sr_bytes aad, const uint8_t *text, size_t len, uint8_t out[TAG]) {
  uint64_t aad_len = aad.len;
  hmac h;
  hmac_begin(&h, s->tag_key);
  hmac_add(&h, &aad_len, sizeof aad_len);
  hmac_add(&h, aad.ptr, aad.len);
  hmac_add(&h, nonce, NONCE);
  hmac_add(&h, text, len);
  hmac_end(&h, out);
}

/* ---- the calls ---- */
static void status(void *h, const sr_call *call) {
  const seal *s = h;
  sr_seal_status out = { .struct_size = sizeof out, .healthy = 1, .key_id = copy(s->id, s->id_len) };
  answer(call, SR_OK, NULL, &out);
}

static void wrap(void *h, sr_bytes plaintext, sr_bytes aad, const sr_call *call) {
  const seal *s = h;
  if (plaintext.len > SECRET_MAX) { answer(call, SR_TOO_LARGE, "the secret is too large", NULL); return; }
  sr_wrapped out = { .struct_size = sizeof out, .mechanism = 1, .ciphertext = buffer(plaintext.len + TAG), .iv = buffer(NONCE) };
  if (!out.ciphertext.ptr || !out.iv.ptr) { answer(call, SR_INTERNAL, "no memory", NULL); return; }
  host->random(host->ctx, out.iv.ptr, NONCE);
  stream(s, out.iv.ptr, plaintext.ptr, out.ciphertext.ptr, plaintext.len);
  tag(s, out.iv.ptr, aad, out.ciphertext.ptr, plaintext.len, out.ciphertext.ptr + plaintext.len);
  out.key_id = copy(s->id, s->id_len);
  answer(call, SR_OK, NULL, &out);
}

static void unwrap(void *h, const sr_blob *blob, sr_bytes aad, const sr_call *call) {
  const seal *s = h;
  uint8_t want[TAG], differ = 0;
  if (blob->iv.len != NONCE || blob->ciphertext.len < TAG) { answer(call, SR_CORRUPT, "this is no secret of this seal", NULL); return; }
  size_t len = blob->ciphertext.len - TAG;
  tag(s, blob->iv.ptr, aad, blob->ciphertext.ptr, len, want);
  for (int i = 0; i < TAG; i++) differ |= want[i] ^ blob->ciphertext.ptr[len + (size_t)i]; /* in constant time */
  if (differ) { answer(call, SR_CORRUPT, "the key does not open this secret", NULL); return; }
  sr_secret out = { .struct_size = sizeof out, .bytes = buffer(len) };
  if (!out.bytes.ptr) { answer(call, SR_INTERNAL, "no memory", NULL); return; }
  stream(s, blob->iv.ptr, blob->ciphertext.ptr, out.bytes.ptr, len);
  answer(call, SR_OK, NULL, &out);
}

/* ---- the stanza: key_id and key ---- */
static int digit(uint8_t c) { return c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1; }

static int read_key(sr_bytes text, uint8_t key[KEY]) {
  if (text.len != 2 * KEY) return 0;
  for (size_t i = 0; i < KEY; i++) {
    int high = digit(text.ptr[2 * i]), low = digit(text.ptr[2 * i + 1]);
    if (high < 0 || low < 0) return 0;
    key[i] = (uint8_t)(high << 4 | low);
  }
  return 1;
}

static int named(sr_setting setting, const char *name) {
  return setting.name.len == strlen(name) && memcmp(setting.name.ptr, name, setting.name.len) == 0;
}

static void derive(const uint8_t key[KEY], const char *use, uint8_t out[KEY]) {
  hmac h;
  hmac_begin(&h, key);
  hmac_add(&h, use, strlen(use));
  hmac_end(&h, out);
}

static void open_(const sr_setting *settings, size_t n, const sr_call *call) {
  uint8_t key[KEY];
  char message[160] = "";
  int has_key = 0;
  seal *s = calloc(1, sizeof *s);
  if (!s) { answer(call, SR_INTERNAL, "no memory", NULL); return; }
  for (size_t i = 0; i < n && !message[0]; i++) {
    sr_bytes value = settings[i].value;
    if (named(settings[i], "key")) {
      has_key = read_key(value, key);
      if (!has_key) strcpy(message, "\"key\" must be 64 hexadecimal digits");
    } else if (named(settings[i], "key_id") && value.len > 0 && value.len <= ID_MAX) {
      memcpy(s->id, value.ptr, s->id_len = value.len);
    } else {
      snprintf(message, sizeof message, "the setting \"%.*s\" is not known here, or wrong", (int)settings[i].name.len, settings[i].name.ptr);
    }
  }
  if (!message[0] && !has_key) strcpy(message, "the setting \"key\" is missing");
  if (!message[0] && !s->id_len) strcpy(message, "the setting \"key_id\" is missing");
  if (message[0]) {
    free(s);
    answer(call, SR_CONFIG_INVALID, message, NULL);
    return;
  }
  derive(key, "stream", s->stream_key);
  derive(key, "tag", s->tag_key);
  wipe(key, sizeof key);
  sr_opened out = { .struct_size = sizeof out, .interfaces = SR_SEAL, .handle = s };
  answer(call, SR_OK, NULL, &out);
}

static void close_(void *h, const sr_call *call) {
  wipe(h, sizeof(seal));
  free(h);
  answer(call, SR_OK, NULL, NULL);
}

/* ---- the plugin ---- */
static const sr_seal table = { .struct_size = sizeof table, .status = status, .wrap = wrap, .unwrap = unwrap };

static const void *query(const char *name, uint32_t major) {
  return major == SR_ABI_MAJOR && strcmp(name, "seal") == 0 ? &table : NULL;
}

static const sr_plugin plugin = { .struct_size = sizeof plugin, .abi_major = SR_ABI_MAJOR, .abi_minor = SR_ABI_MINOR, .flags = SR_BLOCKING,
                                  .manifest = { (const uint8_t *)sr_manifest, sizeof sr_manifest - 1 },
                                  .open = open_, .close = close_, .query = query };

const sr_plugin *sr_plugin_entry_v0(const sr_host *the_host) {
  host = the_host;
  return &plugin;
}
