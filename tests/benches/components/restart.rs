//! How soon a host is ready again that has many components: with what it compiled before, and without.

use std::time::{Duration, Instant};

use herald_policy::{Bundle, BundleFiles, ComponentCache, HostLimits};
use herald_tests::Failure;
use herald_tests::measure::{Job, per_second};
use herald_tests::report::{Target, head, median, note, row, size};
use herald_tests::workload::Files;

/// How many components there are, unless the command line says otherwise.
const COMPONENTS: usize = 200;

/// Loads many bundles like `files`, cold and warm, while `job` goes on being evaluated.
pub(crate) fn restart(files: &Files, job: &Job) -> Result<(), Failure> {
    let count = size(COMPONENTS);
    let temporary = tempfile::tempdir()?;
    let host = HostLimits {
        component_cache: Some(ComponentCache::open(temporary.path(), [7; 32], u64::MAX)?),
        compiles_beside: true,
        ..HostLimits::default()
    };
    let alone = median((0..5).map(|_| job.rate().by_the_wall).collect());

    let began = Instant::now();
    let cold = load(files, count, &host)?;
    let loaded = began.elapsed();
    let mut meanwhile = Vec::new();
    while !cold.iter().all(Bundle::is_ready) {
        meanwhile.push(job.rate().by_the_wall);
    }
    let compiled = began.elapsed();
    // The last file is written just before its bundle is ready.
    let kept = std::fs::read_dir(temporary.path())?.count();
    if kept != count {
        return Err(format!("{kept} components are kept, of {count}").into());
    }

    let began = Instant::now();
    let warm = load(files, count, &host)?;
    let from_cache = began.elapsed();
    if !warm.iter().all(Bundle::is_ready) {
        return Err("not all were taken from the cache".into());
    }

    head(&format!("a restart with {count} components"));
    let beside = format!("{} each", millis(from_cache.as_secs_f64() / count as f64));
    row(
        "warm cache: all are ready",
        &seconds(from_cache),
        &beside,
        from_cache.as_secs_f64(),
        " s",
        Target::AtMost(2.0),
    );
    row("cold cache: the host answers", &seconds(loaded), "", loaded.as_secs_f64(), " s", Target::AtMost(2.0));
    row("cold cache: all are ready", &seconds(compiled), "", compiled.as_secs_f64(), " s", Target::None);
    let meanwhile = median(meanwhile);
    let beside = format!("without {}", per_second(alone));
    row("  evaluations meanwhile", &per_second(meanwhile), &beside, meanwhile / alone, "", Target::None);
    note("loaded as a start does, one after the other; two threads compile beside one that evaluates");
    Ok(())
}

/// Bundles that differ by their names, and by a number in their components.
fn load(files: &Files, count: usize, host: &HostLimits) -> Result<Vec<Bundle>, Failure> {
    let manifest = String::from_utf8(files.get("policy.toml").cloned().unwrap_or_default())?;
    let bundles = (0..count).map(|number| {
        let mut files = files.clone();
        let manifest = manifest.replacen("name = \"complaint-triage\"", &format!("name = \"b{number}\""), 1);
        files.insert("policy.toml".to_owned(), manifest.into_bytes());
        files.entry("policy.wasm".to_owned()).or_default().extend(section(number));
        let files = BundleFiles::new(files, host)?;
        Ok(Bundle::load(&files, 1, host).map_err(|report| report.to_string())?)
    });
    bundles.collect()
}

/// A section of a module that says nothing but `number`.
fn section(number: usize) -> Vec<u8> {
    const NAME: &[u8] = b"number";
    let number = number.to_le_bytes();
    let length = |bytes: usize| u8::try_from(bytes).unwrap_or(u8::MAX);
    let head = [0, length(1 + NAME.len() + number.len()), length(NAME.len())];
    [&head[..], NAME, &number].concat()
}

fn seconds(time: Duration) -> String {
    format!("{:.2} s", time.as_secs_f64())
}

fn millis(seconds: f64) -> String {
    format!("{:.2} ms", seconds * 1e3)
}
