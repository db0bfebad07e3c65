//! Plays a scenario: turns the clock, sends what people do, and compares what is found with what is expected.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use herald_core::failing::NOTICE_KIND;
use herald_core::ids::CaseId;
use herald_core::names::KindName;
use herald_store::partition::CaseFilter;
use jiff::Timestamp;
use jiff::tz::TimeZone;
use serde_json::Value;

use super::act::{self, Request};
use super::expect::{Difference, differences};
use super::format::{Expect, Scenario, Step};
use super::found::{Found, Mark};
use super::scene::{Scene, Variation};
use super::settle::{NOTICED_WITHIN, settle};
use super::sight;
use super::times::Times;
use crate::Failure;
use crate::load::Answer;
use crate::sample::Bundles;
use crate::site::{Disks, Faults, Site};

/// Plays `scenario` on `scene`.
///
/// # Errors
/// What is not as the scenario says, with file, line and step.
pub async fn check(scene: &Scene, scenario: &Scenario, variation: &Variation) -> Result<(), Failure> {
    let zone = TimeZone::get(&scenario.zone)?;
    let (times, begin) = Times::beginning(&scenario.begin, zone)?;
    let disks = scene.disks(scenario, &times, variation)?;
    let mut bundles = scene.bundles.clone();
    if let Some(without) = &variation.without {
        bundles.remove(without).ok_or_else(|| format!("there is no bundle `{without}`"))?;
    }
    let site = Site::start(&scene.ground, disks, Faults::default(), begin, 0).await;
    let site = site.map_err(|(error, _)| error)?;
    let mut play = Play {
        scene,
        scenario,
        times,
        bundles,
        left_out: variation.without.as_ref().map(ToString::to_string),
        site,
        now: begin,
        lives: 0,
        cases: BTreeMap::new(),
        marks: BTreeMap::new(),
        last: None,
    };
    for (number, step) in scenario.steps.iter().enumerate() {
        let played = play.step(step.get_ref()).await;
        played.map_err(|problem| {
            let at = play.times.write(play.now);
            let (name, line, number) = (&scenario.name, scenario.line(step), number + 1);
            format!("tests/scenarios/{name}.toml:{line}: step {number}, {at}:\n{problem}")
        })?;
        if variation.restarts {
            play = play.restarted().await?;
        }
    }
    play.replayed().await.map_err(|problem| format!("tests/scenarios/{}.toml: {problem}", scenario.name))?;
    play.site.end().await;
    Ok(())
}

/// A scenario under way.
struct Play<'a> {
    scene: &'a Scene,
    scenario: &'a Scenario,
    times: Times,
    bundles: Bundles,
    /// The bundle that is not in force.
    left_out: Option<String>,
    site: Site,
    now: Timestamp,
    lives: u64,
    cases: BTreeMap<String, CaseId>,
    marks: BTreeMap<CaseId, Mark>,
    last: Option<CaseId>,
}

