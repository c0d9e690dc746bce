//! A small server: the line of a request around the token store, over a store in memory.

use std::{sync::Arc, time::Duration};

use async_trait::async_trait;
use crypto::Secret;
use jiff::Timestamp;
use logical::{
    Backend, Call, Clock, Code, Data, Error, LeaseTerms, Mounted, Namespace, Operation, PathAuth,
    Peer, Request, Response, Result, View,
};
use parking_lot::Mutex;
use policy::{Ask, Capability};
use serde_json::Value;

use crate::{
    Access, Blobs, Identity, Limits, Rooms, Use,
    tests::store::{Store, Transaction},
};

pub(crate) const HOUR: Duration = Duration::from_secs(3600);
pub(crate) const LIMITS: Limits =
    Limits { default: Duration::from_secs(768 * 3600), max: Duration::from_secs(768 * 3600) };

/// A server with what it needs.
pub(crate) struct World {
    pub(crate) store: Store,
    pub(crate) access: Access,
    pub(crate) rooms: Arc<Mounts>,
    pub(crate) clock: Clock,
    pub(crate) root: String,
    pub(crate) root_accessor: String,
    backend: Arc<dyn Backend>,
}

/// Mounts that note what was taken back, and refuse while they are told to.
#[derive(Default)]
pub(crate) struct Mounts {
    pub(crate) revoked: Mutex<Vec<String>>,
    pub(crate) refuses: Mutex<bool>,
}

/// Encryption that is none.
pub(crate) struct Plain;

#[async_trait]
impl Rooms for Mounts {
    fn limits(&self, _path: &str) -> Option<Limits> {
        Some(LIMITS)
    }

    fn cubbyhole(&self) -> String {
        "logical/cubby/".to_owned()
    }

    async fn renew(
        &self,
        _view: &dyn View,
        _path: &str,
        _internal: &Data,
        increment: Duration,
    ) -> Result<LeaseTerms> {
        Ok(LeaseTerms { ttl: increment, renewable: true, ..LeaseTerms::default() })
    }

    async fn revoke(&self, _view: &dyn View, path: &str, _internal: &Data) -> Result<()> {
        if *self.refuses.lock() {
            return Err(Error::new(Code::Upstream, "the database does not answer"));
        }
        self.revoked.lock().push(path.to_owned());
        Ok(())
    }
}

impl Blobs for Plain {
    fn encrypt(&self, record: &[u8]) -> Result<Vec<u8>> {
        Ok([b"sealed:", record].concat())
    }

    fn decrypt(&self, blob: &[u8]) -> Result<Option<Secret<Vec<u8>>>> {
        Ok(blob.strip_prefix(b"sealed:").map(|record| Secret::new(record.to_vec())))
    }
}

impl World {
    pub(crate) async fn new() -> Result<Self> {
        let (store, rooms) = (Store::default(), Arc::new(Mounts::default()));
        let start = Timestamp::from_nanosecond(1_700_000_000_123_456_789).unwrap_or_default();
        let view = store.begin();
        let access = Access::open(&view, Arc::clone(&rooms) as _, Arc::new(Plain), start).await?;
        let root = access.tokens.create_root(&view, start).await?;
        commit(view)?;
        Ok(Self {
            backend: access.token_backend(),
            clock: Clock::manual(start),
            root: root.token.expose().clone(),
            root_accessor: root.entry.accessor,
            store,
            access,
            rooms,
        })
    }

    pub(crate) fn now(&self) -> Timestamp {
        self.clock.now()
    }

    /// The same server after a restart: nothing is left of its memory.
    pub(crate) async fn restarted(self) -> Result<Self> {
        let view = self.store.begin();
        let rooms = Arc::clone(&self.rooms);
        let access = Access::open(&view, rooms, Arc::new(Plain), self.now()).await?;
        access.leases.load(&view).await?;
        while access.leases.absorb(&view, 3).await? {}
        commit(view)?;
        Ok(Self { backend: access.token_backend(), access, ..self })
    }

