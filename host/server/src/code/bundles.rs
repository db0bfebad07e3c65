//! Reads policy bundles: every file in the folder of each, as it is.

use std::collections::BTreeMap;

use herald_core::decision::BundleId;
use herald_core::names::{BundleName, DepartmentId};
use herald_core::nearest::guess;
use herald_core::organisation::Organisation;
use herald_store::configuration::{BundleFiles, check_files};

use super::error::Errors;
use super::folder::Folder;
use super::organisation::{CALENDARS_FOLDER, KINDS_FOLDER};
use super::{MANIFEST, ORGANISATION_FOLDER};

/// The folders of the organisation that are no bundles.
pub(super) const RESERVED: [&str; 2] = [CALENDARS_FOLDER, KINDS_FOLDER];

/// Reads the bundles of every department. Without an `organisation`, whether there is such a department is not
/// looked at.
pub(super) fn read(
    root: &Folder,
    organisation: Option<&Organisation>,
    errors: &mut Errors,
) -> BTreeMap<BundleId, BundleFiles> {
    let mut bundles = BTreeMap::new();
    let listing = root.list_without_documents(errors);
    for file in listing.files {
        errors.say(&file, None, "has no place here: there are only folders of departments");
    }
    for name in listing.folders {
        let folder = root.folder(&name);
        let department = match DepartmentId::new(&name) {
            Ok(department) => department,
            Err(error) => {
                errors.say(folder.name(), None, format!("{error}; rename the folder"));
                continue;
            }
        };
        if let Some(departments) = organisation.map(|organisation| &organisation.departments)
            && !departments.contains_key(&department)
        {
            let guess = guess(&name, departments.keys().map(DepartmentId::as_str));
            errors.say(folder.name(), None, format!("there is no department `{name}` in the directory{guess}"));
        }
        read_department(&folder, &department, &mut bundles, errors);
    }
    bundles
}

fn read_department(
    folder: &Folder,
    department: &DepartmentId,
    bundles: &mut BTreeMap<BundleId, BundleFiles>,
    errors: &mut Errors,
) {
    let is_whole = department.as_str() == ORGANISATION_FOLDER;
    let listing = folder.list_without_documents(errors);
    // The organisation's own files are read elsewhere.
    for file in listing.files.iter().filter(|_| !is_whole) {
        let message = format!("has no place here: a bundle is a folder with a `{MANIFEST}`");
        errors.say(&folder.file(file), None, message);
    }
    for name in listing.folders.iter().filter(|name| !(is_whole && RESERVED.contains(&name.as_str()))) {
        let bundle = folder.folder(name);
        match BundleName::new(name) {
            Err(error) => errors.say(bundle.name(), None, format!("{error}; rename the folder")),
            Ok(name) => {
                if let Some(files) = read_bundle(&bundle, errors) {
                    bundles.insert(BundleId { department: department.clone(), name }, files);
                }
            }
        }
    }
}

pub(super) fn read_bundle(folder: &Folder, errors: &mut Errors) -> Option<BundleFiles> {
    let before = errors.count();
    let files = folder.bundle_files(errors);
    if errors.count() > before {
        return None;
    }
    if !files.contains_key(MANIFEST) {
        let folders = guess(folder.name().rsplit('/').next().unwrap_or_default(), RESERVED);
        errors.say(folder.name(), None, format!("is no bundle: it has no `{MANIFEST}`{folders}"));
        return None;
    }
    match check_files(&files) {
        Ok(()) => Some(files),
        Err(problem) => {
            errors.say(folder.name(), None, problem.to_string());
            None
        }
    }
}
