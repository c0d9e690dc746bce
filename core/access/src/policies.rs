//! The policies of the server: their texts in the store, their compiled form in memory.

use std::sync::Arc;

use base64::{Engine, engine::general_purpose::STANDARD};
use jiff::Timestamp;
use logical::{Result, View};
use policy::{Acl, Policy};

use crate::{
    Error, Identity, PolicyRecord, PolicyWrite, json,
    policies::compiled::{Compiled, Library, Parsed},
    walk::Walk,
};

pub(crate) mod compiled;
pub(crate) mod record;

/// Where policies are kept, by name.
const FOLDER: &str = "sys/policy/";

const ROOT: &str = "root";
const DEFAULT: &str = "default";
const RESPONSE_WRAPPING: &str = "response-wrapping";

/// All policies. Cheap to share behind an `Arc`.
pub struct Policies {
    library: Arc<Library>,
}

/// Whether what is read may be kept for later requests.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Keep {
    /// The transaction has read and written nothing yet but the caller's token.
    Yes,
    /// It may have read this before a change that is committed now.
    No,
}

impl Policies {
    /// The policies of a store; a fresh one gets those that every server has.
    pub async fn load(view: &dyn View, now: Timestamp) -> Result<Self> {
        for (name, text) in
            [(DEFAULT, policy::DEFAULT), (RESPONSE_WRAPPING, policy::RESPONSE_WRAPPING)]
        {
            if view.get(&key(name)).await?.is_none() {
                json::put(view, &key(name), &PolicyRecord::first(name, text, now))?;
            }
        }
        Ok(Self { library: Arc::default() })
    }

    /// What the holder of a token may do. Quick: no lock and no store, once it has been compiled.
    ///
    /// It is asked at the beginning of a transaction, before anything else has read a policy's
    /// record: what it reads is kept in memory for later requests. Later in a transaction
    /// [`acl_of`](Self::acl_of) is asked.
    pub async fn acl(
        &self,
        view: &dyn View,
        identity: &Identity,
        now: Timestamp,
    ) -> Result<Arc<Acl>> {
        let generation = self.library.generation();
        if let Some(compiled) = identity.compiled.load().as_deref()
            && compiled.is_good(generation, now)
        {
            return Ok(Arc::clone(&compiled.acl));
        }
        let compiled = self.compile(view, &identity.caller.policies, now, Keep::Yes).await?;
        let acl = Arc::clone(&compiled.acl);
        identity.compiled.store(Some(Arc::new(compiled)));
        Ok(acl)
    }

    /// What these policies allow. It may be asked at any time.
    pub async fn acl_of(
        &self,
        view: &dyn View,
        names: &[String],
        now: Timestamp,
    ) -> Result<Arc<Acl>> {
        self.compile(view, names, now, Keep::No).await.map(|compiled| compiled.acl)
    }

    /// Whether there is such a policy.
    pub async fn exists(&self, view: &dyn View, name: &str, now: Timestamp) -> Result<bool> {
        Ok(name == ROOT || self.get(view, name, now).await?.is_some())
    }

    /// A policy by its name, in whatever case; `root` has no text.
    pub async fn get(
        &self,
        view: &dyn View,
        name: &str,
        now: Timestamp,
    ) -> Result<Option<PolicyRecord>> {
        let name = name.to_lowercase();
        if name == ROOT {
            return Ok(Some(PolicyRecord::root()));
        }
        let Ok(key) = checked_key(&name) else { return Ok(None) };
        let record: Option<PolicyRecord> = json::get(view, &key).await?;
        Ok(record.filter(|record| record.is_live(now)))
    }

    /// Writes a policy. Its name is lowered, and its text is taken out of base64.
    pub async fn set(
        &self,
        view: &dyn View,
        name: &str,
        write: PolicyWrite<'_>,
        now: Timestamp,
    ) -> Result<()> {
        let name = name.to_lowercase();
        if name == ROOT || name == RESPONSE_WRAPPING {
            return Err(Error::PolicyFixed(name).into());
        }
        let text = decoded(write.text);
        if text.is_empty() {
            return Err(Error::PolicyEmpty.into());
        }
        let key = checked_key(&name)?;
        Policy::parse(&name, &text).map_err(Error::from)?;
        let old = self.get(view, &name, now).await?;
        let cas_required = old.as_ref().is_some_and(|old| old.cas_required);
        check_version(&write, old.as_ref(), cas_required)?;
        let record = PolicyRecord {
            name: name.clone(),
            text,
            version: old.map_or(0, |old| old.version) + 1,
            modified: Some(now),
            expiration: write.expiration,
            cas_required: write.cas_required.unwrap_or(cas_required),
            wildcards: write.wildcards,
            slashes: write.slashes,
        };
        json::put(view, &key, &record)?;
        self.forget(view, name);
        Ok(())
    }

