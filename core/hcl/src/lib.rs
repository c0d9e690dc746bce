//! A reader of HCL 1, the language of the server's configuration and of policies, and of its JSON
//! twin.
//!
//! Why not `hcl-rs`: that is a reader of HCL 2, another language, in which each attribute needs a
//! line of its own. It refuses `path "a" { capabilities = ["read"] min_wrapping_ttl = "1s" }`,
//! which is a good policy and has been for years.
//!
//! [`parse`] takes either language, as Vault does: a text whose first character is `{` is JSON.
//! Both give the same [`Body`]; [`Body::blocks`] makes `storage "raft" { … }` and
//! `{"storage": {"raft": {…}}}` look alike. Positions and error texts are those of the language's
//! first reader, because clients print them.

mod cursor;
mod error;
mod json;
mod lexer;
mod model;
mod parser;
mod token;
pub mod units;

pub use crate::{
    error::{Cause, Error, Pos, Result},
    json::parse_json,
    model::{Block, Body, Item, Value},
    parser::{INPUT_BYTES_MAX, NESTING_MAX, parse, parse_hcl},
};
