//! Which devices there are: in the store, and declared by the configuration.

use std::sync::Arc;

use bytes::Bytes;
use logical::{Error, Result, View};

use crate::{
    Broker, Declared, Enable, Record,
    device::Broken,
    headers,
    line::Style,
    trail::{Entry, State},
};

#[cfg(test)]
mod tests;

/// How many devices there may be.
pub const DEVICES_MAX: usize = 64;

/// The longest name of a device, in bytes.
pub const DEVICE_PATH_MAX: usize = 512;

const RECORDS: &str = "core/audit/";

/// Holds the UUID of the device of each name: two requests that enable the same one conflict here.
const NAMES: &str = "core/audit-names/";

impl Broker {
    /// Reads the devices from the store and adds the declared ones, at activation. They serve once
    /// the view's transaction has been committed.
    ///
    /// A device that cannot be opened is kept: with no other one, requests are refused.
    pub async fn load(&self, view: &dyn View, declared: &[Declared]) -> Result<()> {
        let mut devices = Vec::new();
        for device in declared {
            devices.push(open(view, device.record(), true).await?);
        }
        let stored = view.list(RECORDS, "", DEVICES_MAX).await?;
        for uuid in &stored.keys {
            let key = format!("{RECORDS}{uuid}");
            let Some(value) = view.get(&key).await? else { continue };
            let record: Record = serde_json::from_slice(&value)
                .map_err(|cause| Error::internal(format!("corrupt audit record {key}: {cause}")))?;
            if !devices.iter().any(|entry: &Arc<Entry>| entry.record.path == record.path) {
                devices.push(open(view, record, false).await?);
            }
        }
        let headers = Arc::new(headers::read(view).await?);
        self.change(view, move |_| State { devices: devices.clone(), headers: headers.clone() });
        Ok(())
    }

    /// Adds a device, after it took a test line.
    pub async fn enable(&self, view: &dyn View, path: &str, ask: Enable) -> Result<()> {
        let record = Record::new(crypto::random::uuid(), path, ask);
        let name = format!("{NAMES}{}", record.path.trim_end_matches('/'));
        if record.path.len() > DEVICE_PATH_MAX || record.path == "/" {
            return Err(Error::invalid("an audit device needs a name of at most 512 bytes"));
        }
        let state = self.state.load_full();
        let nested = |entry: &Arc<Entry>| {
            let other = entry.record.path.as_str();
            other.starts_with(&record.path) || record.path.starts_with(other)
        };
        if view.get(&name).await?.is_some() || state.devices.iter().any(nested) {
            return Err(Error::invalid("path already in use"));
        }
        if state.devices.len() >= DEVICES_MAX {
            return Err(Error::invalid(format!(
                "there are {DEVICES_MAX} audit devices, the limit"
            )));
        }
        let device = record.open()?;
        let salt = salt(view, &record.uuid).await?;
        let style = record.style(&salt)?;
        if let Err(error) = device.write(&Style::test(self.clock.now())).await {
            return Err(Error::invalid(format!("audit backend failed test message: {error}")));
        }
        let value = serde_json::to_vec(&record).map_err(Error::internal)?;
        view.put(&format!("{RECORDS}{}", record.uuid), value.into())?;
        view.put(&name, Bytes::from(record.uuid.clone()))?;
        let entry = Arc::new(Entry { record, declared: false, style, device });
        self.change(view, move |old| {
            let devices = old.devices.iter().chain([&entry]).cloned().collect();
            State { devices, headers: old.headers.clone() }
        });
        Ok(())
    }

    /// Takes a device away. Says whether there was one.
    pub async fn disable(&self, view: &dyn View, path: &str) -> Result<bool> {
        let state = self.state.load_full();
        let Some(entry) = find(&state, path) else { return Ok(false) };
        if entry.declared {
            return Err(Error::invalid("cannot disable configuration-managed audit device"));
        }
        let uuid = entry.record.uuid.clone();
        view.delete(&format!("{RECORDS}{uuid}"))?;
        view.delete(&format!("{NAMES}{}", entry.record.path.trim_end_matches('/')))?;
        view.delete(&salt_key(&uuid))?;
        self.change(view, move |old| {
            let kept = old.devices.iter().filter(|entry| entry.record.uuid != uuid);
            State { devices: kept.cloned().collect(), headers: old.headers.clone() }
        });
        Ok(true)
    }

    /// All devices, sorted by name.
    pub fn list(&self) -> Vec<Record> {
        let state = self.state.load();
        let mut all: Vec<_> = state.devices.iter().map(|entry| entry.record.clone()).collect();
        all.sort_by(|a, b| a.path.cmp(&b.path));
        all
    }

    /// How a device shows a text: `hmac-sha256:…`.
    pub fn hash(&self, path: &str, input: &str) -> Result<String> {
        let state = self.state.load();
        match find(&state, path) {
            Some(entry) => {
                Ok(format!("hmac-sha256:{}", entry.style.hmac.sign_hex(input.as_bytes())))
            }
            None => {
                let path = path.trim_matches('/');
                Err(Error::invalid(format!("unknown audit backend \"{path}/\"")))
            }
        }
    }

    /// Changes what serves, once the view's transaction has been committed.
    pub(crate) fn change(
        &self,
        view: &dyn View,
        change: impl Fn(&State) -> State + Send + 'static,
    ) {
        let state = Arc::clone(&self.state);
        view.on_commit(Box::new(move || {
            state.rcu(|old| change(old));
        }));
    }
}

fn find<'s>(state: &'s State, path: &str) -> Option<&'s Arc<Entry>> {
    let path = path.trim_matches('/');
    state.devices.iter().find(|entry| entry.record.path.trim_end_matches('/') == path)
}

async fn open(view: &dyn View, record: Record, declared: bool) -> Result<Arc<Entry>> {
    let device = record.open().unwrap_or_else(|error| {
        let why = error.to_string();
        tracing::error!(device = record.path, error = why, "an audit device cannot be opened");
        Arc::new(Broken { why })
    });
    let style = record.style(&salt(view, &record.uuid).await?)?;
    Ok(Arc::new(Entry { record, declared, style, device }))
}

/// The salt of a device: the text of a UUID, made when it is first asked for.
async fn salt(view: &dyn View, uuid: &str) -> Result<String> {
    let key = salt_key(uuid);
    if let Some(salt) = view.get(&key).await? {
        return String::from_utf8(salt.into())
            .map_err(|_| Error::internal(format!("corrupt entry {key}")));
    }
    let salt = crypto::random::uuid();
    view.put(&key, Bytes::from(salt.clone()))?;
    Ok(salt)
}

fn salt_key(uuid: &str) -> String {
    format!("audit/{uuid}/salt")
}
