//! The manifest that `export!` writes, read back.

use crate::{Manifest, abi};

const TEXT: &str = crate::manifest_text!(
    ["etcd", "Apache-2.0", "A storage, and a lock."] [storage, ha_lock]
    [",\"abi\":\"0.2\",\"sdk\":\"rust\""]
);

#[test]
fn manifest() {
    let bytes: [u8; TEXT.len()] = crate::manifest::bytes(TEXT);
    let manifest = Manifest::parse(&bytes).unwrap();
    assert_eq!(manifest.name, "etcd");
    assert_eq!(manifest.version, env!("CARGO_PKG_VERSION"));
    assert_eq!(manifest.kinds, ["storage", "ha-lock"]);
    assert_eq!(manifest.license.as_deref(), Some("Apache-2.0"));
    assert_eq!(manifest.description.as_deref(), Some("A storage, and a lock."));
    assert_eq!(manifest.abi.as_deref(), Some(abi::ABI));
    assert_eq!(manifest.sdk.as_deref(), Some("rust"));
    assert_eq!(manifest.world, None);
}
