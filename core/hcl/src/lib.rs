//! hcl.
