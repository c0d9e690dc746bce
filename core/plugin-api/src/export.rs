//! `export!`: one line that makes a plugin of a provider, in whichever form it is built.

/// Makes a plugin of a provider. A plugin's crate has it once, at its top.
///
/// | built | gives |
/// |---|---|
/// | with the crate's feature `native` | a library for the C ABI (`crate-type = ["cdylib"]`) |
/// | for WASM with the crate's feature `wasm` | a component for a world of `wit/` |
/// | otherwise | nothing: a bundled provider is only a value |
///
/// The crate's features stand for this one's: `native = ["plugin-api/native"]`,
/// `wasm = ["plugin-api/wasm"]`. `kinds` are `storage`, `storage_changes`, `ha_lock`, `seal`; the
/// version is the crate's. Texts are literals without `"` and `\`.
///
/// ```
/// # use plugin_api::{Opened, Provider, Result, Settings, async_trait};
/// # struct Nothing;
/// # #[async_trait]
/// # impl Provider for Nothing {
/// #     fn name(&self) -> &str { "nothing" }
/// #     async fn open(&self, settings: Settings) -> Result<Opened> { Ok(Opened::default()) }
/// # }
/// plugin_api::export! {
///     provider = Nothing,
///     manifest = {
///         name: "nothing",
///         kinds: [storage],
///         license: "Apache-2.0",
///         description: "A storage that has nothing.",
///     }
/// }
/// ```
///
/// `shareable = true` after the manifest lets the server open several instances of a component on
/// the same data; say so only if an instance keeps nothing of its own between two calls.
#[macro_export]
macro_rules! export {
    (provider = $provider:expr, manifest = { $($manifest:tt)* } $(,)?) => {
        $crate::export! {
            provider = $provider, manifest = { $($manifest)* }, shareable = false
        }
    };
    (
        provider = $provider:expr,
        manifest = {
            name: $name:literal,
            kinds: [$kind:ident $(, $kinds:ident)* $(,)?],
            license: $license:literal,
            description: $description:literal $(,)?
        },
        shareable = $shareable:expr $(,)?
    ) => {
        // A crate need not have both features.
        #[allow(unexpected_cfgs, reason = "a plugin declares the forms that it is built in")]
        const _: () = {
            #[cfg(all(feature = "native", not(target_family = "wasm")))]
            const _: () = {
                #[cfg(panic = "abort")]
                compile_error!("a plugin must be built with panic = \"unwind\": a panic ends one call");

                const TEXT: &str = $crate::manifest_text!(
                    [$name, $license, $description] [$kind $(, $kinds)*]
                    [",\"abi\":\"0.2\",\"sdk\":\"rust\""]
                );

                // The entry points to it, so that no linker drops it.
                #[cfg_attr(target_vendor = "apple", unsafe(link_section = "__DATA,__sr_manifest"))]
                #[cfg_attr(not(target_vendor = "apple"), unsafe(link_section = ".sr.manifest"))]
                static MANIFEST: [u8; TEXT.len()] = $crate::manifest::bytes(TEXT);

                #[unsafe(no_mangle)]
                extern "C" fn sr_plugin_entry_v0(
                    host: *const $crate::abi::SrHost,
                ) -> *const $crate::abi::SrPlugin {
                    // SAFETY: the server's table, which stays for the life of the process.
                    unsafe {
                        $crate::native::enter(host, &MANIFEST, || ::std::boxed::Box::new($provider))
                    }
                }
            };

            #[cfg(all(feature = "wasm", target_family = "wasm"))]
            const _: () = {
                const TEXT: &str = $crate::manifest_text!(
                    [$name, $license, $description] [$kind $(, $kinds)*] [",\"sdk\":\"rust\""]
                );

                #[used]
                #[unsafe(link_section = "strongroom:manifest")]
                static MANIFEST: [u8; TEXT.len()] = $crate::manifest::bytes(TEXT);
            };

            #[cfg(all(feature = "wasm", target_family = "wasm"))]
            $crate::wasm_export! {
                provider = $provider, contracts = [$kind $(, $kinds)*], shareable = $shareable
            }
        };
    };
}

/// The JSON of a manifest.
#[doc(hidden)]
#[macro_export]
macro_rules! manifest_text {
    (
        [$name:literal, $license:literal, $description:literal]
        [$kind:ident $(, $kinds:ident)*] [$rest:literal]
    ) => {
        concat!(
            "{\"name\":\"", $name, "\",\"version\":\"", env!("CARGO_PKG_VERSION"),
            "\",\"kinds\":[\"", $crate::manifest_kind!($kind), "\"",
            $(",\"", $crate::manifest_kind!($kinds), "\"",)*
            "],\"license\":\"", $license, "\",\"description\":\"", $description, "\"", $rest, "}"
        )
    };
}

/// The word of a kind in a manifest.
#[doc(hidden)]
#[macro_export]
macro_rules! manifest_kind {
    (storage) => {
        "storage"
    };
    (storage_changes) => {
        "storage-changes"
    };
    (ha_lock) => {
        "ha-lock"
    };
    (seal) => {
        "seal"
    };
}

#[cfg(test)]
mod tests;
