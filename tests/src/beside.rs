//! What two do beside each other, compared with one alone: two threads of this process, and two processes, which share
//! nothing of Herald, but the machine's caches and its memory; and one beside a thread that runs hostile policies.

use std::ffi::OsStr;
use std::io::{Write as _, stdin, stdout};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread::{Builder, Scope};

use herald_policy::{PolicySet, STACK_BYTES};

use crate::Failure;
use crate::another::Another;
use crate::measure::{Job, Rate, per_second, rate};
use crate::report::{Target, median, row};

/// The argument of a bench that is the second process of another.
const PROCESS: &str = "--second-process";

/// How many hostile policies are looked at once more, and how often, that seem to cost most.
const SUSPECTS: usize = 5;
const SUSPECT_ROUNDS: usize = 7;

/// What one did alone, and what two did beside each other.
pub type Round = (Rate, (Rate, Rate));

/// A second thread, which lives as long as what it is compared with is measured: threads that evaluate are not made anew
/// for each evaluation either.
pub struct SecondThread {
    begin: Sender<()>,
    rates: Receiver<Rate>,
}

impl SecondThread {
    /// Starts a thread that makes calls when it is told to. It prepares them itself, in memory of its own.
    pub fn start<'scope, C: Fn() -> usize>(
        scope: &'scope Scope<'scope, '_>,
        prepare: impl FnOnce() -> C + Send + 'scope,
    ) -> Self {
        let ((begin, begun), (sender, rates)) = (channel(), channel());
        scope.spawn(move || {
            let call = prepare();
            begun.into_iter().try_for_each(|()| sender.send(rate(&call)))
        });
        Self { begin, rates }
    }

    /// Calls for a round on this thread alone, and for another beside the second one.
    ///
    /// # Errors
    /// When the second thread has failed.
    pub fn round(&self, call: impl Fn() -> usize) -> Result<Round, Failure> {
        let alone = rate(&call);
        self.begin.send(())?;
        let beside = rate(call);
        Ok((alone, (beside, self.rates.recv()?)))
    }
}

/// A second process of the same bench, in which a line begins a round.
pub struct SecondProcess(Another);

impl SecondProcess {
    /// Starts it, and waits until it is ready.
    ///
    /// # Errors
    /// When it cannot be started, or ends at once.
    pub fn start() -> Result<Self, Failure> {
        let mut process = Another::start(&[OsStr::new(PROCESS)])?;
        process.line()?;
        Ok(Self(process))
    }

    /// As [`SecondThread::round`].
    ///
    /// # Errors
    /// When the second process has failed.
    pub fn round(&mut self, call: impl Fn() -> usize) -> Result<Round, Failure> {
        let alone = rate(&call);
        self.0.nudge()?;
        let beside = rate(call);
        let line = self.0.line()?;
        let (by_the_wall, computed) = line.split_once(' ').ok_or("the second process says no rates")?;
        Ok((alone, (beside, Rate { by_the_wall: by_the_wall.parse()?, computed: computed.parse()? })))
    }
}

/// Whether this process is the second one of another.
#[must_use]
pub fn is_second_process() -> bool {
    std::env::args().any(|argument| argument == PROCESS)
}

/// What the second process does: calls for a round whenever the first one says so.
///
/// # Errors
/// When the first one does not read.
pub fn serve(call: impl Fn() -> usize) -> Result<(), Failure> {
    let say = |line: &str| writeln!(stdout(), "{line}");
    say("ready")?;
    for round in stdin().lines() {
        round?;
        let Rate { by_the_wall, computed } = rate(&call);
        say(&format!("{by_the_wall} {computed}"))?;
    }
    Ok(())
}

