//! What `wit-bindgen` makes of `wit/`: the words, what the host gives, and each contract by itself,
//! so that a component exports those that its provider fulfils and no others.

/// The shared words, the log and the metrics.
pub mod host {
    wit_bindgen::generate!({
        inline: "
            package strongroom:guest-host;
            world guest-host {
                import strongroom:plugin/types@0.1.0;
                import strongroom:plugin/log@0.1.0;
                import strongroom:plugin/metrics@0.1.0;
            }
        ",
        path: "../../wit",
        world: "strongroom:guest-host/guest-host",
        generate_all,
    });

    pub use self::strongroom::plugin::{log, metrics, types};
}

/// The export of `provider`.
pub mod provider {
    wit_bindgen::generate!({
        inline: "
            package strongroom:guest-provider;
            world guest-provider { export strongroom:plugin/provider@0.1.0; }
        ",
        path: "../../wit",
        world: "strongroom:guest-provider/guest-provider",
        with: { "strongroom:plugin/types@0.1.0": crate::wasm::bindings::host::types },
        pub_export_macro: true,
        export_macro_name: "export_provider",
    });

    pub use self::exports::strongroom::plugin::provider::{Guest, Opened};
}

/// The export of `storage`.
pub mod storage {
    wit_bindgen::generate!({
        inline: "
            package strongroom:guest-storage;
            world guest-storage { export strongroom:plugin/storage@0.1.0; }
        ",
        path: "../../wit",
        world: "strongroom:guest-storage/guest-storage",
        with: { "strongroom:plugin/types@0.1.0": crate::wasm::bindings::host::types },
        pub_export_macro: true,
        export_macro_name: "export_storage",
    });

    pub use self::exports::strongroom::plugin::storage::{Check, Guest, Page, Write};
}

/// The export of `storage-changes`.
pub mod storage_changes {
    wit_bindgen::generate!({
        inline: "
            package strongroom:guest-storage-changes;
            world guest-storage-changes { export strongroom:plugin/storage-changes@0.1.0; }
        ",
        path: "../../wit",
        world: "strongroom:guest-storage-changes/guest-storage-changes",
        with: { "strongroom:plugin/types@0.1.0": crate::wasm::bindings::host::types },
        pub_export_macro: true,
        export_macro_name: "export_storage_changes",
    });

    pub use self::exports::strongroom::plugin::storage_changes::{Changes, Guest};
}

/// The export of `ha-lock`.
pub mod ha_lock {
    wit_bindgen::generate!({
        inline: "
            package strongroom:guest-ha-lock;
            world guest-ha-lock { export strongroom:plugin/ha-lock@0.1.0; }
        ",
        path: "../../wit",
        world: "strongroom:guest-ha-lock/guest-ha-lock",
        with: { "strongroom:plugin/types@0.1.0": crate::wasm::bindings::host::types },
        pub_export_macro: true,
        export_macro_name: "export_ha_lock",
    });

    pub use self::exports::strongroom::plugin::ha_lock::{Acquired, Guest, Holder};
}

/// The export of `seal`.
pub mod seal {
    wit_bindgen::generate!({
        inline: "
            package strongroom:guest-seal;
            world guest-seal { export strongroom:plugin/seal@0.1.0; }
        ",
        path: "../../wit",
        world: "strongroom:guest-seal/guest-seal",
        with: { "strongroom:plugin/types@0.1.0": crate::wasm::bindings::host::types },
        pub_export_macro: true,
        export_macro_name: "export_seal",
    });

    pub use self::exports::strongroom::plugin::seal::{Blob, Guest, SealStatus};
}
