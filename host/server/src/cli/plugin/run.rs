//! `herald plugin run`: a bundle, tried where it lies, in the organisation of a rules folder.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use clap::Args;
use herald_core::decision::{Contribution, Decision, HookOutcome, HookPlan};
use herald_core::organisation::ORGANISATION;
use herald_engine::Configured;
use herald_policy::{Bundle, BundleFiles, CaseOutcome, HostLimits, Limits, PolicySet, World};
use serde::Serialize;

use crate::cli::{Common, Failure, evaluate};
use crate::code::{self, Code};
use crate::{output, plugin};

/// The folder of cases within a bundle.
const CASES: &str = "cases/";

/// Runs a bundle's cases, or says what it would do with a message: plan, log, and cost against its limits. Nothing is
/// stored but what was compiled, in `~/.cache/herald`, which may be deleted at any time.
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  herald plugin run rules/sales/quote-request --message message.json --as li.lei")]
pub(in crate::cli) struct Run {
    /// The bundle's folder, in any language
    #[arg(value_name = "DIR", default_value = ".")]
    dir: PathBuf,
    /// A message, as it would be posted: a JSON file, or `-` for standard input. Without one the cases are run
    #[arg(long, value_name = "FILE", requires = "sender")]
    message: Option<PathBuf>,
    /// The person who would send it
    #[arg(long = "as", value_name = "PERSON", requires = "message")]
    sender: Option<String>,
    /// The rules folder whose organisation it is tried in; by default the one that the bundle lies in
    #[arg(long, value_name = "DIR")]
    rules: Option<PathBuf>,
    /// A folder of cases to run instead of the bundle's own
    #[arg(long, value_name = "DIR", conflicts_with = "message")]
    cases: Option<PathBuf>,
}

/// What came of a case.
#[derive(Debug, Serialize)]
struct Case {
    file: String,
    about: String,
    passed: bool,
    /// What was not as expected, in words.
    #[serde(skip_serializing_if = "Option::is_none")]
    why: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    call: Option<Call>,
}

/// A call of a hook, and what it used of what it may.
#[derive(Debug, Serialize)]
struct Call {
    #[serde(flatten)]
    contribution: Contribution,
    used: Vec<Used>,
}

/// How much of a limit was used.
#[derive(Debug, Serialize)]
struct Used {
    what: &'static str,
    used: f64,
    limit: f64,
    unit: &'static str,
}

/// What a bundle would do with a message, and what all bundles together would.
#[derive(Debug, Serialize)]
struct Tried {
    calls: Vec<Call>,
    decision: Decision,
}

impl Run {
    pub(super) fn run(self, common: &Common) -> Result<(), Failure> {
        let Code { organisation, bundles } = code::read(&self.rules()?)?;
        let world = World::new(Arc::new(organisation)).map_err(|errors| finding(&errors))?;
        let world = Arc::new(world);
        let component_cache = plugin::component_cache().unwrap_or_else(|error| {
            output::progress(&format!("what is compiled now is compiled again by the next run: {error}"));
            None
        });
        let settings = common.settings(Vec::new())?.settings;
        let limits = HostLimits { component_cache, ..crate::data::host_limits(&settings) };
        let bundle = Arc::new(self.bundle(&world, &limits)?);
        match (&self.message, &self.sender) {
            (Some(message), Some(sender)) => {
                let others = bundles.into_iter().filter(|(id, _)| id != bundle.id()).map(|(_, files)| files);
                let policies = others.map(|files| load(files, &limits).map(Arc::new)).collect::<Result<Vec<_>, _>>()?;
                let policies = PolicySet::new(policies).with(Arc::clone(&bundle));
                self.try_message(message, sender, &bundle, &Configured { world, policies }, common)
            }
            _ => run_cases(&bundle, &world, common),
        }
    }

