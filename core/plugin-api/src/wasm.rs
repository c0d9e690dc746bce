//! The guest's side of the WASM worlds: what makes a component of a provider.
//!
//! An instance has one thread and answers one call at a time, so every call is run to its end
//! before it returns ([`run`]). The instance holds one opened provider.
//!
//! - `bindings.rs`: what `wit-bindgen` makes of `wit/`, one module per contract.
//! - `run.rs`: a future, to its end. `calls.rs`: each call of a contract, handed to the provider's trait.
//! - `convert.rs`: the words of the contracts, from WIT to Rust and back.

#[doc(hidden)]
pub mod bindings;
mod calls;
mod convert;
mod run;

use crate::Provider;

/// The component that [`wasm_export!`](crate::wasm_export) makes of a provider.
#[doc(hidden)]
pub trait Component: 'static {
    /// Whether several instances may be open on the same data at the same time.
    const SHAREABLE: bool;

    /// The provider.
    fn provider() -> impl Provider + 'static;
}

/// Makes a component of a provider, for the contracts that it fulfils: `storage`,
/// `storage_changes`, `ha_lock`, `seal`.
///
/// `shareable` says whether several instances may be open on the same data at the same time; `false`
/// if it is left out. Say `true` only if an instance keeps nothing of its own between two calls.
///
/// ```ignore
/// plugin_api::wasm_export! { provider = MyProvider, contracts = [storage], shareable = true }
/// ```
#[macro_export]
macro_rules! wasm_export {
    (provider = $provider:expr, contracts = [$($contract:ident),+ $(,)?] $(,)?) => {
        $crate::wasm_export! {
            provider = $provider, contracts = [$($contract),+], shareable = false
        }
    };
    (
        provider = $provider:expr,
        contracts = [$($contract:ident),+ $(,)?],
        shareable = $shareable:expr $(,)?
    ) => {
        #[doc(hidden)]
        struct StrongroomComponent;

        impl $crate::wasm::Component for StrongroomComponent {
            const SHAREABLE: bool = $shareable;

            fn provider() -> impl $crate::Provider + 'static {
                $provider
            }
        }

        $crate::wasm::bindings::provider::export_provider!(
            StrongroomComponent with_types_in $crate::wasm::bindings::provider
        );
        $($crate::wasm_export_contract!($contract);)+
    };
}

/// Exports one contract of the component.
#[doc(hidden)]
#[macro_export]
macro_rules! wasm_export_contract {
    (storage) => {
        $crate::wasm::bindings::storage::export_storage!(
            StrongroomComponent with_types_in $crate::wasm::bindings::storage
        );
    };
    (storage_changes) => {
        $crate::wasm::bindings::storage_changes::export_storage_changes!(
            StrongroomComponent with_types_in $crate::wasm::bindings::storage_changes
        );
    };
    (ha_lock) => {
        $crate::wasm::bindings::ha_lock::export_ha_lock!(
            StrongroomComponent with_types_in $crate::wasm::bindings::ha_lock
        );
    };
    (seal) => {
        $crate::wasm::bindings::seal::export_seal!(
            StrongroomComponent with_types_in $crate::wasm::bindings::seal
        );
    };
}
