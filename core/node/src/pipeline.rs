//! The line of a request through an active node: resolve, identify, authorize, audit, handle,
//! register, wrap, commit, audit.
//!
//! One attempt is one transaction. An attempt whose reads were changed by another request before
//! its commit is run again from the start: nothing that it did lasts outside the transaction.
//! However it ends, there is one way out, which writes the response line if there is a request line.

use std::time::{Duration, Instant};

use access::Use;
use audit::{Outcome, Trail};
use logical::{Error, Operation, PathAuth, Request, Response, Result, View};
use mount::{TransactionView, view::is_conflict};
use policy::{Ask, Decision, Grant};

use crate::{
    active::Active,
    answer::answer,
    stages::{Authorized, Decided, Identified, Refused, Routed, Target, capability},
};

/// How often a request is tried whose reads keep being changed by others.
const ATTEMPTS_MAX: u32 = 24;

/// The endpoints that are about the wrapped answer of some token.
const WRAPPED: [&str; 3] = ["sys/wrapping/lookup", "sys/wrapping/rewrap", "sys/wrapping/unwrap"];

/// The open trail of a request, and what was decided about it last.
struct Audited<'r> {
    trail: Trail,
    decided: Decided<'r>,
}

/// Answers a request.
pub(crate) async fn serve(active: &Active, request: &Request) -> Result<Response> {
    if request.operation.writes() && request.path.ends_with('/') {
        return Err(Error::invalid("cannot write to a path ending in '/'"));
    }
    let _under_way = active.meters.begin();
    let mut audited = None;
    let result = settle(active, request, &mut audited).await;
    match audited {
        Some(audited) => close(audited, result).await,
        None => result,
    }
}

/// Tries a request until it met no other one.
async fn settle<'r>(
    active: &Active,
    request: &'r Request,
    audited: &mut Option<Audited<'r>>,
) -> Result<Response> {
    for tried in 0..ATTEMPTS_MAX {
        match attempt(active, request, audited).await {
            Err(error) if is_conflict(&error) => back_off(tried).await,
            result => return result,
        }
    }
    let why = format!("the request met others that change the same things, {ATTEMPTS_MAX} times");
    Err(Error::unavailable(why, "conflicting writers"))
}

/// One run of the line up to the commit. A conflict is given back as it is.
async fn attempt<'r>(
    active: &Active,
    request: &'r Request,
    audited: &mut Option<Audited<'r>>,
) -> Result<Response> {
    let unwrappable = check_wrapped(active, request).await?;
    let start = Instant::now();
    let transaction = active.begin();
    let view = TransactionView(&transaction);
    let identified = identify(active, route(active, request), &view).await?;
    let (used, decided) = match unwrappable {
        Some(error) => {
            let refused = Refused { identified, error, early: true };
            (Use::Unlimited, Decided::Refused(Box::new(refused)))
        }
        None => {
            let used = count(active, &identified, &view).await?;
            (used, authorize(active, identified, &view).await?)
        }
    };
    active.meters.checked_token(start);
    let decided = open(active, audited, decided).await?;
    let result = match decided {
        Decided::Allowed(authorized) => answer(active, authorized, &view).await,
        Decided::Refused(refused) => Err(copy(&refused.error)),
    };
    if result.as_ref().is_err_and(is_conflict) {
        return result;
    }
    let result = if result.is_ok() || matches!(decided, Decided::Refused(_)) {
        if used == Use::Last {
            end_token(active, decided, &view).await?;
        }
        active.commit(transaction).await.and(result)
    } else {
        // A handler that failed leaves nothing behind but the use of the token.
        drop(transaction);
        if used != Use::Unlimited {
            spend(active, decided).await?;
        }
        result
    };
    if result.as_ref().is_ok_and(|response| response.auth.is_some()) {
        active.meters.logged_in(start);
    }
    result
}

/// The wrapping endpoints say first of all whether there is a wrapped answer, whoever asks: gives
/// why the request is to be refused, if it is. This reads in a transaction of its own: what the
/// line reads first is the caller's token.
async fn check_wrapped(active: &Active, request: &Request) -> Result<Option<Error>> {
    if !is_about_wrapped(request) {
        return Ok(None);
    }
    let given = request.data.get("token").and_then(|token| token.as_str());
    let own = || request.token.as_ref().map_or("", |token| token.expose().as_str());
    let token = given.filter(|token| !token.is_empty()).unwrap_or_else(own);
    let transaction = active.begin();
    let view = TransactionView(&transaction);
    match active.access.wrapping.validate(&view, token, active.clock.now()).await {
        Ok(()) => Ok(None),
        // A failure of the store says nothing about the token.
        Err(error) if error.source.is_some() => Err(error),
        Err(error) => Ok(Some(error)),
    }
}

fn is_about_wrapped(request: &Request) -> bool {
    WRAPPED.contains(&request.path.as_str())
}

/// 1. Which mount answers the path.
fn route<'r>(active: &Active, request: &'r Request) -> Routed<'r> {
    let target = active.mounts.resolve(&request.path).map(|(mount, path)| {
        let auth = mount.backend.auth(path, request.operation);
        Target { mount, path, auth }
    });
    Routed { request, target }
}

/// 2. Whose token it is; nobody's if there is none, or none that is valid for this address.
async fn identify<'r>(
    active: &Active,
    routed: Routed<'r>,
    view: &dyn View,
) -> Result<Identified<'r>> {
    let now = active.clock.now();
    let identity = match &routed.request.token {
        Some(token) => {
            // A wrapping token that comes as a JWT stands for the one inside.
            let inside = match is_about_wrapped(routed.request) {
                true => active.access.wrapping.inside(token.expose()),
                false => None,
            };
            let token = inside.as_ref().unwrap_or(token).expose();
            active.access.tokens.identify(view, token, now).await?
        }
        None => None,
    };
    let address = routed.request.peer.address.ip();
    let identity = identity.filter(|identity| identity.allows(address));
    Ok(Identified { routed, identity, now })
}

