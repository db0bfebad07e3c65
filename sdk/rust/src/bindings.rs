//! The records and functions of `sdk/wit`, made from it when this crate is compiled. Whoever writes a policy uses the
//! types of this crate instead, which a new version of the interface leaves as they are.

#![allow(
    unsafe_code,
    missing_docs,
    unreachable_pub,
    clippy::all,
    clippy::allow_attributes_without_reason,
    clippy::indexing_slicing,
    reason = "generated"
)]

wit_bindgen::generate!({
    path: "../wit",
    world: "policy",
    pub_export_macro: true,
    export_macro_name: "export_hooks",
    additional_derives: [PartialEq],
    default_bindings_module: "herald_policy_sdk::bindings",
});
