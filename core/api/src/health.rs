//! `sys/health`: the state of a node as a status that a load balancer can be told to expect.

use bytes::Bytes;
use http::StatusCode;
use logical::Error;
use node::{Health, HealthState};
use serde::Serialize;

use crate::{Build, answer::Answer, decode::Verb, encode::line, query::Query};

/// The answer to a health check.
pub(crate) fn answer(
    health: &Health,
    build: &Build,
    query: &Query,
    verb: Verb,
) -> Result<Answer, Answer> {
    let codes = Codes::parse(query)?;
    let status = codes.status(health.state);
    // These statuses promise that there is no body.
    let bodiless = matches!(status, StatusCode::NO_CONTENT | StatusCode::NOT_MODIFIED);
    let body =
        if verb == Verb::Head || bodiless { Bytes::new() } else { line(&shape(health, build)) };
    Ok(Answer::json(status, body))
}

struct Codes {
    active: StatusCode,
    standby: StatusCode,
    sealed: StatusCode,
    uninitialized: StatusCode,
    standby_is_active: bool,
}

impl Codes {
    fn parse(query: &Query) -> Result<Self, Error> {
        Ok(Self {
            active: code(query, "activecode", 200)?,
            standby: code(query, "standbycode", 429)?,
            sealed: code(query, "sealedcode", 503)?,
            uninitialized: code(query, "uninitcode", 501)?,
            standby_is_active: query.flag("standbyok")?.unwrap_or(false),
        })
    }

    const fn status(&self, state: HealthState) -> StatusCode {
        match state {
            HealthState::Uninitialized => self.uninitialized,
            HealthState::Sealed => self.sealed,
            HealthState::Standby if self.standby_is_active => self.active,
            HealthState::Standby => self.standby,
            HealthState::Active => self.active,
        }
    }
}

/// A status that a client chose. One that cannot be sent as a final status is a mistake.
fn code(query: &Query, name: &str, default: u16) -> Result<StatusCode, Error> {
    let text = query.first(name);
    let number = if text.is_empty() { Some(default) } else { text.parse().ok() };
    number
        .and_then(|number| StatusCode::from_u16(number).ok())
        .filter(|status| !status.is_informational())
        .ok_or_else(|| Error::invalid(""))
}

#[derive(Serialize)]
struct Shape<'a> {
    initialized: bool,
    sealed: bool,
    standby: bool,
    /// Older clients insist on it.
    performance_standby: bool,
    replication_performance_mode: &'static str,
    replication_dr_mode: &'static str,
    server_time_utc: i64,
    version: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    cluster_name: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    cluster_id: Option<&'a str>,
}

fn shape<'a>(health: &'a Health, build: &'a Build) -> Shape<'a> {
    let sealed = matches!(health.state, HealthState::Uninitialized | HealthState::Sealed);
    let mode = if sealed { "unknown" } else { "disabled" };
    Shape {
        initialized: health.state != HealthState::Uninitialized,
        sealed,
        standby: health.state != HealthState::Active,
        performance_standby: false,
        replication_performance_mode: mode,
        replication_dr_mode: mode,
        server_time_utc: health.now.as_second(),
        version: &build.version,
        cluster_name: health.cluster.as_ref().map(|cluster| cluster.name.as_str()),
        cluster_id: health.cluster.as_ref().map(|cluster| cluster.id.as_str()),
    }
}
