//! Fail closed: which devices must take a line for a request to be served.

use std::sync::atomic::{AtomicUsize, Ordering};

use async_trait::async_trait;
use logical::{Namespace, Operation, Peer, Request, Response};

use super::*;
use crate::{Enable, Permission};

/// Takes this many lines and then no more.
struct Limited {
    left: AtomicUsize,
}

#[async_trait]
impl Device for Limited {
    async fn write(&self, _line: &[u8]) -> std::io::Result<()> {
        let left = |left: usize| left.checked_sub(1);
        match self.left.fetch_update(Ordering::SeqCst, Ordering::SeqCst, left) {
            Ok(_) => Ok(()),
            Err(_) => Err(std::io::ErrorKind::StorageFull.into()),
        }
    }
}

fn broker(limits: &[usize]) -> Broker {
    let broker = Broker::new(Clock::System);
    let entry = |(n, limit): (usize, &usize)| {
        let record = Record::new(n.to_string(), &n.to_string(), Enable::default());
        let style = record.style("salt").unwrap();
        let device = Arc::new(Limited { left: AtomicUsize::new(*limit) });
        Arc::new(Entry { record, declared: false, style, device })
    };
    let devices = limits.iter().enumerate().map(entry).collect();
    broker.state.store(Arc::new(State { devices, headers: Arc::default() }));
    broker
}

fn request() -> Request {
    Request {
        id: "id".into(),
        operation: Operation::Read,
        path: "kv/a".into(),
        namespace: Namespace::root(),
        token: None,
        data: logical::Data::new(),
        headers: Vec::new(),
        wrap: None,
        peer: Peer::default(),
    }
}

fn facts<'a>(request: &'a Request, permission: Permission<'a>) -> Facts<'a> {
    Facts { request, operation: request.operation, caller: None, mount: None, permission }
}

async fn check(limits: &[usize], opens: bool, closes: bool) {
    let request = request();
    let facts = facts(&request, Permission::Unidentified);
    let trail = broker(limits).open(&facts, None).await;
    assert_eq!(trail.is_ok(), opens, "{limits:?}");
    let Ok(trail) = trail else { return };
    let response = Response::none();
    let outcome = Outcome { result: Ok(&response), issued_to: "" };
    assert_eq!(trail.close(&facts, &outcome).await.is_ok(), closes, "{limits:?}");
}

#[tokio::test]
async fn one_device_is_enough_and_none_is_not() {
    check(&[], true, true).await;
    check(&[2], true, true).await;
    check(&[1], true, false).await;
    check(&[0], false, false).await;
    check(&[0, 2], true, true).await;
    check(&[1, 1], true, false).await;
    check(&[0, 0], false, false).await;
}

#[tokio::test]
async fn the_response_line_tells_a_later_decision() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("audit.log");
    let mut ask = Enable { kind: "file".to_owned(), ..Enable::default() };
    ask.options.insert("file_path".to_owned(), path.to_str().unwrap().to_owned());
    let record = Record::new("file".to_owned(), "file", ask);
    let (style, device) = (record.style("salt").unwrap(), record.open().unwrap());
    let devices = vec![Arc::new(Entry { record, declared: false, style, device })];
    let broker = Broker::new(Clock::System);
    broker.state.store(Arc::new(State { devices, headers: Arc::default() }));
    let request = request();
    let policies = ["first".to_owned()];
    let first = facts(&request, Permission::Granted(&policies));
    // The operation is in a part that is made at the opening.
    let last = Facts { operation: Operation::Create, ..facts(&request, Permission::Denied) };
    let response = Response::none();
    let outcome = Outcome { result: Ok(&response), issued_to: "" };
    let mut trail = broker.open(&first, None).await.unwrap();
    trail.redecided();
    trail.close(&last, &outcome).await.unwrap();
    let text = std::fs::read_to_string(path).unwrap();
    let [asked, answered]: [&str; 2] = text.lines().collect::<Vec<_>>().try_into().unwrap();
    assert!(asked.contains("\"allowed\":true") && asked.contains("\"operation\":\"read\""));
    assert!(
        answered.contains("\"operation\":\"create\"") && !answered.contains("\"allowed\":true")
    );
}
