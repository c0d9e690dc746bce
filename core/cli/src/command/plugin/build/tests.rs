//! Numbers as WASM writes them, and what cargo says.

use serde_json::json;

use super::{leb128, library};

#[test]
fn numbers() {
    for (number, want) in [
        (0, &[0][..]),
        (1, &[1]),
        (127, &[127]),
        (128, &[0x80, 1]),
        (300, &[0xac, 2]),
        (624_485, &[0xe5, 0x8e, 0x26]),
    ] {
        assert_eq!(leb128(number), want, "{number}");
    }
}

#[test]
fn messages_of_cargo() {
    let message = |kind: &str, file: &str| {
        json!({
            "reason": "compiler-artifact",
            "target": { "kind": [kind] },
            "filenames": ["/t/libx.rlib", file],
        })
    };
    let found = |message| library(&message).map(|path| path.display().to_string());
    assert_eq!(found(message("cdylib", "/t/libx.so")).as_deref(), Some("/t/libx.so"));
    assert_eq!(found(message("cdylib", "/t/x.wasm")).as_deref(), Some("/t/x.wasm"));
    assert_eq!(found(message("lib", "/t/libx.so")), None);
    assert_eq!(found(message("cdylib", "/t/x.d")), None);
    assert_eq!(found(json!({ "reason": "build-finished" })), None);
}
