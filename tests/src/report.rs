//! The table that a bench prints: each figure beside its floor or peer of the same run, and the target.

#![expect(clippy::print_stdout, reason = "a bench is run for what it prints")]

/// What a figure is held to.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Target {
    /// It should not be below this.
    AtLeast(f64),
    /// It should not be above this.
    AtMost(f64),
    /// It is shown for what it is.
    None,
}

/// Prints what the columns are.
pub fn head(title: &str) {
    println!("\n{title}\n");
    line("what", "measured", "beside", "result", "target", "");
    println!("{}", "-".repeat(112));
}

/// Prints one figure: `result` is what `target` speaks of.
pub fn row(what: &str, measured: &str, beside: &str, result: f64, unit: &str, target: Target) {
    let (wanted, is_met) = match target {
        Target::AtLeast(least) => (format!(">= {least}{unit}"), result >= least),
        Target::AtMost(most) => (format!("<= {most}{unit}"), result <= most),
        Target::None => (String::new(), true),
    };
    let verdict = match target {
        Target::None => "",
        _ if is_met => "met",
        _ => "MISSED",
    };
    let shown = if result >= 100.0 { format!("{result:.0}{unit}") } else { format!("{result:.2}{unit}") };
    line(what, measured, beside, &shown, &wanted, verdict);
}

/// Prints a remark below the table.
pub fn note(text: &str) {
    println!("  {text}");
}

fn line(what: &str, measured: &str, beside: &str, result: &str, target: &str, verdict: &str) {
    println!("{what:<36} {measured:>18} {beside:>24} {result:>10} {target:>12}  {verdict}");
}

/// The value in the middle, of which half are smaller; 0 of none.
#[must_use]
pub fn median(mut values: Vec<f64>) -> f64 {
    values.sort_unstable_by(f64::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or_default()
}

/// The first argument that is a number, for a smaller run: `cargo bench` passes others of its own.
#[must_use]
pub fn size(default: usize) -> usize {
    std::env::args().skip(1).find_map(|argument| argument.parse().ok()).unwrap_or(default)
}
