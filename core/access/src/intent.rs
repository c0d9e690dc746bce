//! What has been decided and is not finished: more than one transaction may write, noted in the
//! store and worked off later, after a restart too.

use jiff::Timestamp;
use logical::{Result, View};
use serde::{Deserialize, Serialize};

use crate::json;

/// Where intents are kept.
const FOLDER: &str = "sys/revoke/";

/// How many writes one transaction spends on ending things, about. Storages limit their batches;
/// this is well within the least of them.
pub(crate) const WRITES_MAX: usize = 96;

/// Something to go on with.
#[derive(Debug, Deserialize, Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Intent {
    /// What a token left behind.
    Remains(Remains),
    /// The leases below a prefix.
    Prefix(PrefixIntent),
}

/// What an ended token left behind.
#[derive(Debug, Deserialize, Serialize)]
pub(crate) struct Remains {
    /// The token's id.
    pub id: String,
    /// The name of its cubbyhole.
    pub cubbyhole_id: String,
    /// What becomes of its children.
    pub children: Children,
}

/// What becomes of the children of an ended token.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Children {
    /// They end too.
    Revoke,
    /// They live on without a parent.
    Orphan,
}

/// Leases below a prefix, to be ended.
#[derive(Debug, Deserialize, Serialize)]
pub(crate) struct PrefixIntent {
    /// The prefix, ending in `/`.
    pub prefix: String,
    /// The last one that was seen to, below the prefix.
    pub after: String,
    /// Whether a backend's refusal counts.
    pub forced: bool,
    /// When it was decided: what is made later is not meant.
    #[serde(default)]
    pub before: Option<Timestamp>,
}

impl Intent {
    /// Notes it. One for the same thing is replaced.
    pub(crate) fn put(&self, view: &dyn View) -> Result<()> {
        json::put(view, &self.key(), self)
    }

    /// Takes the first of those that are noted.
    pub(crate) async fn take(view: &dyn View) -> Result<Option<Self>> {
        let page = view.list(FOLDER, "", 1).await?;
        let Some(name) = page.keys.first() else { return Ok(None) };
        let key = format!("{FOLDER}{name}");
        let intent = json::get(view, &key).await?;
        view.delete(&key)?;
        Ok(intent)
    }

    fn key(&self) -> String {
        match self {
            Self::Remains(remains) => format!("{FOLDER}{}", remains.id),
            Self::Prefix(intent) => {
                let hash = crypto::sha256(intent.prefix.as_bytes());
                let force = if intent.forced { 'f' } else { 'p' };
                format!("{FOLDER}{force}{}", hex::encode(hash))
            }
        }
    }
}

/// How many writes are left to a transaction.
#[derive(Debug)]
pub(crate) struct Budget(usize);

impl Budget {
    /// A transaction that has not written yet.
    pub(crate) const fn full() -> Self {
        Self(WRITES_MAX)
    }

    /// How many things of this price can be done.
    pub(crate) const fn room(&self, price: usize) -> usize {
        self.0 / price
    }

    /// Pays for a thing; a debt is forgiven.
    pub(crate) const fn spend(&mut self, price: usize) {
        self.0 = self.0.saturating_sub(price);
    }
}
