//! `sys/key-status` and `sys/rotate`: the key of the barrier.

use std::time::Duration;

use barrier::RotationConfig;
use logical::{
    Call, Error, Field, Fields, Kind, Operation, Path, PathAuth, Response, Result, duration,
};
use serde_json::{Value, json};

use crate::Sys;

const CONFIG: &[Field] = &[
    Field::new("enabled", Kind::Bool, "Whether the server rotates by itself."),
    Field::new("max_operations", Kind::Int, "After how many encryptions."),
    Field::new("interval", Kind::Duration, "After how long; 0 for never."),
];

/// The endpoints.
pub(crate) fn paths() -> Vec<Path<Sys>> {
    let rotating = |pattern| {
        Path::new(pattern)
            .auth(PathAuth::Sudo)
            .help("Adds a key to the keyring, which encrypts from now on.")
            .on(Operation::Update, |sys: &Sys, call, _| Box::pin(rotate(sys, call)))
    };
    let configuring = |pattern| {
        Path::new(pattern)
            .fields(CONFIG)
            .help("Reads or sets when the server rotates by itself.")
            .on(Operation::Read, |sys: &Sys, _, _| Box::pin(async { config(sys) }))
            .on(Operation::Update, |sys, _, fields| Box::pin(configure(sys, fields)))
    };
    vec![
        Path::new("key-status")
            .help("Tells of the active key.")
            .on(Operation::Read, |sys, _, _| Box::pin(async { status(sys) })),
        rotating("rotate"),
        rotating("rotate/keyring"),
        configuring("rotate/config"),
        configuring("rotate/keyring/config"),
    ]
}

fn status(sys: &Sys) -> Result<Response> {
    let info = sys.handles.barrier.key_info().map_err(mount::translate)?;
    let data = json!({
        "encryptions": info.encryptions,
        "install_time": info.install_time.to_string(),
        "term": info.term.get(),
    });
    Ok(Response { times: &["install_time"], ..Response::json(data).mirrored() })
}

async fn rotate(sys: &Sys, call: Call<'_>) -> Result<Response> {
    let fence = sys.handles.control.fence();
    sys.handles.barrier.rotate(call.now, fence).await.map_err(mount::translate)?;
    Ok(Response::none())
}

fn config(sys: &Sys) -> Result<Response> {
    let config = sys.handles.barrier.rotation_config().map_err(mount::translate)?;
    let interval = match config.interval {
        Duration::ZERO => Value::from(0),
        set => Value::from(duration::text(set)),
    };
    Ok(Response::json(json!({
        "enabled": config.enabled,
        "interval": interval,
        "max_operations": config.max_operations,
    })))
}

async fn configure(sys: &Sys, fields: Fields) -> Result<Response> {
    let barrier = &sys.handles.barrier;
    let mut config = barrier.rotation_config().map_err(mount::translate)?;
    if let Some(enabled) = fields.bool("enabled") {
        config.enabled = enabled;
    }
    if let Some(max) = fields.int("max_operations") {
        config.max_operations = u64::try_from(max).unwrap_or(0);
    }
    if let Some(interval) = fields.duration("interval") {
        config.interval = interval;
    }
    set(sys, config).await?;
    Ok(Response::none())
}

async fn set(sys: &Sys, config: RotationConfig) -> Result<()> {
    let fence = sys.handles.control.fence();
    match sys.handles.barrier.set_rotation_config(config, fence).await {
        Ok(()) => Ok(()),
        Err(barrier::Error::RotationConfig(text)) => Err(Error::invalid(text)),
        Err(error) => Err(mount::translate(error)),
    }
}
