//! `sys/seal`, `sys/step-down` and `sys/ha-status`: this node and its cluster.

use logical::{Operation, Path, PathAuth, Response, Result};
use serde_json::{Value, json};

use crate::{HaNode, Sys};

/// The endpoints.
pub(crate) fn paths() -> Vec<Path<Sys>> {
    vec![
        Path::new("seal")
            .auth(PathAuth::Sudo)
            .help("Seals this node.")
            .on(Operation::Update, |_, _, _| Box::pin(async { Ok(seal()) })),
        Path::new("step-down")
            .auth(PathAuth::Sudo)
            .help("Lets another node become the active one.")
            .on(Operation::Update, |sys, _, _| Box::pin(step_down(sys))),
        Path::new("ha-status")
            .help("Lists the nodes of the cluster.")
            .on(Operation::Read, |sys, _, _| Box::pin(async { Ok(nodes(sys)) })),
    ]
}

/// The node seals itself after the commit: a sealed barrier could not take the use of the token.
fn seal() -> Response {
    Response { seals: true, ..Response::none() }
}

async fn step_down(sys: &Sys) -> Result<Response> {
    sys.handles.control.step_down().await?;
    Ok(Response::none())
}

fn nodes(sys: &Sys) -> Response {
    let nodes: Vec<Value> = sys.handles.control.nodes().iter().map(show).collect();
    let data = json!({ "nodes": nodes });
    Response { times: &["last_echo"], ..Response::json(data).mirrored() }
}

fn show(node: &HaNode) -> Value {
    json!({
        "active_node": node.active,
        "api_address": node.api_address,
        "cluster_address": node.cluster_address,
        "hostname": node.hostname,
        "last_echo": node.last_echo.map(|time| time.to_string()),
        "version": node.version,
    })
}
