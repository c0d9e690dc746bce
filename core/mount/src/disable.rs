//! Taking a mount away, with its data.

use logical::{Error, Result, View};

use crate::{
    Class, MountTable,
    enable::{is_reserved, with_slash},
    purge,
    table::record_key,
};

impl MountTable {
    /// Takes the mount at `path` (below `auth/` for an auth method) away. Says whether there was one.
    ///
    /// Its data is left for [`purge`](crate::purge()) to remove. Leases and tokens that
    /// came from the mount are the caller's to revoke first.
    pub async fn disable(&self, view: &dyn View, class: Class, path: &str) -> Result<bool> {
        let path = with_slash(path);
        if class == Class::Secret && is_reserved(&path) {
            return Err(Error::invalid(format!("cannot unmount \"{path}\"")));
        }
        if class == Class::Auth && path == "token/" {
            return Err(Error::invalid("token credential backend cannot be disabled"));
        }
        let routes = self.begin(view).await?;
        let Some(mount) = routes.at(&format!("{}{path}", class.prefix())) else { return Ok(false) };
        view.delete(&record_key(class, &mount.record.uuid))?;
        purge::start(view, &mount.record.uuid, mount.data_prefix())?;
        self.commit(view, routes.replaced(mount.path(), None))?;
        Ok(true)
    }
}
