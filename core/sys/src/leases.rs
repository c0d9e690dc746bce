//! `sys/leases`, and the older paths of the same deeds.

use std::time::Duration;

use access::{Lease, LeaseId, Manner};
use logical::{
    Call, Data, Error, Field, Fields, Kind, LeaseTerms, Operation, Outcome, Path, PathAuth,
    Response, Result,
};
use serde_json::{Value, json};

use crate::Sys;

const LOOKUP: &[Field] = &[Field::new("lease_id", Kind::String, "The lease.")];
const RENEW: &[Field] = &[
    Field::new("lease_id", Kind::String, "The lease."),
    Field::new("increment", Kind::Duration, "By how much; 0 for as much as at first."),
];
const REVOKE: &[Field] = &[
    Field::new("lease_id", Kind::String, "The lease."),
    Field::new("sync", Kind::Bool, "Whether the answer waits for the backend."),
];
const PREFIX: &[Field] =
    &[Field::new("sync", Kind::Bool, "Whether the answer waits for the backend.")];
const COUNT: &[Field] = &[
    Field::new("type", Kind::String, "\"irrevocable\"."),
    Field::new("include_child_namespaces", Kind::Bool, "Accepted for clients."),
    Field::new("limit", Kind::String, "How many leases at most; \"none\" for all."),
];

/// How many irrevocable leases are listed where nothing else is asked for.
const LISTED_MAX: usize = 10_000;

/// The endpoints.
pub(crate) fn paths() -> Vec<Path<Sys>> {
    let mut paths = vec![
        Path::new("leases/lookup")
            .fields(LOOKUP)
            .help("Tells of a lease.")
            .on(Operation::Update, |sys, call, fields| Box::pin(lookup(sys, call, fields)))
            .on(Operation::List, |sys, call, fields| Box::pin(list(sys, call, fields))),
        Path::new("leases/lookup/:prefix*")
            .auth(PathAuth::Sudo)
            .help("Lists the leases below a prefix.")
            .on(Operation::List, |sys, call, fields| Box::pin(list(sys, call, fields))),
        Path::new("leases/tidy")
            .help("Accepted for clients: leases are always tidy.")
            .on(Operation::Update, |_, _, _| Box::pin(async { Ok(tidied()) })),
        Path::new("leases/count")
            .fields(COUNT)
            .help("Counts the leases that could not be ended.")
            .on(Operation::Read, |sys, call, fields| Box::pin(count(sys, call, fields))),
        Path::new("leases")
            .fields(COUNT)
            .auth(PathAuth::Sudo)
            .help("Lists the leases that could not be ended.")
            .on(Operation::Read, |sys, call, fields| Box::pin(irrevocable(sys, call, fields))),
    ];
    // Old clients know these without `leases/`.
    paths.extend(["leases/renew/:url_lease_id*", "renew/:url_lease_id*"].map(|pattern| {
        Path::new(pattern)
            .fields(RENEW)
            .help("Renews a lease.")
            .on(Operation::Update, |sys: &Sys, call, fields| Box::pin(renew(sys, call, fields)))
    }));
    paths.extend(["leases/revoke/:url_lease_id*", "revoke/:url_lease_id*"].map(|pattern| {
        Path::new(pattern)
            .fields(REVOKE)
            .help("Ends a lease.")
            .on(Operation::Update, |sys: &Sys, call, fields| Box::pin(revoke(sys, call, fields)))
    }));
    paths.extend(["leases/revoke-prefix/:prefix*", "revoke-prefix/:prefix*"].map(|pattern| {
        Path::new(pattern)
            .fields(PREFIX)
            .auth(PathAuth::Sudo)
            .help("Ends all leases below a prefix.")
            .on(Operation::Update, |sys: &Sys, call, fields| {
                Box::pin(async move {
                    let manner = manner(&fields);
                    revoke_prefix(sys, call, &fields, manner).await
                })
            })
    }));
    paths.extend(["leases/revoke-force/:prefix*", "revoke-force/:prefix*"].map(|pattern| {
        Path::new(pattern)
            .auth(PathAuth::Sudo)
            .help("Ends all leases below a prefix, whatever the backend says.")
            .on(Operation::Update, |sys: &Sys, call, fields| {
                Box::pin(async move { revoke_prefix(sys, call, &fields, Manner::Forced).await })
            })
    }));
    paths
}

