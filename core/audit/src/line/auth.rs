//! The `auth` of a line: whose token a request carried, or which token an answer issues.

use base64::{Engine, prelude::BASE64_STANDARD};
use jiff::Timestamp;
use logical::{Auth, Caller, Request};

use super::{Style, pairs, seconds, written};
use crate::{
    Facts, Permission,
    json::{self, Members},
};

/// About the length of an `auth`.
const CAPACITY: usize = 512;

impl Style {
    pub(super) fn auth(&self, facts: &Facts<'_>, token: &[u8], accessor: &[u8]) -> Vec<u8> {
        let mut out = Vec::with_capacity(CAPACITY);
        let mut auth = Members::begin(&mut out);
        match facts.caller {
            None => {
                policy_results(&mut auth, facts);
                auth.text("token_type", "default");
            }
            Some(caller) => {
                written(&mut auth, "client_token", token);
                written(&mut auth, "accessor", accessor);
                self.caller(&mut auth, facts, caller);
            }
        }
        auth.end();
        out
    }

    fn caller(&self, auth: &mut Members<'_>, facts: &Facts<'_>, caller: &Caller) {
        auth.text("display_name", &caller.display_name);
        auth.texts("policies", &caller.policies);
        auth.texts("token_policies", &caller.token_policies);
        auth.texts("identity_policies", &caller.identity_policies);
        policy_results(auth, facts);
        pairs(auth, "metadata", &caller.metadata);
        auth.number("remaining_uses", caller.num_uses);
        auth.text("entity_id", &caller.entity_id);
        auth.text("token_type", caller.token_type.word());
        auth.number("token_ttl", seconds(caller.ttl));
        let issued = Timestamp::from_second(caller.issued.as_second()).unwrap_or(caller.issued);
        auth.text("token_issue_time", &issued.to_string());
    }

    pub(super) fn issued(&self, out: &mut Vec<u8>, issued: &Auth, display_name: &str) {
        let mut auth = Members::begin(out);
        written(&mut auth, "client_token", &self.secret(issued.client_token.expose()));
        written(&mut auth, "accessor", &self.accessor(&issued.accessor));
        auth.text("display_name", display_name);
        auth.texts("policies", &issued.policies);
        auth.texts("token_policies", &issued.token_policies);
        auth.texts("identity_policies", &issued.identity_policies);
        if let Some(metadata) = &issued.metadata {
            pairs(&mut auth, "metadata", metadata);
        }
        auth.number("num_uses", issued.num_uses);
        auth.text("entity_id", &issued.entity_id);
        auth.text("token_type", issued.token_type.word());
        auth.number("token_ttl", seconds(issued.ttl));
        auth.end();
    }
}

/// What counts as one client: the entity, or all tokens with the same policies.
pub(super) fn client_id(caller: &Caller, request: &Request) -> String {
    if !caller.entity_id.is_empty() {
        return caller.entity_id.clone();
    }
    let mut text = caller.policies.join(".");
    text.push('.');
    text.push_str(&request.namespace.id);
    BASE64_STANDARD.encode(crypto::sha256(text.as_bytes()))
}

fn policy_results(auth: &mut Members<'_>, facts: &Facts<'_>) {
    let (allowed, policies) = match facts.permission {
        Permission::Granted(policies) => ("true", policies),
        Permission::Denied => ("false", &[][..]),
        Permission::Unidentified => return,
    };
    let mut results = Members::begin(auth.key("policy_results"));
    results.written("allowed", allowed.as_bytes());
    if !policies.is_empty() {
        json::array(results.key("granting_policies"), policies, |out, name| {
            let mut policy = Members::begin(out);
            policy.text("name", name);
            policy.text("namespace_id", &facts.request.namespace.id);
            policy.text("type", "acl");
            policy.end();
        });
    }
    results.end();
}
