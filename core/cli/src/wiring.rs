//! The explicit list of bundled providers: what this binary can open without loading a file.

use std::sync::Arc;

use plugin_host::{Catalog, Kind};

/// All bundled providers. `environment` reads a variable of the process.
pub(crate) fn providers(environment: seal::Environment) -> Catalog {
    Catalog::new(vec![
        (Kind::Storage, Arc::new(storage::InmemProvider)),
        (Kind::Storage, Arc::new(storage_file::FileProvider)),
        (Kind::Seal, Arc::new(seal::StaticProvider::new(environment))),
    ])
}

/// Labels that other servers of this API know for a bundled provider.
pub(crate) fn alias(label: &str) -> &str {
    match label {
        "inmem_ha" | "inmem_transactional" | "inmem_transactional_ha" => "inmem",
        other => other,
    }
}