/// Rows that say how much more two do than one. What is compared are the rounds that followed each other: a machine that
/// others use, too, is now faster and now slower.
pub fn two_beside_one(name: &str, rounds: &[Round], target: Target) {
    let compare = |how: &str, of: fn(&Rate) -> f64| {
        let (ones, twos): (Vec<f64>, Vec<f64>) = rounds.iter().map(|(one, (a, b))| (of(one), of(a) + of(b))).unzip();
        let ratio = median(ones.iter().zip(&twos).map(|(one, two)| two / one).collect());
        let (one, two) = (per_second(median(ones)), per_second(median(twos)));
        row(&format!("{name}, by {how}"), &two, &format!("one {one}"), ratio, "", target);
    };
    compare("the wall clock", |rate| rate.by_the_wall);
    compare("what each computed", |rate| rate.computed);
}

/// Policies that are hostile, by the name of the case.
pub type Hostile = Vec<(String, PolicySet)>;

/// As [`Job::rate`], while another thread runs `hostile` policies, one after the other.
///
/// # Errors
/// When there is no thread to be had, or one of them is not asked about the message.
pub fn beside_hostile(job: &Job, hostile: &[(String, PolicySet)]) -> Result<Rate, Failure> {
    let done = AtomicBool::new(false);
    let is_asked =
        |(_, policies): &(String, PolicySet)| !policies.decide(&job.world, &job.message).contributions.is_empty();
    std::thread::scope(|scope| {
        let attack = || hostile.iter().cycle().take_while(|_| !done.load(Ordering::Relaxed)).all(is_asked);
        let attacker = Builder::new().stack_size(STACK_BYTES).spawn_scoped(scope, attack)?;
        let rate = job.rate();
        done.store(true, Ordering::Relaxed);
        match attacker.join() {
            Ok(true) => Ok(rate),
            _ => Err("a hostile policy was not asked".into()),
        }
    })
}

/// Rows of a report: what was evaluated beside hostile policies, to what is when there are none; and to what is beside a
/// second process that does the same, which is what any neighbour costs on the machine. All were measured in turn.
pub fn hostile_beside_none(name: &str, hostile: &[Rate], processes: &[Round]) {
    let alone = |(one, _): &Round| *one;
    let friendly = |(_, (beside, _)): &Round| *beside;
    let compare = |how: &str, what: &str, to: &dyn Fn(&Round) -> Rate, of: fn(&Rate) -> f64, target| {
        let pairs: Vec<_> = hostile.iter().zip(processes).map(|(beside, round)| (of(beside), of(&to(round)))).collect();
        let ratio = median(pairs.iter().map(|(beside, other)| beside / other).collect());
        let (besides, others): (Vec<f64>, Vec<f64>) = pairs.into_iter().unzip();
        let other = format!("{what} {}", per_second(median(others)));
        row(&format!("{name}, {how}"), &per_second(median(besides)), &other, ratio, "", target);
    };
    compare("by the wall clock", "alone", &alone, |rate| rate.by_the_wall, Target::None);
    compare("by what it computed", "alone", &alone, |rate| rate.computed, Target::AtLeast(0.8));
    compare("by what it computed", "beside a process", &friendly, |rate| rate.computed, Target::None);
}

/// A row about the hostile policy that costs a neighbour most, when it alone runs on and on.
///
/// # Errors
/// As [`beside_hostile`].
pub fn worst_of(name: &str, job: &Job, hostile: &[(String, PolicySet)]) -> Result<(), Failure> {
    let share = |case: &(String, PolicySet)| -> Result<f64, Failure> {
        let alone = job.rate().computed;
        Ok(beside_hostile(job, std::slice::from_ref(case))?.computed / alone)
    };
    let mut shares = hostile.iter().map(|case| Ok((share(case)?, case))).collect::<Result<Vec<_>, Failure>>()?;
    shares.sort_by(|(a, _), (b, _)| a.total_cmp(b));
    shares.truncate(SUSPECTS);
    for (middle, case) in &mut shares {
        *middle = median((0..SUSPECT_ROUNDS).map(|_| share(case)).collect::<Result<_, _>>()?);
    }
    let worst = shares.iter().min_by(|(a, _), (b, _)| a.total_cmp(b));
    let (least, (case, _)) = worst.ok_or("there is nothing hostile")?;
    row(&format!("{name}: the worst by itself, {case}"), "", "", *least, "", Target::None);
    Ok(())
}
