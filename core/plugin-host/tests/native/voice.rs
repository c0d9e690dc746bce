//! What plugins write to the log: it arrives, it is limited, and it cannot forge lines.

use std::fmt;

use parking_lot::Mutex;
use plugin_host::{Kind, load};
use tracing::{
    Event, Metadata, Subscriber,
    field::{Field, Visit},
    span,
};

use crate::fixtures::{everything, impatient, naughty, op, open, spec};

static LINES: Mutex<Vec<String>> = Mutex::new(Vec::new());

/// Keeps every line of the log.
struct Keeper;

struct Text(String);

impl Visit for Text {
    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        self.0.push_str(&format!("{}={value:?} ", field.name()));
    }
}

impl Subscriber for Keeper {
    fn enabled(&self, _metadata: &Metadata<'_>) -> bool {
        true
    }

    fn event(&self, event: &Event<'_>) {
        let mut text = Text(String::new());
        event.record(&mut text);
        LINES.lock().push(text.0);
    }

    fn new_span(&self, _span: &span::Attributes<'_>) -> span::Id {
        span::Id::from_u64(1)
    }

    fn record(&self, _span: &span::Id, _values: &span::Record<'_>) {}
    fn record_follows_from(&self, _span: &span::Id, _follows: &span::Id) {}
    fn enter(&self, _span: &span::Id) {}
    fn exit(&self, _span: &span::Id) {}
}

/// The lines of one plugin.
fn lines(plugin: &str) -> Vec<String> {
    let own = format!("plugin=\"{plugin}\"");
    LINES.lock().iter().filter(|line| line.contains(&own)).cloned().collect()
}

#[tokio::test]
async fn logs() {
    let _ = tracing::subscriber::set_global_default(Keeper);
    let mut rust = spec(Kind::Storage, &everything());
    rust.name = "talks".to_owned();
    let storage = open(&load(&rust).unwrap(), &[]).await.unwrap().storage.unwrap();
    storage.get(op(), "log").await.unwrap();
    storage.get(op(), "panic").await.unwrap_err();
    let said = lines("talks").join("\n");
    for words in ["opened what=\"everything\"", "asked for key=\"log\"", "the plugin panicked at "]
    {
        assert!(said.contains(words), "{said} does not say {words}");
    }
    assert!(!said.contains("secret"), "{said}");

    let Some(path) = naughty(&[]) else { return };
    let mut flood = impatient(&path);
    flood.name = "floods".to_owned();
    flood.limits.call_time = std::time::Duration::from_secs(20);
    flood.limits.log_lines_per_second = 10;
    let storage = open(&load(&flood).unwrap(), &[]).await.unwrap().storage.unwrap();
    assert_eq!(storage.get(op(), "log").await.unwrap().unwrap(), "log");
    assert_eq!(storage.get(op(), "metrics").await.unwrap().unwrap(), "metrics");
    let said = lines("floods");
    assert!((10..100).contains(&said.len()), "{} lines", said.len());
    assert!(said.iter().all(|line| !line.contains('\n')));
    tokio::time::sleep(std::time::Duration::from_millis(1_100)).await;
    storage.get(op(), "metrics").await.unwrap();
    let said = lines("floods").join("\n");
    assert!(said.contains("the plugin logs too much"), "{said}");
    assert!(said.contains("there are too many series"), "{said}");
}
