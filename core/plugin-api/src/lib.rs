//! plugin-api.
