//! The creation of a token by another: what may be asked for, and who may ask.

use std::{collections::BTreeMap, time::Duration};

use crypto::Secret;
use jiff::Timestamp;
use logical::{Field, Fields, Kind, TokenType, duration};

use crate::{
    Entry, Error, Limits, Result,
    token::{TOKEN_BYTES_MAX, names},
    ttl::{Life, Wish},
};

/// How many policies a token carries at most.
const POLICIES_MAX: usize = 1024;

/// How many free pairs a token carries at most.
const META_PAIRS_MAX: usize = 256;

/// Policies that nobody can be given.
const NOT_ASSIGNABLE: &[&str] = &["response-wrapping"];

/// What the client is told who chose the token.
const OWN_ID_WARNING: &str = concat!(
    "A token that the client chose is as hard to guess as the client has made it. ",
    "It has no prefix by which scanners for lost secrets would know it.",
);

/// The parameters of a creation.
pub(crate) const FIELDS: &[Field] = &[
    Field::new("id", Kind::String, "The token, if the caller chooses it; needs sudo."),
    Field::new("policies", Kind::List, "Its policies; without, those of its parent."),
    Field::new("meta", Kind::Pairs, "Free pairs, shown in audit lines."),
    Field::new("no_parent", Kind::Bool, "Makes it an orphan; needs sudo."),
    Field::new("no_default_policy", Kind::Bool, "Leaves the policy `default` out."),
    Field::new("ttl", Kind::String, "How long it lives."),
    Field::new("lease", Kind::String, "An old name of `ttl`."),
    Field::new("explicit_max_ttl", Kind::String, "How long it lives at most, renewed or not."),
    Field::new("period", Kind::String, "The period of a periodic token; needs sudo."),
    Field::new("renewable", Kind::Bool, "Whether it can be renewed; it can if not said."),
    Field::new("display_name", Kind::String, "Its name in audit lines, after `token-`."),
    Field::new("num_uses", Kind::Int, "How often it may be used; 0 for any number."),
    Field::new("type", Kind::String, "`service` or `batch`."),
    Field::new("entity_alias", Kind::String, "The alias of its entity; needs a token role."),
];

/// What a request asks for.
#[derive(Clone, Debug)]
pub(crate) struct Ask {
    id: Option<Secret<String>>,
    policies: Vec<String>,
    no_default_policy: bool,
    no_parent: bool,
    meta: BTreeMap<String, String>,
    display_name: String,
    ttl: Duration,
    explicit_max_ttl: Duration,
    period: Duration,
    renewable: bool,
    num_uses: i64,
    kind: TokenType,
}

/// Who asks, and where.
#[derive(Clone, Debug)]
pub(crate) struct Parent<'a> {
    /// The id of its token.
    pub id: &'a str,
    /// What is kept of its token.
    pub entry: &'a Entry,
    /// It has the root policy or `sudo` on this path.
    pub sudo: bool,
    /// The path makes orphans.
    pub orphan: bool,
    /// The path of the request.
    pub path: &'a str,
    /// The times to live of the token store.
    pub limits: Limits,
    /// The time of the request.
    pub now: Timestamp,
}

/// An entry to be issued.
#[derive(Clone, Debug)]
pub(crate) struct Draft {
    pub entry: Entry,
    /// The token, if the client chose it.
    pub own: Option<Secret<String>>,
    pub warnings: Vec<String>,
}

impl Ask {
    /// Reads the parameters.
    pub(crate) fn parse(fields: &Fields) -> Result<Self> {
        let id = Some(fields.str("id")).filter(|id| !id.is_empty());
        let kind = match fields.str("type") {
            "" | "service" | "default" => TokenType::Service,
            "batch" => TokenType::Batch,
            _ => return Err(Error::TypeInvalid),
        };
        let num_uses = fields.int("num_uses").unwrap_or(0);
        if num_uses < 0 {
            return Err(Error::UsesNegative);
        }
        if !fields.str("entity_alias").is_empty() {
            return Err(Error::EntityAlias);
        }
        let explicit_max_ttl = length(fields, "explicit_max_ttl")?;
        let period = length(fields, "period")?;
        let ttl = match fields.str("ttl") {
            "" => length(fields, "lease")?,
            _ => length(fields, "ttl")?,
        };
        let ask = Self {
            id: id.map(|id| Secret::new(id.to_owned())),
            policies: fields.list("policies").unwrap_or_default(),
            no_default_policy: fields.bool("no_default_policy").unwrap_or(false),
            no_parent: fields.bool("no_parent").unwrap_or(false),
            meta: fields.pairs("meta").unwrap_or_default(),
            display_name: fields.str("display_name").to_owned(),
            renewable: fields.bool("renewable").unwrap_or(true),
            ttl,
            explicit_max_ttl,
            period,
            num_uses,
            kind,
        };
        ask.check_limits()?;
        Ok(ask)
    }

