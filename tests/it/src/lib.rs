//! Tests that need the whole: the server as a process, clients of others, the tidiness of the
//! repository. Everything is in `tests/main.rs`, one binary; `tests/run` runs it and what it needs.
