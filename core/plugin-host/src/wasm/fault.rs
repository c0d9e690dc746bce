//! What can be wrong with a component, each as a sentence that says what to do.

/// Why a component is not loaded.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ComponentFault {
    /// It is WASM, and not a component.
    #[error(
        "this is a core WASM module, not a component; build it for the target wasm32-wasip2, or \
         with a tool that makes components"
    )]
    CoreModule,
    /// Its structure is broken.
    #[error("the component cannot be read ({0}); it may be cut off: copy or build it again")]
    Broken(String),
    /// It exports none of our contracts.
    #[error(
        "the component exports no contract of strongroom:plugin (it exports {found}); build it for \
         a world of wit/"
    )]
    NoContract {
        /// What it exports.
        found: String,
    },
    /// It was built for another world.
    #[error(
        "the component was built for a {found} plugin and cannot be a {wanted}: it does not export \
         {missing}; correct the stanza's first label, or build it for the world {world}"
    )]
    World {
        /// What it can be.
        found: String,
        /// What the stanza says.
        wanted: String,
        /// The export that is not there.
        missing: String,
        /// The world that has it.
        world: &'static str,
    },
    /// It was built for another version of the contracts.
    #[error(
        "the component was built for strongroom:plugin {found}, and this server has {ours}; build \
         it again with the wit/ of this server"
    )]
    Version {
        /// The version it was built for.
        found: String,
        /// Ours.
        ours: &'static str,
    },
    /// It imports what the operator has not granted.
    #[error("the component imports {import}, which is not granted; {advice}")]
    NotGranted {
        /// The import.
        import: String,
        /// The grant that would allow it.
        advice: &'static str,
    },
    /// It imports what no grant gives.
    #[error("the component imports {import}, which this server does not provide; {advice}")]
    NotProvided {
        /// The import.
        import: String,
        /// What to do instead.
        advice: &'static str,
    },
    /// A grant cannot be given.
    #[error("the grant {grant} cannot be given: {why}")]
    Grant {
        /// Which one.
        grant: String,
        /// What is wrong with it.
        why: String,
    },
    /// It has a type that is not that of the contract, or code that cannot be compiled.
    #[error("the component does not fit its world: {0}; build it again with this server's wit/")]
    Unfit(String),
    /// The engine cannot be set up on this machine.
    #[error("the WASM engine cannot be set up: {0}")]
    Engine(String),
}
