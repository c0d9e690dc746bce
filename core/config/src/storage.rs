//! `storage` and `ha_storage`: where the data is, and who holds the lock if that is elsewhere.

use crate::{
    error::{Error, Place, Result},
    section::Section,
    stanza::Stanza,
};

/// The stanzas, and the settings that Vault lets stand in them although they are the node's own.
pub(crate) struct Storages {
    pub(crate) storage: Stanza,
    pub(crate) ha_storage: Option<Stanza>,
    pub(crate) api_addr: Option<(String, Place)>,
    pub(crate) cluster_addr: Option<(String, Place)>,
    pub(crate) disable_clustering: Option<bool>,
}

/// Reads both stanzas. `files` names the files, for the error if there is no storage.
pub(crate) fn read(outermost: &mut Section<'_>, files: &str) -> Result<Storages> {
    let storage = one_of(outermost, "storage", "backend")?;
    let mut section = storage.ok_or_else(|| Error::NoStorage(files.to_owned()))?;
    let mut ha = one_of(outermost, "ha_storage", "ha_backend")?;
    let mut storages = Storages {
        api_addr: own(&mut section, "redirect_addr")?,
        cluster_addr: own(&mut section, "cluster_addr")?,
        disable_clustering: section.flag("disable_clustering")?,
        storage: Stanza::rest_of(&section)?,
        ha_storage: None,
    };
    if let Some(section) = &mut ha {
        if storages.storage.label == "raft" {
            return Err(Error::Setting {
                place: section.place(),
                key: "ha_storage".to_owned(),
                problem: "storage \"raft\" has its own lock: remove this stanza".to_owned(),
            });
        }
        storages.api_addr = own(section, "redirect_addr")?.or(storages.api_addr);
        storages.cluster_addr = own(section, "cluster_addr")?.or(storages.cluster_addr);
        storages.disable_clustering =
            section.flag("disable_clustering")?.or(storages.disable_clustering);
        storages.ha_storage = Some(Stanza::rest_of(section)?);
    }
    Ok(storages)
}

/// The stanza under its name or its old name.
fn one_of<'a>(
    outermost: &mut Section<'a>,
    name: &'static str,
    old: &'static str,
) -> Result<Option<Section<'a>>> {
    match (outermost.section(name, 1)?, outermost.section(old, 1)?) {
        (Some(first), Some(second)) => {
            let (place, first) = (second.place(), first.place());
            Err(Error::Twice { place, first, stanza: name })
        }
        (new, old) => Ok(new.or(old)),
    }
}

fn own(section: &mut Section<'_>, key: &'static str) -> Result<Option<(String, Place)>> {
    Ok(section.scalar(key)?.map(|(entry, text)| (text.to_owned(), entry.place())))
}
