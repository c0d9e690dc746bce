/* ha_storage "{{name}}": an HA lock that keeps everything in memory, until your service is in its place. There is no
 * background work: the server renews and gives up by itself. */
#define _POSIX_C_SOURCE 200809L
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "strongroom_plugin.h"

SR_MANIFEST("{\"name\":\"{{name}}\",\"version\":\"0.1.0\",\"kinds\":[\"ha-lock\"],\"license\":\"Apache-2.0\","
            "\"description\":\"An HA lock for Strongroom.\",\"abi\":\"" SR_ABI "\",\"sdk\":\"c\"}")

/* A lock that nobody holds stays: its epoch must go on growing. */
typedef struct lock { struct lock *next; sr_bytes key, value; uint64_t epoch, until_ns; } lock;
typedef struct { pthread_mutex_t mutex; lock *first; } locks;

static const sr_host *host;

static void answer(const sr_call *call, int32_t kind, const char *message, const void *out) {
  sr_answer a = { .struct_size = sizeof a, .kind = kind, .out = out };
  a.message.ptr = (uint8_t *)(uintptr_t)message; /* lent, as it has no drop */
  a.message.len = message ? strlen(message) : 0;
  host->done(host->ctx, call->op_id, &a);
}

static void drop(sr_buf *buf) { free(buf->ptr); }

static sr_bytes copy(sr_bytes from) {
  uint8_t *memory = malloc(from.len ? from.len : 1);
  if (memory && from.len) memcpy(memory, from.ptr, from.len);
  return (sr_bytes){ memory, from.len };
}

static sr_buf given(sr_bytes from) {
  sr_bytes bytes = copy(from);
  return (sr_buf){ (uint8_t *)(uintptr_t)bytes.ptr, bytes.ptr ? bytes.len : 0, NULL, drop };
}

static int equal(sr_bytes a, sr_bytes b) { return a.len == b.len && (a.len == 0 || memcmp(a.ptr, b.ptr, a.len) == 0); }

/* ---- the locks; the mutex is held ---- */
static lock *find(locks *all, sr_bytes key) {
  lock *l = all->first;
  while (l && !equal(l->key, key)) l = l->next;
  return l;
}

static int held(const lock *l) { return l && host->now_ns(host->ctx) < l->until_ns; }

/* Unique to an acquisition. */
static int token(char text[32], uint64_t epoch) { return snprintf(text, 32, "{{name_}}-%llu", (unsigned long long)epoch); }

static lock *held_by(locks *all, const sr_fence *fence) {
  lock *l = find(all, fence->lock_key);
  char text[32];
  if (!held(l) || l->epoch != fence->epoch) return NULL;
  int len = token(text, l->epoch);
  return equal(fence->token, (sr_bytes){ (const uint8_t *)text, (size_t)len }) ? l : NULL;
}

/* ---- the calls ---- */
static void acquire(void *h, sr_bytes key, sr_bytes value, uint64_t ttl_ms, const sr_call *call) {
  locks *all = h;
  sr_acquired out = { .struct_size = sizeof out };
  char text[32];
  pthread_mutex_lock(&all->mutex);
  lock *l = find(all, key);
  if (!l && (l = calloc(1, sizeof *l)) != NULL) {
    *l = (lock){ .next = all->first, .key = copy(key) };
    all->first = l;
  }
  if (l && held(l)) {
    out.epoch = l->epoch;
    out.text = given(l->value);
  } else if (l) {
    free((void *)(uintptr_t)l->value.ptr);
    l->value = copy(value);
    l->until_ns = host->now_ns(host->ctx) + ttl_ms * 1000000u;
    out.acquired = 1;
    out.epoch = ++l->epoch;
    int len = token(text, l->epoch);
    out.text = given((sr_bytes){ (const uint8_t *)text, (size_t)len });
  }
  pthread_mutex_unlock(&all->mutex);
  answer(call, l ? SR_OK : SR_INTERNAL, l ? NULL : "no memory", &out);
}

static void renew(void *h, const sr_fence *fence, uint64_t ttl_ms, const sr_call *call) {
  locks *all = h;
  sr_renewed out = { .struct_size = sizeof out };
  pthread_mutex_lock(&all->mutex);
  lock *l = held_by(all, fence);
  if (l) l->until_ns = host->now_ns(host->ctx) + ttl_ms * 1000000u;
  out.held = l != NULL;
  pthread_mutex_unlock(&all->mutex);
  answer(call, SR_OK, NULL, &out);
}

static void release(void *h, const sr_fence *fence, const sr_call *call) {
  locks *all = h;
  pthread_mutex_lock(&all->mutex);
  lock *l = held_by(all, fence);
  if (l) l->until_ns = 0;
  pthread_mutex_unlock(&all->mutex);
  answer(call, SR_OK, NULL, NULL);
}

static void current(void *h, sr_bytes key, const sr_call *call) {
  locks *all = h;
  sr_holder out = { .struct_size = sizeof out };
  pthread_mutex_lock(&all->mutex);
  lock *l = find(all, key);
  if (held(l)) {
    out.found = 1;
    out.epoch = l->epoch;
    out.value = given(l->value);
  }
  pthread_mutex_unlock(&all->mutex);
  answer(call, SR_OK, NULL, &out);
}

static void open_(const sr_setting *settings, size_t n, const sr_call *call) {
  char message[128]; /* it has no settings: an unknown one is named */
  if (n > 0) snprintf(message, sizeof message, "the setting \"%.*s\" is not known here", (int)settings->name.len, settings->name.ptr);
  if (n > 0) { answer(call, SR_CONFIG_INVALID, message, NULL); return; }
  locks *all = calloc(1, sizeof *all);
  if (!all) { answer(call, SR_INTERNAL, "no memory", NULL); return; }
  pthread_mutex_init(&all->mutex, NULL);
  sr_opened out = { .struct_size = sizeof out, .interfaces = SR_HA_LOCK, .handle = all };
  answer(call, SR_OK, NULL, &out);
}

static void close_(void *h, const sr_call *call) {
  locks *all = h;
  while (all->first) {
    lock *l = all->first;
    all->first = l->next;
    free((void *)(uintptr_t)l->key.ptr);
    free((void *)(uintptr_t)l->value.ptr);
    free(l);
  }
  pthread_mutex_destroy(&all->mutex);
  free(all);
  answer(call, SR_OK, NULL, NULL);
}

/* ---- the plugin ---- */
static const sr_ha_lock table = { .struct_size = sizeof table, .acquire = acquire, .renew = renew, .release = release, .current = current };

static const void *query(const char *name, uint32_t major) {
  return major == SR_ABI_MAJOR && strcmp(name, "ha-lock") == 0 ? &table : NULL;
}

static const sr_plugin plugin = { .struct_size = sizeof plugin, .abi_major = SR_ABI_MAJOR, .abi_minor = SR_ABI_MINOR, .flags = SR_BLOCKING,
                                  .manifest = { (const uint8_t *)sr_manifest, sizeof sr_manifest - 1 },
                                  .open = open_, .close = close_, .query = query };

const sr_plugin *sr_plugin_entry_v0(const sr_host *the_host) {
  host = the_host;
  return &plugin;
}
