//! The environment: variables that have the last word over the files.

use std::{collections::BTreeMap, sync::Arc};

use crate::{
    error::{Error, Place, Result},
    seal::{SealHealth, SealStanza},
    stanza::Stanza,
};

/// What the names of the server's variables begin with; the first that is set counts, also if it
/// is empty.
const PREFIXES: [&str; 3] = ["STRONGROOM_", "BAO_", "VAULT_"];

/// The variables of the process.
#[derive(Clone, Copy)]
pub(crate) struct Environment<'e>(pub(crate) &'e dyn Fn(&str) -> Option<String>);

impl Environment<'_> {
    /// A variable of the server's, `API_ADDR` for `STRONGROOM_API_ADDR` and its elders.
    pub(crate) fn get(self, name: &str) -> Option<String> {
        self.named(name).map(|(_, value)| value)
    }

    /// The value with the name under which it was found.
    fn named(self, name: &str) -> Option<(String, String)> {
        PREFIXES
            .iter()
            .map(|prefix| format!("{prefix}{name}"))
            .find_map(|name| (self.0)(&name).map(|value| (name, value)))
            .filter(|(_, value)| !value.is_empty())
    }

    /// A variable of the server's that a function can read, or else says why not.
    pub(crate) fn parsed<T>(
        self,
        name: &str,
        parse: impl FnOnce(&str) -> Result<T, String>,
    ) -> Result<Option<T>> {
        let Some((key, value)) = self.named(name) else { return Ok(None) };
        parse(&value).map(Some).map_err(|problem| Error::Setting { place: place(), key, problem })
    }

    /// The address under which clients reach this node, also under its two older names.
    pub(crate) fn api_addr(self) -> Option<(String, Place)> {
        ["API_ADDR", "REDIRECT_ADDR", "ADVERTISE_ADDR"]
            .into_iter()
            .find_map(|name| self.get(name))
            .map(|addr| (addr, place()))
    }

    /// The address under which the other nodes reach this one.
    pub(crate) fn cluster_addr(self) -> Option<(String, Place)> {
        self.get("CLUSTER_ADDR").map(|addr| (addr, place()))
    }

    /// Puts the variables of a provider into its settings.
    pub(crate) fn apply(self, variables: &[Variable], stanza: &mut Stanza) {
        for variable in variables.iter().filter(|variable| variable.label == stanza.label) {
            let value = match variable.name.strip_prefix('_') {
                Some(name) => self.get(name),
                None => (self.0)(variable.name).filter(|value| !value.is_empty()),
            };
            let Some(value) = value else { continue };
            let key = variable.setting.to_owned();
            match variable.rank {
                Rank::Wins => {
                    stanza.settings.insert(key, value);
                }
                Rank::Fills => {
                    stanza.settings.entry(key).or_insert(value);
                }
            }
        }
    }

    /// `SEAL_TYPE` names the seal if there is one stanza or none.
    pub(crate) fn seal_type(self, seals: &mut Vec<SealStanza>) {
        let Some(label) = self.get("SEAL_TYPE") else { return };
        match seals.as_mut_slice() {
            [] => seals.push(SealStanza {
                stanza: Stanza {
                    label,
                    settings: BTreeMap::new(),
                    blocks: Vec::new(),
                    place: place(),
                },
                disabled: false,
                name: None,
                priority: None,
                purpose: Vec::new(),
                health: SealHealth::default(),
            }),
            [only] => only.stanza.label = label,
            _ => {}
        }
    }
}

/// Where a setting of the environment comes from.
fn place() -> Place {
    Place { file: Arc::from("environment"), line: 0 }
}

/// Whether a variable stands above the file or below it.
#[derive(Clone, Copy)]
pub(crate) enum Rank {
    Wins,
    Fills,
}

/// A variable that is a setting of a provider.
pub(crate) struct Variable {
    label: &'static str,
    /// With `_` in front: one of the server's, with its three beginnings.
    name: &'static str,
    setting: &'static str,
    rank: Rank,
}