impl Play<'_> {
    async fn step(&mut self, step: &Step) -> Result<(), Failure> {
        let target = step.at.as_deref().map_or(Ok(self.now), |at| self.times.read(at))?;
        if target < self.now {
            return Err("the clock does not go back".into());
        }
        self.pass_to(target).await?;
        let case = self.case_of(step)?;
        self.last = case.or(self.last);
        if step.does.is_some() {
            self.act(step, case).await?;
            self.settle().await?;
        }
        let Some(expect) = &step.expect else { return Ok(()) };
        let case = self.case_of(step)?.ok_or("something is expected of no case")?;
        self.compare(expect, case).await
    }

    /// Has every decision made again, whatever was published since: it comes out as it was recorded.
    async fn replayed(&mut self) -> Result<(), Failure> {
        for (name, case) in &self.cases {
            let sender = Found::read(self.site.messages(), *case)?.case.sender;
            let path = format!("/v1/messages/{case}/decisions/replay");
            let answer = self.site.get(&sender.to_string(), &path).await;
            let body: Value = serde_json::from_slice(&answer.body)?;
            let decisions = body.get("decisions").and_then(Value::as_array).filter(|decisions| !decisions.is_empty());
            let decisions = decisions.ok_or_else(|| format!("nothing was decided about `{name}`: {body}"))?;
            let is_same = |decision: &&Value| decision.get("outcome").and_then(Value::as_str) == Some("same");
            if let Some(other) = decisions.iter().find(|decision| !is_same(decision)) {
                return Err(format!("a decision about `{name}` does not come out again: {other:#}").into());
            }
        }
        Ok(())
    }

    /// The case that a step speaks of. A message that is submitted has none yet.
    fn case_of(&self, step: &Step) -> Result<Option<CaseId>, Failure> {
        let named = step.case.as_deref().or(step.message.as_deref().filter(|_| step.does.as_deref() == Some("submit")));
        let Some(name) = named else { return Ok(self.last) };
        if let Some(case) = self.cases.get(name) {
            return Ok(Some(*case));
        }
        let is_kind = self.scene.organisation.kinds.contains_key(name) || name == NOTICE_KIND;
        if is_kind { self.newest(&name.parse()?) } else { Ok(None) }
    }

    /// The newest case of a kind.
    fn newest(&self, kind: &KindName) -> Result<Option<CaseId>, Failure> {
        let filter = CaseFilter { kind: Some(kind), ..CaseFilter::default() };
        let page = self.site.messages().snapshot()?.cases(filter, None, 1)?;
        Ok(page.cases.first().map(|case| case.id))
    }

    async fn act(&mut self, step: &Step, case: Option<CaseId>) -> Result<(), Failure> {
        if self.left_out.is_some() && step.bundle == self.left_out {
            // Nor does anybody publish it on the way.
            return Ok(());
        }
        let is_submission = step.does.as_deref() == Some("submit");
        let found = match case {
            Some(case) if !is_submission => Some(Found::read(self.site.messages(), case)?),
            _ => None,
        };
        match step.does.as_deref() {
            Some("list") => return self.list(step).await,
            Some("read") => return self.read(step).await,
            _ => {}
        }
        let request = act::request(self.scenario, step, found.as_ref(), &self.bundles)?;
        let answer = self.send(&request).await;
        let body: Value = serde_json::from_slice(&answer.body).unwrap_or_default();
        if let Some(refused) = &step.refused {
            return is_refused(step, refused, &answer, &body);
        }
        if !(200..300).contains(&answer.status) {
            let said = String::from_utf8_lossy(&answer.body);
            return Err(format!("  {} is refused: {} {said}", request.path, answer.status).into());
        }
        if is_submission {
            let id: CaseId = body.get("id").and_then(Value::as_str).ok_or("the answer names no case")?.parse()?;
            self.begun(step, id)?;
        }
        Ok(())
    }

    /// A submission was answered with the case `id`.
    fn begun(&mut self, step: &Step, id: CaseId) -> Result<(), Failure> {
        self.last = Some(id);
        if let Some(same) = &step.same_as {
            return match self.cases.get(same) {
                Some(case) if *case == id => Ok(()),
                _ => Err(format!("  the answer names another case than that of `{same}`").into()),
            };
        }
        if let Some(name) = self.cases.iter().find(|(_, case)| **case == id).map(|(name, _)| name) {
            return Err(format!("  the answer names the case of `{name}`, and a new one was expected").into());
        }
        let name = step.case.as_ref().or(step.message.as_ref()).ok_or("the message has no name")?;
        self.cases.insert(name.clone(), id);
        Ok(())
    }

    /// Compares what somebody reads of the organisation with what a step says.
    async fn read(&mut self, step: &Step) -> Result<(), Failure> {
        let who = step.by.as_deref().ok_or("the step does not say `by` whom")?;
        let path = step.path.as_deref().ok_or("the step does not say the `path`")?;
        let found = sight::fields(&mut self.site, self.scenario, who, path).await;
        all_hold(sight::unlike(&step.shows, &found, |name| format!("`{name}` of {path}")))
    }

    /// Compares the cases that somebody finds with those that a step says.
    async fn list(&mut self, step: &Step) -> Result<(), Failure> {
        let who = step.by.as_deref().ok_or("the step does not say `by` whom")?;
        let query = step.query.as_deref().ok_or("the step does not say the `query`")?;
        let found = sight::listed(&mut self.site, self.scenario, who, query).await?;
        let name = |id: &String| {
            let known = self.cases.iter().find(|(_, case)| case.to_string() == *id);
            known.map_or_else(|| id.clone(), |(name, _)| name.clone())
        };
        let (mut found, mut expected): (Vec<_>, _) = (found.iter().map(name).collect(), step.finds.clone());
        found.sort();
        expected.sort();
        let mut differences = Vec::new();
        if found != expected {
            let (expected, found) = (expected.join(", "), found.join(", "));
            differences.push(Difference { what: format!("what {who} finds by `{query}`"), expected, found });
        }
        if !step.table.is_empty() {
            let rows = sight::table(&mut self.site, self.scenario, who, query).await?;
            for (message, columns) in &step.table {
                let id = self.cases.get(message).map(ToString::to_string).unwrap_or_default();
                let row = rows.iter().find(|row| row.get("id") == Some(&id)).cloned().unwrap_or_default();
                differences
                    .extend(sight::unlike(columns, &row, |name| format!("`{name}` of `{message}` in the table")));
            }
        }
        all_hold(differences)
    }

    async fn send(&mut self, request: &Request) -> Answer {
        let Request { bearer, path, key, body } = request;
        self.site.post(bearer, path, key.as_deref(), &body.to_string()).await
    }

    async fn compare(&mut self, expect: &Expect, case: CaseId) -> Result<(), Failure> {
        let found = Found::read(self.site.messages(), case)?;
        let mark = self.marks.insert(case, found.mark()).unwrap_or_default();
        let mut differences = differences(expect, &found, mark, &self.times);
        differences.extend(sight::differences(&mut self.site, self.scenario, expect, case).await);
        all_hold(differences)
    }

    /// Turns the clock to `target`, and stops wherever something is due on the way.
    async fn pass_to(&mut self, target: Timestamp) -> Result<(), Failure> {
        while self.now < target {
            let snapshot = self.site.messages().snapshot()?;
            let delivery = snapshot.outbox(target, 1)?.first().map(|item| item.next_attempt);
            let due = [snapshot.next_timer(self.now)?, delivery];
            let noticed = self.absences().map(|from| from.saturating_add(NOTICED_WITHIN).unwrap_or(from));
            let next = due.into_iter().flatten().chain(noticed).filter(|at| *at > self.now).min();
            self.now = next.map_or(target, |next| next.min(target));
            self.settle().await?;
        }
        Ok(())
    }

    /// When people go away.
    fn absences(&self) -> impl Iterator<Item = Timestamp> {
        let configured = self.site.app.configured();
        let people = configured.organisation().people.values();
        people.flat_map(|person| &person.absences).map(|absence| absence.from).collect::<Vec<_>>().into_iter()
    }

    async fn settle(&self) -> Result<(), Failure> {
        settle(&self.site, self.now).await
    }

    /// The same, after the host was ended and started again on its disks.
    async fn restarted(self) -> Result<Self, Failure> {
        let hardware = self.site.hardware.clone();
        self.site.end().await;
        let disks = Disks {
            configuration: hardware.configuration.image_after_restart(),
            partition: hardware.partition.image_after_restart(),
        };
        let lives = self.lives + 1;
        let site = Site::start(&self.scene.ground, disks, Faults::default(), self.now, lives).await;
        let play = Self { site: site.map_err(|(error, _)| error)?, lives, ..self };
        play.settle().await?;
        Ok(play)
    }
}

