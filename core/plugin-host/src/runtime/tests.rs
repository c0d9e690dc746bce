//! The runtime over providers of tests.
