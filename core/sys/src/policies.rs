//! `sys/policies/acl`, its detailed form, and the old `sys/policy`.

use access::{PolicyRecord, PolicyWrite};
use jiff::{SignedDuration, Timestamp};
use logical::{Call, Data, Error, Field, Fields, Kind, Operation, Path, Response, Result, Shown};
use serde_json::{Value, json};

use crate::Sys;

const OLD: &[Field] = &[
    Field::new("rules", Kind::String, "The text; the old name of \"policy\"."),
    Field::new("policy", Kind::String, "The text, in HCL or JSON, also in base64."),
    Field::new("expiration", Kind::String, "The time from which on the policy does not count."),
    Field::new("ttl", Kind::Duration, "How long the policy counts."),
    Field::new("cas", Kind::Int, "The version that is replaced; -1 if there must be none."),
    Field::new("cas_required", Kind::Bool, "Whether later changes must name a version."),
    Field::new(WILDCARDS, Kind::Bool, "Whether templates may bring wildcards into paths."),
    Field::new(SLASHES, Kind::Bool, "Whether templates may bring slashes into paths."),
];

/// The same without the old name.
const NEW: &[Field] = match OLD.split_first() {
    Some((_, rest)) => rest,
    None => &[],
};

const WILDCARDS: &str = "allow_wildcards_in_identity_templates";
const SLASHES: &str = "allow_slashes_in_identity_templates";

/// What the old paths call the text.
const RULES: &str = "rules";
/// What the new ones call it.
const POLICY: &str = "policy";

/// The endpoints.
pub(crate) fn paths() -> Vec<Path<Sys>> {
    vec![
        Path::new("policy")
            .help("Lists the policies; the old path.")
            .on(Operation::Read, |sys, call, _| Box::pin(old_list(sys, call)))
            .on(Operation::List, |sys, call, _| Box::pin(old_list(sys, call))),
        Path::new("policy/:name*")
            .fields(OLD)
            .help("Reads, writes or removes a policy; the old path.")
            .on(Operation::Read, |sys, call, fields| {
                Box::pin(async move { Ok(read(sys, call, fields, RULES).await?.mirrored()) })
            })
            .on(Operation::Update, |sys, call, fields| Box::pin(old_write(sys, call, fields)))
            .on(Operation::Delete, |sys, call, fields| Box::pin(delete(sys, call, fields))),
        Path::new("policies/acl")
            .help("Lists the policies.")
            .on(Operation::List, |sys, call, _| Box::pin(list(sys, call))),
        Path::new("policies/acl/:name*")
            .fields(NEW)
            .help("Reads, writes or removes a policy.")
            .on(Operation::Read, |sys, call, fields| Box::pin(read(sys, call, fields, POLICY)))
            .on(Operation::Update, |sys, call, fields| {
                Box::pin(async move { write(sys, call, &fields, fields.str(POLICY)).await })
            })
            .on(Operation::Delete, |sys, call, fields| Box::pin(delete(sys, call, fields))),
        Path::new("policies/detailed/acl")
            .help("Lists the policies with what is in them.")
            .on(Operation::List, |sys, call, _| Box::pin(detailed(sys, call))),
    ]
}

async fn old_list(sys: &Sys, call: Call<'_>) -> Result<Response> {
    let names = sys.handles.policies.list(call.view).await?;
    Ok(Response::json(json!({ "keys": names, "policies": names })).mirrored())
}

async fn list(sys: &Sys, call: Call<'_>) -> Result<Response> {
    Ok(Response::keys(sys.handles.policies.list(call.view).await?))
}

async fn detailed(sys: &Sys, call: Call<'_>) -> Result<Response> {
    let policies = &sys.handles.policies;
    let mut names = policies.list(call.view).await?;
    // This list goes folder by folder, the outermost first.
    names.sort_by_key(|name| (name == "root", name.matches('/').count()));
    let mut info = Data::new();
    for name in &names {
        if let Some(record) = policies.get(&Shown(call.view), name, call.now).await? {
            info.insert(name.clone(), record.data(POLICY).into());
        }
    }
    let data = json!({ "key_info": info, "keys": names });
    Ok(Response { times: TIMES, ..Response::json(data) })
}

/// The members that hold times.
const TIMES: &[&str] = &["modified", "expiration"];

async fn read(sys: &Sys, call: Call<'_>, fields: Fields, text: &str) -> Result<Response> {
    let record = sys.handles.policies.get(call.view, fields.str("name"), call.now).await?;
    let shown = |record: PolicyRecord| Response::data(record.data(text));
    Ok(Response { times: TIMES, ..record.map(shown).unwrap_or_default() })
}

async fn old_write(sys: &Sys, call: Call<'_>, fields: Fields) -> Result<Response> {
    match (fields.str(POLICY), fields.str(RULES)) {
        ("", rules) if !rules.is_empty() => {
            let response = write(sys, call, &fields, rules).await?;
            Ok(response.with_warning("'rules' is deprecated, please use 'policy' instead"))
        }
        (text, _) => write(sys, call, &fields, text).await,
    }
}

async fn write(sys: &Sys, call: Call<'_>, fields: &Fields, text: &str) -> Result<Response> {
    let given = fields.str("name");
    let write = PolicyWrite {
        text,
        cas: fields.int("cas"),
        cas_required: fields.bool("cas_required"),
        expiration: expiration(fields, call.now)?,
        wildcards: fields.bool(WILDCARDS).unwrap_or(false),
        slashes: fields.bool(SLASHES).unwrap_or(false),
    };
    sys.handles.policies.set(call.view, given, write, call.now).await?;
    let name = given.to_lowercase();
    Ok(match name == given {
        true => Response::none(),
        false => Response::warning(format!("policy name was converted to {name}")),
    })
}

fn expiration(fields: &Fields, now: Timestamp) -> Result<Option<Timestamp>> {
    if let Some(ttl) = fields.seconds("ttl").filter(|ttl| *ttl != 0) {
        let end = now.checked_add(SignedDuration::from_secs(ttl));
        return match end.ok().filter(|end| *end > now) {
            Some(end) => Ok(Some(end)),
            None => Err(Error::invalid("ttl must be positive and end within the calendar")),
        };
    }
    match fields.str("expiration") {
        "" => Ok(None),
        text => match text.parse() {
            Ok(time) => Ok(Some(time)),
            Err(_) => Err(Error::invalid(format!(
                "Field validation failed: error converting input for field \"expiration\": {} is \
                 not a time",
                Value::from(text)
            ))),
        },
    }
}

async fn delete(sys: &Sys, call: Call<'_>, fields: Fields) -> Result<Response> {
    sys.handles.policies.delete(call.view, fields.str("name")).await?;
    Ok(Response::none())
}