    /// The rules folder: `rules/` of a bundle `rules/<department>/<bundle>/`, unless another one is named.
    fn rules(&self) -> Result<PathBuf, Failure> {
        if let Some(rules) = &self.rules {
            return Ok(rules.clone());
        }
        let dir = self.dir.canonicalize().map_err(|source| Failure::file(&self.dir, source))?;
        let above = dir.ancestors().nth(2).filter(|rules| rules.join(ORGANISATION).is_dir());
        above.map(Path::to_owned).ok_or_else(|| {
            let dir = self.dir.display();
            Failure::Finding(format!("`{dir}` lies in no rules folder; name one with `--rules DIR`"))
        })
    }

    fn bundle(&self, world: &Arc<World>, limits: &HostLimits) -> Result<Bundle, Failure> {
        let mut files = code::read_bundle(&self.dir)?;
        if let Some(cases) = &self.cases {
            files.retain(|path, _| !path.starts_with(CASES));
            for (name, text) in read_cases(cases)? {
                files.insert(format!("{CASES}{name}"), text);
            }
        }
        let files = BundleFiles::new(files, limits).map_err(|error| Failure::Finding(error.to_string()))?;
        Ok(Bundle::check(&files, 0, world, limits)?)
    }

    fn try_message(
        &self,
        message: &Path,
        sender: &str,
        bundle: &Bundle,
        configured: &Configured,
        common: &Common,
    ) -> Result<(), Failure> {
        let evaluated = evaluate::decide(configured, evaluate::read(message)?, sender)?;
        let own = evaluated.decision.contributions.iter().filter(|contribution| contribution.bundle == *bundle.id());
        let calls: Vec<_> = own.map(|contribution| Call::of(contribution.clone(), bundle)).collect();
        if calls.is_empty() {
            return Err(Failure::Finding(format!(
                "`{}` is not asked about this message: its `applies_to` is not met, or its department neither sends nor \
                 receives it",
                bundle.id()
            )));
        }
        let failed = calls.iter().filter(|call| call.has_failed()).count();
        let together = evaluate::text(&evaluated);
        let tried = Tried { calls, decision: evaluated.decision };
        output::result(common.style(), &tried, |tried| {
            let calls: String = tried.calls.iter().map(Call::text).collect();
            format!("{calls}\nall bundles together:\n{}", indented(&together))
        });
        if failed == 0 { Ok(()) } else { Err(Failure::Finding(format!("{failed} calls failed"))) }
    }
}

fn load(files: BTreeMap<String, Vec<u8>>, limits: &HostLimits) -> Result<Bundle, Failure> {
    let files = BundleFiles::new(files, limits).map_err(|error| Failure::Finding(error.to_string()))?;
    Ok(Bundle::load(&files, 0, limits)?)
}

fn read_cases(dir: &Path) -> Result<Vec<(String, Vec<u8>)>, Failure> {
    let failed = |source| Failure::file(dir, source);
    let mut cases = Vec::new();
    for entry in std::fs::read_dir(dir).map_err(failed)? {
        let path = entry.map_err(failed)?.path();
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        if name.ends_with(".json") {
            cases.push((name, std::fs::read(&path).map_err(|source| Failure::file(&path, source))?));
        }
    }
    Ok(cases)
}

fn run_cases(bundle: &Bundle, world: &Arc<World>, common: &Common) -> Result<(), Failure> {
    let cases: Vec<_> = bundle.run_cases(world).into_iter().map(|outcome| Case::of(outcome, bundle)).collect();
    if cases.is_empty() {
        return Err(Failure::Finding("there are no cases; write one, or name a message with `--message`".into()));
    }
    let (all, failed) = (cases.len(), cases.iter().filter(|case| !case.passed).count());
    output::result(common.style(), &cases, |cases| cases.iter().map(Case::text).collect());
    if failed == 0 { Ok(()) } else { Err(Failure::Finding(format!("{failed} of {all} cases failed"))) }
}

