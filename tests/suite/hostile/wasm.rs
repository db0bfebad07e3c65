//! The hostile components: modules and components as text, and one sound component damaged at every section.
//!
//! How a file of the corpus becomes a guest is said in `tests/src/guest.rs`.

use std::ops::Range;
use std::process::Command;

use herald_core::decision::{FailureCause, HookOutcome};
use herald_policy::HostLimits;
use herald_tests::corpus::{self, Case};
use herald_tests::guest;
use herald_tests::workload::Files;
use rustix::thread::disable_transparent_huge_pages;
use wasmparser::{Parser, Payload};
use wit_component::ComponentEncoder;

use super::{Outcome, Target, attempt};

/// How many components there are at least.
const LEAST: usize = 140;
/// The id of the section with a component's exports.
const EXPORT_SECTION: u8 = 11;
/// After how many runs of the corpus memory is first looked at: by then nearly everything that is kept is there, the
/// places of the pool with 1 MiB each and what each thread that compiles once needed.
const WARM_UP_PASSES: usize = 2;
/// Over how many runs in a row memory is compared.
const PASSES: usize = 3;
/// How much more memory there may be after these runs together, in bytes: 16 KiB a component, or a few more places of
/// the pool.
const GROWTH_LIMIT_BYTES: usize = 8 * 1_024 * 1_024;
/// After how many runs it must have come to that. The largest component may meet the second of the threads that compile
/// late; that takes 70 MiB, once.
const MOST_PASSES: usize = 10;
/// The variable that says to a process that it was started to be looked at.
const ALONE: &str = "HERALD_TEST_ALONE";

/// The bytes of a case.
fn binary(case: &Case) -> Vec<u8> {
    guest::binary(&case.source).unwrap_or_else(|error| panic!("{}: {error}", case.name))
}

fn bundle(case: &Case) -> Files {
    with(super::around(case, "wasm", "time_limit_ms = 200"), binary(case))
}

/// A bundle of the component, which nobody expects to do harm in one hook rather than another.
fn plain(component: Vec<u8>) -> Files {
    let manifest = "name = \"hostile\"\ndepartment = \"production\"\nlanguage = \"wasm\"\nhooks = [\"route\"]\n";
    with(Files::from([("policy.toml".to_owned(), manifest.into())]), component)
}

fn with(mut files: Files, component: Vec<u8>) -> Files {
    files.insert("policy.wasm".to_owned(), component);
    files
}

fn attempts() -> Vec<(Case, Files)> {
    super::attempts(corpus::read("wasm", "wat", ";;").unwrap(), LEAST, bundle)
}

#[test]
fn hostile_components_are_contained() {
    let attempts = attempts();
    // How much more the thread holds afterwards means nothing here: what is compiled is allocated by the threads that
    // compile and freed by this one, and what they are given, the other way round. That a call leaves nothing is judged
    // at each call; that a component leaves nothing, by the memory of the whole process, below.
    super::on_a_thread(|| super::contained(&attempts));
}

#[test]
fn slow_hostile_components_leave_no_memory() {
    if std::env::var_os(ALONE).is_some() {
        return come_to_rest();
    }
    // Left to itself, the allocator keeps what was freed for a while, and the system puts huge pages in place of small
    // ones: 30 MiB more or less from one run to the next. The allocator is told at the start of a process.
    let mut itself = Command::new(std::env::current_exe().unwrap());
    itself.args(["--exact", "hostile::wasm::slow_hostile_components_leave_no_memory"]);
    let output = itself.env(ALONE, "1").env("MIMALLOC_PURGE_DELAY", "0").output().unwrap();
    let said = [output.stdout, output.stderr].map(|said| String::from_utf8_lossy(&said).into_owned()).concat();
    assert!(output.status.success() && said.contains("1 passed"), "{said}");
}

/// Runs the corpus until memory is at rest.
fn come_to_rest() {
    // A system that has none of them has none to disable.
    let _ = disable_transparent_huge_pages(true);
    let attempts = attempts();
    super::on_a_thread(|| {
        let mut resident = Vec::new();
        while !is_at_rest(&resident) {
            assert!(resident.len() < MOST_PASSES, "bytes resident after each run: {resident:?}");
            super::contained(&attempts);
            resident.push(resident_bytes());
        }
    });
}

/// Whether there was a time when memory hardly grew, by the bytes that were `resident` after each run.
fn is_at_rest(resident: &[usize]) -> bool {
    let warm = resident.get(WARM_UP_PASSES - 1..).unwrap_or_default();
    warm.windows(PASSES + 1).any(|runs| runs[PASSES].saturating_sub(runs[0]) <= GROWTH_LIMIT_BYTES)
}

#[test]
fn what_each_component_leaves_keeps_memory_from_rest() {
    const MIB: usize = 1_024 * 1_024;
    let leaking: Vec<_> = (0..MOST_PASSES).map(|run| 180 * MIB + run * LEAST * 50 * 1_024).collect();
    assert!(!is_at_rest(&leaking));
    let late = [97, 103, 172, 177, 177].map(|mib| mib * MIB);
    assert!(!is_at_rest(&late));
    assert!(is_at_rest(&[&late[..], &[178 * MIB]].concat()));
}

