//! Herald beside other engines that decide by rules, on the same rules and messages; see the README.
//!
//! ```console
//! $ cargo run --release                            # everything
//! $ cargo run --release -- herald-table 10000      # these systems, these sizes
//! $ cargo run --release -- guest-rules             # guests/rules/src/rows.rs
//! ```

mod guest;
mod matcher;
mod measure;
mod process;
mod random;
mod systems;
mod table;
mod workload;

use herald_policy::Counting;
use mimalloc::MiMalloc;

/// As in the `herald` program, so that limits of memory hold. Every system pays for the counting.
#[global_allocator]
static ALLOCATOR: Counting<MiMalloc> = Counting(MiMalloc);

/// What went wrong, in words.
type Failure = Box<dyn std::error::Error + Send + Sync>;

/// How many rules there are.
const SIZES: [usize; 3] = [100, 1_000, 10_000];
/// How many rules guests have in their own code.
const GUEST_RULES: usize = 100;

fn main() -> Result<(), Failure> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match words.as_slice() {
        [process::CHILD, system, rules, bytes] => process::child(system, rules.parse()?, bytes.parse()?),
        ["guest-rules"] => {
            table::print(&guest::rows(&workload::rules(GUEST_RULES)));
            Ok(())
        }
        chosen => compare(chosen),
    }
}

/// Prints a line for each of the systems and sizes that `chosen` names; without any, of all.
fn compare(chosen: &[&str]) -> Result<(), Failure> {
    let (mut systems, mut sizes) = (Vec::new(), Vec::new());
    for word in chosen {
        match word.parse() {
            Ok(size) => sizes.push(size),
            Err(_) if systems::ALL.iter().any(|entry| entry.name == *word) => systems.push(*word),
            Err(_) => {
                let names: Vec<_> = systems::ALL.iter().map(|entry| entry.name).collect();
                return Err(format!("`{word}` is no system; there are {}", names.join(", ")).into());
            }
        }
    }
    if sizes.is_empty() {
        sizes.extend(SIZES);
    }
    let is_chosen = |name: &str| systems.is_empty() || systems.contains(&name);
    let entries = || systems::ALL.iter().filter(|entry| is_chosen(entry.name));

    table::head();
    for size in sizes {
        for entry in entries().filter(|entry| !entry.is_guest) {
            table::row(entry.name, size, &process::measured_apart(entry, size)?);
        }
    }
    for entry in entries().filter(|entry| entry.is_guest) {
        table::row(entry.name, GUEST_RULES, &process::measured_apart(entry, GUEST_RULES)?);
    }
    Ok(())
}