/// The lease that a request names, in its path or in its parameters.
fn lease_id(fields: &Fields) -> Result<&str> {
    match (fields.str("lease_id"), fields.str("url_lease_id")) {
        ("", "") => Err(Error::invalid("lease_id must be specified")),
        ("", id) | (id, _) => Ok(id),
    }
}

fn manner(fields: &Fields) -> Manner {
    match fields.bool("sync") {
        Some(false) => Manner::Queued,
        Some(true) | None => Manner::Inline,
    }
}

async fn lookup(sys: &Sys, call: Call<'_>, fields: Fields) -> Result<Response> {
    let id = lease_id(&fields)?;
    let lease = sys.handles.leases.lookup(call.view, id).await?;
    let times = &["expire_time", "issue_time", "last_renewal"];
    Ok(Response { times, ..Response::data(lease.data(id, call.now)) })
}

async fn list(sys: &Sys, call: Call<'_>, fields: Fields) -> Result<Response> {
    let prefix = fields.str("prefix").trim_end_matches('/');
    Ok(Response::keys(sys.handles.leases.list(call.view, prefix).await?))
}

async fn renew(sys: &Sys, call: Call<'_>, fields: Fields) -> Result<Response> {
    let id = lease_id(&fields)?;
    let increment = fields.duration("increment").unwrap_or(Duration::ZERO);
    let renewed = sys.handles.leases.renew(call.view, id, increment, call.now).await?;
    let terms =
        LeaseTerms { ttl: renewed.ttl, renewable: renewed.renewable, ..LeaseTerms::default() };
    Ok(Response {
        data: Some(Data::new()),
        lease: Some(terms),
        lease_id: id.to_owned(),
        warnings: renewed.warnings,
        ..Response::none()
    })
}

async fn revoke(sys: &Sys, call: Call<'_>, fields: Fields) -> Result<Response> {
    let id = lease_id(&fields)?;
    sys.handles.leases.revoke(call.view, id, manner(&fields), call.now).await?;
    sys.wake_on_commit(call.view);
    Ok(Response::none())
}

async fn revoke_prefix(
    sys: &Sys,
    call: Call<'_>,
    fields: &Fields,
    manner: Manner,
) -> Result<Response> {
    let prefix = fields.str("prefix").trim_end_matches('/');
    if prefix.is_empty() {
        return Err(Error::unsupported_path());
    }
    sys.handles.leases.revoke_prefix(call.view, prefix, manner, call.now).await?;
    sys.wake_on_commit(call.view);
    Ok(Response::none())
}

fn tidied() -> Response {
    Response::warning(
        "Tidy operation successfully started. Any information from the operation will be printed \
         to the server logs.",
    )
    .with_outcome(Outcome::Accepted)
}

/// The leases that could not be ended, if that is what is asked for.
async fn stuck(
    sys: &Sys,
    call: Call<'_>,
    fields: &Fields,
) -> Result<Option<Vec<(LeaseId, Lease)>>> {
    match fields.str("type") {
        "irrevocable" => sys.handles.leases.irrevocable(call.view).await.map(Some),
        "" => Ok(None),
        other => Err(Error::invalid(format!("unknown lease type \"{other}\""))),
    }
}

async fn count(sys: &Sys, call: Call<'_>, fields: Fields) -> Result<Response> {
    let Some(leases) = stuck(sys, call, &fields).await? else { return Ok(Response::none()) };
    let mounts = sys.mounts()?;
    let mut counts = std::collections::BTreeMap::<String, u64>::new();
    for (_, lease) in &leases {
        let mount = mounts.resolve(&lease.path).map(|(mount, _)| mount.record.accessor.clone());
        *counts.entry(mount.unwrap_or_default()).or_default() += 1;
    }
    Ok(Response::json(json!({ "counts": counts, "lease_count": leases.len() })))
}

async fn irrevocable(sys: &Sys, call: Call<'_>, fields: Fields) -> Result<Response> {
    let Some(leases) = stuck(sys, call, &fields).await? else { return Ok(Response::none()) };
    let limit = match fields.str("limit") {
        "" => LISTED_MAX,
        "none" => usize::MAX,
        text => text.parse().map_err(|_| Error::invalid("limit must be a number or \"none\""))?,
    };
    let show = |(id, lease): &(LeaseId, Lease)| {
        let error = lease.data(id, call.now).remove("revoke_error").unwrap_or(Value::Null);
        json!({ "lease_id": id.to_string(), "error": error })
    };
    let shown: Vec<Value> = leases.iter().take(limit).map(show).collect();
    Ok(Response::json(json!({ "lease_count": leases.len(), "leases": shown })))
}
