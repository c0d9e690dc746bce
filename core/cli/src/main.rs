//! The one binary: server, client and operator commands.
fn main() {}
