//! What a lookup in a decision table costs: large tables beside small ones, and the script's verb beside the bare
//! lookup.

mod drawn;

use std::fmt::Write as _;
use std::sync::Arc;
use std::time::Instant;

use drawn::Drawn;
use herald_core::decision::HookOutcome;
use herald_core::message::Message;
use herald_core::target::Actor;
use herald_engine::Configured;
use herald_policy::{Bundle, BundleFiles, Fact, HostLimits, PolicySet, Table, World};
use herald_tests::Failure;
use herald_tests::measure::micros;
use herald_tests::report::{Target, head, median, note, row};
use herald_tests::workload::{self, SENDER, fault_draft, files};
use jiff::Timestamp;

/// Rounds of each table, taking turns.
const ROUNDS: usize = 31;
/// Lookups in a round, each of other facts.
const LOOKUPS: u32 = 2_000;
/// Lookups of a script in one call of its hook.
const LOOKUPS_OF_A_SCRIPT: u32 = 200;

fn main() -> Result<(), Failure> {
    head("decision tables: six columns, half the cells empty, match in the last tenth; median of a lookup");
    let sizes = [100_u32, 1_000, 10_000, 100_000];
    let texts: Vec<String> = sizes.iter().map(|size| csv(*size)).collect();
    let mut tables = Vec::new();
    for text in &texts {
        let began = Instant::now();
        let table = Table::read("bench", text).map_err(|problems| format!("{problems:?}"))?;
        tables.push((table, began.elapsed()));
    }
    for (size, (table, _)) in sizes.into_iter().zip(&tables) {
        check(size, table)?;
    }
    let mut times = vec![Vec::new(); sizes.len()];
    for _ in 0..ROUNDS {
        for ((size, (table, _)), times) in sizes.into_iter().zip(&tables).zip(&mut times) {
            times.push(lookups(size, table)?);
        }
    }
    let times: Vec<f64> = times.into_iter().map(median).collect();
    let small = times.first().copied().unwrap_or_default();
    for ((size, seconds), (_, load)) in sizes.into_iter().zip(&times).zip(&tables) {
        let beside = format!("read in {:.1} ms", load.as_secs_f64() * 1e3);
        let target = if size == 10_000 { Target::AtMost(5.0) } else { Target::None };
        row(&format!("{size} rows"), &micros(*seconds), &beside, seconds * 1e6, " us", target);
        if size == 10_000 {
            row("  beside 100 rows", &micros(*seconds), &micros(small), seconds / small, "", Target::AtMost(3.0));
        }
    }
    let text = texts.get(2).ok_or("10,000 rows are measured")?;
    let bare = times.get(2).copied().unwrap_or_default();
    let verb = scripted(text)?;
    row(
        "a script's `table(…).first(#{…})`",
        &micros(verb),
        &format!("bare {}", micros(bare)),
        verb / bare,
        "",
        Target::None,
    );
    note("each lookup asks for a row of the last tenth; its facts include a text, a prefix, a range and two numbers");
    without_key()
}

/// The same of tables that no column is the key of.
fn without_key() -> Result<(), Failure> {
    head("the same, where no row names what only it has: three of six conditions, drawn");
    let sizes = [100_u32, 1_000, 10_000];
    let tables = sizes.iter().map(|size| Drawn::new(*size, LOOKUPS as usize)).collect::<Result<Vec<_>, _>>()?;
    let mut times = vec![Vec::new(); sizes.len()];
    for _ in 0..ROUNDS {
        for (drawn, times) in tables.iter().zip(&mut times) {
            let began = Instant::now();
            let count = drawn.lookups()?;
            times.push(began.elapsed().as_secs_f64() / count as f64);
        }
    }
    let times: Vec<f64> = times.into_iter().map(median).collect();
    let small = times.first().copied().unwrap_or_default();
    for (size, seconds) in sizes.into_iter().zip(times) {
        let target = if size == 10_000 { Target::AtMost(5.0) } else { Target::None };
        row(&format!("{size} rows"), &micros(seconds), "", seconds * 1e6, " us", target);
        if size == 10_000 {
            row("  beside 100 rows", &micros(seconds), &micros(small), seconds / small, "", Target::AtMost(3.0));
        }
    }
    Ok(())
}

/// Row `row` of `size`: the facts that it is found by, and by no earlier row. The part is its own; the others are
/// shared by many rows.
struct Case {
    part: String,
    machine: String,
    amount: i64,
    supplier: String,
    day: String,
    urgent: bool,
}

impl Case {
    fn of(row: u32) -> Self {
        Self {
            part: format!("P{row:06}"),
            machine: format!("IM-{:03}-{}", row % 500, row % 7),
            amount: i64::from(row % 1_000) * 100 + 50,
            supplier: format!("supplier {}", row % 50),
            day: format!("2026-{:02}-{:02}", row % 12 + 1, row % 28 + 1),
            urgent: row.is_multiple_of(2),
        }
    }

