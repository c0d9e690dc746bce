//! One seal of a store: how it is made, what is known of it, and how it gives the root key.

use crypto::{RootKey, Secret, random};
use parking_lot::Mutex;
use plugin_api::{Storage, Write};

use crate::{
    Auto, Error, Given, InitParams, Initialized, Label, Paths, Progress, Purpose, Quorum, Result,
    SHAMIR, SealConfig, Split, SplitRequest, Unsealed, Unsealing,
    recovery::{self, RECOVERY_KEY_BYTES},
    shamir, stored,
};

/// A seal by name.
///
/// [`load`](Self::load) tells it what is stored, at the start and after whoever wrote its records.
pub struct Protection {
    label: Label,
    paths: Paths,
    method: Method,
    state: Mutex<State>,
}

enum Method {
    Shamir,
    Auto(Auto),
}

/// What is known of the store.
enum State {
    Uninitialized,
    Initialized(Box<Known>),
}

struct Known {
    config: SealConfig,
    recovery: Option<SealConfig>,
    quorum: Quorum,
}

impl Protection {
    /// A Shamir seal.
    pub fn shamir(label: Label) -> Self {
        Self::new(label, Method::Shamir)
    }

    /// A seal by a provider.
    pub fn auto(label: Label, auto: Auto) -> Self {
        Self::new(label, Method::Auto(auto))
    }

    /// Its name and rank.
    pub fn label(&self) -> &Label {
        &self.label
    }

    /// Its type: `shamir`, or that of the provider.
    pub fn kind(&self) -> &str {
        match &self.method {
            Method::Shamir => SHAMIR,
            Method::Auto(auto) => auto.kind(),
        }
    }

    /// The provider, if it has one.
    pub fn provider(&self) -> Option<&Auto> {
        match &self.method {
            Method::Shamir => None,
            Method::Auto(auto) => Some(auto),
        }
    }

    /// Reads what is stored; answers whether the seal is initialized. Shares given so far are
    /// kept, unless their number has changed.
    pub async fn load(&self, storage: &dyn Storage) -> Result<bool> {
        let Some(config) = SealConfig::read(storage, &self.paths.config).await? else {
            *self.state.lock() = State::Uninitialized;
            return Ok(false);
        };
        if config.kind != self.kind() {
            let configured = self.kind().to_owned();
            return Err(Error::KindMismatch { stored: config.kind, configured });
        }
        let recovery = match &self.method {
            Method::Shamir => None,
            Method::Auto(_) => SealConfig::read(storage, &self.paths.recovery_config).await?,
        };
        let mut state = self.state.lock();
        match &*state {
            State::Initialized(known) if known.config == config && known.recovery == recovery => {}
            _ => {
                let threshold = recovery.as_ref().unwrap_or(&config).threshold;
                let quorum = Quorum::new(threshold);
                *state = State::Initialized(Box::new(Known { config, recovery, quorum }));
            }
        }
        Ok(true)
    }

    /// The configuration as last loaded; none before initialization.
    pub fn config(&self) -> Option<SealConfig> {
        match &*self.state.lock() {
            State::Uninitialized => None,
            State::Initialized(known) => Some(known.config.clone()),
        }
    }

    /// The configuration of the recovery key, if there is one.
    pub fn recovery_config(&self) -> Option<SealConfig> {
        match &*self.state.lock() {
            State::Uninitialized => None,
            State::Initialized(known) => known.recovery.clone(),
        }
    }

    /// Makes a root key and all that guards it, and writes nothing yet.
    pub async fn prepare(&self, params: &InitParams) -> Result<Initialized> {
        params.check_applicable(self.kind(), self.provider().is_some())?;
        match &self.method {
            Method::Shamir => {
                let split = params.secret.check(Purpose::Seal)?;
                self.guard_by_shares(RootKey::generate(), &split)
            }
            Method::Auto(auto) => {
                let split = recovery_split(&params.recovery)?;
                self.guard_by_provider(auto, split.as_ref()).await
            }
        }
    }

