//! The endpoints of `auth/token`.

use std::sync::Arc;

use async_trait::async_trait;
use logical::{
    Backend, Call, Caller, Error as Fault, Field, Fields, Kind, Operation, Outcome, Path, PathAuth,
    Response, Result, Table,
};

use crate::{
    Entry, Error, Limits, Policies, Tokens,
    token::create::{Ask, FIELDS, Parent},
};

/// The members of a lookup that hold times.
const TIMES: &[&str] = &["expire_time", "issue_time", "last_renewal"];

const TOKEN: Field = Field::new("token", Kind::String, "The token.");
const ACCESSOR: Field = Field::new("accessor", Kind::String, "The accessor of the token.");
const INCREMENT: Field =
    Field::new("increment", Kind::Duration, "For how long; without, as long as at first.");

/// The token store as a backend. Its view is that of the whole barrier.
pub struct TokenBackend {
    office: Office,
    table: Table<Office>,
}

/// What the handlers work with.
struct Office {
    tokens: Arc<Tokens>,
    policies: Arc<Policies>,
}

/// Whose token a request is about.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Whose {
    /// The one that is named.
    Named,
    /// The caller's.
    Own,
    /// The one whose accessor is named.
    Accessors,
}

/// A token that a request is about.
struct Found {
    id: String,
    entry: Entry,
    /// The token itself, where it is known.
    token: String,
}

impl TokenBackend {
    /// A backend over these.
    pub fn new(tokens: Arc<Tokens>, policies: Arc<Policies>) -> Self {
        Self { office: Office { tokens, policies }, table: Table::new(paths()) }
    }
}

#[async_trait]
impl Backend for TokenBackend {
    fn auth(&self, path: &str, _: Operation) -> PathAuth {
        self.table.auth(path)
    }

    async fn handle(&self, call: Call<'_>) -> Result<Response> {
        self.table.handle(&self.office, call).await
    }
}

fn path(pattern: &'static str) -> Path<Office> {
    Path::new(pattern)
}

fn paths() -> Vec<Path<Office>> {
    let mut paths = creations();
    paths.extend(lookups());
    paths.extend(renewals());
    paths.extend(revocations());
    paths
}

fn creations() -> Vec<Path<Office>> {
    vec![
        path("create-orphan")
            .fields(FIELDS)
            .help("Creates a token without a parent.")
            .on(Operation::Update, |office, call, fields| {
                Box::pin(office.create(call, fields, true))
            }),
        path("create")
            .fields(FIELDS)
            .help("Creates a child of the caller's token.")
            .on(Operation::Update, |office, call, fields| {
                Box::pin(office.create(call, fields, false))
            }),
        path("create/:role_name")
            .fields(FIELDS)
            .help("Creates a token by a role.")
            .on(Operation::Update, |_, _, fields| {
                Box::pin(async move { Err(unknown_role(&fields)) })
            }),
        path("roles")
            .help("Names the token roles.")
            .on(Operation::List, |_, _, _| Box::pin(async { Ok(Response::keys(Vec::new())) })),
        path("roles/:role_name")
            .help("Shows a token role.")
            .on(Operation::Read, |_, _, _| Box::pin(async { Ok(Response::none()) })),
    ]
}

fn lookups() -> Vec<Path<Office>> {
    vec![
        path("lookup-self")
            .fields(&[TOKEN])
            .help("Shows the caller's token.")
            .on(Operation::Read, |o, call, f| Box::pin(o.lookup(call, f, Whose::Own)))
            .on(Operation::Update, |o, call, f| Box::pin(o.lookup(call, f, Whose::Own))),
        path("lookup")
            .fields(&[TOKEN])
            .help("Shows a token.")
            .on(Operation::Read, |o, call, f| Box::pin(o.lookup(call, f, Whose::Named)))
            .on(Operation::Update, |o, call, f| Box::pin(o.lookup(call, f, Whose::Named))),
        path("lookup-accessor")
            .fields(&[ACCESSOR])
            .help("Shows the token of an accessor.")
            .on(Operation::Update, |o, call, f| Box::pin(o.lookup(call, f, Whose::Accessors))),
        path("accessors")
            .auth(PathAuth::Sudo)
            .help("Names the accessors of all tokens.")
            .on(Operation::List, |office, call, _| Box::pin(office.accessors(call))),
    ]
}

