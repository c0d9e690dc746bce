//! storage-file.
