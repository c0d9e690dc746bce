//! The barrier over storages of every ability, with their power cut at every write.

#[cfg(test)]
#[path = "../../../../tests/golden/reader.rs"]
mod reader;

#[cfg(test)]
mod golden;
#[cfg(test)]
mod keys;
#[cfg(test)]
mod listing;
#[cfg(test)]
mod support;
#[cfg(test)]
mod torn;
#[cfg(test)]
mod transactions;
