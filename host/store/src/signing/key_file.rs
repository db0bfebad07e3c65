//! The file that holds the host's secret key: one line of 64 hexadecimal digits, which only the
//! host's own user may read. It is made once; a lost key cannot sign heads that outsiders accept.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use super::{HostKey, SEED_BYTES, hex};
use crate::files::sync_directory_of;

/// A key file could not be made or used.
#[derive(Debug, thiserror::Error)]
pub enum KeyFileError {
    /// The operating system refused.
    #[error("cannot use key file `{}`: {source}", path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// The operating system's reason.
        source: io::Error,
    },
    /// Others than its owner may read or change it: it may be known to them.
    #[error(
        "key file `{}` is open to others (mode {mode:03o}); run `chmod 600` on it, and replace \
         the key if others may have read it", path.display()
    )]
    TooOpen {
        /// The file.
        path: PathBuf,
        /// Its permission bits.
        mode: u32,
    },
    /// Its contents are no key. They are not shown, in case they are most of one.
    #[error("key file `{}` does not hold a key: one line of 64 hexadecimal digits", path.display())]
    NotAKey {
        /// The file.
        path: PathBuf,
    },
}

/// Stores the key of `seed` in a new file with permissions 0600, durably, and returns it. `seed` is
/// random bytes that are used for nothing else.
///
/// # Errors
///
/// [`KeyFileError::File`], also when there is a file already: a key is never overwritten.
pub fn create_key_file(path: &Path, seed: &[u8; SEED_BYTES]) -> Result<HostKey, KeyFileError> {
    write_private(path, &format!("{}\n", hex(seed)))
        .map_err(|source| KeyFileError::File { path: path.to_owned(), source })?;
    Ok(HostKey::from_seed(seed))
}

/// Reads the key that [`create_key_file`] stored.
///
/// # Errors
///
/// [`KeyFileError`]: the file cannot be read, is open to others, or holds no key.
pub fn load_key_file(path: &Path) -> Result<HostKey, KeyFileError> {
    let in_file = |source| KeyFileError::File { path: path.to_owned(), source };
    let file = File::open(path).map_err(in_file)?;
    if let Some(mode) = mode_open_to_others(&file).map_err(in_file)? {
        return Err(KeyFileError::TooOpen { path: path.to_owned(), mode });
    }
    let text = io::read_to_string(file).map_err(in_file)?;
    match blake3::Hash::from_hex(text.trim_end()) {
        Ok(seed) => Ok(HostKey::from_seed(seed.as_bytes())),
        Err(_) => Err(KeyFileError::NotAKey { path: path.to_owned() }),
    }
}

fn write_private(path: &Path, text: &str) -> io::Result<()> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.open(path)?;
    let written = file.write_all(text.as_bytes()).and_then(|()| file.sync_all()).and_then(|()| sync_directory_of(path));
    if written.is_err() {
        // Half a key would be refused at every start; the error that matters is the first one.
        let _ = fs::remove_file(path);
    }
    written
}

/// The file's permission bits, if they let anybody but its owner in.
#[cfg(unix)]
fn mode_open_to_others(file: &File) -> io::Result<Option<u32>> {
    use std::os::unix::fs::PermissionsExt;
    let mode = file.metadata()?.permissions().mode() & 0o777;
    Ok((mode & 0o077 != 0).then_some(mode))
}

/// Elsewhere permissions are lists that the directory passes on; the operator sees to those.
#[cfg(not(unix))]
fn mode_open_to_others(_file: &File) -> io::Result<Option<u32>> {
    Ok(None)
}