    /// [`prepare`](Self::prepare), and writes the records.
    pub async fn initialize(
        &self,
        storage: &dyn Storage,
        params: &InitParams,
    ) -> Result<Initialized> {
        if self.load(storage).await? {
            return Err(Error::AlreadyInitialized);
        }
        let initialized = self.prepare(params).await?;
        stored::write(storage, &initialized.records).await?;
        self.load(storage).await?;
        Ok(initialized)
    }

    /// New shares of a Shamir seal for a root key, old or new; writes nothing yet. The records go
    /// to the barrier's `reroot`.
    pub fn reshare(&self, root_key: RootKey, request: &SplitRequest) -> Result<Initialized> {
        match &self.method {
            Method::Shamir => self.guard_by_shares(root_key, &request.check(Purpose::Rekey)?),
            Method::Auto(auto) => Err(Error::NotApplicable {
                names: "secret_shares,secret_threshold".to_owned(),
                kind: auto.kind().to_owned(),
            }),
        }
    }

    /// A new recovery key, its shares and records; writes nothing yet.
    pub async fn reshare_recovery(
        &self,
        request: &SplitRequest,
    ) -> Result<(Vec<Secret<Vec<u8>>>, Vec<Write>)> {
        let Method::Auto(auto) = &self.method else { return Err(Error::NoRecoveryKey) };
        let split = request.check(Purpose::Rekey)?;
        self.recovery_records(auto, &split).await
    }

    /// The record that wraps a root key for an auto seal; writes nothing yet.
    pub async fn rewrap_root_key(&self, root_key: &RootKey) -> Result<Vec<Write>> {
        let Method::Auto(auto) = &self.method else { return Err(Error::NotAuto) };
        let wrapped = auto.wrap(&stored::encode(root_key)).await?;
        Ok(vec![put(&self.paths.root_key, wrapped)])
    }

    /// Takes an unseal key of a Shamir seal, or a recovery key of an auto seal.
    ///
    /// Once there are enough, either the seal opens, or they were wrong and the next one is the
    /// first again.
    pub async fn give(&self, storage: &dyn Storage, key: Secret<Vec<u8>>) -> Result<Unsealing> {
        let given = match &mut *self.state.lock() {
            State::Uninitialized => return Err(Error::NotInitialized),
            // With no recovery key, nobody holds a key to give.
            State::Initialized(known) if known.recovery.is_none() && self.provider().is_some() => {
                return Err(Error::NoRecoveryKey);
            }
            State::Initialized(known) => known.quorum.give(key)?,
        };
        let Given::Enough(shares) = given else {
            return Ok(Unsealing::Progress(self.progress()));
        };
        let unsealed = match &self.method {
            Method::Shamir => shamir::unseal(storage, &self.paths.root_key, &shares).await?,
            Method::Auto(auto) => {
                recovery::verify(storage, auto, &self.paths, &shares).await?;
                self.auto_unseal(storage).await?
            }
        };
        Ok(Unsealing::Unsealed(unsealed))
    }

    /// How many keys were given so far.
    pub fn progress(&self) -> Progress {
        match &*self.state.lock() {
            State::Uninitialized => Progress::default(),
            State::Initialized(known) => known.quorum.progress(),
        }
    }

    /// Forgets the keys that were given so far.
    pub fn reset(&self) {
        match &mut *self.state.lock() {
            State::Uninitialized => {}
            State::Initialized(known) => known.quorum.reset(),
        }
    }

    /// Opens an auto seal.
    pub async fn auto_unseal(&self, storage: &dyn Storage) -> Result<Unsealed> {
        let Method::Auto(auto) = &self.method else { return Err(Error::NotAuto) };
        let key = self.paths.root_key.as_str();
        let plaintext = auto.unwrap(key, &stored::require(storage, key).await?).await?;
        Ok(Unsealed { root_key: stored::decode(key, &plaintext)?, shamir_kek: None })
    }

