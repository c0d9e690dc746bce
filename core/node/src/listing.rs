//! What a policy makes of a listing: how many names it may ask for, and which of them it shows.

use logical::{Request, Response, Result, View};
use policy::Grant;
use serde_json::Value;

use crate::{active::Active, stages::Authorized};

/// The parameter that pages a listing.
const LIMIT: &str = "limit";

/// The request with the page size that its policy wants; nothing if it wants none of its own.
pub(crate) fn limited(request: &Request, grant: &Grant) -> Option<Request> {
    let limit = grant.page_limit()?;
    let mut limited = request.clone();
    limited.data.insert(LIMIT.to_owned(), limit.into());
    Some(limited)
}

/// Takes the names out of an answer that its caller may not see, and what is told of them.
pub(crate) async fn filter(
    active: &Active,
    authorized: &Authorized<'_>,
    view: &dyn View,
    response: &mut Response,
) -> Result<()> {
    let Authorized { identified, grant, .. } = authorized;
    let (Some(filter), Some(caller)) = (grant.list_filter(), identified.caller()) else {
        return Ok(());
    };
    let Some(data) = &mut response.data else { return Ok(()) };
    let acl = active.access.policies.acl_of(view, &caller.policies, identified.now).await?;
    let listed = identified.routed.request.path.as_str();
    let shows = |key: &str| acl.shows(filter, listed, key);
    let mut any = false;
    if let Some(Value::Array(keys)) = data.get_mut("keys") {
        keys.retain(|key| key.as_str().is_some_and(shows));
        any = !keys.is_empty();
    }
    if let Some(Value::Object(info)) = data.get_mut("key_info") {
        info.retain(|key, _| shows(key));
    }
    if !any {
        // As if there were nothing here: an empty list is told in no other way.
        data.remove("keys");
        data.remove("key_info");
    }
    Ok(())
}
