//! Sends requests to a server for a while and tells how fast it answered: one line of JSON.
//!
//! `load --address 127.0.0.1:8200 --path /v1/kv/data/k{n} --keys 100 --token …`

use std::{io::Write, path::PathBuf, sync::Arc, time::Duration};

use bench::{Args, Error, Load, Result, Target, target::request};

const OPTIONS: [&str; 11] = [
    "address",
    "ca",
    "method",
    "path",
    "keys",
    "token",
    "body",
    "status",
    "connections",
    "seconds",
    "rate",
];

fn main() -> Result<()> {
    let load = load(&Args::parse(&OPTIONS)?)?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let outcome = runtime.map_err(Error::io("starting"))?.block_on(load.run())?;
    let line = serde_json::to_string(&outcome).map_err(|e| Error::Unexpected(e.to_string()))?;
    writeln!(std::io::stdout(), "{line}").map_err(Error::io("writing"))
}

fn load(args: &Args) -> Result<Load> {
    let method = args.text("method").unwrap_or("GET");
    let (path, token) = (args.required("path")?, args.text("token").unwrap_or_default());
    let body = args.text("body").unwrap_or_default();
    let requests = (0..args.number("keys", 1)?)
        .map(|n: u32| request(method, &path.replace("{n}", &n.to_string()), token, body))
        .collect();
    let rate: f64 = args.number("rate", 0.0)?;
    Ok(Load {
        target: Target::new(args.required("address")?, args.text("ca").map(PathBuf::from))?,
        requests: Arc::new(requests),
        status: args.number("status", 200)?,
        connections: args.number("connections", 32)?,
        duration: Duration::from_secs_f64(args.number("seconds", 5.0)?),
        rate: (rate > 0.0).then_some(rate),
    })
}
