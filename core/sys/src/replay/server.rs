//! A server without HTTP: the real barrier, access, mounts and `sys`, and the shortest pipeline.

use std::{collections::BTreeMap, sync::Arc, time::Duration};

use access::{Access, Limits, Rooms, WrapWish};
use async_trait::async_trait;
use audit::{Broker, Declared};
use barrier::{Barrier, Fence};
use jiff::Timestamp;
use logical::{
    Backend, Call, Caller, Clock, Code, Data, Error, LeaseTerms, Namespace, Operation, Outcome,
    PathAuth, Peer, Raw, Request, Response, Result, View, Wrap, WrapFormat,
};
use mount::{Catalog, Class, Kind, MountTable, Scope, SystemTtls, TransactionView, Unsupported};
use policy::{Ask, Capability, Grant};
use serde_json::{Value, json};

use crate::{Control, HaNode, Handles, MetricsFormat, Settings, Sys};

/// What the recorded server says of its own backends: answers are held against it word for word.
const VERSION: &str = "v2.0.0+builtin.bao";

const AUTH: &[&str] =
    &["approle", "cert", "jwt", "kerberos", "kubernetes", "ldap", "oidc", "radius", "userpass"];

/// The server.
pub(super) struct Server {
    barrier: Barrier,
    mounts: Arc<MountTable>,
    access: Access,
    /// Texts that stand for placeholders of the corpus.
    pub names: BTreeMap<String, String>,
}

/// What a client sends.
pub(super) struct Sent {
    pub operation: Operation,
    pub path: String,
    pub token: Option<String>,
    pub data: Data,
}

impl Server {
    /// A fresh server with a root token.
    pub(super) async fn start(declared: &[Declared]) -> Self {
        let storage = Arc::new(storage::Inmem::new());
        let key = crypto::RootKey::new(crypto::random::secret(32)).unwrap();
        let barrier = Barrier::initialize(storage, &key, Timestamp::now()).await.unwrap();
        let month = Duration::from_secs(2_764_800);
        let mounts = Arc::new(MountTable::new(SystemTtls { default: month, max: month }));
        let audit = Arc::new(Broker::new(Clock::System));
        let rooms = Arc::new(House { mounts: Arc::downgrade(&mounts) });
        let work = barrier.begin(None);
        let view = TransactionView(&work);
        let blobs = Arc::new(barrier.clone());
        let access = Access::open(&view, rooms, blobs, Timestamp::now()).await.unwrap();
        audit.load(&view, declared).await.unwrap();
        let control = Arc::new(Node);
        let handles = Handles::new(&mounts, &access, audit, barrier.clone(), control);
        let sys = Arc::new(Sys::new(handles, Settings { audit_by_api: true, raw: true }));
        let catalog = Arc::new(catalog(sys, access.token_backend()));
        mounts.load(&view, catalog).await.unwrap();
        let root = access.tokens.create_root(&view, Timestamp::now()).await.unwrap();
        work.commit().await.unwrap();
        let names = [("$ROOT".to_owned(), root.token.expose().clone())].into();
        Self { barrier, mounts, access, names }
    }

    /// Sends a request; gives the status, and `data`, `warnings`, `errors` as far as they are there.
    pub(super) async fn send(&self, sent: Sent) -> (u16, Value) {
        let operation = sent.operation;
        let work = self.barrier.begin(None);
        let answer = match self.handle(&TransactionView(&work), sent).await {
            Ok(response) => work.commit().await.map_err(mount::translate).map(|()| response),
            Err(error) => Err(error),
        };
        shown(operation, answer)
    }

    /// Sends a request that issues a token; gives the token and its accessor.
    pub(super) async fn issue(&self, sent: Sent) -> (String, String) {
        let work = self.barrier.begin(None);
        let response = self.handle(&TransactionView(&work), sent).await.unwrap();
        work.commit().await.unwrap();
        let auth = response.auth.unwrap();
        (auth.client_token.expose().clone(), auth.accessor)
    }

