//! `sys/mounts` and `sys/auth`: what is mounted, and changing it.

use std::sync::Arc;

use access::Manner;
use logical::{Call, Data, Error, Fields, Operation, Path, PathAuth, Response, Result};
use mount::{Class, Mount};

use crate::{Sys, mount_ask, mount_info};

/// The endpoints.
pub(crate) fn paths() -> Vec<Path<Sys>> {
    vec![
        Path::new("mounts")
            .help("Lists the secrets engines.")
            .on(Operation::Read, |sys, _, _| Box::pin(async { list(sys, Class::Secret) })),
        Path::new("mounts/:path*/tune")
            .fields(mount_ask::TUNE)
            .help("Reads or changes the settings of a mount.")
            .on(Operation::Read, |sys, _, fields| {
                Box::pin(async move { read_tuned(sys, fields.str("path")) })
            })
            .on(Operation::Update, |sys, call, fields| Box::pin(tune(sys, call, "", fields))),
        Path::new("mounts/:path*")
            .fields(mount_ask::ENABLE)
            .help("Enables, reads or disables a secrets engine.")
            .on(Operation::Read, |sys, _, fields| {
                Box::pin(async move { read(sys, Class::Secret, &fields) })
            })
            .on(Operation::Update, |sys, call, fields| {
                Box::pin(enable(sys, call, Class::Secret, fields))
            })
            .on(Operation::Delete, |sys, call, fields| {
                Box::pin(disable(sys, call, Class::Secret, fields))
            }),
        Path::new("auth")
            .help("Lists the auth methods.")
            .on(Operation::Read, |sys, _, _| Box::pin(async { list(sys, Class::Auth) })),
        Path::new("auth/:path*/tune")
            .fields(mount_ask::TUNE)
            .auth(PathAuth::Sudo)
            .help("Reads or changes the settings of an auth method.")
            .on(Operation::Read, |sys, _, fields| {
                Box::pin(async move { read_tuned(sys, &format!("auth/{}", fields.str("path"))) })
            })
            .on(Operation::Update, |sys, call, fields| Box::pin(tune(sys, call, "auth/", fields))),
        Path::new("auth/:path*")
            .fields(mount_ask::ENABLE)
            .auth(PathAuth::Sudo)
            .help("Enables, reads or disables an auth method.")
            .on(Operation::Read, |sys, _, fields| {
                Box::pin(async move { read(sys, Class::Auth, &fields) })
            })
            .on(Operation::Update, |sys, call, fields| {
                Box::pin(enable(sys, call, Class::Auth, fields))
            })
            .on(Operation::Delete, |sys, call, fields| {
                Box::pin(disable(sys, call, Class::Auth, fields))
            }),
    ]
}

fn list(sys: &Sys, class: Class) -> Result<Response> {
    let mounts = sys.mounts()?.list(class);
    let show = |mount: &Arc<Mount>| (mount.record.path.clone(), mount_info::whole(mount).into());
    Ok(Response::data(mounts.iter().map(show).collect::<Data>()).mirrored())
}

fn read(sys: &Sys, class: Class, fields: &Fields) -> Result<Response> {
    let path = fields.str("path").trim_end_matches('/');
    let mount = sys.mounts()?.at(&format!("{}{path}", class.prefix()));
    match mount.filter(|mount| mount.class == class) {
        Some(mount) => Ok(Response::data(mount_info::whole(&mount)).mirrored()),
        None => Err(Error::invalid(match class {
            Class::Secret => format!("No secret engine mount at {path}/"),
            Class::Auth => format!("No auth engine at {path}/"),
        })),
    }
}

fn read_tuned(sys: &Sys, path: &str) -> Result<Response> {
    let mounts = sys.mounts()?;
    let Some(mount) = mounts.at(path) else {
        let path = path.trim_end_matches('/');
        return Err(Error::invalid(format!("cannot fetch sysview for path \"{path}/\"")));
    };
    Ok(Response::data(mount_info::tuned(&mount, mounts.system_ttls())).mirrored())
}

async fn tune(sys: &Sys, call: Call<'_>, prefix: &str, fields: Fields) -> Result<Response> {
    let path = format!("{prefix}{}", fields.str("path"));
    let ask = mount_ask::tune(&fields)?;
    let warnings = sys.mounts()?.tune(call.view, &path, ask).await?;
    Ok(Response { warnings, ..Response::none() })
}

async fn enable(sys: &Sys, call: Call<'_>, class: Class, fields: Fields) -> Result<Response> {
    let ask = mount_ask::enable(class, &fields)?;
    sys.mounts()?.enable(call.view, class, fields.str("path"), ask).await?;
    Ok(Response::none())
}

async fn disable(sys: &Sys, call: Call<'_>, class: Class, fields: Fields) -> Result<Response> {
    let path = fields.str("path");
    let mounts = sys.mounts()?;
    let full = format!("{}{}", class.prefix(), path.trim_end_matches('/'));
    if let Some(mount) = mounts.at(&full).filter(|mount| mount.class == class && !mount.builtin) {
        // The backend takes back what it gave while it is still there to be asked.
        let prefix = mount.path();
        sys.handles.leases.revoke_prefix(call.view, prefix, Manner::Inline, call.now).await?;
    }
    if mounts.disable(call.view, class, path).await? {
        sys.wake_on_commit(call.view);
    }
    Ok(Response::none())
}
