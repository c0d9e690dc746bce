/* A storage in C: entries in memory, in one sorted array. Reads and writes, listings, atomic batches. */
#define _POSIX_C_SOURCE 200809L
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "strongroom_plugin.h"

SR_MANIFEST("{\"name\":\"mem-c\",\"version\":\"0.1.0\",\"kinds\":[\"storage\"],\"license\":\"Apache-2.0\","
            "\"description\":\"Entries in memory; an example in C.\",\"abi\":\"" SR_ABI "\",\"sdk\":\"c\"}")

enum { PAGE_MAX = 10000, BATCH_OPS_MAX = 1000 };

typedef struct { sr_bytes key, value; } entry;
typedef struct { pthread_mutex_t lock; entry *entries; size_t n; } store;

static const sr_host *host;

static void answer(const sr_call *call, int32_t kind, const char *message, const void *out) {
  sr_answer a = { .struct_size = sizeof a, .kind = kind, .out = out };
  a.message.ptr = (uint8_t *)(uintptr_t)message; /* lent, as it has no drop */
  a.message.len = message ? strlen(message) : 0;
  host->done(host->ctx, call->op_id, &a);
}

static void forget(sr_bytes bytes) {
  for (size_t i = 0; i < bytes.len; i++) ((volatile uint8_t *)(uintptr_t)bytes.ptr)[i] = 0;
  free((void *)(uintptr_t)bytes.ptr);
}

static void drop(sr_buf *buf) { forget((sr_bytes){ buf->ptr, buf->len }); }

/* ---- the sorted array ---- */
static int copy(sr_bytes from, sr_bytes *to) {
  uint8_t *memory = malloc(from.len ? from.len : 1);
  if (memory && from.len) memcpy(memory, from.ptr, from.len);
  *to = (sr_bytes){ memory, from.len };
  return memory != NULL;
}

static int compare(sr_bytes a, sr_bytes b) {
  size_t len = a.len < b.len ? a.len : b.len;
  int order = len ? memcmp(a.ptr, b.ptr, len) : 0;
  return order ? order : (a.len > b.len) - (a.len < b.len);
}

/* The first entry whose key is not less; `found` says whether it is equal. */
static size_t find(const store *s, sr_bytes key, int *found) {
  size_t low = 0, high = s->n;
  while (low < high) {
    size_t middle = low + (high - low) / 2;
    if (compare(s->entries[middle].key, key) < 0) low = middle + 1; else high = middle;
  }
  *found = low < s->n && compare(s->entries[low].key, key) == 0;
  return low;
}

/* Takes the copies over; there is room for one more. */
static void set(store *s, sr_bytes key, sr_bytes value) {
  int found;
  size_t at = find(s, key, &found);
  if (found) {
    forget(s->entries[at].value);
    forget(s->entries[at].key);
  } else {
    memmove(s->entries + at + 1, s->entries + at, (s->n++ - at) * sizeof(entry));
  }
  s->entries[at] = (entry){ key, value };
}

static void unset(store *s, sr_bytes key) {
  int found;
  size_t at = find(s, key, &found);
  if (!found) return;
  forget(s->entries[at].key);
  forget(s->entries[at].value);
  memmove(s->entries + at, s->entries + at + 1, (--s->n - at) * sizeof(entry));
}

static int reserve(store *s, size_t more) {
  entry *entries = realloc(s->entries, (s->n + more + 1) * sizeof(entry));
  if (entries) s->entries = entries;
  return entries != NULL;
}

/* ---- the calls ---- */
static void get(void *h, sr_bytes key, const sr_call *call) {
  store *s = h;
  sr_bytes value = { 0 };
  int found, copied = 1;
  pthread_mutex_lock(&s->lock);
  size_t at = find(s, key, &found);
  if (found) copied = copy(s->entries[at].value, &value);
  pthread_mutex_unlock(&s->lock);
  if (!copied) { answer(call, SR_INTERNAL, "no memory", NULL); return; }
  sr_value out = { .struct_size = sizeof out, .found = (uint32_t)found };
  if (found) out.value = (sr_buf){ (uint8_t *)(uintptr_t)value.ptr, value.len, NULL, drop };
  answer(call, SR_OK, NULL, &out);
}

/* All that can fail comes first: copies and room. Then nothing can. */
static void apply(void *h, const sr_batch *batch, const sr_call *call) {
  store *s = h;
  size_t i, n = batch->n_writes;
  entry *copies = calloc(n ? n : 1, sizeof(entry));
  int ok = copies != NULL;
  for (i = 0; ok && i < n; i++)
    if (batch->writes[i].kind == SR_WRITE_PUT)
      ok = copy(batch->writes[i].key, &copies[i].key) && copy(batch->writes[i].value, &copies[i].value);
  pthread_mutex_lock(&s->lock);
  ok = ok && reserve(s, n);
  for (i = 0; ok && i < n; i++)
    copies[i].key.ptr ? set(s, copies[i].key, copies[i].value) : unset(s, batch->writes[i].key);
  pthread_mutex_unlock(&s->lock);
  for (i = 0; !ok && copies && i < n; i++) { forget(copies[i].key); forget(copies[i].value); }
  free(copies);
  answer(call, ok ? SR_OK : SR_INTERNAL, ok ? NULL : "no memory", NULL);
}