    /// Wraps an answer for a minute; gives the wrapping token.
    pub(super) async fn wrap(&self, body: &str) -> String {
        let wrap = Wrap { ttl: Duration::from_secs(60), format: WrapFormat::Token };
        let now = Timestamp::now();
        let wish = WrapWish { body, path: "kv/a", wrap, wrapped_accessor: "", address: "", now };
        let work = self.barrier.begin(None);
        let info = self.access.wrapping.wrap(&TransactionView(&work), wish).await.unwrap();
        work.commit().await.unwrap();
        info.token.expose().clone()
    }

    /// Has an answer wrapped again, as root; gives the new token.
    pub(super) async fn rewrap(&self, token: &str) -> String {
        let data = json!({ "token": token }).as_object().unwrap().clone();
        let root = Some(self.names["$ROOT"].clone());
        let path = "sys/wrapping/rewrap".to_owned();
        let sent = Sent { operation: Operation::Update, path, token: root, data };
        let work = self.barrier.begin(None);
        let response = self.handle(&TransactionView(&work), sent).await.unwrap();
        work.commit().await.unwrap();
        response.wrap_info.unwrap().token.expose().clone()
    }

    async fn handle(&self, view: &dyn View, sent: Sent) -> Result<Response> {
        let now = Timestamp::now();
        let caller = match &sent.token {
            Some(token) => {
                let (id, entry) = self
                    .access
                    .tokens
                    .lookup(view, token, now)
                    .await?
                    .ok_or_else(Error::no_token)?;
                Some(entry.caller(&id))
            }
            None => None,
        };
        let (mount, path) =
            self.mounts.resolve(&sent.path).ok_or_else(|| Error::invalid("no mount"))?;
        let auth = mount.backend.auth(path, sent.operation);
        let grant = self.authorize(view, caller.as_ref(), auth, &sent).await?;
        let request = Request {
            id: crypto::random::uuid(),
            operation: sent.operation,
            path: sent.path.clone(),
            namespace: Namespace::root(),
            token: sent.token.clone().map(crypto::Secret::new),
            data: sent.data,
            headers: Vec::new(),
            wrap: None,
            peer: Peer::default(),
        };
        let call = Call {
            request: &request,
            operation: request.operation,
            path,
            mount: &mount.info,
            caller: caller.as_ref(),
            view,
            grant: &grant,
            now,
        };
        mount.backend.handle(call).await
    }

    async fn authorize(
        &self,
        view: &dyn View,
        caller: Option<&Caller>,
        auth: PathAuth,
        sent: &Sent,
    ) -> Result<Grant> {
        if auth == PathAuth::None {
            return Ok(Grant::unauthenticated());
        }
        let caller = caller.ok_or_else(Error::no_token)?;
        let now = Timestamp::now();
        let acl = self.access.policies.acl_of(view, &caller.policies, now).await?;
        let ask = Ask {
            path: &sent.path,
            capability: match sent.operation {
                Operation::List => Capability::List,
                Operation::Delete => Capability::Delete,
                Operation::Read => Capability::Read,
                _ => Capability::Update,
            },
            needs_sudo: auth == PathAuth::Sudo,
            parameters: &sent.data,
            wrap_ttl: None,
        };
        acl.decide(&ask).granted().ok_or_else(Error::denied)
    }
}

