//! Which request headers lines show.

use std::{collections::BTreeMap, sync::Arc};

use logical::{Error, Result, View};

use crate::{Broker, line::Headers, trail::State};

/// Where they are kept.
const KEY: &str = "core/audited-headers";

/// How many there may be.
pub const HEADERS_MAX: usize = 256;

impl Broker {
    /// The headers that are shown, by lower-case name, and whether they are hashed.
    pub fn headers(&self) -> BTreeMap<String, bool> {
        self.state.load().headers.as_ref().clone()
    }

    /// Shows a header, from the next commit on.
    pub async fn show_header(&self, view: &dyn View, name: &str, hmac: bool) -> Result<()> {
        let mut headers = read(view).await?;
        if headers.len() >= HEADERS_MAX {
            return Err(Error::invalid(format!("{HEADERS_MAX} headers are audited, the limit")));
        }
        headers.insert(name.to_ascii_lowercase(), hmac);
        self.write(view, headers)
    }

    /// Shows a header no more.
    pub async fn hide_header(&self, view: &dyn View, name: &str) -> Result<()> {
        let mut headers = read(view).await?;
        match headers.remove(&name.to_ascii_lowercase()) {
            Some(_) => self.write(view, headers),
            None => Ok(()),
        }
    }

    fn write(&self, view: &dyn View, headers: Headers) -> Result<()> {
        view.put(KEY, serde_json::to_vec(&headers).map_err(Error::internal)?.into())?;
        let headers = Arc::new(headers);
        self.change(view, move |old| State {
            devices: old.devices.clone(),
            headers: Arc::clone(&headers),
        });
        Ok(())
    }
}

/// Reads them from the store.
pub(crate) async fn read(view: &dyn View) -> Result<Headers> {
    match view.get(KEY).await? {
        Some(value) => serde_json::from_slice(&value)
            .map_err(|cause| Error::internal(format!("corrupt entry {KEY}: {cause}"))),
        None => Ok(Headers::new()),
    }
}
