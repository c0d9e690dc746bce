//! logical.
