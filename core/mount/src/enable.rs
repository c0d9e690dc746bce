//! Adding a mount.

use std::{collections::BTreeMap, sync::Arc};

use logical::{Error, Result, View};

use crate::{
    Class, Config, MountTable, Record,
    catalog::{Catalog, unknown},
    table::put_record,
    ttl,
};

/// The longest path of a mount, in bytes.
pub const MOUNT_PATH_MAX: usize = 512;

/// How many mounts there may be.
pub const MOUNTS_MAX: usize = 16_384;

/// What clients may neither mount over nor unmount.
pub(crate) const RESERVED: &[&str] = &["audit/", "auth/", "cubbyhole/", "identity/", "sys/"];

/// A mount as a client asks for it.
#[derive(Clone, Debug, Default)]
pub struct Enable {
    /// The type or an alias of it.
    pub kind: String,
    /// Free text.
    pub description: String,
    /// Its settings.
    pub config: Config,
    /// The options of its type.
    pub options: BTreeMap<String, String>,
    /// Kept for clients.
    pub local: bool,
    /// Kept for clients.
    pub seal_wrap: bool,
    /// Kept for clients.
    pub external_entropy_access: bool,
}

impl MountTable {
    /// Adds a mount at `path` (below `auth/` for an auth method; its trailing `/` may be left out).
    pub async fn enable(
        &self,
        view: &dyn View,
        class: Class,
        path: &str,
        ask: Enable,
    ) -> Result<()> {
        let catalog = self.catalog()?;
        let path = with_slash(path);
        let record = self.record(&catalog, class, &path, ask)?;
        if class == Class::Secret && is_reserved(&path) {
            return Err(Error::invalid(format!("cannot mount \"{path}\"")));
        }
        if catalog.find(class, &record.kind).is_some_and(|kind| kind.builtin) {
            return Err(not_mountable(class, &record.kind));
        }
        let routes = self.begin(view).await?;
        if let Some(taken) = routes.conflict(&format!("{}{path}", class.prefix())) {
            let taken = &taken.record.path;
            return Err(Error::invalid(format!("path is already in use at {taken}")));
        }
        if routes.all().len() >= MOUNTS_MAX {
            return Err(Error::invalid(format!("there are {MOUNTS_MAX} mounts, the limit")));
        }
        let mount = Arc::new(self.open(&catalog, class, record)?);
        put_record(view, class, &mount.record)?;
        self.commit(view, routes.replaced(mount.path(), Some(Arc::clone(&mount))))
    }

    fn record(&self, catalog: &Catalog, class: Class, path: &str, ask: Enable) -> Result<Record> {
        if path.len() > MOUNT_PATH_MAX {
            let limit = MOUNT_PATH_MAX;
            return Err(Error::invalid(format!("a mount path has at most {limit} bytes")));
        }
        if path == "/" {
            return Err(Error::invalid("a mount needs a path"));
        }
        ttl::check_new(&ask.config, self.system)?;
        check_visibility(&ask.config.listing_visibility)?;
        let (kind, implied) =
            catalog.resolve(class, &ask.kind).ok_or_else(|| unknown(&ask.kind))?;
        if !ask.config.plugin_version.is_empty() {
            let sort = match class {
                Class::Secret => "secrets",
                Class::Auth => "auth",
            };
            return Err(Error::invalid(format!(
                "cannot select non-builtin version of {sort} plugin {}",
                ask.kind
            )));
        }
        let mut options = ask.options;
        options.extend(implied.iter().map(|&(name, value)| (name.to_owned(), value.to_owned())));
        let token_type = match class {
            Class::Secret => None,
            Class::Auth => Some(ask.config.token_type.unwrap_or_default()),
        };
        Ok(Record {
            description: ask.description,
            config: Config { token_type, ..ask.config },
            options: Some(options),
            local: ask.local,
            seal_wrap: ask.seal_wrap,
            external_entropy_access: ask.external_entropy_access,
            ..Record::new(class, path, kind.name)
        })
    }
}

/// The path of a mount with its trailing `/`.
pub(crate) fn with_slash(path: &str) -> String {
    format!("{}/", path.trim_end_matches('/'))
}

/// Whether the path of a secrets engine is the server's own.
pub(crate) fn is_reserved(path: &str) -> bool {
    RESERVED.iter().any(|reserved| path.starts_with(reserved))
}

/// Checks the word that says who sees a mount without a token.
pub(crate) fn check_visibility(word: &str) -> Result<()> {
    match word {
        "" | "hidden" | "unauth" => Ok(()),
        other => Err(Error::invalid(format!("invalid listing_visibility {other}"))),
    }
}

fn not_mountable(class: Class, kind: &str) -> Error {
    match class {
        Class::Secret => Error::invalid(format!("mount type of \"{kind}\" is not mountable")),
        Class::Auth => Error::invalid(format!("{kind} credential backend cannot be instantiated")),
    }
}
