//! The arguments of a call as the ABI's structs, where they stay until it is answered.

use std::ptr;

use plugin_api::{
    Blob, Check, Fence, Write,
    abi::{
        self, SrBatch, SrBlob, SrBytes, SrCall, SrCheck, SrFence, SrSetting, SrWrite, struct_size,
    },
};

use crate::native::{Frame, Handle, call::Call};

/// A key that is longer leaves no memory to the next one.
const SPARE_BYTES_MAX: usize = 1 << 10;

/// What few calls have besides texts and numbers.
pub(super) struct Parts {
    settings: Vec<SrSetting>,
    checks: Vec<SrCheck>,
    writes: Vec<SrWrite>,
    batch: SrBatch,
    blob: SrBlob,
    cursor: Option<SrBytes>,
    /// One or none; in a vector so that it stays where it is.
    fence: Vec<SrFence>,
}

impl Frame {
    /// Makes the structs of a call. They point only to heap memory, which stays where it is.
    pub(super) fn fill(&mut self, call: Call) {
        self.parts = Parts::of(&call).map(Box::new);
        self.call = call;
    }

    /// The same for a `get`, with as little as there is of it.
    #[inline(always)]
    pub(super) fn fill_get(&mut self, key: &str) {
        if !matches!(self.call, Call::Get) {
            self.call = Call::Get;
        }
        self.key.clear();
        self.key.push_str(key);
    }

    /// Forgets the call.
    pub(super) fn clear(&mut self) {
        // Most often there is nothing to forget but a key.
        if !matches!(self.call, Call::Get) {
            self.parts = None;
            self.call = Call::None;
        }
        if self.key.capacity() > SPARE_BYTES_MAX {
            self.key = String::new();
        }
    }

    pub(super) fn settings(&self) -> (*const SrSetting, usize) {
        let settings = self.parts.as_deref().map_or(&[][..], |parts| &parts.settings);
        (settings.as_ptr(), settings.len())
    }

    /// The fence, or null; so are the others if there is none.
    pub(super) fn fence(&self) -> *const SrFence {
        self.parts.as_deref().map_or(ptr::null(), Parts::fence)
    }

    pub(super) fn batch(&self) -> *const SrBatch {
        self.parts.as_deref().map_or(ptr::null(), |parts| &raw const parts.batch)
    }

    pub(super) fn blob(&self) -> *const SrBlob {
        self.parts.as_deref().map_or(ptr::null(), |parts| &raw const parts.blob)
    }

    pub(super) fn cursor(&self) -> *const SrBytes {
        let cursor = self.parts.as_deref().and_then(|parts| parts.cursor.as_ref());
        cursor.map_or(ptr::null(), ptr::from_ref)
    }
}

impl Default for Frame {
    fn default() -> Self {
        let struct_size = struct_size::<SrCall>();
        let cx = SrCall { struct_size, flags: 0, op_id: 0, deadline_ns: 0 };
        Self { call: Call::None, key: String::new(), parts: None, cx, handle: Handle::none() }
    }
}

impl Parts {
    /// `None` for a call that has none of them, as most have.
    fn of(call: &Call) -> Option<Self> {
        let fence: Vec<_> = call.fence().map(fence_of).into_iter().collect();
        let none = Self {
            settings: Vec::new(),
            checks: Vec::new(),
            writes: Vec::new(),
            batch: EMPTY_BATCH,
            blob: EMPTY_BLOB,
            cursor: None,
            fence,
        };
        Some(match call {
            Call::Open { settings } => {
                Self { settings: settings.iter().map(setting_of).collect(), ..none }
            }
            Call::Changes { cursor, .. } => {
                let cursor = cursor.as_ref().map(|cursor| SrBytes::of(cursor.as_bytes()));
                Self { cursor, ..none }
            }
            Call::Apply { checks, writes, .. } => none.with_batch(checks, writes),
            Call::Unwrap { blob, .. } => Self { blob: blob_of(blob), ..none },
            _ if !none.fence.is_empty() => none,
            _ => return None,
        })
    }

    fn with_batch(mut self, checks: &[Check], writes: &[Write]) -> Self {
        self.checks = checks.iter().map(check_of).collect();
        self.writes = writes.iter().map(write_of).collect();
        self.batch = SrBatch {
            checks: self.checks.as_ptr(),
            n_checks: self.checks.len(),
            writes: self.writes.as_ptr(),
            n_writes: self.writes.len(),
            fence: self.fence(),
            ..EMPTY_BATCH
        };
        self
    }

    fn fence(&self) -> *const SrFence {
        self.fence.first().map_or(ptr::null(), ptr::from_ref)
    }
}

const EMPTY: SrBytes = SrBytes { ptr: ptr::null(), len: 0 };
const EMPTY_BATCH: SrBatch = SrBatch {
    struct_size: struct_size::<SrBatch>(),
    reserved: 0,
    checks: ptr::null(),
    n_checks: 0,
    writes: ptr::null(),
    n_writes: 0,
    fence: ptr::null(),
};
const EMPTY_BLOB: SrBlob = SrBlob {
    struct_size: struct_size::<SrBlob>(),
    reserved: 0,
    mechanism: 0,
    ciphertext: EMPTY,
    iv: EMPTY,
    key_id: EMPTY,
};

fn setting_of((name, value): &(String, String)) -> SrSetting {
    SrSetting { name: SrBytes::of(name.as_bytes()), value: SrBytes::of(value.as_bytes()) }
}

fn fence_of(fence: &Fence) -> SrFence {
    SrFence {
        struct_size: struct_size::<SrFence>(),
        reserved: 0,
        lock_key: SrBytes::of(fence.lock_key.as_bytes()),
        token: SrBytes::of(fence.token.as_bytes()),
        epoch: fence.epoch,
    }
}

fn check_of(check: &Check) -> SrCheck {
    let (kind, key, sha256) = match check {
        Check::Absent(key) => (abi::CHECK_ABSENT, key, EMPTY),
        Check::ValueIs(key, sha256) => (abi::CHECK_VALUE_IS, key, SrBytes::of(sha256)),
    };
    SrCheck { kind, reserved: 0, key: SrBytes::of(key.as_bytes()), sha256 }
}

fn write_of(write: &Write) -> SrWrite {
    let (kind, value) = match write {
        Write::Put(_, value) => (abi::WRITE_PUT, SrBytes::of(value)),
        Write::Delete(_) => (abi::WRITE_DELETE, EMPTY),
    };
    SrWrite { kind, reserved: 0, key: SrBytes::of(write.key().as_bytes()), value }
}

fn blob_of(blob: &Blob) -> SrBlob {
    SrBlob {
        mechanism: blob.mechanism,
        ciphertext: SrBytes::of(&blob.ciphertext),
        iv: SrBytes::of(&blob.iv),
        key_id: SrBytes::of(blob.key_id.as_bytes()),
        ..EMPTY_BLOB
    }
}