/// Whether nothing differs; else what does, a line each.
fn all_hold(differences: Vec<Difference>) -> Result<(), Failure> {
    if differences.is_empty() {
        return Ok(());
    }
    let mut text = String::new();
    for difference in differences {
        writeln!(text, "{difference}")?;
    }
    Err(text.trim_end().to_owned().into())
}

/// Whether an answer is the refusal that a step expects.
fn is_refused(step: &Step, refused: &str, answer: &Answer, body: &Value) -> Result<(), Failure> {
    let text = |field: &str| body.get(field).and_then(Value::as_str).unwrap_or_default();
    let errors = body.get("errors").and_then(Value::as_array).cloned().unwrap_or_default();
    let mut fields: Vec<_> = errors.iter().filter_map(|error| error.get("pointer")?.as_str()).collect();
    let mut expected: Vec<_> = step.fields.iter().map(String::as_str).collect();
    fields.sort_unstable();
    expected.sort_unstable();
    let said = String::from_utf8_lossy(&answer.body);
    let is_kind = text("type") == format!("/problems/{refused}");
    if !is_kind || (!expected.is_empty() && expected != fields) {
        let expected = format!("a refusal `{refused}` that names {expected:?}");
        return Err(format!("  expected: {expected}\n  answered: {} {said}", answer.status).into());
    }
    match &step.says {
        Some(says) if !said.contains(says.as_str()) => {
            Err(format!("  expected: a refusal that says `{says}`\n  answered: {said}").into())
        }
        _ => Ok(()),
    }
}
