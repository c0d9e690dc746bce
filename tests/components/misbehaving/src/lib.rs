//! A storage that does what a plugin must not do: the key of a call says what.

use std::{sync::Arc, time::Duration};

use plugin_api::{
    Bytes, Capabilities, Error, ErrorKind, Fence, Op, Opened, Page, Provider, Result, Settings,
    Storage, async_trait,
};

struct Misbehaving;

struct MisbehavingStorage;

plugin_api::export! {
    provider = Misbehaving,
    manifest = {
        name: "misbehaving",
        kinds: [storage],
        license: "Apache-2.0",
        description: "Does what a plugin must not do.",
    },
    shareable = true
}

#[async_trait]
impl Provider for Misbehaving {
    fn name(&self) -> &str {
        "misbehaving"
    }

    async fn open(&self, mut settings: Settings) -> Result<Opened> {
        match settings.take("open").as_deref() {
            None => (),
            Some("panic") => panic!("as it was told"),
            Some("nothing") => return Ok(Opened::default()),
            Some(_) => loop {
                std::hint::spin_loop();
            },
        }
        settings.finish()?;
        Ok(Opened { storage: Some(Arc::new(MisbehavingStorage)), ..Opened::default() })
    }
}

#[async_trait]
impl Storage for MisbehavingStorage {
    fn capabilities(&self) -> Capabilities {
        Capabilities::basic()
    }

    async fn get(&self, _op: Op, key: &str) -> Result<Option<Bytes>> {
        match key.split_once('/').unwrap_or((key, "")) {
            ("panic", _) => panic!("as it was told"),
            ("exit", _) => std::process::exit(3),
            ("loop", _) => loop {
                std::hint::spin_loop();
            },
            ("sleep", _) => std::thread::sleep(Duration::from_secs(3_600)),
            ("never", _) => std::future::pending::<()>().await,
            ("recurse", _) => return Ok(Some(Bytes::from(recurse(1).to_string()))),
            ("memory", _) => return Ok(Some(memory())),
            ("value", size) => {
                return Ok(Some(Bytes::from(vec![7; size.parse().unwrap_or(0)])));
            }
            ("log", lines) => {
                for line in 0..lines.parse::<usize>().unwrap_or(0) {
                    println!("line {line} of a flood");
                }
            }
            ("error", size) => {
                let message = "x".repeat(size.parse().unwrap_or(0));
                return Err(Error::new(ErrorKind::Internal, message));
            }
            ("env", name) => {
                return Ok(std::env::var(name).ok().map(Bytes::from));
            }
            ("environment", _) => {
                let count = std::env::vars().count() + std::env::args().count();
                return Ok(Some(Bytes::from(count.to_string())));
            }
            ("read", path) => {
                let text = std::fs::read_to_string(format!("/{path}"));
                return match text {
                    Ok(text) => Ok(Some(Bytes::from(text))),
                    Err(error) => Err(Error::new(ErrorKind::PermissionDenied, error.to_string())),
                };
            }
            _ => return Ok(Some(Bytes::from_static(b"good"))),
        }
        Ok(None)
    }

    async fn put(&self, _op: Op, key: &str, _value: Bytes, _by: Option<&Fence>) -> Result<()> {
        match key {
            "panic" => panic!("as it was told"),
            path => {
                let written = std::fs::write(format!("/{path}"), "written");
                written.map_err(|error| Error::new(ErrorKind::PermissionDenied, error.to_string()))
            }
        }
    }

    async fn delete(&self, _op: Op, _key: &str, _fence: Option<&Fence>) -> Result<()> {
        Ok(())
    }

    async fn list(&self, _op: Op, prefix: &str, _after: &str, _limit: usize) -> Result<Page> {
        let keys = match prefix {
            "many/" => (0..1_000_000).map(|number| format!("{number:07}")).collect(),
            "unordered/" => vec!["b".to_owned(), "a".to_owned()],
            "deep/" => vec!["a/b".to_owned()],
            "relative/" => vec!["..".to_owned()],
            _ => vec!["a".to_owned()],
        };
        Ok(Page { keys, more: false })
    }
}

fn recurse(depth: u64) -> u64 {
    if std::hint::black_box(depth) == 0 { 0 } else { recurse(depth + 1) + std::hint::black_box(1) }
}

fn memory() -> Bytes {
    let mut all: Vec<Vec<u8>> = Vec::new();
    loop {
        all.push(vec![1; 1 << 20]);
        std::hint::black_box(&all);
    }
}