    /// Whether the parent may have this, and what it then is.
    pub(crate) fn draft(self, parent: &Parent<'_>) -> Result<Draft> {
        Error::unless_service(parent.entry.kind, "create more tokens")?;
        if parent.entry.num_uses != 0 {
            return Err(Error::RestrictedParent);
        }
        if self.kind == TokenType::Batch {
            self.check_batch()?;
        }
        self.check_id(parent.sudo)?;
        let policies = self.choose_policies(parent)?;
        self.check_policies(&policies, parent)?;
        if self.no_parent && !parent.sudo {
            return Err(Error::SudoRequired("create orphan token"));
        }
        if !self.period.is_zero() && !parent.sudo {
            return Err(Error::SudoRequired("create periodic token"));
        }
        let Life { ttl, mut warnings } = self.life(&policies, parent)?;
        if ttl.is_zero() && !parent.entry.ttl.is_zero() {
            return Err(Error::ExpiringRoot);
        }
        let mut entry = Entry::new(parent.path, policies, parent.now);
        if !(parent.orphan || self.no_parent) {
            parent.id.clone_into(&mut entry.parent);
            entry.entity_id.clone_from(&parent.entry.entity_id);
        }
        entry.kind = self.kind;
        entry.display_name = names::display_name(&self.display_name);
        entry.meta = self.meta;
        entry.explicit_max_ttl = self.explicit_max_ttl;
        entry.period = self.period;
        // What never ends cannot be prolonged.
        entry.renewable = self.renewable && !ttl.is_zero();
        entry.num_uses = self.num_uses;
        entry.lives(ttl);
        if self.id.is_some() {
            warnings.push(OWN_ID_WARNING.to_owned());
        }
        Ok(Draft { entry, own: self.id, warnings })
    }

    fn check_limits(&self) -> Result<()> {
        if self.policies.len() > POLICIES_MAX {
            return Err(Error::TooMany { what: "policies", max: POLICIES_MAX });
        }
        if self.meta.len() > META_PAIRS_MAX {
            return Err(Error::TooMany { what: "pairs of metadata", max: META_PAIRS_MAX });
        }
        if self.id.as_ref().is_some_and(|id| id.expose().len() > TOKEN_BYTES_MAX) {
            return Err(Error::TooMany { what: "bytes", max: TOKEN_BYTES_MAX });
        }
        Ok(())
    }

    fn check_batch(&self) -> Result<()> {
        let set = [
            ("explicit_max_ttl", !self.explicit_max_ttl.is_zero()),
            ("num_uses", self.num_uses != 0),
            ("period", !self.period.is_zero()),
        ];
        match set.into_iter().find(|(_, set)| *set) {
            Some((name, _)) => Err(Error::BatchSet(name)),
            None => Ok(()),
        }
    }

    fn check_id(&self, sudo: bool) -> Result<()> {
        let Some(id) = &self.id else { return Ok(()) };
        if !sudo {
            return Err(Error::SudoRequired("specify token id"));
        }
        if let Some(prefix) = ["s.", "b."].into_iter().find(|&p| id.expose().starts_with(p)) {
            return Err(Error::IdPrefix(prefix));
        }
        match id.expose().contains('.') {
            true => Err(Error::IdDot),
            false => Ok(()),
        }
    }

    fn choose_policies(&self, parent: &Parent<'_>) -> Result<Vec<String>> {
        let theirs = &parent.entry.policies;
        if self.policies.is_empty() {
            // The policy `default` comes from the parent too, if it comes.
            return Ok(names::policies(theirs, false));
        }
        if parent.sudo {
            return Ok(names::policies(&self.policies, !self.no_default_policy));
        }
        if !names::policies(&self.policies, false).iter().all(|name| theirs.contains(name)) {
            return Err(Error::NotSubset);
        }
        let has_default = theirs.iter().any(|name| name == "default");
        Ok(names::policies(&self.policies, has_default && !self.no_default_policy))
    }

    fn check_policies(&self, policies: &[String], parent: &Parent<'_>) -> Result<()> {
        if let Some(name) = policies.iter().find(|name| NOT_ASSIGNABLE.contains(&name.as_str())) {
            return Err(Error::PolicyNotAssignable(name.clone()));
        }
        if !is_root(policies) {
            return Ok(());
        }
        if !is_root(&parent.entry.policies) {
            return Err(Error::RootParent);
        }
        match self.kind {
            TokenType::Batch => Err(Error::Batch("be root tokens")),
            TokenType::Service => Ok(()),
        }
    }

    /// Root tokens live for ever unless something else is asked for.
    fn life(&self, policies: &[String], parent: &Parent<'_>) -> Result<Life> {
        if is_root(policies) && self.ttl.is_zero() && self.period.is_zero() {
            return Ok(Life { ttl: self.explicit_max_ttl, warnings: Vec::new() });
        }
        let (ttl, period, explicit_max) = (self.ttl, self.period, self.explicit_max_ttl);
        let wish = Wish { ttl, period, explicit_max, ..Wish::default() };
        parent.limits.life(wish, parent.now, parent.now)
    }
}

fn is_root(policies: &[String]) -> bool {
    policies.iter().any(|name| name == "root")
}

/// The length of time of a parameter; zero if it is not given.
fn length(fields: &Fields, name: &'static str) -> Result<Duration> {
    let seconds = duration::seconds(fields.str(name)).map_err(Error::Duration)?;
    u64::try_from(seconds).map(Duration::from_secs).map_err(|_| Error::NotPositive(name))
}
