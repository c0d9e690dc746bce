//! What an authorized request gets: the backend's answer, its lease or token, its wrapping.

use std::time::Instant;

use access::{Limits, LoginAt, Registration, WrapWish};
use logical::{Envelope, Error, Outcome, Response, Result, View};
use mount::Mount;

use crate::{active::Active, listing, stages::Authorized};

/// Steps 6 to 8 of the line, within the transaction of `view`.
pub(crate) async fn answer(
    active: &Active,
    authorized: &Authorized<'_>,
    view: &dyn View,
) -> Result<Response> {
    let Authorized { identified, target, operation, grant } = authorized;
    let part = target.mount.view(view);
    let limited = listing::limited(identified.routed.request, grant);
    let mut call = identified.call(target, *operation, &part, grant);
    if let Some(request) = &limited {
        call.request = request;
    }
    let start = Instant::now();
    let handled = target.mount.backend.handle(call).await;
    active.meters.routed(*operation, target.mount.path(), start);
    let mut response = handled?;
    listing::filter(active, authorized, view, &mut response).await?;
    let response = register(active, authorized, view, response).await?;
    wrap(active, authorized, view, response).await
}

/// Makes the lease of a secret, or the token of a login.
async fn register(
    active: &Active,
    authorized: &Authorized<'_>,
    view: &dyn View,
    mut response: Response,
) -> Result<Response> {
    let Authorized { identified, target, .. } = authorized;
    let path = identified.routed.request.path.as_str();
    let (limits, now) = (limits(&target.mount), identified.now);
    // The answer to a renewal names a lease that there is already; what is unwrapped has its terms.
    if response.lease_id.is_empty()
        && path != "sys/wrapping/unwrap"
        && let (Some(terms), Some(caller)) = (response.lease.take(), identified.caller())
    {
        let asked = Registration { caller, path, limits, terms, now };
        let registered = active.access.leases.register(view, asked).await?;
        response.lease_id = registered.lease_id;
        response.lease = Some(registered.terms);
        response.warnings.extend(registered.warnings);
    }
    if let Some(login) = response.login.take() {
        let at = LoginAt { path, limits, now };
        let (auth, warnings) = active.access.tokens.login(view, &login, at).await?;
        response.auth = Some(auth);
        response.warnings.extend(warnings);
    }
    Ok(response)
}

/// Puts a wrapping token in the place of the answer, if the client asked for it and there is one.
async fn wrap(
    active: &Active,
    authorized: &Authorized<'_>,
    view: &dyn View,
    response: Response,
) -> Result<Response> {
    let Authorized { identified, operation, .. } = authorized;
    let request = identified.routed.request;
    let Some(wrap) = request.wrap.filter(|wrap| !wrap.ttl.is_zero()) else { return Ok(response) };
    let names = response.data.as_ref().is_some_and(|data| data.contains_key("keys"));
    let nothing = response.is_empty() || (operation.lists() && !names);
    if nothing
        || response.outcome != Outcome::Done
        || response.raw.is_some()
        || response.wrap_info.is_some()
    {
        return Ok(response);
    }
    let envelope = Envelope { request_id: &request.id, response: &response };
    let body = serde_json::to_string(&envelope).map_err(Error::internal)?;
    let accessor = response.auth.as_ref().map(|auth| auth.accessor.as_str());
    let wish = WrapWish {
        body: &body,
        path: &request.path,
        wrap,
        wrapped_accessor: accessor.unwrap_or_default(),
        address: &active.address,
        now: identified.now,
    };
    let info = active.access.wrapping.wrap(view, wish).await?;
    Ok(Response { wrap_info: Some(info), ..Response::default() })
}

/// The effective times to live of a mount.
pub(crate) fn limits(mount: &Mount) -> Limits {
    Limits { default: mount.info.default_ttl, max: mount.info.max_ttl }
}
