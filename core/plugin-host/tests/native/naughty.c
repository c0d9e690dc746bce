/* A storage that misbehaves: how, the key of a get or the prefix of a list says. Macros make other broken plugins. */
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "strongroom_plugin.h"

#ifndef MANIFEST_ABI
#define MANIFEST_ABI SR_ABI
#endif
#ifndef KINDS
#define KINDS "\"storage\""
#endif
#ifndef TABLE_MINOR
#define TABLE_MINOR SR_ABI_MINOR
#endif
#ifndef OTHER_MANIFEST
#define OTHER_MANIFEST 0
#endif
#ifndef MANIFEST
#define MANIFEST "{\"name\":\"naughty\",\"version\":\"0.1.0\",\"kinds\":[" KINDS "],\"abi\":\"" MANIFEST_ABI "\"}"
#endif
#ifndef NO_MANIFEST
SR_MANIFEST(MANIFEST)
#endif

#ifndef NO_ENTRY
static const sr_host *host;
static uint64_t left_open;

static void done(uint64_t op_id, int32_t kind, const char *message, const void *out) {
  sr_answer a = { .struct_size = sizeof a, .kind = kind, .out = out };
  a.message = (sr_buf){ (uint8_t *)message, message ? strlen(message) : 0, NULL, NULL };
  host->done(host->ctx, op_id, &a);
}

static void found(uint64_t op_id, const void *bytes, size_t len) {
  sr_value v = { .struct_size = sizeof v, .found = 1, .value = { (uint8_t *)bytes, len, NULL, NULL } };
  done(op_id, SR_OK, NULL, &v);
}

static void *elsewhere(void *op_id) {
  usleep(20000);
  found((uint64_t)(uintptr_t)op_id, "elsewhere", 9);
  return NULL;
}

static int is(sr_bytes text, const char *word) { return text.len == strlen(word) && memcmp(text.ptr, word, text.len) == 0; }

static void get(void *h, sr_bytes key, const sr_call *call) {
  (void)h;
  if (is(key, "loop")) for (;;) pause();
  if (is(key, "never")) { left_open = call->op_id; return; }
  if (is(key, "late")) found(left_open, "late", 4);
  if (is(key, "slow")) usleep(1500000);
  if (is(key, "twice")) found(call->op_id, "once", 4);
  if (is(key, "stranger")) found(1u << 30, "?", 1);
  if (is(key, "null")) { host->done(host->ctx, call->op_id, NULL); return; }
  if (is(key, "empty")) { done(call->op_id, SR_OK, NULL, NULL); return; }
  if (is(key, "panicked")) { done(call->op_id, SR_PANICKED, "it panicked", NULL); return; }
  if (is(key, "unknown")) { done(call->op_id, 999, "who\nknows\x1b[31m \xff", NULL); return; }
  if (is(key, "huge")) { found(call->op_id, "x", (size_t)1 << 40); return; }
  if (is(key, "nowhere")) { found(call->op_id, NULL, 5); return; }
  if (is(key, "long")) { found(call->op_id, calloc(1, 2 << 20), 2 << 20); return; }
  if (is(key, "log")) for (int i = 0; i < 100000; i++) host->log(host->ctx, SR_LOG_WARN, key, (sr_bytes){ (const uint8_t *)"again\nand again", 15 });
  if (is(key, "metrics")) {
    for (int i = 0; i < 10000; i++) host->metric(host->ctx, SR_COUNTER, (sr_bytes){ (const uint8_t *)&i, sizeof i }, NULL, 0, 1.0);
  }
  if (is(key, "thread")) {
    pthread_t thread;
    pthread_create(&thread, NULL, elsewhere, (void *)(uintptr_t)call->op_id);
    pthread_detach(thread);
    return;
  }
  if (is(key, "old")) { /* an answer of a time when it had no flags, message and out: its out is not seen */
    sr_answer a = { .struct_size = 8, .kind = SR_UNAVAILABLE, .flags = SR_MAYBE_APPLIED };
    host->done(host->ctx, call->op_id, &a);
    return;
  }
  found(call->op_id, key.ptr, key.len);
}