static void write_one(void *h, sr_write write, const sr_fence *fence, const sr_call *call) {
  apply(h, &(sr_batch){ .struct_size = sizeof(sr_batch), .writes = &write, .n_writes = 1, .fence = fence }, call);
}

static void put(void *h, sr_bytes key, sr_bytes value, const sr_fence *fence, const sr_call *call) {
  write_one(h, (sr_write){ SR_WRITE_PUT, 0, key, value }, fence, call);
}

static void delete_(void *h, sr_bytes key, const sr_fence *fence, const sr_call *call) {
  write_one(h, (sr_write){ SR_WRITE_DELETE, 0, key, { 0 } }, fence, call);
}

static void list(void *h, sr_bytes prefix, sr_bytes after, uint32_t limit, const sr_call *call) {
  store *s = h;
  sr_page out = { .struct_size = sizeof out };
  sr_bytes last = after;
  char *packed = NULL;
  size_t len = 0;
  int found;
  FILE *pack = open_memstream(&packed, &len);
  if (!pack) { answer(call, SR_INTERNAL, "no memory", NULL); return; }
  if (limit == 0 || limit > (uint32_t)PAGE_MAX) limit = PAGE_MAX;
  pthread_mutex_lock(&s->lock);
  for (size_t i = find(s, prefix, &found); i < s->n; i++) {
    sr_bytes key = s->entries[i].key;
    if (key.len < prefix.len || (prefix.len && memcmp(key.ptr, prefix.ptr, prefix.len) != 0)) break;
    sr_bytes name = { key.ptr + prefix.len, key.len - prefix.len };
    const uint8_t *slash = memchr(name.ptr, '/', name.len);
    if (slash) name.len = (size_t)(slash - name.ptr) + 1; /* a subtree, once */
    if (compare(name, last) <= 0) continue;
    if (out.count == limit) { out.more = 1; break; }
    for (int byte = 0; byte < 4; byte++) putc((int)(name.len >> (8 * byte) & 255), pack);
    fwrite(name.ptr, 1, name.len, pack);
    last = name;
    out.count++;
  }
  pthread_mutex_unlock(&s->lock);
  int failed = ferror(pack) | fclose(pack);
  out.packed = (sr_buf){ (uint8_t *)packed, len, NULL, drop };
  if (failed) free(packed);
  answer(call, failed ? SR_INTERNAL : SR_OK, failed ? "no memory" : NULL, &out);
}

static void open_(const sr_setting *settings, size_t n, const sr_call *call) {
  char message[128]; /* it has no settings: an unknown one is named */
  if (n > 0) snprintf(message, sizeof message, "the setting \"%.*s\" is not known here", (int)settings->name.len, settings->name.ptr);
  if (n > 0) { answer(call, SR_CONFIG_INVALID, message, NULL); return; }
  store *s = calloc(1, sizeof(store));
  if (!s) { answer(call, SR_INTERNAL, "no memory", NULL); return; }
  pthread_mutex_init(&s->lock, NULL);
  sr_opened out = { .struct_size = sizeof out, .interfaces = SR_STORAGE, .handle = s, .caps = SR_CAP_ATOMIC_BATCH,
                    .max_batch_ops = BATCH_OPS_MAX, .max_batch_bytes = 8u << 20, .max_key_bytes = 2048, .max_value_bytes = 1u << 20 };
  answer(call, SR_OK, NULL, &out);
}

static void close_(void *h, const sr_call *call) {
  store *s = h;
  while (s->n > 0) unset(s, s->entries[s->n - 1].key);
  free(s->entries);
  pthread_mutex_destroy(&s->lock);
  free(s);
  answer(call, SR_OK, NULL, NULL);
}

/* ---- the plugin ---- */
static const sr_storage storage = { .struct_size = sizeof storage, .get = get, .put = put, .delete_ = delete_, .list = list, .apply = apply };

static const void *query(const char *name, uint32_t major) {
  return major == SR_ABI_MAJOR && strcmp(name, "storage") == 0 ? &storage : NULL;
}

static const sr_plugin plugin = { .struct_size = sizeof plugin, .abi_major = SR_ABI_MAJOR, .abi_minor = SR_ABI_MINOR, .flags = SR_BLOCKING,
                                  .manifest = { (const uint8_t *)sr_manifest, sizeof sr_manifest - 1 },
                                  .open = open_, .close = close_, .query = query };

const sr_plugin *sr_plugin_entry_v0(const sr_host *the_host) {
  host = the_host;
  return &plugin;
}