    /// Whether these keys, enough in number, are right: unseal keys of a Shamir seal, recovery
    /// keys of an auto seal. They authorise what needs a quorum.
    pub async fn verify_quorum(
        &self,
        storage: &dyn Storage,
        keys: &[Secret<Vec<u8>>],
    ) -> Result<()> {
        match &self.method {
            Method::Shamir => shamir::unseal(storage, &self.paths.root_key, keys).await.map(|_| ()),
            Method::Auto(auto) => recovery::verify(storage, auto, &self.paths, keys).await,
        }
    }

    /// Whether these keys, enough in number, make the recovery key.
    pub async fn verify_recovery(
        &self,
        storage: &dyn Storage,
        keys: &[Secret<Vec<u8>>],
    ) -> Result<()> {
        match &self.method {
            Method::Shamir => Err(Error::NoRecoveryKey),
            Method::Auto(auto) => recovery::verify(storage, auto, &self.paths, keys).await,
        }
    }

    /// The entries again under the provider's present key, if it has changed; writes nothing yet.
    pub async fn rewrapped(&self, storage: &dyn Storage) -> Result<Vec<Write>> {
        let Method::Auto(auto) = &self.method else { return Ok(Vec::new()) };
        let mut writes = Vec::new();
        for key in [&self.paths.recovery_key, &self.paths.root_key] {
            if let Some(stored) = stored::get(storage, key).await?
                && let Some(wrapped) = auto.rewrap(key, &stored).await?
            {
                writes.push(put(key, wrapped));
            }
        }
        Ok(writes)
    }

    fn new(label: Label, method: Method) -> Self {
        let paths = label.name.paths();
        Self { label, paths, method, state: Mutex::new(State::Uninitialized) }
    }

    fn guard_by_shares(&self, root_key: RootKey, split: &Split) -> Result<Initialized> {
        let kek = shamir::fresh_kek();
        let config = SealConfig::new(SHAMIR, split).encode(&self.paths.config)?;
        let wrapped = shamir::wrap(&kek, &root_key)?;
        Ok(Initialized {
            root_key,
            unseal_keys: split.split(&kek)?,
            recovery_keys: Vec::new(),
            shamir_kek: Some(kek),
            records: vec![put(&self.paths.config, config), put(&self.paths.root_key, wrapped)],
        })
    }

    async fn guard_by_provider(&self, auto: &Auto, split: Option<&Split>) -> Result<Initialized> {
        let root_key = RootKey::generate();
        let config = SealConfig::new(auto.kind(), &Split::one()).encode(&self.paths.config)?;
        let mut records = vec![put(&self.paths.config, config)];
        let mut recovery_keys = Vec::new();
        if let Some(split) = split {
            let (keys, more) = self.recovery_records(auto, split).await?;
            recovery_keys = keys;
            records.extend(more);
        }
        records.extend(self.rewrap_root_key(&root_key).await?);
        let unseal_keys = Vec::new();
        Ok(Initialized { root_key, unseal_keys, recovery_keys, shamir_kek: None, records })
    }

    async fn recovery_records(
        &self,
        auto: &Auto,
        split: &Split,
    ) -> Result<(Vec<Secret<Vec<u8>>>, Vec<Write>)> {
        let key = random::secret(RECOVERY_KEY_BYTES);
        let config = SealConfig::new(SHAMIR, split).encode(&self.paths.recovery_config)?;
        let wrapped = auto.wrap(&key).await?;
        let records =
            vec![put(&self.paths.recovery_config, config), put(&self.paths.recovery_key, wrapped)];
        Ok((split.split(&key)?, records))
    }
}

/// Recovery keys may be left out and made later.
fn recovery_split(request: &SplitRequest) -> Result<Option<Split>> {
    if request.is_empty() { Ok(None) } else { request.check(Purpose::Recovery).map(Some) }
}

fn put(key: &str, value: impl Into<bytes::Bytes>) -> Write {
    Write::Put(key.to_owned(), value.into())
}
