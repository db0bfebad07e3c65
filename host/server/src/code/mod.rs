//! The organisation as code: a folder of TOML files and policy bundles, read into an [`Organisation`] and back.
//!
//! ```text
//! rules/
//!   organisation/
//!     organisation.toml       [rules]: the house rules
//!     departments.toml        [production] title, roles, contacts …
//!     people.toml             ["li.lei"] title, departments, substitute …
//!     contacts.toml           [acme] title, tier, owner, addresses
//!     channels.toml           [inbox] title, transport, approval …
//!     calendars/<name>.toml   time_zone, weekly, holidays …
//!     kinds/<name>.toml       title, defaults, form = "<name>.schema.json" beside it, or an inline table
//!     <bundle>/               a policy bundle of the organisation itself
//!   <department>/<bundle>/    a policy bundle: policy.toml and whatever else is in the folder, but for source/
//! ```
//!
//! A file that is left out is an empty one. Hidden files and folders are ignored everywhere; documents for people,
//! `*.md`, are part of their bundle, and ignored elsewhere. Every other file that has no place is an error, so that
//! a misspelt name does not silently leave something out. Symbolic links are refused, not followed: what is
//! published lies in the folder. Names with a dot are quoted, and dates are texts, in quotes.
//!
//! Nothing here publishes, compiles a policy or knows a store: it reads files and says what is wrong with them,
//! all at once, each with its line.

mod bundles;
mod document;
mod error;
mod folder;
mod message;
mod organisation;
mod place;
mod write;

use std::collections::BTreeMap;
use std::path::Path;

use herald_core::decision::BundleId;
use herald_core::organisation::Organisation;
use herald_store::configuration::BundleFiles;

pub use error::{CodeError, CodeErrors, Position};
pub use folder::{BUNDLE_DEPTH_LIMIT, TEXT_LIMIT_BYTES};
pub use write::{WriteError, write};

use error::Errors;
use folder::Folder;

/// The folder of the organisation itself, beside those of its departments.
const ORGANISATION_FOLDER: &str = herald_core::organisation::ORGANISATION;
/// The folder of a bundle that is not read: what its component is made from, with whatever its compilers need.
pub(crate) const SOURCE_FOLDER: &str = "source";
/// The file without which a folder is no bundle.
pub(crate) const MANIFEST: &str = "policy.toml";

/// What a folder of code says.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Code {
    /// The organisation; its revision is 0.
    pub organisation: Organisation,
    /// The files of each bundle, as they are. Whether they compile is not looked at.
    pub bundles: BTreeMap<BundleId, BundleFiles>,
}

/// Reads the folder `dir`.
///
/// # Errors
/// Everything that is wrong with its files, at once, in the order of files and lines. Whether the organisation
/// is whole ([`Organisation::check`]) is looked at once all of its files can be read.
pub fn read(dir: &Path) -> Result<Code, CodeErrors> {
    let mut errors = Errors::default();
    let root = Folder::root(dir);
    let organisation = organisation::read(&root.folder(ORGANISATION_FOLDER), &mut errors);
    let bundles = bundles::read(&root, organisation.as_ref(), &mut errors);
    match (organisation, errors.finish()) {
        (Some(organisation), Ok(())) => Ok(Code { organisation, bundles }),
        (_, Err(errors)) => Err(errors),
        // An organisation that cannot be read has said why.
        (None, Ok(())) => Err(CodeErrors { errors: Vec::new() }),
    }
}

/// Reads the bundle in the folder `dir`, wherever it lies.
///
/// # Errors
/// Everything that is wrong with its files.
pub fn read_bundle(dir: &Path) -> Result<BundleFiles, CodeErrors> {
    let mut errors = Errors::default();
    let files = bundles::read_bundle(&Folder::root(dir), &mut errors);
    errors.finish()?;
    // A folder that is no bundle has said why.
    files.ok_or_else(|| CodeErrors { errors: Vec::new() })
}

#[cfg(test)]
mod tests;