    /// Removes a policy, if it is there.
    pub async fn delete(&self, view: &dyn View, name: &str) -> Result<()> {
        let name = name.to_lowercase();
        match name.as_str() {
            DEFAULT => return Err(Error::DefaultPolicyKept.into()),
            ROOT | RESPONSE_WRAPPING => return Err(Error::PolicyKept(name).into()),
            _ => {}
        }
        let Ok(key) = checked_key(&name) else { return Ok(()) };
        view.delete(&key)?;
        self.forget(view, name);
        Ok(())
    }

    /// The names of all policies, sorted, `root` last; what only wrapping tokens have is not shown.
    pub async fn list(&self, view: &dyn View) -> Result<Vec<String>> {
        let mut names = Vec::new();
        let mut walk = Walk::new(view, FOLDER);
        while let Some(name) = walk.next().await? {
            names.push(name);
        }
        names.retain(|name| name != RESPONSE_WRAPPING);
        names.sort();
        names.push(ROOT.to_owned());
        Ok(names)
    }

    async fn compile(
        &self,
        view: &dyn View,
        names: &[String],
        now: Timestamp,
        keep: Keep,
    ) -> Result<Compiled> {
        let generation = self.library.generation();
        if let Some(compiled) = self.library.compiled(names, now) {
            return Ok(compiled);
        }
        let mut policies = Vec::with_capacity(names.len());
        let mut expires = None;
        for name in names {
            let parsed = match self.library.parsed(name) {
                Some(parsed) => parsed,
                None => {
                    let parsed = self.parse(view, name, now).await?;
                    if keep == Keep::Yes {
                        self.library.keep_parsed(name, &parsed, generation);
                    }
                    parsed
                }
            };
            if let Some(parsed) = parsed.filter(|parsed| parsed.is_live(now)) {
                expires = compiled::first(expires, parsed.expiration);
                policies.push(parsed.policy);
            }
        }
        let acl = Acl::at(&policies, now);
        let expires = compiled::first(expires, acl.expires());
        let compiled = Compiled { generation, expires, acl: Arc::new(acl) };
        if keep == Keep::Yes {
            self.library.keep_compiled(names, &compiled);
        }
        Ok(compiled)
    }

    async fn parse(&self, view: &dyn View, name: &str, now: Timestamp) -> Result<Option<Parsed>> {
        let Some(record) = self.get(view, name, now).await? else { return Ok(None) };
        let policy = Policy::parse(name, &record.text).map_err(logical::Error::internal)?;
        Ok(Some(Parsed { policy: Arc::new(policy), expiration: record.expiration }))
    }

    /// Drops what was compiled of a policy, once its change is committed.
    fn forget(&self, view: &dyn View, name: String) {
        let library = Arc::clone(&self.library);
        view.on_commit(Box::new(move || library.forget(&name)));
    }
}

fn check_version(
    write: &PolicyWrite<'_>,
    old: Option<&PolicyRecord>,
    cas_required: bool,
) -> Result<(), Error> {
    match (write.cas, old) {
        (None, _) if cas_required => Err(Error::CasRequired),
        (None, _) => Ok(()),
        (Some(-1), Some(_)) => Err(Error::CasExists),
        (Some(-1 | 0), None) => Ok(()),
        (Some(cas), old) if cas == old.map_or(0, |old| old.version) => Ok(()),
        (Some(_), _) => Err(Error::CasMismatch),
    }
}

/// The text of a policy, which may come in base64.
fn decoded(text: &str) -> String {
    let bytes = STANDARD.decode(text).ok();
    bytes.and_then(|bytes| String::from_utf8(bytes).ok()).unwrap_or_else(|| text.to_owned())
}

fn key(name: &str) -> String {
    format!("{FOLDER}{name}")
}

/// The key of a policy whose name comes from a client.
fn checked_key(name: &str) -> Result<String, Error> {
    let key = key(name);
    match plugin_api::key::check_key(&key) {
        Ok(()) => Ok(key),
        Err(_) => Err(Error::PolicyName),
    }
}
