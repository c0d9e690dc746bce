//! The header, compiled by a C compiler, against the Rust types: sizes, offsets, numbers.

use std::{mem::offset_of, path::Path, process::Command};

use super::*;
use crate::ErrorKind;

/// A line of C that prints a number, and the number that Rust has.
type Line = (String, i64);

macro_rules! layout {
    ($lines:ident, $($rust:ident = $c:ident { $($field:ident),* })*) => {$(
        $lines.push((concat!("sizeof(", stringify!($c), ")").to_owned(),
            std::mem::size_of::<$rust>() as i64));
        $(
            // `delete` is a keyword of C++, and its slot has an underscore more.
            let name = stringify!($field).replace("delete", "delete_");
            $lines.push((format!("offsetof({}, {name})", stringify!($c)),
                offset_of!($rust, $field) as i64));
        )*
    )*};
}

fn layouts() -> Vec<Line> {
    let mut lines = Vec::new();
    layout!(lines,
        SrBytes = sr_bytes { ptr, len }
        SrBuf = sr_buf { ptr, len, owner, drop }
        SrSetting = sr_setting { name, value }
        SrCall = sr_call { struct_size, flags, op_id, deadline_ns }
        SrAnswer = sr_answer { struct_size, kind, flags, reserved, message, out }
        SrHost = sr_host { struct_size, abi_major, abi_minor, ctx, done, log_enabled, log, metric,
            now_ns, random, worker_threads, reserved }
        SrOpened = sr_opened { struct_size, interfaces, handle, caps, reserved, max_batch_ops,
            max_batch_bytes, max_key_bytes, max_value_bytes }
        SrValue = sr_value { struct_size, found, value }
        SrPage = sr_page { struct_size, count, more, reserved, packed }
        SrChanges = sr_changes { struct_size, count, overflow, reserved, cursor, packed }
        SrAcquired = sr_acquired { struct_size, acquired, epoch, text }
        SrRenewed = sr_renewed { struct_size, held }
        SrHolder = sr_holder { struct_size, found, epoch, value }
        SrSealStatus = sr_seal_status { struct_size, healthy, key_id, detail }
        SrWrapped = sr_wrapped { struct_size, reserved, mechanism, ciphertext, iv, key_id }
        SrSecret = sr_secret { struct_size, reserved, bytes }
        SrFence = sr_fence { struct_size, reserved, lock_key, token, epoch }
        SrCheck = sr_check { kind, reserved, key, sha256 }
        SrWrite = sr_write { kind, reserved, key, value }
        SrBatch = sr_batch { struct_size, reserved, checks, n_checks, writes, n_writes, fence }
        SrStorage = sr_storage { struct_size, reserved, get, put, delete, list, apply, changes,
            health }
        SrHaLock = sr_ha_lock { struct_size, reserved, acquire, renew, release, current }
        SrBlob = sr_blob { struct_size, reserved, mechanism, ciphertext, iv, key_id }
        SrSeal = sr_seal { struct_size, reserved, status, wrap, unwrap, random }
        SrPlugin = sr_plugin { struct_size, abi_major, abi_minor, flags, reserved, manifest, open,
            close, cancel, query }
    );
    lines
}

fn numbers() -> Vec<Line> {
    let line = |name: &str, number: u32| (name.to_owned(), i64::from(number));
    vec![
        line("SR_ABI_MAJOR", ABI_MAJOR.into()),
        line("SR_ABI_MINOR", ABI_MINOR.into()),
        line("SR_INVALID_ARGUMENT", ErrorKind::InvalidArgument as u32),
        line("SR_CONFIG_INVALID", ErrorKind::ConfigInvalid as u32),
        line("SR_UNAVAILABLE", ErrorKind::Unavailable as u32),
        line("SR_TIMEOUT", ErrorKind::Timeout as u32),
        line("SR_CANCELLED", ErrorKind::Cancelled as u32),
        line("SR_CONFLICT", ErrorKind::Conflict as u32),
        line("SR_FENCED", ErrorKind::Fenced as u32),
        line("SR_TOO_LARGE", ErrorKind::TooLarge as u32),
        line("SR_UNAUTHENTICATED", ErrorKind::Unauthenticated as u32),
        line("SR_PERMISSION_DENIED", ErrorKind::PermissionDenied as u32),
        line("SR_RATE_LIMITED", ErrorKind::RateLimited as u32),
        line("SR_UNSUPPORTED", ErrorKind::Unsupported as u32),
        line("SR_CORRUPT", ErrorKind::Corrupt as u32),
        line("SR_INTERNAL", ErrorKind::Internal as u32),
        line("SR_PANICKED", ErrorKind::Panicked as u32),
        line("SR_RETRYABLE", RETRYABLE),
        line("SR_MAYBE_APPLIED", MAYBE_APPLIED),
        line("SR_BLOCKING", BLOCKING),
        line("SR_STORAGE", STORAGE),
        line("SR_HA_LOCK", HA_LOCK),
        line("SR_SEAL", SEAL),
        line("SR_CAP_ATOMIC_BATCH", CAP_ATOMIC_BATCH),
        line("SR_CAP_CHECKS", CAP_CHECKS),
        line("SR_CAP_FENCING", CAP_FENCING),
        line("SR_CAP_CHANGES", CAP_CHANGES),
        line("SR_LOG_ERROR", LOG_ERROR),
        line("SR_LOG_TRACE", LOG_TRACE),
        line("SR_COUNTER", COUNTER),
        line("SR_GAUGE", GAUGE),
        line("SR_HISTOGRAM", HISTOGRAM),
        line("SR_CHECK_ABSENT", CHECK_ABSENT),
        line("SR_CHECK_VALUE_IS", CHECK_VALUE_IS),
        line("SR_WRITE_PUT", WRITE_PUT),
        line("SR_WRITE_DELETE", WRITE_DELETE),
    ]
}

#[test]
fn header_and_mirror_agree() {
    let lines = [layouts(), numbers()].concat();
    let prints: String =
        lines.iter().map(|(c, _)| format!("  printf(\"%lld\\n\", (long long)({c}));\n")).collect();
    let program = format!(
        "#include <stdio.h>\n#include \"strongroom_plugin.h\"\nint main(void) {{\n{prints}  \
         puts(SR_ABI);\n  return 0;\n}}\n"
    );
    let folder = tempfile::tempdir().unwrap();
    let (source, binary) = (folder.path().join("layout.c"), folder.path().join("layout"));
    std::fs::write(&source, program).unwrap();
    let include = Path::new(env!("CARGO_MANIFEST_DIR")).join("include");
    let compiled = Command::new("gcc")
        .args(["-std=c11", "-pedantic", "-Wall", "-Wextra", "-Werror", "-I"])
        .args([&include, &source])
        .arg("-o")
        .arg(&binary)
        .status();
    let Ok(status) = compiled else {
        println!("skipped: gcc is missing; install it (apt install gcc)");
        return;
    };
    assert!(status.success(), "the header does not compile");
    let output = String::from_utf8(Command::new(binary).output().unwrap().stdout).unwrap();
    let mut printed = output.lines();
    for (c, rust) in &lines {
        assert_eq!(printed.next().unwrap(), rust.to_string(), "{c}");
    }
    assert_eq!(printed.next(), Some(ABI));
    assert_eq!(ENTRY, format!("sr_plugin_entry_v{ABI_MAJOR}"));
}