const fn wins(label: &'static str, name: &'static str, setting: &'static str) -> Variable {
    Variable { label, name, setting, rank: Rank::Wins }
}

const fn fills(label: &'static str, name: &'static str, setting: &'static str) -> Variable {
    Variable { label, name, setting, rank: Rank::Fills }
}

/// Variables of storages.
pub(crate) const STORAGES: &[Variable] = &[
    wins("raft", "_RAFT_NODE_ID", "node_id"),
    wins("raft", "_RAFT_PATH", "path"),
    wins("raft", "_RAFT_RETRY_JOIN_AS_NON_VOTER", "retry_join_as_non_voter"),
    wins("postgresql", "_PG_CONNECTION_URL", "connection_url"),
    wins("etcd", "ETCD_ADDR", "address"),
    wins("etcd", "ETCD_DISCOVERY_SRV", "discovery_srv"),
    wins("etcd", "ETCD_HA_ENABLED", "ha_enabled"),
    wins("etcd", "ETCD_USERNAME", "username"),
    wins("etcd", "ETCD_PASSWORD", "password"),
];

/// Variables of seals.
pub(crate) const SEALS: &[Variable] = &[
    wins("static", "_STATIC_SEAL_CURRENT_KEY_ID", "current_key_id"),
    wins("static", "_STATIC_SEAL_CURRENT_KEY", "current_key"),
    wins("static", "_STATIC_SEAL_PREVIOUS_KEY_ID", "previous_key_id"),
    wins("static", "_STATIC_SEAL_PREVIOUS_KEY", "previous_key"),
    wins("awskms", "_AWSKMS_SEAL_KEY_ID", "kms_key_id"),
    wins("awskms", "AWS_KMS_ENDPOINT", "endpoint"),
    fills("awskms", "AWS_REGION", "region"),
    fills("awskms", "AWS_DEFAULT_REGION", "region"),
    fills("awskms", "AWS_ACCESS_KEY_ID", "access_key"),
    fills("awskms", "AWS_SECRET_ACCESS_KEY", "secret_key"),
    fills("awskms", "AWS_SESSION_TOKEN", "session_token"),
    wins("azurekeyvault", "AZURE_TENANT_ID", "tenant_id"),
    wins("azurekeyvault", "AZURE_CLIENT_ID", "client_id"),
    wins("azurekeyvault", "AZURE_CLIENT_SECRET", "client_secret"),
    wins("azurekeyvault", "AZURE_ENVIRONMENT", "environment"),
    wins("azurekeyvault", "AZURE_AD_RESOURCE", "resource"),
    wins("azurekeyvault", "_AZUREKEYVAULT_VAULT_NAME", "vault_name"),
    wins("azurekeyvault", "_AZUREKEYVAULT_KEY_NAME", "key_name"),
    wins("transit", "_TRANSIT_SEAL_ADDR", "address"),
    wins("transit", "_TRANSIT_SEAL_TOKEN", "token"),
    wins("transit", "_TRANSIT_SEAL_KEY_NAME", "key_name"),
    wins("transit", "_TRANSIT_SEAL_MOUNT_PATH", "mount_path"),
    wins("transit", "_TRANSIT_SEAL_DISABLE_RENEWAL", "disable_renewal"),
    fills("transit", "_ADDR", "address"),
    fills("transit", "_TOKEN", "token"),
    wins("pkcs11", "_HSM_LIB", "lib"),
    wins("pkcs11", "_HSM_SLOT", "slot"),
    wins("pkcs11", "_HSM_TOKEN_LABEL", "token_label"),
    wins("pkcs11", "_HSM_PIN", "pin"),
    wins("pkcs11", "_HSM_KEY_LABEL", "key_label"),
    wins("pkcs11", "_HSM_KEY_ID", "key_id"),
    wins("pkcs11", "_HSM_MECHANISM", "mechanism"),
    wins("pkcs11", "_HSM_RSA_OAEP_HASH", "rsa_oaep_hash"),
    wins("pkcs11", "_HSM_DISABLE_SOFTWARE_ENCRYPTION", "disable_software_encryption"),
];