fn finding<T: ToString>(errors: &[T]) -> Failure {
    Failure::Finding(errors.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n"))
}

impl Case {
    fn of(outcome: CaseOutcome, bundle: &Bundle) -> Self {
        let passed = outcome.passed();
        let why = (!passed).then(|| outcome.to_string());
        let CaseOutcome { file, about, contribution, .. } = outcome;
        Self { file, about, passed, why, call: contribution.map(|contribution| Call::of(contribution, bundle)) }
    }

    fn text(&self) -> String {
        let verdict = if self.passed { "passed" } else { "FAILED" };
        let used = self.call.as_ref().map(Call::used).unwrap_or_default();
        let why = self.why.as_ref().map(|why| format!("{}\n", indented(why))).unwrap_or_default();
        let said = self.call.as_ref().filter(|_| !self.passed).map(Call::said).unwrap_or_default();
        format!("{}: {verdict}: {}\n  {used}\n{why}{said}", self.file, self.about)
    }
}

impl Call {
    fn of(contribution: Contribution, bundle: &Bundle) -> Self {
        let used = used(&contribution, &bundle.manifest().limits);
        Self { contribution, used }
    }

    fn has_failed(&self) -> bool {
        matches!(self.contribution.outcome, HookOutcome::Failed { .. })
    }

    fn text(&self) -> String {
        let Contribution { hook, outcome, .. } = &self.contribution;
        // Plans are plain structures, which always become JSON.
        let plan = match outcome {
            HookOutcome::Plan(HookPlan::Route(plan)) => serde_json::to_string_pretty(plan),
            HookOutcome::Plan(HookPlan::Approve(plan)) => serde_json::to_string_pretty(plan),
            HookOutcome::Plan(HookPlan::Escalate(plan)) => serde_json::to_string_pretty(plan),
            HookOutcome::Failed { message, .. } => Ok(format!("failed: {message}")),
        };
        format!("{hook}:\n{}\n{}  {}\n", indented(&plan.unwrap_or_default()), self.said(), self.used())
    }

    /// What it asked the host, and what it logged.
    fn said(&self) -> String {
        let Contribution { answers, log, .. } = &self.contribution;
        let answers = answers.iter().map(|asked| format!("  {} is {}\n", asked.question, asked.answer));
        answers.chain(log.lines().map(|line| format!("  log: {line}\n"))).collect()
    }

    fn used(&self) -> String {
        let one =
            |Used { what, used, limit, unit }: &Used| format!("{what} {used} of {limit} {unit}").trim().to_owned();
        self.used.iter().map(one).collect::<Vec<_>>().join(", ")
    }
}

/// What a call used of what it may. How large its plan and the host's answers were is not counted here: a call that
/// goes over those limits fails.
fn used(contribution: &Contribution, limits: &Limits) -> Vec<Used> {
    let small = |value: u64| f64::from(u32::try_from(value).unwrap_or(u32::MAX));
    let length = |count: usize| small(u64::try_from(count).unwrap_or(u64::MAX));
    let Contribution { cost, log, .. } = contribution;
    let round = |value: f64| (value * 100.0).round() / 100.0;
    let row = |what, used, limit, unit| Used { what, used: round(used), limit, unit };
    let mut rows = vec![
        row("time", small(cost.time_micros) / 1e3, f64::from(limits.time_limit_ms), "ms"),
        row("memory", small(cost.memory_bytes) / 1_048_576.0, f64::from(limits.memory_limit_mib), "MiB"),
        row("log", length(log.len()) / 1_024.0, f64::from(limits.log_limit_kib), "KiB"),
        row("host calls", f64::from(cost.host_calls), f64::from(limits.host_call_limit), ""),
    ];
    // Counted where a language counts them.
    if cost.operations > 0 {
        rows.push(row("operations", small(cost.operations), small(limits.operation_limit), ""));
    }
    rows
}

fn indented(text: &str) -> String {
    text.lines().map(|line| format!("  {line}")).collect::<Vec<_>>().join("\n")
}