fn shown(operation: Operation, answer: Result<Response>) -> (u16, Value) {
    let response = match answer {
        Ok(response) => response,
        Err(error) => {
            let errors = match error.public.as_ref() {
                "" => json!([]),
                text => json!([text]),
            };
            return (status(error.code), json!({ "errors": errors }));
        }
    };
    if let Some(raw) = response.raw {
        return (raw.status, Value::String(String::from_utf8_lossy(&raw.body).into_owned()));
    }
    let reads = matches!(operation, Operation::Read | Operation::List);
    let nothing = match &response.data {
        Some(data) => operation == Operation::List && data.is_empty(),
        None => response.warnings.is_empty() && response.wrap_info.is_none(),
    };
    let status = match response.outcome {
        Outcome::Accepted => 202,
        Outcome::NotFound => 404,
        Outcome::Done if nothing && reads => return (404, json!({ "errors": [] })),
        Outcome::Done if nothing => return (204, Value::Null),
        Outcome::Done => 200,
    };
    let warnings = match response.warnings.is_empty() {
        true => Value::Null,
        false => json!(response.warnings),
    };
    (status, json!({ "data": response.data, "warnings": warnings, "mirrored": response.mirrored }))
}

fn status(code: Code) -> u16 {
    match code {
        Code::InvalidRequest => 400,
        Code::PermissionDenied => 403,
        Code::NotFound | Code::UnsupportedPath => 404,
        Code::UnsupportedOperation => 405,
        _ => 500,
    }
}

fn catalog(sys: Arc<Sys>, tokens: Arc<dyn Backend>) -> Catalog {
    let simple =
        |name, class| Kind::new(name, class, VERSION, Box::new(|_| Ok(Arc::new(Unsupported))));
    let kv = |record: &mount::Record| -> Result<Arc<dyn Backend>> {
        match record.option("version") {
            "" | "1" | "2" => Ok(Arc::new(Unsupported)),
            _ => Err(Error::invalid("nil backend of type \"kv\" returned from factory")),
        }
    };
    let system = Kind::new("system", Class::Secret, VERSION, Box::new(move |_| Ok(sys.clone())));
    let token = Kind::new("token", Class::Auth, VERSION, Box::new(move |_| Ok(tokens.clone())));
    let mut kinds = vec![
        Kind::new("kv", Class::Secret, VERSION, Box::new(kv))
            .alias("kv-v2", &[("version", "2")])
            .alias("generic", &[]),
        simple("transit", Class::Secret),
        system.builtin(Scope::Barrier),
        simple("cubbyhole", Class::Secret).builtin(Scope::Mount),
        simple("identity", Class::Secret).builtin(Scope::Mount),
        token.builtin(Scope::Barrier),
    ];
    kinds.extend(AUTH.iter().map(|name| simple(name, Class::Auth)));
    Catalog::new(kinds)
}

struct House {
    mounts: std::sync::Weak<MountTable>,
}

#[async_trait]
impl Rooms for House {
    fn limits(&self, path: &str) -> Option<Limits> {
        let (mount, _) = self.mounts.upgrade()?.resolve(path)?;
        Some(Limits { default: mount.info.default_ttl, max: mount.info.max_ttl })
    }

    fn cubbyhole(&self) -> String {
        let mount = self.mounts.upgrade().and_then(|mounts| mounts.at("cubbyhole"));
        mount.map_or_else(String::new, |mount| mount.data_prefix().to_owned())
    }

    async fn renew(&self, _: &dyn View, _: &str, _: &Data, _: Duration) -> Result<LeaseTerms> {
        Err(Error::unsupported_operation())
    }

    async fn revoke(&self, _: &dyn View, _: &str, _: &Data) -> Result<()> {
        Ok(())
    }
}

struct Node;

#[async_trait]
impl Control for Node {
    async fn step_down(&self) -> Result<()> {
        Ok(())
    }

    fn fence(&self) -> Option<Arc<Fence>> {
        None
    }

    fn nodes(&self) -> Vec<HaNode> {
        Vec::new()
    }

    fn config_state(&self) -> Data {
        Data::new()
    }

    fn plugins(&self) -> Vec<Data> {
        Vec::new()
    }

    fn metrics(&self, format: MetricsFormat) -> Result<Raw> {
        let body = format!("{format:?}").into();
        Ok(Raw { status: 200, content_type: "text/plain".into(), body })
    }

    fn wake(&self) {}
}
