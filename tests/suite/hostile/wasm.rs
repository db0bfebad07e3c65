//! The hostile components: modules and components as text, and one sound component damaged at every section.
//!
//! How a file of the corpus becomes a guest is said in `tests/src/guest.rs`.

use std::ops::Range;

use herald_core::decision::{FailureCause, HookOutcome};
use herald_policy::HostLimits;
use herald_tests::corpus::{self, Case};
use herald_tests::guest;
use herald_tests::workload::Files;
use wasmparser::{Parser, Payload};
use wit_component::ComponentEncoder;

use super::{Outcome, Target, attempt};

/// How many components there are at least.
const LEAST: usize = 40;
/// The id of the section with a component's exports.
const EXPORT_SECTION: u8 = 11;
/// How much more memory the process may hold after the corpus has run once more, in bytes.
const RESIDENT_LIMIT_BYTES: usize = 8 * 1_024 * 1_024;
/// After how many more runs of the corpus the process must have come to rest.
const PASSES: usize = 6;
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

#[test]
fn hostile_components_are_contained() {
    let cases = corpus::read("wasm", "wat", ";;").unwrap();
    let run = || super::contained(&cases, LEAST, bundle);
    // The pool, and the allocator for each thread that compiles, keep what they once needed; in the end they need no more.
    run();
    let mut before = resident_bytes();
    let more = std::iter::repeat_with(|| {
        run();
        let now = resident_bytes();
        now.saturating_sub(std::mem::replace(&mut before, now))
    });
    let more: Vec<_> = more.take(PASSES).take_while(|more| *more > RESIDENT_LIMIT_BYTES).collect();
    assert!(more.len() < PASSES, "each time more bytes are resident: {more:?}");
}

#[test]
fn damaged_components_are_contained() {
    let target = Target::new();
    let sound = sound();
    let run = |bytes: Vec<u8>| attempt(&target, &plain(bytes), &HostLimits::default());
    assert!(matches!(run(sound.clone()), Outcome::Asked(_)), "the sound component is not sound");
    let sections = sections(&sound);
    // What follows the exports are names and notes for tools; without them it is sound still.
    let exported = sections.iter().filter(|section| sound[section.start] == EXPORT_SECTION).map(|section| section.end);
    let exported = exported.max().unwrap();
    let mut damages = 0_usize;
    for section in sections {
        let Range { start, end } = section;
        for cut in [start, start + 1, start.midpoint(end), end - 1] {
            let outcome = run(sound[..cut].to_vec());
            let is_refused = matches!(&outcome, Outcome::Refused(why) if !why.is_empty());
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
                Outcome::Refused(why) => !why.is_empty(),
                Outcome::Asked(asked) => match &asked.outcome {
                    HookOutcome::Plan(_) => true,
                    HookOutcome::Failed { cause, message } => *cause != FailureCause::Host && !message.is_empty(),
                },
                Outcome::Changing(_) => false,
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
    assert!(matches!(&outcome, Outcome::Refused(why) if why.contains("instances")), "{outcome:?}");
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
    assert!(matches!(&outcome, Outcome::Refused(why) if !why.is_empty()), "{outcome:?}");
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

fn resident_bytes() -> usize {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap();
    let kib: usize = line.trim().trim_end_matches(" kB").parse().unwrap();
    kib * 1_024
}
