//! What goes on inside a loaded plugin.

/// Who knows of a plugin's instances: its loader.
pub(crate) trait Vitals: Send + Sync {
    /// The instances at this moment.
    fn now(&self) -> Instances;
}

/// The instances of a plugin at one moment.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct Instances {
    /// Those that are there.
    pub open: usize,
    /// Calls that they are at work on.
    pub busy: usize,
    /// How often one was thrown away after a trap, a timeout or an exhausted limit.
    pub restarts: u64,
}
