//! `sys/internal/ui`: what user interfaces and the command line ask before anything else.

use std::sync::Arc;

use logical::{Call, Code, Data, Error, Fields, Operation, Path, PathAuth, Response, Result};
use mount::{Class, Mount};
use policy::Acl;
use serde_json::json;

use crate::{Sys, mount_info};

/// The endpoints.
pub(crate) fn paths() -> Vec<Path<Sys>> {
    vec![
        Path::new("internal/ui/mounts")
            .auth(PathAuth::None)
            .help("Lists the mounts that the caller may use, or those that show themselves to all.")
            .on(Operation::Read, |sys, call, _| Box::pin(mounts(sys, call))),
        Path::new("internal/ui/mounts/:path*")
            .auth(PathAuth::None)
            .help("Tells of the mount that a path leads to.")
            .on(Operation::Read, |sys, call, fields| Box::pin(mount(sys, call, fields))),
        Path::new("internal/ui/resultant-acl")
            .help("All that the caller's policies say together.")
            .on(Operation::Read, |sys, call, _| Box::pin(resultant(sys, call))),
        Path::new("internal/ui/namespaces")
            .auth(PathAuth::None)
            .help("Lists the namespaces that the caller may use.")
            .on(Operation::Read, |_, _, _| Box::pin(async { Ok(Response::data(Data::new())) })),
    ]
}

/// What the caller may do; `None` without a token. A bad token is worse than none.
async fn acl(sys: &Sys, call: &Call<'_>) -> Result<Option<Arc<Acl>>> {
    let policies = match (call.caller, &call.request.token) {
        (Some(caller), _) => &caller.policies,
        (None, None) => return Ok(None),
        // It is no token, or not one of this client's address.
        (None, Some(_)) => return Err(Error::no_token()),
    };
    sys.handles.policies.acl_of(call.view, policies, call.now).await.map(Some)
}

async fn mounts(sys: &Sys, call: Call<'_>) -> Result<Response> {
    let acl = acl(sys, &call).await?;
    let mounts = sys.mounts()?;
    let of_class = |class| {
        let mut shown = Data::new();
        for mount in mounts.list(class) {
            if let Some(data) = show(&mount, acl.as_deref()) {
                shown.insert(mount.record.path.clone(), data.into());
            }
        }
        shown
    };
    let data = json!({ "auth": of_class(Class::Auth), "secret": of_class(Class::Secret) });
    Ok(Response::json(data))
}

/// What is told of a mount, if anything is.
fn show(mount: &Mount, acl: Option<&Acl>) -> Option<Data> {
    let to_all = mount.record.config.listing_visibility == "unauth";
    match acl {
        Some(acl) if to_all || acl.grants_below(mount.path()) => Some(mount_info::whole(mount)),
        None if to_all => Some(mount_info::public(mount)),
        Some(_) | None => None,
    }
}

async fn mount(sys: &Sys, call: Call<'_>, fields: Fields) -> Result<Response> {
    let acl = acl(sys, &call).await?.ok_or_else(Error::no_token)?;
    let path = fields.str("path").trim_end_matches('/');
    let found = sys.mounts()?.resolve(path).map(|(mount, _)| mount);
    let Some(mount) = found.filter(|mount| acl.grants_below(mount.path())) else {
        return Err(Error::new(
            Code::PermissionDenied,
            format!(
                "preflight capability check returned 403, please ensure client's policies grant \
                 access to path \"{path}/\""
            ),
        ));
    };
    let mut data = mount_info::whole(&mount);
    data.insert("path".to_owned(), mount.path().into());
    Ok(Response::data(data))
}

async fn resultant(sys: &Sys, call: Call<'_>) -> Result<Response> {
    let acl = acl(sys, &call).await?.ok_or_else(Error::no_token)?;
    Ok(Response::json(acl.resultant()))
}