/// Counts the use of the token, unless the path needs none.
async fn count(active: &Active, identified: &Identified<'_>, view: &dyn View) -> Result<Use> {
    match &identified.identity {
        Some(identity) if !identified.routed.is_open() => {
            active.access.tokens.use_once(view, identity).await
        }
        Some(_) | None => Ok(Use::Unlimited),
    }
}

/// 3. Whether its policies allow it.
async fn authorize<'r>(
    active: &Active,
    mut identified: Identified<'r>,
    view: &dyn View,
) -> Result<Decided<'r>> {
    let refuse = |identified, error| {
        Ok(Decided::Refused(Box::new(Refused { identified, error, early: false })))
    };
    let open = identified.routed.is_open();
    if identified.identity.is_none() && !open {
        return refuse(identified, Error::no_token());
    }
    let operation = match operation(&identified, view).await {
        Ok(operation) => operation,
        Err(error) if is_conflict(&error) => return Err(error),
        Err(error) => return refuse(identified, error),
    };
    let grant = match open {
        true => Grant::unauthenticated(),
        false => match decide(active, &identified, operation, view).await? {
            Decision::Granted(grant) => grant,
            Decision::Denied => return refuse(identified, Error::denied()),
        },
    };
    match identified.routed.target.take() {
        Some(target) => {
            let authorized = Authorized { identified, target, operation, grant };
            Ok(Decided::Allowed(Box::new(authorized)))
        }
        None => {
            let path = &identified.routed.request.path;
            let text = format!("no handler for route \"{path}\". route entry not found.");
            refuse(identified, Error::new(logical::Code::UnsupportedPath, text))
        }
    }
}

/// 4. Writes down what is asked, once; what is not written down is not done.
async fn open<'a, 'r>(
    active: &Active,
    audited: &'a mut Option<Audited<'r>>,
    decided: Decided<'r>,
) -> Result<&'a Decided<'r>> {
    match audited {
        Some(audited) => {
            audited.trail.redecided();
            audited.decided = decided;
            Ok(&audited.decided)
        }
        None => {
            let trail = active.audit.open(&decided.facts(), decided.error()).await?;
            Ok(&audited.insert(Audited { trail, decided }).decided)
        }
    }
}

/// Tells a create from an update, where the path can: policies set them apart. This asks the
/// backend before anything is granted, so it learns no more than whether the thing exists.
async fn operation(identified: &Identified<'_>, view: &dyn View) -> Result<Operation> {
    let asked = identified.routed.request.operation;
    let (Operation::Update, Some(target)) = (asked, &identified.routed.target) else {
        return Ok(asked);
    };
    let part = target.mount.view(view);
    let grant = Grant::unauthenticated();
    let call = identified.call(target, asked, &part, &grant);
    Ok(match target.mount.backend.exists(call).await? {
        Some(false) => Operation::Create,
        Some(true) | None => asked,
    })
}

async fn decide(
    active: &Active,
    identified: &Identified<'_>,
    operation: Operation,
    view: &dyn View,
) -> Result<Decision> {
    let Some(identity) = &identified.identity else { return Ok(Decision::Denied) };
    let acl = active.access.policies.acl(view, identity, identified.now).await?;
    let request = identified.routed.request;
    let target = identified.routed.target.as_ref();
    Ok(acl.decide(&Ask {
        path: &request.path,
        capability: capability(operation),
        needs_sudo: target.is_some_and(|target| target.auth == PathAuth::Sudo),
        parameters: &request.data,
        wrap_ttl: request.wrap.map(|wrap| wrap.ttl),
    }))
}

/// Ends a token whose last use this was.
async fn end_token(active: &Active, decided: &Decided<'_>, view: &dyn View) -> Result<()> {
    let identified = decided.identified();
    match identified.caller() {
        Some(caller) => {
            active.access.tokens.revoke(view, &caller.token_id, identified.now).await?;
            Ok(())
        }
        None => Ok(()),
    }
}

/// Counts the use of a token by a request that failed, in a transaction of its own.
async fn spend(active: &Active, decided: &Decided<'_>) -> Result<()> {
    let Some(identity) = &decided.identified().identity else { return Ok(()) };
    let transaction = active.begin();
    let view = TransactionView(&transaction);
    if active.access.tokens.use_once(&view, identity).await? == Use::Last {
        end_token(active, decided, &view).await?;
    }
    active.commit(transaction).await
}

/// 9. Writes down how it went; an answer that cannot be written down does not leave.
async fn close(audited: Audited<'_>, result: Result<Response>) -> Result<Response> {
    let Audited { trail, decided } = audited;
    let issued = result.as_ref().ok().and_then(|response| response.auth.as_ref());
    let issued_to = issued.map_or("", |auth| auth.display_name.as_str());
    let outcome = Outcome { result: result.as_ref(), issued_to };
    trail.close(&decided.facts(), &outcome).await?;
    result
}

/// The error of a refused request, which the trail needs too.
fn copy(error: &Error) -> Error {
    Error { code: error.code, public: error.public.clone(), source: None }
}

/// Lets the others get through: a little longer each time, and never in step with them.
async fn back_off(tried: u32) {
    let [jitter] = crypto::random::bytes::<1>();
    let most = 50u64 << tried.min(8);
    tokio::time::sleep(Duration::from_micros(most * u64::from(jitter) / 255)).await;
}
