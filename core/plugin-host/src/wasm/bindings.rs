//! What `bindgen` makes of `wit/`: all contracts at once, of which a component exports some.

wasmtime::component::bindgen!({
    inline: "
        package strongroom:server;
        world any {
            include strongroom:plugin/host@0.1.0;
            export strongroom:plugin/provider@0.1.0;
            export strongroom:plugin/storage@0.1.0;
            export strongroom:plugin/storage-changes@0.1.0;
            export strongroom:plugin/ha-lock@0.1.0;
            export strongroom:plugin/seal@0.1.0;
        }
    ",
    path: "../../wit",
    world: "strongroom:server/any",
    exports: { default: async },
});

pub(crate) use self::{
    exports::strongroom::plugin::{ha_lock, provider, seal, storage, storage_changes},
    strongroom::plugin::{clock, log, metrics, random, types},
};
