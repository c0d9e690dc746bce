//! A Rust client of the HTTP API, for the command line and for tests.
//!
//! ```no_run
//! # async fn example() -> Result<(), client::Error> {
//! let client = client::Client::from_settings(client::Settings::from_env()?)?;
//! client.write("secret/data/app", &serde_json::json!({"data": {"user": "me"}})).await?;
//! let secret = client.read("secret/data/app").await?;
//! # let _ = secret; Ok(())
//! # }
//! ```
//!
//! Reading order: [`settings`] (where and how to connect) → [`request`] and [`reply`] →
//! [`client`] (retries and redirects) → [`calls`] (the typed helpers). The crate knows the wire and
//! nothing of the server; `reqwest` is used here and nowhere else.

pub mod calls;
pub mod client;
pub mod error;
pub mod reply;
pub mod request;
pub mod settings;
mod transport;

pub use http::{HeaderMap, Method, StatusCode};

pub use crate::{
    calls::{InitRequest, InitResult, SealStatus},
    client::Client,
    error::{ApiError, Error, Result},
    reply::Reply,
    request::Request,
    settings::{Settings, Token},
};