fn renewals() -> Vec<Path<Office>> {
    vec![
        path("renew-self")
            .fields(&[TOKEN, INCREMENT])
            .help("Renews the caller's token.")
            .on(Operation::Update, |o, call, f| Box::pin(o.renew(call, f, Whose::Own))),
        path("renew")
            .fields(&[TOKEN, INCREMENT])
            .help("Renews a token.")
            .on(Operation::Update, |o, call, f| Box::pin(o.renew(call, f, Whose::Named))),
        path("renew-accessor")
            .fields(&[ACCESSOR, INCREMENT])
            .help("Renews the token of an accessor.")
            .on(Operation::Update, |o, call, f| Box::pin(o.renew(call, f, Whose::Accessors))),
    ]
}

fn revocations() -> Vec<Path<Office>> {
    vec![
        path("revoke-self")
            .help("Ends the caller's token and its children.")
            .on(Operation::Update, |o, call, f| Box::pin(o.revoke(call, f, Whose::Own))),
        path("revoke")
            .fields(&[TOKEN])
            .help("Ends a token and its children.")
            .on(Operation::Update, |o, call, f| Box::pin(o.revoke(call, f, Whose::Named))),
        path("revoke-accessor")
            .fields(&[ACCESSOR])
            .help("Ends the token of an accessor and its children.")
            .on(Operation::Update, |o, call, f| Box::pin(o.revoke(call, f, Whose::Accessors))),
        path("revoke-orphan")
            .fields(&[TOKEN])
            .help("Ends a token; its children live on as orphans.")
            .on(Operation::Update, |office, call, f| Box::pin(office.revoke_orphan(call, f))),
        path("tidy")
            .help("Removes what tokens left behind.")
            .on(Operation::Update, |_, _, _| Box::pin(async { Ok(tidy()) })),
    ]
}

impl Office {
    async fn create(&self, call: Call<'_>, fields: Fields, orphan: bool) -> Result<Response> {
        let caller = caller(call)?;
        Error::unless_service(caller.token_type, "create more tokens")?;
        let entry = self.tokens.entry(call.view, &caller.token_id, call.now).await?;
        let entry = entry.ok_or(Error::NoToken)?;
        let ask = Ask::parse(&fields)?;
        let draft = ask.draft(&Parent {
            id: &caller.token_id,
            entry: &entry,
            sudo: self.has_sudo(call, caller).await?,
            orphan,
            path: &call.request.path,
            limits: limits(call),
            now: call.now,
        })?;
        let issued = self.tokens.issue(call.view, draft.entry, draft.own).await?;
        let mut warnings = draft.warnings;
        for name in &issued.entry.policies {
            if !self.policies.exists(call.view, name, call.now).await? {
                warnings.push(format!("Policy \"{name}\" does not exist"));
            }
        }
        Ok(Response { auth: Some(issued.auth()), warnings, ..Response::none() })
    }

    async fn lookup(&self, call: Call<'_>, fields: Fields, whose: Whose) -> Result<Response> {
        let found = self.find(call, &fields, whose).await?.ok_or(match whose {
            Whose::Own => Error::NoToken,
            Whose::Named => Error::BadToken,
            Whose::Accessors => Error::AccessorInvalid,
        })?;
        let data = found.entry.data(&found.token, call.now);
        Ok(Response { times: TIMES, ..Response::data(data) })
    }

    async fn accessors(&self, call: Call<'_>) -> Result<Response> {
        self.tokens.accessors(call.view).await.map(Response::keys)
    }

