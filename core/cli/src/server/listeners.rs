//! From the `listener` stanzas to bound listeners.

use api::{Build, Common, Error, Listener, Settings};
use config::Config;

use crate::failure::{Failure, Outcome};

/// What clients gate features by; ours is the build part.
pub(crate) const VERSION: &str = concat!("1.21.4+strongroom.", env!("CARGO_PKG_VERSION"));

/// Loads certificates and binds addresses, before anything is served. `flag` is named in the place
/// of a line, where no file says what to listen on.
pub(crate) async fn bind(config: &Config, flag: Option<&str>) -> Outcome<Vec<Listener>> {
    let common = Common {
        build: Build { version: VERSION.into(), ..Build::default() },
        ui: false,
        hostname: config.enable_response_header_hostname.then(hostname).flatten(),
    };
    let mut bound = Vec::new();
    for listener in &config.listeners {
        let opened = Listener::bind(Settings::from(listener), common.clone()).await;
        bound.push(opened.map_err(|error| {
            Failure::Local(match (flag, &error) {
                (Some(flag), Error::Occupied { address }) => format!(
                    "{flag}: another process uses {address}; stop it, or give another address"
                ),
                (Some(flag), _) => format!("{flag}: {error}"),
                (None, _) => format!("{}: listener: {error}", listener.place),
            })
        })?);
    }
    Ok(bound)
}

/// What this machine calls itself.
pub(crate) fn hostname() -> Option<String> {
    rustix::system::uname().nodename().to_str().ok().map(str::to_owned)
}
