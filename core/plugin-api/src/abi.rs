//! The C ABI as Rust types: `include/strongroom_plugin.h`, struct by struct. The rules are there.
//!
//! Nothing here is unsafe; what is done with these types is, in the two halves of the ABI:
//! `native.rs` of this crate for plugins, `native.rs` of the server's `plugin-host`.

#![expect(missing_docs, reason = "the header documents the structs and their fields")]

use std::{
    ffi::{c_char, c_void},
    ptr,
};

/// The ABI's major version. 0 is provisional: the minor must be equal too.
pub const ABI_MAJOR: u16 = 0;
/// The ABI's minor version.
pub const ABI_MINOR: u16 = 2;
/// Both, as a manifest has it.
pub const ABI: &str = "0.2";
/// The symbol that a library of this major exports.
pub const ENTRY: &str = "sr_plugin_entry_v0";

pub const OK: i32 = 0;
pub const RETRYABLE: u32 = 1;
pub const MAYBE_APPLIED: u32 = 2;
pub const BLOCKING: u32 = 1;
pub const STORAGE: u32 = 1;
pub const HA_LOCK: u32 = 2;
pub const SEAL: u32 = 4;
pub const CAP_ATOMIC_BATCH: u32 = 1;
pub const CAP_CHECKS: u32 = 2;
pub const CAP_FENCING: u32 = 4;
pub const CAP_CHANGES: u32 = 8;
pub const LOG_ERROR: u32 = 1;
pub const LOG_WARN: u32 = 2;
pub const LOG_INFO: u32 = 3;
pub const LOG_DEBUG: u32 = 4;
pub const LOG_TRACE: u32 = 5;
pub const COUNTER: u32 = 1;
pub const GAUGE: u32 = 2;
pub const HISTOGRAM: u32 = 3;
pub const CHECK_ABSENT: u32 = 1;
pub const CHECK_VALUE_IS: u32 = 2;
pub const WRITE_PUT: u32 = 1;
pub const WRITE_DELETE: u32 = 2;

/// A call without arguments.
type Plain = unsafe extern "C" fn(*mut c_void, *const SrCall);

#[derive(Clone, Copy)]
#[repr(C)]
pub struct SrBytes {
    pub ptr: *const u8,
    pub len: usize,
}

#[derive(Clone, Copy)]
#[repr(C)]
pub struct SrBuf {
    pub ptr: *mut u8,
    pub len: usize,
    pub owner: *mut c_void,
    pub drop: Option<unsafe extern "C" fn(*mut Self)>,
}

#[derive(Clone, Copy)]
#[repr(C)]
pub struct SrSetting {
    pub name: SrBytes,
    pub value: SrBytes,
}

#[derive(Clone, Copy)]
#[repr(C)]
pub struct SrCall {
    pub struct_size: u32,
    pub flags: u32,
    pub op_id: u64,
    pub deadline_ns: u64,
}

#[derive(Clone, Copy)]
#[repr(C)]
pub struct SrAnswer {
    pub struct_size: u32,
    pub kind: i32,
    pub flags: u32,
    pub reserved: u32,
    pub message: SrBuf,
    pub out: *const c_void,
}

#[derive(Clone, Copy)]
#[repr(C)]
pub struct SrHost {
    pub struct_size: u32,
    pub abi_major: u16,
    pub abi_minor: u16,
    pub ctx: *mut c_void,
    pub done: Option<unsafe extern "C" fn(*mut c_void, u64, *const SrAnswer)>,
    pub log_enabled: Option<unsafe extern "C" fn(*mut c_void, u32) -> u32>,
    pub log: Option<unsafe extern "C" fn(*mut c_void, u32, SrBytes, SrBytes)>,
    pub metric:
        Option<unsafe extern "C" fn(*mut c_void, u32, SrBytes, *const SrSetting, usize, f64)>,
    pub now_ns: Option<unsafe extern "C" fn(*mut c_void) -> u64>,
    pub random: Option<unsafe extern "C" fn(*mut c_void, *mut u8, usize)>,
    pub worker_threads: u32,
    pub reserved: u32,
}

#[derive(Clone, Copy)]
#[repr(C)]
pub struct SrOpened {
    pub struct_size: u32,
    pub interfaces: u32,
    pub handle: *mut c_void,
    pub caps: u32,
    pub reserved: u32,
    pub max_batch_ops: u64,
    pub max_batch_bytes: u64,
    pub max_key_bytes: u64,
    pub max_value_bytes: u64,
}

#[derive(Clone, Copy)]
#[repr(C)]
pub struct SrValue {
    pub struct_size: u32,
    pub found: u32,
    pub value: SrBuf,
}

#[derive(Clone, Copy)]
#[repr(C)]
pub struct SrPage {
    pub struct_size: u32,
    pub count: u32,
    pub more: u32,
    pub reserved: u32,
    pub packed: SrBuf,
}

#[derive(Clone, Copy)]
#[repr(C)]
pub struct SrChanges {
    pub struct_size: u32,
    pub count: u32,
    pub overflow: u32,
    pub reserved: u32,
    pub cursor: SrBuf,
    pub packed: SrBuf,
}

#[derive(Clone, Copy)]
#[repr(C)]
pub struct SrAcquired {
    pub struct_size: u32,
    pub acquired: u32,
    pub epoch: u64,
    pub text: SrBuf,
}

#[derive(Clone, Copy)]
#[repr(C)]
pub struct SrRenewed {
    pub struct_size: u32,
    pub held: u32,
}

#[derive(Clone, Copy)]
#[repr(C)]
pub struct SrHolder {
    pub struct_size: u32,
    pub found: u32,
    pub epoch: u64,
    pub value: SrBuf,
}