    /// The whole line of a request to `auth/token`, or to anything else that policies refuse.
    pub(crate) async fn request(
        &self,
        token: &str,
        operation: Operation,
        path: &str,
        data: Data,
    ) -> Result<Response> {
        let view = self.store.begin();
        let now = self.now();
        let identity = self.access.tokens.identify(&view, token, now).await?;
        let identity = identity.ok_or_else(Error::no_token)?;
        let used = self.access.tokens.use_once(&view, &identity).await?;
        let request = request(token, operation, path, data);
        let mut kept = view;
        let answer = self.answer(&kept, &identity, &request, now).await;
        if answer.is_err() {
            // What a refused request wrote is not kept; its use of the token is.
            kept = self.store.begin();
            let _ = self.access.tokens.use_once(&kept, &identity).await?;
        }
        if used == Use::Last {
            self.access.tokens.revoke(&kept, &identity.caller.token_id, now).await?;
        }
        commit(kept)?;
        answer
    }

    /// A write by JSON.
    pub(crate) async fn write(&self, token: &str, path: &str, body: Value) -> Result<Response> {
        self.request(token, Operation::Update, path, object(body)).await
    }

    /// A token, by a quiet creation.
    pub(crate) async fn create(&self, parent: &str, body: Value) -> Result<(String, String)> {
        let auth = self.write(parent, "auth/token/create", body).await?.auth;
        let auth = auth.ok_or_else(Error::unsupported_path)?;
        Ok((auth.client_token.expose().clone(), auth.accessor))
    }

    pub(crate) async fn is_live(&self, token: &str) -> Result<bool> {
        let view = self.store.begin();
        Ok(self.access.tokens.identify(&view, token, self.now()).await?.is_some())
    }

    pub(crate) async fn set_policy(&self, name: &str, text: &str) -> Result<()> {
        let view = self.store.begin();
        let write = crate::PolicyWrite { text, ..Default::default() };
        self.access.policies.set(&view, name, write, self.now()).await?;
        commit(view)
    }

    /// What the node's worker does when it is woken.
    pub(crate) async fn work(&self) -> Result<()> {
        let leases = &self.access.leases;
        for id in leases.due(self.now(), 1000) {
            let view = self.store.begin();
            match leases.expire(&view, &id, self.now()).await {
                Ok(()) => commit(view)?,
                Err(error) => {
                    let view = self.store.begin();
                    leases.failed(&view, &id, &error, self.now()).await?;
                    commit(view)?;
                }
            }
        }
        loop {
            let view = self.store.begin();
            let more = leases.sweep(&view, self.now()).await?;
            commit(view)?;
            if !more {
                return Ok(());
            }
        }
    }

    async fn answer(
        &self,
        view: &dyn View,
        identity: &Identity,
        request: &Request,
        now: Timestamp,
    ) -> Result<Response> {
        let path = request.path.strip_prefix("auth/token/");
        let auth = self.backend.auth(path.unwrap_or(""), request.operation);
        let acl = self.access.policies.acl(view, identity, now).await?;
        let ask = Ask {
            path: &request.path,
            capability: capability(request.operation),
            needs_sudo: auth == PathAuth::Sudo,
            parameters: &request.data,
            wrap_ttl: None,
        };
        let grant = acl.decide(&ask).granted().ok_or_else(Error::denied)?;
        let mount = Mounted {
            path: "auth/token/".to_owned(),
            kind: "token".to_owned(),
            default_ttl: LIMITS.default,
            max_ttl: LIMITS.max,
            ..Mounted::default()
        };
        let call = Call {
            request,
            operation: request.operation,
            path: path.unwrap_or(""),
            mount: &mount,
            caller: Some(&identity.caller),
            view,
            grant: &grant,
            now,
        };
        self.backend.handle(call).await
    }
}

fn request(token: &str, operation: Operation, path: &str, data: Data) -> Request {
    Request {
        id: "00000000-0000-4000-8000-000000000000".to_owned(),
        operation,
        path: path.to_owned(),
        namespace: Namespace::root(),
        token: Some(Secret::new(token.to_owned())),
        data,
        headers: Vec::new(),
        wrap: None,
        peer: Peer::default(),
    }
}

fn capability(operation: Operation) -> Capability {
    match operation {
        Operation::Read | Operation::Help | Operation::Header => Capability::Read,
        Operation::Create | Operation::Update => Capability::Update,
        Operation::Patch => Capability::Patch,
        Operation::Delete => Capability::Delete,
        Operation::List => Capability::List,
        Operation::Scan => Capability::Scan,
    }
}

pub(crate) fn object(value: Value) -> Data {
    match value {
        Value::Object(data) => data,
        _ => Data::new(),
    }
}

/// A commit that must meet nobody.
pub(crate) fn commit(view: Transaction) -> Result<()> {
    view.commit().map(drop).map_err(|_| Error::unavailable("conflict", "conflict"))
}