#[test]
fn damaged_components_are_contained() {
    let target = Target::new();
    let sound = sound();
    let run = |bytes: Vec<u8>| attempt(&target, &plain(bytes), &HostLimits::default());
    assert!(matches!(run(sound.clone()), Ok(Outcome::Asked(_))), "the sound component is not sound");
    let sections = sections(&sound);
    // What follows the exports are names and notes for tools; without them it is sound still.
    let exported = sections.iter().filter(|section| sound[section.start] == EXPORT_SECTION).map(|section| section.end);
    let exported = exported.max().unwrap();
    let mut damages = 0_usize;
    for section in sections {
        let Range { start, end } = section;
        for cut in [start, start + 1, start.midpoint(end), end - 1] {
            let outcome = run(sound[..cut].to_vec());
            let is_refused = matches!(&outcome, Ok(Outcome::Refused(why)) if !why.is_empty());
            assert!(is_refused || cut >= exported, "cut at {cut}: {outcome:?}");
            damages += 1;
        }
        for (what, at, bytes) in [
            ("an id that no section has", start, &[0x7f_u8][..]),
            ("a size without an end", start + 1, &[0xff; 12][..]),
            ("a size of 4 GiB", start + 1, &[0xff, 0xff, 0xff, 0xff, 0x0f][..]),
            ("a count of 2^32 - 1", start + 2, &[0xff, 0xff, 0xff, 0xff, 0x0f][..]),
            ("nothing but zeros", start + 2, &[0; 16][..]),
        ] {
            let mut damaged = sound.clone();
            let place = at..(at + bytes.len()).min(damaged.len());
            let length = place.len();
            damaged[place].copy_from_slice(&bytes[..length]);
            // Within a name or a text the damage may do no harm; a failure has to say why.
            let outcome = run(damaged);
            let is_contained = match &outcome {
                Ok(Outcome::Refused(why)) => !why.is_empty(),
                Ok(Outcome::Asked(asked)) => match &asked.outcome {
                    HookOutcome::Plan(_) => true,
                    HookOutcome::Failed { cause, message } => *cause != FailureCause::Host && !message.is_empty(),
                },
                Err(_) => false,
            };
            assert!(is_contained, "{what} at {at}: {outcome:?}");
            damages += 1;
        }
    }
    assert!(damages >= 100, "only {damages} damages were tried");
}

#[test]
fn a_component_of_very_many_instances_is_refused() {
    let mut many = sound();
    let modules = Parser::new(0).parse_all(&many).flatten();
    let modules = modules.filter(|payload| matches!(payload, Payload::ModuleSection { .. })).count();
    // An empty module, and 1,000 instances of it; sizes and numbers as LEB128 of two bytes.
    many.extend(b"\x01\x08\0asm\x01\0\0\0");
    let two = |number: usize| [u8::try_from(number & 0x7f | 0x80).unwrap(), u8::try_from(number >> 7).unwrap()];
    let mut instances = two(1_000).to_vec();
    (0..1_000).for_each(|_| instances.extend([0, u8::try_from(modules).unwrap(), 0]));
    many.push(2);
    many.extend(two(instances.len()));
    many.extend(instances);
    let outcome = attempt(&Target::new(), &plain(many), &HostLimits::default());
    assert!(matches!(&outcome, Ok(Outcome::Refused(why)) if why.contains("instances")), "{outcome:?}");
}

#[test]
fn components_in_components_are_refused() {
    let empty = *b"\0asm\x0d\0\x01\0";
    let mut nested = empty.to_vec();
    for _ in 0..5_000 {
        let size = u32::try_from(nested.len()).unwrap();
        // A size as LEB128 of all five bytes that it may have.
        let size = [0, 7, 14, 21, 28]
            .map(|shift| u8::try_from((size >> shift) & 0x7f | if shift < 28 { 0x80 } else { 0 }).unwrap());
        nested = [&empty[..], &[4], &size, &nested].concat();
    }
    let outcome = attempt(&Target::new(), &plain(nested), &HostLimits::default());
    assert!(matches!(&outcome, Ok(Outcome::Refused(why)) if !why.is_empty()), "{outcome:?}");
}

/// A component that decides nothing, and harms nobody.
fn sound() -> Vec<u8> {
    let module = guest::binary("").unwrap();
    ComponentEncoder::default().module(&module).unwrap().validate(true).encode().unwrap()
}

/// Where the sections lie, their ids included, also those of modules and components inside.
fn sections(component: &[u8]) -> Vec<Range<usize>> {
    let contents = Parser::new(0).parse_all(component).flatten().filter_map(|payload| match payload {
        Payload::ModuleSection { unchecked_range, .. } | Payload::ComponentSection { unchecked_range, .. } => {
            Some(unchecked_range)
        }
        payload => payload.as_section().map(|(_, range)| range),
    });
    // Before its content stand the id and the size, of one byte up to 127 and of two for what this component has.
    let whole = contents.map(|range| range.start - if range.len() < 128 { 2 } else { 3 }..range.end);
    whole.filter(|range| range.start >= 8).collect()
}

/// What this process has in memory, but for what lies in files, too.
fn resident_bytes() -> usize {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("RssAnon:")).unwrap();
    let kib: usize = line.trim().trim_end_matches(" kB").parse().unwrap();
    kib * 1_024
}
