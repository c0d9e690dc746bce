//! From the `listener` stanzas to bound listeners.

use api::{Build, Common, Listener, Settings};
use config::Config;

use crate::failure::{Failure, Outcome};

/// What clients gate features by; ours is the build part.
pub(crate) const VERSION: &str = concat!("1.21.4+strongroom.", env!("CARGO_PKG_VERSION"));

/// Loads certificates and binds addresses, before anything is served.
pub(crate) async fn bind(config: &Config) -> Outcome<Vec<Listener>> {
    let common = Common {
        build: Build { version: VERSION.into(), ..Build::default() },
        ui: false,
        hostname: config.enable_response_header_hostname.then(hostname).flatten(),
    };
    let mut bound = Vec::new();
    for listener in &config.listeners {
        let listener = Listener::bind(Settings::from(listener), common.clone()).await;
        bound.push(listener.map_err(|error| Failure::local(error.to_string()))?);
    }
    Ok(bound)
}

fn hostname() -> Option<String> {
    rustix::system::uname().nodename().to_str().ok().map(str::to_owned)
}
