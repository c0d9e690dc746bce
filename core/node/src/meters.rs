//! What is measured of an active node, under the names that dashboards of this API know.
//!
//! Times are in milliseconds. Handles are made once: to look one up by its name costs more than to
//! record.

use std::{collections::HashMap, time::Instant};

use logical::Operation;
use metrics::{Gauge, Histogram, gauge, histogram};
use parking_lot::RwLock;

use crate::active::Active;

/// How many mounts have meters of their own; the others are measured with all requests only.
const ROUTES_MAX: usize = 1024;

/// The meters of one activation.
pub(crate) struct Meters {
    request: Histogram,
    login: Histogram,
    check_token: Histogram,
    in_flight: Gauge,
    /// By path of the mount, so that looking one up takes no copy of it.
    routes: RwLock<HashMap<String, HashMap<Operation, Histogram>>>,
}

impl Meters {
    pub(crate) fn new() -> Self {
        Self {
            request: histogram!("vault.core.handle_request"),
            login: histogram!("vault.core.handle_login_request"),
            check_token: histogram!("vault.core.check_token"),
            in_flight: gauge!("vault.core.in_flight_requests"),
            routes: RwLock::default(),
        }
    }

    /// Counts a request from now until the guard goes.
    pub(crate) fn begin(&self) -> UnderWay<'_> {
        self.in_flight.increment(1.0);
        UnderWay { meters: self, since: Instant::now() }
    }

    /// Who asks, and whether they may, has been found out since then.
    pub(crate) fn checked_token(&self, since: Instant) {
        self.check_token.record(milliseconds(since));
    }

    /// A login was answered.
    pub(crate) fn logged_in(&self, since: Instant) {
        self.login.record(milliseconds(since));
    }

    /// A backend has answered a request that came to it then.
    pub(crate) fn routed(&self, operation: Operation, mount: &str, since: Instant) {
        if let Some(route) = self.routes.read().get(mount).and_then(|by| by.get(&operation)) {
            return route.record(milliseconds(since));
        }
        let mut routes = self.routes.write();
        if routes.len() < ROUTES_MAX {
            let name = format!("vault.route.{}.{}", operation.word(), mount.replace('/', "-"));
            let by_operation = routes.entry(mount.to_owned()).or_default();
            by_operation.insert(operation, histogram!(name.clone()));
            histogram!(name).record(milliseconds(since));
        }
    }
}

/// A request that is being answered.
pub(crate) struct UnderWay<'m> {
    meters: &'m Meters,
    since: Instant,
}

impl Drop for UnderWay<'_> {
    fn drop(&mut self) {
        self.meters.in_flight.decrement(1.0);
        self.meters.request.record(milliseconds(self.since));
    }
}

/// Sets what is looked at now and then.
pub(crate) fn gauges(active: &Active) {
    gauge!("vault.core.active").set(1.0);
    gauge!("vault.core.unsealed").set(1.0);
    #[expect(clippy::cast_precision_loss, reason = "a count far below 2^52")]
    let count = |number: usize| number as f64;
    gauge!("vault.expire.num_leases").set(count(active.access.leases.count()));
    for (class, kind) in [(mount::Class::Secret, "logical"), (mount::Class::Auth, "auth")] {
        let mounts = count(active.mounts.list(class).len());
        gauge!("vault.core.mount_table.num_entries", "type" => kind).set(mounts);
    }
}

/// Nothing is served any more.
pub(crate) fn sealed() {
    gauge!("vault.core.active").set(0.0);
    gauge!("vault.core.unsealed").set(0.0);
}

fn milliseconds(since: Instant) -> f64 {
    since.elapsed().as_secs_f64() * 1000.0
}
