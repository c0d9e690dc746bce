//! `sys/wrapping`: answers that are kept for whoever holds a token, once.

use logical::{
    Call, Error, Field, Fields, Kind, Operation, Path, PathAuth, Response, Result, WrapInfo,
};
use serde_json::json;

use crate::{Sys, unwrapped};

const TOKEN: &[Field] = &[Field::new("token", Kind::String, "The wrapping token.")];

/// The endpoints.
pub(crate) fn paths() -> Vec<Path<Sys>> {
    vec![
        Path::new("wrapping/wrap")
            .free_form()
            .help("Answers with the parameters of the request, to have them wrapped.")
            .on(Operation::Update, |_, call, _| Box::pin(async move { wrap(&call) })),
        Path::new("wrapping/unwrap")
            .fields(TOKEN)
            .help("Opens a wrapped answer.")
            .on(Operation::Read, |sys, call, fields| Box::pin(unwrap(sys, call, fields)))
            .on(Operation::Update, |sys, call, fields| Box::pin(unwrap(sys, call, fields))),
        Path::new("wrapping/lookup")
            .fields(TOKEN)
            .auth(PathAuth::None)
            .help("Tells when and for which path an answer was wrapped.")
            .on(Operation::Read, |sys, call, fields| Box::pin(lookup(sys, call, fields)))
            .on(Operation::Update, |sys, call, fields| Box::pin(lookup(sys, call, fields))),
        Path::new("wrapping/pubkey")
            .auth(PathAuth::None)
            .help("Gives the key that the signatures of wrapping tokens in JWT form are checked with.")
            .on(Operation::Read, |sys, _, _| Box::pin(async { Ok(public_key(sys)) })),
        Path::new("wrapping/rewrap")
            .fields(TOKEN)
            .help("Moves a wrapped answer to a new token.")
            .on(Operation::Read, |sys, call, fields| Box::pin(rewrap(sys, call, fields)))
            .on(Operation::Update, |sys, call, fields| Box::pin(rewrap(sys, call, fields))),
    ]
}

/// The token of the parameters, else the one that the request came with.
fn token<'a>(call: &'a Call<'_>, fields: &'a Fields) -> &'a str {
    match fields.str("token") {
        "" => call.request.token.as_ref().map_or("", |token| token.expose()),
        token => token,
    }
}

fn wrap(call: &Call<'_>) -> Result<Response> {
    if call.request.wrap.is_none() {
        return Err(Error::invalid("endpoint requires response wrapping to be used"));
    }
    Ok(Response::data(call.request.data.clone()))
}

async fn unwrap(sys: &Sys, call: Call<'_>, fields: Fields) -> Result<Response> {
    let token = token(&call, &fields);
    let body = sys.handles.wrapping.unwrap(call.view, token, call.now).await?;
    Ok(unwrapped::response(&body))
}

async fn lookup(sys: &Sys, call: Call<'_>, fields: Fields) -> Result<Response> {
    let token = token(&call, &fields);
    sys.handles.wrapping.validate(call.view, token, call.now).await?;
    let facts = sys.handles.wrapping.lookup(call.view, token, call.now).await?;
    Ok(Response { times: &["creation_time"], ..Response::data(facts.data()) })
}

fn public_key(sys: &Sys) -> Response {
    let point = sys.handles.wrapping.public_point();
    Response::json(json!({ "jwt_curve": "p521", "jwt_x": point.x, "jwt_y": point.y }))
}

async fn rewrap(sys: &Sys, call: Call<'_>, fields: Fields) -> Result<Response> {
    let token = token(&call, &fields);
    let info: WrapInfo = sys.handles.wrapping.rewrap(call.view, token, call.now).await?;
    Ok(Response { wrap_info: Some(info), ..Response::none() })
}
