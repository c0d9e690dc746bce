/* strongroom_plugin.h: a storage, an HA lock or a seal for Strongroom, as a native library in any language.
 *
 * ABI 0.2. Major 0 is provisional: the minor must be the server's own too. From major 1 on a server loads every
 * plugin of the same major. The contracts themselves (what a key is, what `apply` promises) are those of the Rust
 * crate plugin-api; plugins/examples/storage-c is a whole storage to start from.
 *
 * R1  Compatibility. Every struct that begins with struct_size says how many bytes its writer knows. Fields are only
 *     appended. A reader takes what both know, the rest is zero. The elements of arrays (sr_bytes, sr_setting,
 *     sr_check, sr_write) and sr_buf never change within a major. Unknown flags are ignored, unknown error kinds
 *     read as SR_INTERNAL, an unknown kind of check or write must be answered with SR_UNSUPPORTED.
 * R2  Threads. Any function is called from any thread, many at once. It returns soon, unless the plugin sets
 *     SR_BLOCKING: then it is called on threads that may wait, a bounded number of them. `cancel` always returns soon. A
 *     plugin that keeps a thread longer than a call may take gets no more calls until it has returned.
 * R3  Completion. Every call with an sr_call ends in host->done(host->ctx, call->op_id, &answer), exactly once: before
 *     the function returns, or later, from any thread. Whatever was passed in (the sr_call, keys, values, arrays) stays
 *     as it is until done is called, and not longer. The answer and its `out` are read before done returns. A second
 *     done for the same call makes the server refuse the plugin from then on.
 * R4  Buffers. sr_bytes is borrowed. An sr_buf with a drop belongs to its receiver, who calls it once, from any thread;
 *     drop is the producer's, so no allocator is shared, and it wipes what is secret. An sr_buf without a drop (NULL) is
 *     lent until done returns, and the server copies it: the cheaper way for anything but large values.
 * R5  Cancelling. cancel is advice: the call still completes, with SR_CANCELLED or its result. A write that may have
 *     taken effect sets SR_MAYBE_APPLIED. The server stops waiting at the deadline, and takes late answers.
 * R6  Panics, exceptions and longjmp never cross this boundary. No signal handler is installed, no fork.
 * R7  Lifetime. The library is loaded once and never unloaded. close ends an instance; no other call of the instance
 *     follows it. The host table and its ctx stay for the life of the process.
 * R8  Manifest. SR_MANIFEST puts JSON into the file, and the server reads it before it loads anything:
 *     SR_MANIFEST("{\"name\":\"x\",\"version\":\"1.0.0\",\"kinds\":[\"storage\"],\"abi\":\"" SR_ABI "\",\"sdk\":\"c\"}")
 *     kinds: "storage", "ha-lock", "seal". Optional: "license", "description".
 * R9  Text is UTF-8, without NUL at the end. Messages are lower case, without full stop, and never hold a value of an
 *     entry or key material.
 */
