//! The table, in Markdown.
#![expect(clippy::print_stdout, reason = "the program is run for what it prints")]

use crate::measure::Figures;

/// Prints `text` as it is.
pub(crate) fn print(text: &str) {
    print!("{text}");
}

/// Prints what the columns are.
pub(crate) fn head() {
    println!("| rules | system | load | memory | p50 | p99 | one thread | two threads | ratio | checked | no match |");
    println!("| ---: | --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: |");
}

/// Prints a system's line.
pub(crate) fn row(system: &str, rules: usize, figures: &Figures) {
    let Figures { way, load_s, memory_kib, p50_s, p99_s, one, two, checked, unmatched } = figures;
    let way = way.as_ref().map(|way| format!(", {way}")).unwrap_or_default();
    println!(
        "| {} | {system}{way} | {} | {} | {} | {} | {} /s | {} /s | {:.2} | {} | {} |",
        grouped(rules.to_string()),
        time(*load_s),
        mebibytes(*memory_kib),
        time(*p50_s),
        time(*p99_s),
        grouped(format!("{one:.0}")),
        grouped(format!("{two:.0}")),
        two / one,
        grouped(checked.to_string()),
        grouped(unmatched.to_string()),
    );
}

fn time(seconds: f64) -> String {
    match seconds * 1e6 {
        micros if micros < 100.0 => format!("{micros:.1} µs"),
        micros if micros < 1_000.0 => format!("{micros:.0} µs"),
        micros if micros < 100_000.0 => format!("{:.1} ms", micros / 1e3),
        micros if micros < 1_000_000.0 => format!("{:.0} ms", micros / 1e3),
        micros => format!("{:.2} s", micros / 1e6),
    }
}

fn mebibytes(kib: u64) -> String {
    format!("{}.{} MiB", kib / 1_024, kib % 1_024 * 10 / 1_024)
}

/// Digits in groups of three.
fn grouped(digits: String) -> String {
    let mut text = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}
