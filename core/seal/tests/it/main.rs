//! Seals over a storage: made, opened, changed; and the stores that OpenBao made.

#[cfg(test)]
#[path = "../../../../tests/golden/reader.rs"]
mod reader;

#[cfg(test)]
mod golden;
#[cfg(test)]
mod protection;
#[cfg(test)]
mod support;
