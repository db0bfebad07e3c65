//! `herald backup`.

use std::path::{Path, PathBuf};

use clap::Args;
use herald_store::Partition;
use reqwest::Method;

use super::remote::Server;
use super::store::report_progress;
use super::{Common, Failure};
use crate::backup;
use crate::data::{DataError, DataFolder, store_settings};
use crate::http::{BackupBody, BackupRequest};
use crate::output;

/// Copies everything Herald keeps. To restore a backup, put its files in place of the data folder's.
///
/// With `--server` the running host makes it, in a folder of this name on its own machine (the setting `backups`).
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  herald backup /backup/monday --data /var/lib/herald\n  \
                        herald backup monday --server http://127.0.0.1:8420")]
pub(super) struct Backup {
    /// The folder to write to, which must not hold a backup yet; with `--server`, a new name
    #[arg(value_name = "DIR|NAME")]
    to: String,
    #[command(flatten)]
    server: Server,
}

impl Backup {
    pub(super) fn run(self, common: &Common) -> Result<(), Failure> {
        let made = match self.server.remote()? {
            Some(remote) => remote.ask(Method::POST, "/v1/backups", Some(&BackupRequest { name: self.to }))?,
            None => on_folder(common, &PathBuf::from(self.to))?,
        };
        output::result(common.style(), &made, text);
        Ok(())
    }
}

fn on_folder(common: &Common, to: &Path) -> Result<BackupBody, Failure> {
    let settings = common.settings(Vec::new())?.settings;
    let folder = DataFolder::take(&settings.data, false).map_err(ask_the_host)?;
    let (files, store_settings) = (folder.partition_files()?, store_settings(&settings));
    let partitions = files.iter().map(|path| Partition::open(path, &store_settings)).collect::<Result<Vec<_>, _>>()?;
    let configuration = folder.configuration(&settings)?;
    Ok(BackupBody::new(to, backup::copy(to, partitions.iter(), &configuration, report_progress)?))
}

/// A host that runs need not be stopped for a backup.
fn ask_the_host(error: DataError) -> Failure {
    match error {
        DataError::InUse(data) => Failure::Finding(format!(
            "another herald is running on this directory (`{}`); let it make the backup: `herald backup NAME --server \
             URL` with an administrator's token in HERALD_TOKEN",
            data.display()
        )),
        error => Failure::Data(error),
    }
}

fn text(made: &BackupBody) -> String {
    let stores: Vec<_> = made.stores.iter().map(|copied| copied.store.as_str()).collect();
    format!("copied {} to {}", stores.join(", "), made.folder.display())
}
