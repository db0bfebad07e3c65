//! `herald verify`, `rebuild`, `export`: looking after the stores while no server runs on them.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};

use clap::Args;
use herald_store::Partition;
use herald_store::configuration::Loaded;
use herald_store::journal::JournalReader;
use herald_store::partition::{ExportError, Part, Progress, rebuild};
use herald_store::signing::{HeadCheck, SignedHead, check_head};
use jiff::Timestamp;
use serde::Serialize;

use super::{Common, Failure};
use crate::code::{self, Code};
use crate::data::{CONFIGURATION, DataFolder, store_settings};
use crate::output;
use crate::settings::Settings;

/// How many steps of long work pass between two words about it.
const PROGRESS_STEPS: u64 = 10_000;

/// Checks the journals, their hash chains, and that every table is what its journal leads to.
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  herald verify --head heads.json --data /var/lib/herald")]
pub(super) struct Verify {
    /// A file of signed heads, as `herald export` writes them: each journal must contain its own
    #[arg(long = "head", value_name = "FILE")]
    heads: Option<PathBuf>,
}

/// Makes everything that is derived from the journals again.
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  herald rebuild --data /var/lib/herald")]
pub(super) struct Rebuild {}

/// Writes the journals out as lines of JSON, with a signed head each for somebody outside to keep; or what is published.
#[derive(Debug, Args)]
#[command(
    after_help = "Example:\n  herald export audit/ --data /var/lib/herald\n  herald export rules/ --code --data /var/lib/herald"
)]
pub(super) struct Export {
    /// The folder to write to; made if it is not there
    #[arg(value_name = "DIR")]
    to: PathBuf,
    /// Write the organisation and its policies in force instead, as `herald apply` reads them; the folder must be empty
    #[arg(long)]
    code: bool,
}

/// What a verification found in one store.
#[derive(Debug, Serialize)]
struct Verified {
    store: String,
    sound: bool,
    frames: u64,
    records: u64,
    problems: Vec<String>,
}

impl Verify {
    pub(super) fn run(self, common: &Common) -> Result<(), Failure> {
        let settings = common.settings(Vec::new())?.settings;
        let folder = DataFolder::take(&settings.data, false)?;
        let heads = self.heads.as_deref().map(read_heads).transpose()?.unwrap_or_default();
        let mut found = vec![verify_configuration(&folder, &settings, &heads)?];
        for path in folder.partition_paths()? {
            found.push(if path.exists() {
                verify_partition(&path, &settings, &heads)?
            } else {
                missing(name_of(&path))
            });
        }
        // A journal that is gone with everything that spoke of it is still known to whoever keeps its head.
        let unmatched = |head: &&SignedHead| found.iter().all(|verified| verified.store != head.partition);
        found.extend(heads.iter().filter(unmatched).map(lost).collect::<Vec<_>>());
        output::result(common.style(), &found, |found| found.iter().map(text).collect());
        let unsound = found.iter().filter(|verified| !verified.sound).count();
        if unsound == 0 {
            Ok(())
        } else {
            Err(Failure::Finding(format!("{unsound} stores are not sound; restore a backup")))
        }
    }
}

/// What is found of a store that is not there.
fn missing(store: String) -> Verified {
    let problems = vec![format!("`{store}.redb` is missing")];
    Verified { store, sound: false, frames: 0, records: 0, problems }
}

fn read_heads(path: &Path) -> Result<Vec<SignedHead>, Failure> {
    let text = std::fs::read(path).map_err(|source| Failure::file(path, source))?;
    serde_json::from_slice(&text).map_err(|error| Failure::Finding(format!("`{}`: {error}", path.display())))
}

/// A store that had a head to sign and is not there.
fn lost(head: &SignedHead) -> Verified {
    let problems = vec![format!("there is no such store; frame {} of it was signed", head.sequence)];
    Verified { store: head.partition.clone(), sound: false, frames: 0, records: 0, problems }
}

fn verify_configuration(folder: &DataFolder, settings: &Settings, heads: &[SignedHead]) -> Result<Verified, Failure> {
    let configuration = folder.configuration(settings)?;
    let report = configuration.verify(|progress| {
        told("verifying the configuration", progress.frames_done, progress.frames_total);
    })?;
    let mut problems: Vec<String> = report.journal.mismatch.iter().map(ToString::to_string).collect();
    problems.extend(report.findings.iter().map(ToString::to_string));
    problems.extend(check_heads(&configuration.journal()?, CONFIGURATION, heads)?);
    let sound = report.is_whole() && problems.is_empty();
    let (frames, records) = (report.journal.frames, report.journal.records);
    Ok(Verified { store: CONFIGURATION.to_owned(), sound, frames, records, problems })
}

fn verify_partition(path: &Path, settings: &Settings, heads: &[SignedHead]) -> Result<Verified, Failure> {
    let store = name_of(path);
    let partition = Partition::open(path, &store_settings(settings))?;
    let scratch = path.with_extension("verifying");
    // The folder is ours alone: what is there was left by a verification that ended in the middle.
    match std::fs::remove_file(&scratch) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => return Err(Failure::file(&scratch, error)),
        _ => {}
    }
    let report = partition.verify(&scratch, |progress| report_progress(&store, progress))?;
    let mut problems: Vec<String> = report.journal.mismatch.iter().map(ToString::to_string).collect();
    problems.extend(report.problems.iter().map(ToString::to_string));
    problems.extend(check_heads(&partition.snapshot()?.journal()?, &store, heads)?);
    let sound = report.is_sound() && problems.is_empty();
    Ok(Verified { store, sound, frames: report.journal.frames, records: report.journal.records, problems })
}

