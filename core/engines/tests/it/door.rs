//! The way of a request to an engine and of its answer to a status, as the server goes it.

use std::{collections::BTreeMap, sync::Arc, time::Duration};

use jiff::Timestamp;
use logical::{
    Backend, Call, Caller, Code, Data, Mounted, Operation, Outcome, Request, Response, Result,
    TokenType,
};
use policy::Grant;
use serde_json::{Value, json};

use crate::memory::Memory;

/// A mount: an engine and its part of a store.
pub(crate) struct Mount {
    pub(crate) engine: Arc<dyn Backend>,
    pub(crate) memory: Memory,
    pub(crate) now: Timestamp,
    /// The policies of the tokens that ask.
    pub(crate) policies: Vec<String>,
}

/// What a client sees of an answer.
#[derive(Debug)]
pub(crate) struct Seen {
    pub(crate) status: u16,
    /// `None` for no body at all.
    pub(crate) body: Option<Value>,
}

impl Mount {
    /// A KV mount of this version.
    pub(crate) fn kv(version: &str) -> Self {
        let options = BTreeMap::from([("version".to_owned(), version.to_owned())]);
        Self::of(engines::kv::open(&options).expect("a version that exists"))
    }

    /// A mount of this engine with nothing in its store.
    pub(crate) fn of(engine: Arc<dyn Backend>) -> Self {
        let now = "2026-01-02T03:04:05.678901234Z".parse().expect("a time");
        Self { engine, memory: Memory::default(), now, policies: Vec::new() }
    }

    /// Makes a request with a service token.
    pub(crate) async fn ask(&self, operation: Operation, path: &str, data: Value) -> Seen {
        self.ask_as("cubby1", operation, path, data).await
    }

    /// Makes a request with the token that has this cubbyhole.
    pub(crate) async fn ask_as(
        &self,
        cubbyhole_id: &str,
        operation: Operation,
        path: &str,
        data: Value,
    ) -> Seen {
        let data = data.as_object().cloned().unwrap_or_default();
        let (result, operation) = self.call(cubbyhole_id, operation, path, data).await;
        seen(result, operation)
    }

    /// The engine's own answer.
    pub(crate) async fn call(
        &self,
        cubbyhole_id: &str,
        operation: Operation,
        path: &str,
        data: Data,
    ) -> (Result<Response>, Operation) {
        let mut path = path.to_owned();
        if operation.lists() && !path.is_empty() && !path.ends_with('/') {
            path.push('/');
        }
        let request = request(operation, &path, data);
        let mount = Mounted { default_ttl: Duration::from_secs(2_764_800), ..Mounted::default() };
        let grant = Grant::unauthenticated();
        let caller = Caller { policies: self.policies.clone(), ..caller(cubbyhole_id) };
        let mut call = Call {
            request: &request,
            operation,
            path: &path,
            mount: &mount,
            caller: Some(&caller),
            view: &self.memory,
            grant: &grant,
            now: self.now,
        };
        if operation == Operation::Update {
            match self.engine.exists(call).await {
                Ok(Some(false)) => call.operation = Operation::Create,
                Ok(Some(true) | None) => {}
                Err(error) => return (Err(error), operation),
            }
        }
        (self.engine.handle(call).await, call.operation)
    }
}

fn request(operation: Operation, path: &str, data: Data) -> Request {
    Request {
        id: String::new(),
        operation,
        path: path.to_owned(),
        namespace: logical::Namespace::root(),
        token: None,
        data,
        headers: Vec::new(),
        wrap: None,
        peer: logical::Peer::default(),
    }
}

fn caller(cubbyhole_id: &str) -> Caller {
    Caller {
        accessor: String::new(),
        display_name: "token".to_owned(),
        policies: Vec::new(),
        token_policies: Vec::new(),
        identity_policies: Vec::new(),
        metadata: BTreeMap::new(),
        entity_id: String::new(),
        token_type: TokenType::Service,
        ttl: Duration::ZERO,
        issued: Timestamp::UNIX_EPOCH,
        num_uses: 0,
        token_id: Arc::from(""),
        cubbyhole_id: cubbyhole_id.to_owned(),
    }
}

fn seen(result: Result<Response>, operation: Operation) -> Seen {
    let response = match result {
        Ok(response) => response,
        Err(error) => {
            let errors = if error.public.is_empty() { json!([]) } else { json!([error.public]) };
            return Seen { status: status(error.code), body: Some(json!({"errors": errors})) };
        }
    };
    if let Some(raw) = response.raw {
        assert!(raw.body.is_empty(), "these engines have raw answers without a body only");
        return Seen { status: raw.status, body: None };
    }
    let asks = matches!(operation, Operation::Read | Operation::List | Operation::Scan);
    let no_keys = operation == Operation::List
        && response.warnings.is_empty()
        && response.data.as_ref().is_none_or(|data| !data.contains_key("keys"));
    if no_keys || (response.is_empty() && asks) {
        return Seen { status: 404, body: Some(json!({"errors": []})) };
    }
    if response.is_empty() {
        return Seen { status: 204, body: None };
    }
    let status = match response.outcome {
        Outcome::Done => 200,
        Outcome::Accepted => 202,
        Outcome::NotFound => 404,
    };
    let warnings =
        if response.warnings.is_empty() { Value::Null } else { json!(response.warnings) };
    let lease = response.lease.map_or(0, |lease| lease.ttl.as_secs());
    let body = json!({"data": response.data, "warnings": warnings, "lease_duration": lease});
    Seen { status, body: Some(body) }
}

fn status(code: Code) -> u16 {
    match code {
        Code::InvalidRequest => 400,
        Code::PermissionDenied => 403,
        Code::NotFound | Code::UnsupportedPath => 404,
        Code::UnsupportedOperation => 405,
        other => panic!("an engine does not answer {other:?}"),
    }
}