    fn facts(&self) -> [(&str, Fact<'_>); 6] {
        [
            ("part", Fact::Text(&self.part)),
            ("machine", Fact::Text(&self.machine)),
            ("amount", Fact::Integer(self.amount)),
            ("supplier", Fact::Text(&self.supplier)),
            ("day", Fact::Text(&self.day)),
            ("urgent", Fact::Boolean(self.urgent)),
        ]
    }
}

/// The table of so many rows. Each names three of six conditions; one of them is the part.
fn csv(size: u32) -> String {
    let mut text = String::from("part,machine,amount,supplier,day,urgent,->,level,to\n");
    for number in 0..size {
        let Case { part, amount, supplier, day, urgent, .. } = Case::of(number);
        let machine = format!("IM-{:03}-*", number % 500);
        let amount = format!(">={} <{}", amount - 50, amount + 50);
        let urgent = urgent.to_string();
        let cells = [machine, amount, supplier, day, urgent];
        // Two of the five others, each as often as the next.
        let (one, other) = (number % 5, (number % 5 + 1 + number / 5 % 4) % 5);
        text.push_str(&part);
        for (cell, at) in cells.iter().zip(0..) {
            text.push(',');
            if at == one || at == other {
                text.push_str(cell);
            }
        }
        // Writing to a text does not fail.
        let _ = writeln!(text, ",->,{},role:production/head", number % 3 + 1);
    }
    text
}

/// Rows of the last tenth, one after the other.
fn wanted(size: u32, lookup: u32) -> u32 {
    size - size / 10 + lookup * 7 % (size / 10)
}

fn check(size: u32, table: &Table) -> Result<(), Failure> {
    for lookup in 0..size / 10 {
        let wanted = wanted(size, lookup);
        let found = table.lookup(&Case::of(wanted).facts(), 2)?.map(|row| row.number()).collect::<Vec<_>>();
        if found != [wanted] {
            return Err(format!("of {size} rows, {found:?} were found instead of {wanted}").into());
        }
    }
    Ok(())
}

/// The mean time of a lookup, in seconds.
fn lookups(size: u32, table: &Table) -> Result<f64, Failure> {
    let cases: Vec<_> = (0..LOOKUPS).map(|lookup| Case::of(wanted(size, lookup))).collect();
    let began = Instant::now();
    for case in &cases {
        let found = table.lookup(&case.facts(), 1)?.next();
        std::hint::black_box(found.ok_or("a row is found")?.get("level")?);
    }
    Ok(began.elapsed().as_secs_f64() / f64::from(LOOKUPS))
}

/// The time of a lookup by a script, in seconds: of a hook with many, less one with none.
fn scripted(table: &str) -> Result<f64, Failure> {
    let world = Arc::new(World::new(Arc::new(workload::organisation()?)).map_err(|_| "the sample does not compile")?);
    let configured = Configured { world: Arc::clone(&world), policies: PolicySet::default() };
    let message = fault_draft(1)?.into_message(&configured, Actor::Person(SENDER.parse()?), Timestamp::UNIX_EPOCH);
    let message: Arc<Message> = Arc::new(message.map_err(|problems| format!("{problems:?}"))?);
    let Case { part, machine, amount, supplier, day, urgent } = Case::of(9_500);
    let facts = format!(
        "#{{part: \"{part}\", machine: \"{machine}\", amount: {amount}, supplier: \"{supplier}\", day: \"{day}\", urgent: {urgent}}}"
    );
    let mut times = Vec::new();
    for line in [format!("level = table(\"bench\").first({facts}).level;"), "level = 2;".to_owned()] {
        let script = format!(
            "fn route(message, plan) {{ let level = 0; for n in 0..{LOOKUPS_OF_A_SCRIPT} {{ {line} }} plan.level = level; }}"
        );
        let manifest = "name = \"bench\"\ndepartment = \"organisation\"\nlanguage = \"rhai\"\nhooks = [\"route\"]\n";
        let mut files = files(manifest, &script);
        files.insert("tables/bench.csv".to_owned(), table.as_bytes().to_vec());
        let host = HostLimits::default();
        let bundle = Bundle::load(&BundleFiles::new(files, &host)?, 1, &host).map_err(|report| report.to_string())?;
        let set = PolicySet::new(vec![Arc::new(bundle)]);
        let mut rounds = Vec::new();
        for _ in 0..ROUNDS {
            let began = Instant::now();
            let decision = set.decide(&world, &message);
            rounds.push(began.elapsed().as_secs_f64());
            if decision.contributions.iter().any(|one| matches!(one.outcome, HookOutcome::Failed { .. })) {
                return Err(format!("{:?}", decision.contributions).into());
            }
        }
        times.push(median(rounds));
    }
    let [with, without] = times.as_slice() else { return Err("two are measured".into()) };
    Ok((with - without) / f64::from(LOOKUPS_OF_A_SCRIPT))
}