#[derive(Clone, Copy)]
#[repr(C)]
pub struct SrSealStatus {
    pub struct_size: u32,
    pub healthy: u32,
    pub key_id: SrBuf,
    pub detail: SrBuf,
}

#[derive(Clone, Copy)]
#[repr(C)]
pub struct SrWrapped {
    pub struct_size: u32,
    pub reserved: u32,
    pub mechanism: u64,
    pub ciphertext: SrBuf,
    pub iv: SrBuf,
    pub key_id: SrBuf,
}

#[derive(Clone, Copy)]
#[repr(C)]
pub struct SrSecret {
    pub struct_size: u32,
    pub reserved: u32,
    pub bytes: SrBuf,
}

#[derive(Clone, Copy)]
#[repr(C)]
pub struct SrFence {
    pub struct_size: u32,
    pub reserved: u32,
    pub lock_key: SrBytes,
    pub token: SrBytes,
    pub epoch: u64,
}

#[derive(Clone, Copy)]
#[repr(C)]
pub struct SrCheck {
    pub kind: u32,
    pub reserved: u32,
    pub key: SrBytes,
    pub sha256: SrBytes,
}

#[derive(Clone, Copy)]
#[repr(C)]
pub struct SrWrite {
    pub kind: u32,
    pub reserved: u32,
    pub key: SrBytes,
    pub value: SrBytes,
}

#[derive(Clone, Copy)]
#[repr(C)]
pub struct SrBatch {
    pub struct_size: u32,
    pub reserved: u32,
    pub checks: *const SrCheck,
    pub n_checks: usize,
    pub writes: *const SrWrite,
    pub n_writes: usize,
    pub fence: *const SrFence,
}

#[derive(Clone, Copy)]
#[repr(C)]
pub struct SrStorage {
    pub struct_size: u32,
    pub reserved: u32,
    pub get: Option<unsafe extern "C" fn(*mut c_void, SrBytes, *const SrCall)>,
    pub put:
        Option<unsafe extern "C" fn(*mut c_void, SrBytes, SrBytes, *const SrFence, *const SrCall)>,
    pub delete: Option<unsafe extern "C" fn(*mut c_void, SrBytes, *const SrFence, *const SrCall)>,
    pub list: Option<unsafe extern "C" fn(*mut c_void, SrBytes, SrBytes, u32, *const SrCall)>,
    pub apply: Option<unsafe extern "C" fn(*mut c_void, *const SrBatch, *const SrCall)>,
    pub changes: Option<unsafe extern "C" fn(*mut c_void, *const SrBytes, u64, *const SrCall)>,
    pub health: Option<Plain>,
}

#[derive(Clone, Copy)]
#[repr(C)]
pub struct SrHaLock {
    pub struct_size: u32,
    pub reserved: u32,
    pub acquire: Option<unsafe extern "C" fn(*mut c_void, SrBytes, SrBytes, u64, *const SrCall)>,
    pub renew: Option<unsafe extern "C" fn(*mut c_void, *const SrFence, u64, *const SrCall)>,
    pub release: Option<unsafe extern "C" fn(*mut c_void, *const SrFence, *const SrCall)>,
    pub current: Option<unsafe extern "C" fn(*mut c_void, SrBytes, *const SrCall)>,
}

#[derive(Clone, Copy)]
#[repr(C)]
pub struct SrBlob {
    pub struct_size: u32,
    pub reserved: u32,
    pub mechanism: u64,
    pub ciphertext: SrBytes,
    pub iv: SrBytes,
    pub key_id: SrBytes,
}

#[derive(Clone, Copy)]
#[repr(C)]
pub struct SrSeal {
    pub struct_size: u32,
    pub reserved: u32,
    pub status: Option<Plain>,
    pub wrap: Option<unsafe extern "C" fn(*mut c_void, SrBytes, SrBytes, *const SrCall)>,
    pub unwrap: Option<unsafe extern "C" fn(*mut c_void, *const SrBlob, SrBytes, *const SrCall)>,
    pub random: Option<unsafe extern "C" fn(*mut c_void, u64, *const SrCall)>,
}

#[derive(Clone, Copy)]
#[repr(C)]
pub struct SrPlugin {
    pub struct_size: u32,
    pub abi_major: u16,
    pub abi_minor: u16,
    pub flags: u32,
    pub reserved: u32,
    pub manifest: SrBytes,
    pub open: Option<unsafe extern "C" fn(*const SrSetting, usize, *const SrCall)>,
    pub close: Option<Plain>,
    pub cancel: Option<unsafe extern "C" fn(*mut c_void, u64)>,
    pub query: Option<unsafe extern "C" fn(*const c_char, u32) -> *const c_void>,
}

/// The `struct_size` of a struct.
pub const fn struct_size<T>() -> u32 {
    size_of::<T>() as u32
}

impl SrBytes {
    /// Borrows what must stay as it is until the call is done.
    pub const fn of(bytes: &[u8]) -> Self {
        Self { ptr: bytes.as_ptr(), len: bytes.len() }
    }
}

impl SrBuf {
    /// No memory at all.
    pub const EMPTY: Self =
        Self { ptr: ptr::null_mut(), len: 0, owner: ptr::null_mut(), drop: None };

    /// Lends what must stay as it is until `done` returns.
    pub const fn lent(bytes: &[u8]) -> Self {
        Self { ptr: bytes.as_ptr().cast_mut(), len: bytes.len(), ..Self::EMPTY }
    }
}

#[cfg(test)]
mod tests;
