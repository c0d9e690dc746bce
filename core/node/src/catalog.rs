//! The explicit list of everything that can be mounted.

use std::sync::Arc;

use engines::{cubbyhole, kv};
use logical::{Backend, Result};
use mount::{Catalog, Class, Kind, Scope, Unsupported};

/// What audit lines and mounts tell of the backends that belong to the server.
const VERSION: &str = concat!("v", env!("CARGO_PKG_VERSION"), "+builtin.strongroom");

/// All types; `system` and `token` are the parts of the server that this node has made.
pub(crate) fn catalog(system: Arc<dyn Backend>, token: Arc<dyn Backend>) -> Arc<Catalog> {
    let kv = Kind::new("kv", Class::Secret, VERSION, Box::new(open_kv))
        .alias("kv-v1", &[("version", "1")])
        .alias("kv-v2", &[("version", "2")])
        .alias("generic", &[]);
    let cubbyhole =
        Kind::new("cubbyhole", Class::Secret, VERSION, Box::new(|_| Ok(cubbyhole::open())))
            .builtin(Scope::Mount);
    let identity =
        Kind::new("identity", Class::Secret, VERSION, Box::new(|_| Ok(Arc::new(Unsupported))))
            .builtin(Scope::Mount);
    let system = part("system", Class::Secret, system);
    let token = part("token", Class::Auth, token);
    Arc::new(Catalog::new(vec![kv, cubbyhole, identity, system, token]))
}

/// A part of the server, which sees all of the barrier.
fn part(name: &'static str, class: Class, backend: Arc<dyn Backend>) -> Kind {
    Kind::new(name, class, VERSION, Box::new(move |_| Ok(Arc::clone(&backend))))
        .builtin(Scope::Barrier)
}

fn open_kv(record: &mount::Record) -> Result<Arc<dyn Backend>> {
    kv::open(&record.options.clone().unwrap_or_default())
}