    async fn renew(&self, call: Call<'_>, fields: Fields, whose: Whose) -> Result<Response> {
        check_named(&fields, whose)?;
        let found = self.find(call, &fields, whose).await?.ok_or(match whose {
            Whose::Own | Whose::Named => Error::TokenNotFound,
            Whose::Accessors => Error::AccessorInvalid,
        })?;
        Error::unless_service(found.entry.kind, "be renewed")?;
        let increment = fields.duration("increment").unwrap_or_default();
        let at = (limits(call), call.now);
        let renewed = self.tokens.renew(call.view, &found.id, increment, at).await?;
        let auth = renewed.entry.auth(found.token.into(), renewed.ttl);
        Ok(Response { auth: Some(auth), warnings: renewed.warnings, ..Response::none() })
    }

    async fn revoke(&self, call: Call<'_>, fields: Fields, whose: Whose) -> Result<Response> {
        check_named(&fields, whose)?;
        let Some(found) = self.find(call, &fields, whose).await? else {
            return Ok(match whose {
                Whose::Accessors => Response::warning("No token found with this accessor"),
                Whose::Own | Whose::Named => Response::none(),
            });
        };
        Error::unless_service(found.entry.kind, "be revoked")?;
        self.tokens.revoke(call.view, &found.id, call.now).await?;
        Ok(Response::none())
    }

    async fn revoke_orphan(&self, call: Call<'_>, fields: Fields) -> Result<Response> {
        check_named(&fields, Whose::Named)?;
        if !self.has_sudo(call, caller(call)?).await? {
            return Err(Error::SudoRequired("revoke and orphan").into());
        }
        let Some(found) = self.find(call, &fields, Whose::Named).await? else {
            return Ok(Response::none());
        };
        Error::unless_service(found.entry.kind, "be revoked")?;
        self.tokens.revoke_orphan(call.view, &found.id, call.now).await?;
        Ok(Response::none())
    }

    /// The token that a request is about, as the store has it.
    async fn find(&self, call: Call<'_>, fields: &Fields, whose: Whose) -> Result<Option<Found>> {
        if whose == Whose::Accessors {
            let accessor = match fields.str("accessor") {
                "" => return Err(Error::AccessorMissing.into()),
                accessor => accessor,
            };
            let found = self.tokens.by_accessor(call.view, accessor, call.now).await?;
            let token = String::new();
            return Ok(found.map(|(id, entry)| Found { id, entry, token }));
        }
        let own = call.request.token.as_ref().map_or("", |token| token.expose().as_str());
        let token = match (whose, fields.str("token")) {
            (Whose::Named, named) if !named.is_empty() => named,
            _ => own,
        };
        let found = self.tokens.lookup(call.view, token, call.now).await?;
        let token = token.to_owned();
        Ok(found.map(|(id, entry)| Found { id, entry, token }))
    }

    /// Whether the caller has `sudo` on the path of the request.
    async fn has_sudo(&self, call: Call<'_>, caller: &Caller) -> Result<bool> {
        let acl = self.policies.acl_of(call.view, &caller.policies, call.now).await?;
        let words = acl.capabilities(&call.request.path);
        Ok(words.iter().any(|word| matches!(*word, "root" | "sudo")))
    }
}

fn caller(call: Call<'_>) -> Result<&Caller> {
    call.caller.ok_or_else(Fault::no_token)
}

fn limits(call: Call<'_>) -> Limits {
    Limits { default: call.mount.default_ttl, max: call.mount.max_ttl }
}

/// Renewal and revocation do not take the caller's token for one that is not named.
fn check_named(fields: &Fields, whose: Whose) -> Result<()> {
    match whose {
        Whose::Named if fields.str("token").is_empty() => Err(Error::TokenMissing.into()),
        Whose::Named | Whose::Own | Whose::Accessors => Ok(()),
    }
}

fn unknown_role(fields: &Fields) -> Fault {
    Error::UnknownRole(fields.str("role_name").to_owned()).into()
}

/// A token and all that hangs on it end in one commit or from an intent: nothing is ever left.
fn tidy() -> Response {
    Response::warning(
        "Tidy operation successfully started. Any information from the operation will be printed \
         to the server logs.",
    )
    .with_outcome(Outcome::Accepted)
}
