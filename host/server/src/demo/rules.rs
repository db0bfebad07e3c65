//! The sample organisation that this program carries: the folder `rules/` as it was when the program was built.

use std::fs;
use std::io;
use std::path::Path;

include!(concat!(env!("OUT_DIR"), "/rules.rs"));

/// Writes the sample organisation into the folder `to`, which need not exist.
///
/// # Errors
/// That of the file that cannot be written.
pub(super) fn unpack(to: &Path) -> io::Result<()> {
    for (name, content) in FILES {
        let path = to.join(name);
        fs::create_dir_all(path.parent().unwrap_or(to))?;
        fs::write(path, content)?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::code;

    #[test]
    fn what_is_carried_is_what_lies_in_the_folder() {
        let folder = tempfile::tempdir().unwrap();
        unpack(folder.path()).unwrap();
        let carried = code::read(folder.path()).unwrap();
        let lies = code::read(&Path::new(env!("CARGO_MANIFEST_DIR")).join("../../rules")).unwrap();
        assert_eq!(carried.organisation, lies.organisation);
        assert_eq!(carried.bundles, lies.bundles);
    }
}
