//! The envelope around every answer, in its fixed order of members.
//!
//! It is written to clients, and into the cubbyhole of a wrapping token.

use std::collections::BTreeMap;

use serde::{Serialize, Serializer, ser::SerializeMap};

use crate::{Auth, Response, WrapInfo};

/// A response and its request id, ready to be serialized.
pub struct Envelope<'a> {
    /// The id of the request; empty for a wrapped answer.
    pub request_id: &'a str,
    /// The answer.
    pub response: &'a Response,
}

impl Serialize for Envelope<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let response = self.response;
        let mut map = serializer.serialize_map(None)?;
        if let Some(data) = response.data.as_ref().filter(|_| response.mirrored) {
            for (name, value) in data {
                map.serialize_entry(name, value)?;
            }
        }
        let lease = response.lease.as_ref();
        map.serialize_entry("request_id", self.request_id)?;
        map.serialize_entry("lease_id", &response.lease_id)?;
        map.serialize_entry("renewable", &lease.is_some_and(|terms| terms.renewable))?;
        map.serialize_entry("lease_duration", &lease.map_or(0, |terms| terms.ttl.as_secs()))?;
        map.serialize_entry("data", &response.data)?;
        map.serialize_entry("wrap_info", &response.wrap_info.as_ref().map(WrapMember::new))?;
        let warnings = Some(&response.warnings).filter(|warnings| !warnings.is_empty());
        map.serialize_entry("warnings", &warnings)?;
        map.serialize_entry("auth", &response.auth.as_ref().map(AuthMember::new))?;
        map.end()
    }
}

/// The member `auth`.
#[derive(Serialize)]
struct AuthMember<'a> {
    client_token: &'a str,
    accessor: &'a str,
    policies: &'a [String],
    token_policies: &'a [String],
    #[serde(skip_serializing_if = "<[String]>::is_empty")]
    identity_policies: &'a [String],
    metadata: &'a Option<BTreeMap<String, String>>,
    lease_duration: u64,
    renewable: bool,
    entity_id: &'a str,
    token_type: &'static str,
    orphan: bool,
    mfa_requirement: Option<()>,
    num_uses: i64,
}

impl<'a> AuthMember<'a> {
    fn new(auth: &'a Auth) -> Self {
        Self {
            client_token: auth.client_token.expose(),
            accessor: &auth.accessor,
            policies: &auth.policies,
            token_policies: &auth.token_policies,
            identity_policies: &auth.identity_policies,
            metadata: &auth.metadata,
            lease_duration: auth.ttl.as_secs(),
            renewable: auth.renewable,
            entity_id: &auth.entity_id,
            token_type: auth.token_type.word(),
            orphan: auth.orphan,
            mfa_requirement: None,
            num_uses: auth.num_uses,
        }
    }
}

/// The member `wrap_info`.
#[derive(Serialize)]
struct WrapMember<'a> {
    token: &'a str,
    accessor: &'a str,
    ttl: u64,
    creation_time: String,
    creation_path: &'a str,
    #[serde(skip_serializing_if = "str::is_empty")]
    wrapped_accessor: &'a str,
}

impl<'a> WrapMember<'a> {
    fn new(info: &'a WrapInfo) -> Self {
        Self {
            token: info.token.expose(),
            accessor: &info.accessor,
            ttl: info.ttl.as_secs(),
            creation_time: info.creation_time.to_string(),
            creation_path: &info.creation_path,
            wrapped_accessor: &info.wrapped_accessor,
        }
    }
}