/// What is wrong with a journal by the heads that were signed of it.
fn check_heads(journal: &JournalReader, store: &str, heads: &[SignedHead]) -> Result<Vec<String>, Failure> {
    let mut problems = Vec::new();
    for head in heads.iter().filter(|head| head.partition == store) {
        let signed = head.sequence;
        match check_head(journal, head)? {
            HeadCheck::Contained => {}
            HeadCheck::Shortened { last } => {
                problems.push(format!("the journal ends at frame {last}; frame {signed} was signed"));
            }
            HeadCheck::Rewritten { .. } => problems.push(format!("frame {signed} is not the one that was signed")),
        }
    }
    Ok(problems)
}

fn text(verified: &Verified) -> String {
    let Verified { store, frames, records, problems, .. } = verified;
    let verdict = if verified.sound { "sound" } else { "NOT SOUND" };
    let problems: String = problems.iter().map(|problem| format!("  {problem}\n")).collect();
    format!("{store}: {verdict}, {frames} frames, {records} records\n{problems}")
}

impl Rebuild {
    pub(super) fn run(self, common: &Common) -> Result<(), Failure> {
        let settings = common.settings(Vec::new())?.settings;
        let folder = DataFolder::take(&settings.data, false)?;
        let files = folder.partition_files()?;
        folder.configuration(&settings)?.rebuild(|progress| {
            told("rebuilding the configuration", progress.frames_done, progress.frames_total);
        })?;
        let mut rebuilt = vec![CONFIGURATION.to_owned()];
        for path in files {
            rebuild(&path, &store_settings(&settings), |progress| report_progress(&name_of(&path), progress))?;
            rebuilt.push(name_of(&path));
        }
        output::result(common.style(), &rebuilt, |rebuilt| format!("rebuilt {}", rebuilt.join(", ")));
        Ok(())
    }
}

impl Export {
    pub(super) fn run(self, common: &Common) -> Result<(), Failure> {
        let settings = common.settings(Vec::new())?.settings;
        let folder = DataFolder::take(&settings.data, false)?;
        if self.code {
            let Loaded { organisation, bundles, .. } = folder.configuration(&settings)?.load()?;
            let bundles: BTreeMap<_, _> = bundles.into_iter().map(|bundle| (bundle.id, bundle.files)).collect();
            let written = bundles.keys().map(ToString::to_string).collect::<Vec<_>>();
            code::write(&self.to, &Code { organisation, bundles })?;
            output::result(common.style(), &written, |written| {
                format!("wrote the organisation and {} bundles to {}", written.len(), self.to.display())
            });
            return Ok(());
        }
        let files = folder.partition_files()?;
        std::fs::create_dir_all(&self.to).map_err(|source| Failure::file(&self.to, source))?;
        let (key, now) = (folder.key()?, Timestamp::now());
        let configuration = folder.configuration(&settings)?;
        let told = |progress| report_progress(CONFIGURATION, progress);
        self.write(CONFIGURATION, |file| configuration.export(file, 1, told))?;
        let mut heads = vec![key.sign_head(CONFIGURATION, configuration.head()?, now)];
        for path in &files {
            let store = name_of(path);
            let partition = Partition::open(path, &store_settings(&settings))?;
            self.write(&store, |file| partition.export(file, 1, |progress| report_progress(&store, progress)))?;
            heads.push(key.sign_head(&store, partition.head(), now));
        }
        let to = self.to.join("heads.json");
        let json = serde_json::to_vec_pretty(&heads).map_err(std::io::Error::from);
        json.and_then(|json| std::fs::write(&to, json)).map_err(|source| Failure::file(&to, source))?;
        output::result(common.style(), &heads, |heads| {
            format!("exported {} journals to {}", heads.len(), self.to.display())
        });
        Ok(())
    }

    /// Writes one journal to its file.
    fn write(
        &self,
        store: &str,
        export: impl FnOnce(&mut dyn Write) -> Result<u64, ExportError>,
    ) -> Result<(), Failure> {
        let to = self.to.join(format!("{store}.jsonl"));
        let failed = |source| Failure::file(&to, source);
        let mut file = BufWriter::new(File::create(&to).map_err(failed)?);
        export(&mut file)?;
        file.flush().map_err(failed)
    }
}

/// The name of a partition: that of its file, without the ending.
fn name_of(path: &Path) -> String {
    path.file_stem().unwrap_or_default().to_string_lossy().into_owned()
}

pub(super) fn report_progress(store: &str, progress: Progress) {
    let doing = match progress.part {
        Part::Chain => "reading the journal",
        Part::Replay => "making the tables again",
        Part::Compare => "comparing tables",
        Part::Rows => "comparing indexes",
        Part::Copy => "copying",
        Part::Export => "writing",
    };
    told(&format!("{store}: {doing}"), progress.done, progress.total);
}

fn told(what: &str, done: u64, total: u64) {
    if done != 0 && done.is_multiple_of(PROGRESS_STEPS) {
        output::progress(&format!("{what}: {done} of {total}"));
    }
}