static void put(void *h, sr_bytes key, sr_bytes value, const sr_fence *fence, const sr_call *call) {
  (void)h; (void)value; (void)fence;
  if (is(key, "never")) { left_open = call->op_id; return; }
  done(call->op_id, SR_OK, NULL, NULL);
}

static void delete_(void *h, sr_bytes key, const sr_fence *fence, const sr_call *call) {
  (void)h; (void)key; (void)fence;
  done(call->op_id, SR_OK, NULL, NULL);
}

static void drop(sr_buf *buf) { free(buf->ptr); }

static void list(void *h, sr_bytes prefix, sr_bytes after, uint32_t limit, const sr_call *call) {
  (void)h; (void)after; (void)limit;
  sr_page page = { .struct_size = sizeof page, .count = 2 };
  const char *packed = "\1\0\0\0a\1\0\0\0b";
  page.packed = (sr_buf){ (uint8_t *)packed, 10, NULL, NULL };
  if (is(prefix, "million/")) {
    uint8_t *bytes = malloc(11000000);
    for (int i = 0; i < 1000000; i++) {
      uint8_t *at = bytes + i * 11;
      memcpy(at, "\7\0\0\0", 4);
      for (int digit = 6, n = i; digit >= 0; digit--, n /= 10) at[4 + digit] = (uint8_t)('0' + n % 10);
    }
    page.count = 1000000;
    page.packed = (sr_buf){ bytes, 11000000, NULL, drop };
  }
  if (is(prefix, "garbage/")) page.packed.ptr = (uint8_t *)"\1\0\0\0\xff\1\0\0\0b";
  if (is(prefix, "unsorted/")) page.packed.ptr = (uint8_t *)"\1\0\0\0b\1\0\0\0a";
  if (is(prefix, "deep/")) page.packed = (sr_buf){ (uint8_t *)"\3\0\0\0a/b\1\0\0\0b", 12, NULL, NULL };
  if (is(prefix, "cut/")) page.packed.len = 7;
  if (is(prefix, "more/")) page.packed.len = 5;
  if (is(prefix, "lies/")) page.packed.ptr = (uint8_t *)"\1\0\0\0a\xff\xff\xff\xff" "b";
  done(call->op_id, SR_OK, NULL, &page);
}

static void open_(const sr_setting *settings, size_t n, const sr_call *call) {
  if (n > 0 && is(settings->name, "never")) return;
  sr_opened o = { .struct_size = sizeof o, .interfaces = SR_STORAGE, .handle = &left_open, .max_key_bytes = 1024, .max_value_bytes = 1 << 20 };
  if (n > 0 && is(settings->name, "claims")) o.caps = SR_CAP_ATOMIC_BATCH;
  if (n > 0 && is(settings->name, "seal")) o.interfaces = SR_SEAL;
  done(call->op_id, SR_OK, NULL, &o);
}

static void close_(void *h, const sr_call *call) { (void)h; done(call->op_id, SR_OK, NULL, NULL); }

static const sr_storage storage = { .struct_size = sizeof storage, .get = get, .put = put, .delete_ = delete_, .list = list };

static const void *query(const char *name, uint32_t major) {
  (void)major;
#ifdef NO_TABLE
  return name ? NULL : &storage;
#else
  return strcmp(name, "storage") == 0 ? &storage : NULL;
#endif
}

static const sr_plugin plugin = { .struct_size = sizeof plugin, .abi_major = SR_ABI_MAJOR, .abi_minor = TABLE_MINOR, .flags = SR_BLOCKING,
#ifndef NO_MANIFEST
                                  .manifest = { (const uint8_t *)sr_manifest, sizeof sr_manifest - 1 - OTHER_MANIFEST },
#endif
                                  .open = open_, .close = close_, .query = query };

const sr_plugin *sr_plugin_entry_v0(const sr_host *the_host) {
  host = the_host;
#ifdef REFUSES
  return NULL;
#else
  return &plugin;
#endif
}
#endif