#ifndef STRONGROOM_PLUGIN_H
#define STRONGROOM_PLUGIN_H
#include <stddef.h>
#include <stdint.h>
#ifdef __cplusplus
extern "C" {
#endif

#define SR_ABI_MAJOR 0u
#define SR_ABI_MINOR 2u
#define SR_ABI "0.2"

typedef struct sr_bytes { const uint8_t *ptr; size_t len; } sr_bytes;
typedef struct sr_buf { uint8_t *ptr; size_t len; void *owner; void (*drop)(struct sr_buf *self); } sr_buf;
typedef struct sr_setting { sr_bytes name, value; } sr_setting;

/* Why a call failed; the numbers of plugin_api::ErrorKind. */
enum {
  SR_OK = 0,
  SR_INVALID_ARGUMENT = 1,   /* the caller broke the contract */
  SR_CONFIG_INVALID = 2,     /* only from open; the message names the setting */
  SR_UNAVAILABLE = 3,
  SR_TIMEOUT = 4,
  SR_CANCELLED = 5,
  SR_CONFLICT = 6,           /* a check of apply did not hold; nothing was written */
  SR_FENCED = 7,             /* the fence is not the lock holder's; nothing was written */
  SR_TOO_LARGE = 8,
  SR_UNAUTHENTICATED = 9,
  SR_PERMISSION_DENIED = 10,
  SR_RATE_LIMITED = 11,
  SR_UNSUPPORTED = 12,
  SR_CORRUPT = 13,           /* what is stored cannot be decoded */
  SR_INTERNAL = 14,
  SR_PANICKED = 15
};
enum { SR_RETRYABLE = 1, SR_MAYBE_APPLIED = 2 };                                      /* sr_answer.flags */
enum { SR_BLOCKING = 1 };                                                             /* sr_plugin.flags */
enum { SR_STORAGE = 1, SR_HA_LOCK = 2, SR_SEAL = 4 };                                 /* sr_opened.interfaces */
enum { SR_CAP_ATOMIC_BATCH = 1, SR_CAP_CHECKS = 2, SR_CAP_FENCING = 4, SR_CAP_CHANGES = 8 };   /* sr_opened.caps */
enum { SR_LOG_ERROR = 1, SR_LOG_WARN = 2, SR_LOG_INFO = 3, SR_LOG_DEBUG = 4, SR_LOG_TRACE = 5 };
enum { SR_COUNTER = 1, SR_GAUGE = 2, SR_HISTOGRAM = 3 };
enum { SR_CHECK_ABSENT = 1, SR_CHECK_VALUE_IS = 2 };
enum { SR_WRITE_PUT = 1, SR_WRITE_DELETE = 2 };

/* One call. deadline_ns is on the clock of sr_host.now_ns. */
typedef struct sr_call { uint32_t struct_size, flags; uint64_t op_id, deadline_ns; } sr_call;

/* What a call came to. kind is SR_OK or an error; message only with an error; out is what the call's comment says. */
typedef struct sr_answer { uint32_t struct_size; int32_t kind; uint32_t flags, reserved; sr_buf message; const void *out; } sr_answer;

/* What the server offers. ctx is the first argument of each. */
typedef struct sr_host {
  uint32_t struct_size; uint16_t abi_major, abi_minor;
  void *ctx;
  void (*done)(void *ctx, uint64_t op_id, const sr_answer *answer);
  uint32_t (*log_enabled)(void *ctx, uint32_t level);
  void (*log)(void *ctx, uint32_t level, sr_bytes target, sr_bytes message);          /* over the limit: dropped, counted */
  void (*metric)(void *ctx, uint32_t kind, sr_bytes name, const sr_setting *labels, size_t n, double value);
  uint64_t (*now_ns)(void *ctx);                                                      /* monotonic */
  void (*random)(void *ctx, uint8_t *out, size_t len);                                /* fit for keys */
  uint32_t worker_threads, reserved;                                                  /* how many are reasonable */
} sr_host;

/* ---- the answers ---- */
typedef struct sr_opened {
  uint32_t struct_size, interfaces;
  void *handle;
  uint32_t caps, reserved;                                                            /* of a storage, as the rest */
  uint64_t max_batch_ops, max_batch_bytes, max_key_bytes, max_value_bytes;
} sr_opened;
typedef struct sr_value { uint32_t struct_size, found; sr_buf value; } sr_value;
/* packed: count times a little-endian uint32_t length and that many bytes, no padding, in byte order of the names. */
typedef struct sr_page { uint32_t struct_size, count, more, reserved; sr_buf packed; } sr_page;
typedef struct sr_changes { uint32_t struct_size, count, overflow, reserved; sr_buf cursor, packed; } sr_changes;
typedef struct sr_acquired { uint32_t struct_size, acquired; uint64_t epoch; sr_buf text; } sr_acquired;  /* token, or the holder's value */
typedef struct sr_renewed { uint32_t struct_size, held; } sr_renewed;
typedef struct sr_holder { uint32_t struct_size, found; uint64_t epoch; sr_buf value; } sr_holder;
typedef struct sr_seal_status { uint32_t struct_size, healthy; sr_buf key_id, detail; } sr_seal_status;
typedef struct sr_wrapped { uint32_t struct_size, reserved; uint64_t mechanism; sr_buf ciphertext, iv, key_id; } sr_wrapped;
typedef struct sr_secret { uint32_t struct_size, reserved; sr_buf bytes; } sr_secret;

/* ---- storage ---- */
typedef struct sr_fence { uint32_t struct_size, reserved; sr_bytes lock_key, token; uint64_t epoch; } sr_fence;
typedef struct sr_check { uint32_t kind, reserved; sr_bytes key, sha256; } sr_check;
typedef struct sr_write { uint32_t kind, reserved; sr_bytes key, value; } sr_write;
typedef struct sr_batch {
  uint32_t struct_size, reserved;
  const sr_check *checks; size_t n_checks;
  const sr_write *writes; size_t n_writes;
  const sr_fence *fence;                                                              /* NULL: none */
} sr_batch;
typedef struct sr_storage {
  uint32_t struct_size, reserved;
  void (*get)(void *h, sr_bytes key, const sr_call *call);                                        /* sr_value */
  void (*put)(void *h, sr_bytes key, sr_bytes value, const sr_fence *fence, const sr_call *call); /* nothing */
  void (*delete_)(void *h, sr_bytes key, const sr_fence *fence, const sr_call *call);             /* nothing */
  void (*list)(void *h, sr_bytes prefix, sr_bytes after, uint32_t limit, const sr_call *call);    /* sr_page */
  void (*apply)(void *h, const sr_batch *batch, const sr_call *call);     /* nothing; NULL without SR_CAP_ATOMIC_BATCH */
  void (*changes)(void *h, const sr_bytes *cursor, uint64_t wait_ms, const sr_call *call);  /* sr_changes; may be NULL */
  void (*health)(void *h, const sr_call *call);                           /* nothing; may be NULL; SR_CORRUPT ends the server */
} sr_storage;

/* ---- HA lock ---- */
typedef struct sr_ha_lock {
  uint32_t struct_size, reserved;
  void (*acquire)(void *h, sr_bytes key, sr_bytes value, uint64_t ttl_ms, const sr_call *call);   /* sr_acquired */
  void (*renew)(void *h, const sr_fence *fence, uint64_t ttl_ms, const sr_call *call);            /* sr_renewed */
  void (*release)(void *h, const sr_fence *fence, const sr_call *call);                           /* nothing */
  void (*current)(void *h, sr_bytes key, const sr_call *call);                                    /* sr_holder */
} sr_ha_lock;

/* ---- seal ---- */
typedef struct sr_blob { uint32_t struct_size, reserved; uint64_t mechanism; sr_bytes ciphertext, iv, key_id; } sr_blob;
typedef struct sr_seal {
  uint32_t struct_size, reserved;
  void (*status)(void *h, const sr_call *call);                                                   /* sr_seal_status */
  void (*wrap)(void *h, sr_bytes plaintext, sr_bytes aad, const sr_call *call);                   /* sr_wrapped */
  void (*unwrap)(void *h, const sr_blob *blob, sr_bytes aad, const sr_call *call);                /* sr_secret */
  void (*random)(void *h, uint64_t length, const sr_call *call);                                  /* sr_secret; may be NULL */
} sr_seal;

/* ---- the plugin ---- */
typedef struct sr_plugin {
  uint32_t struct_size; uint16_t abi_major, abi_minor;
  uint32_t flags, reserved;
  sr_bytes manifest;                                                                  /* as in the file */
  void (*open)(const sr_setting *settings, size_t n, const sr_call *call);            /* sr_opened */
  void (*close)(void *h, const sr_call *call);                                        /* nothing */
  void (*cancel)(void *h, uint64_t op_id);                                            /* may be NULL */
  /* The table of "storage", "ha-lock" or "seal" in that major, or NULL. */
  const void *(*query)(const char *name, uint32_t major);
} sr_plugin;

#if defined(_WIN32)
#define SR_EXPORT __declspec(dllexport)
#else
#define SR_EXPORT __attribute__((visibility("default")))
#endif

#if defined(__APPLE__)
#define SR_SECTION __attribute__((section("__DATA,__sr_manifest"), used))
#else
#define SR_SECTION __attribute__((section(".sr.manifest"), used))
#endif
#define SR_MANIFEST(json) SR_SECTION static const char sr_manifest[] = json;

/* The only symbol that is looked for. NULL refuses to start: log why first. */
SR_EXPORT const sr_plugin *sr_plugin_entry_v0(const sr_host *host);

#ifdef __cplusplus
}
#endif
#endif
