//! One try of one delivery: read what to say, hand it to the courier, report what became of it.

use std::sync::Arc;
use std::time::Duration;

use herald_core::case::{Delivery, DeliveryStatus};
use herald_core::command::{Attempt, Command};
use herald_core::ids::DeliveryId;
use herald_core::organisation::{Address, Organisation};
use herald_core::target::{Recipient, Target};
use herald_core::workspace::Rows;
use herald_store::StoreError;
use tokio::sync::oneshot;
use tokio::task::JoinSet;

use crate::courier::{Carried, Parcel};
use crate::host::{Host, LONGEST_SLEEP, Lane};
use crate::payload::payload;
use crate::writer::{Input, Origin, Work};

/// How long a report waits before it asks again for room in the writer's queue.
const QUEUE_PAUSE: Duration = Duration::from_millis(20);

/// How long a delivery rests whose report could not be kept: without one it counts as not yet tried.
const REPORT_REST: Duration = Duration::from_secs(60);

/// What was found of a delivery that is due.
enum Found {
    /// It is to be tried.
    Parcel(Box<(Parcel, u32)>),
    /// It cannot be tried, now or later.
    Hopeless(String),
    /// It is settled already.
    Settled,
}

/// Makes one try of `id`. Ends once the report on it is durable, or cannot be made.
pub(crate) async fn one_try(host: Arc<Host>, lane: Arc<Lane>, id: DeliveryId) {
    let (reading_host, reading_lane) = (Arc::clone(&host), Arc::clone(&lane));
    let found = tokio::task::spawn_blocking(move || find(&reading_host, &reading_lane, id)).await;
    let attempt = match found {
        Ok(Ok(Found::Parcel(parcel))) => {
            let (parcel, attempts) = *parcel;
            carry(&host, parcel, attempts).await
        }
        Ok(Ok(Found::Hopeless(reason))) => Attempt::GivenUp { reason },
        Ok(Ok(Found::Settled)) => return,
        Ok(Err(error)) => {
            tracing::error!(delivery = %id, %error, "a delivery could not be read; it is tried again");
            return tokio::time::sleep(LONGEST_SLEEP).await;
        }
        Err(_) => return tokio::time::sleep(LONGEST_SLEEP).await,
    };
    match &attempt {
        Attempt::Arrived => host.stats.arrived.add(1),
        Attempt::Failed { reason, .. } => tracing::info!(delivery = %id, reason, "a try of a delivery failed"),
        Attempt::GivenUp { reason } => {
            host.stats.given_up.add(1);
            tracing::warn!(delivery = %id, reason, "a delivery was given up");
        }
    }
    report(&lane, id, attempt).await;
}

/// Hands the parcel over. `attempts` is how often it was tried before.
async fn carry(host: &Arc<Host>, parcel: Parcel, attempts: u32) -> Attempt {
    host.stats.attempts.add(1);
    let channel = Arc::clone(&parcel.channel);
    // A task of its own, which ends with this one: a courier that panics costs a try, not the delivery.
    let mut courier = JoinSet::new();
    let carrier = Arc::clone(host);
    courier.spawn(async move { carrier.courier.carry(parcel).await });
    let carried = courier.join_next().await.and_then(Result::ok).unwrap_or_else(|| {
        host.stats.defects.add(1);
        Carried::Failed { reason: "the courier failed; the log says more".to_owned(), not_before: None }
    });
    match carried {
        Carried::Arrived => Attempt::Arrived,
        Carried::Refused { reason } => Attempt::GivenUp { reason },
        Carried::Failed { reason, not_before } => {
            let made = attempts.saturating_add(1);
            let jitter = host.random.number();
            match host.courier.next_attempt(&channel, made, host.clock.now(), not_before, jitter) {
                Some(next_attempt) => Attempt::Failed { reason, next_attempt },
                None => Attempt::GivenUp { reason: format!("{reason}; that was the last of {made} tries") },
            }
        }
    }
}

/// Reports to the writer, and waits until the report is durable. If the writer has stopped, nothing is kept of
/// it: the delivery is made again after the next start.
async fn report(lane: &Lane, id: DeliveryId, attempt: Attempt) {
    let (done, durable) = oneshot::channel();
    let command = Command::DeliveryReport { delivery: id.number, attempt };
    let mut input = Input::Work(Box::new(Work::of_host(id.case, command, Origin::Host(done))));
    while let Err(returned) = lane.offer(input) {
        input = returned;
        tokio::time::sleep(QUEUE_PAUSE).await;
    }
    // A writer that stops drops the sender; then nothing is sent any more.
    if durable.await == Ok(false) {
        tokio::time::sleep(REPORT_REST).await;
    }
}

fn find(host: &Host, lane: &Lane, id: DeliveryId) -> Result<Found, StoreError> {
    let snapshot = lane.partition.snapshot()?;
    let (case, delivery) = (snapshot.case(id.case), snapshot.delivery(id.case, id.number));
    let (Some(case), Some(delivery)) = (case?, delivery?) else {
        return Ok(Found::Settled);
    };
    if delivery.status != DeliveryStatus::Pending {
        return Ok(Found::Settled);
    }
    let configured = host.configured.get();
    let organisation = configured.organisation();
    let Some(channel) = organisation.channels.get(&delivery.channel) else {
        return Ok(Found::Hopeless(format!("there is no channel `{}` any more", delivery.channel)));
    };
    let Some(message) = snapshot.message(case.id, case.message_version)? else {
        return Ok(Found::Hopeless("the message was erased".to_owned()));
    };
    let goal = match delivery.about {
        Some(number) => snapshot.goal(case.id, number)?.map(|goal| goal.name),
        None => None,
    };
    let body = match payload(&case, &message, &delivery, goal.as_ref()) {
        Ok(body) => body,
        Err(error) => return Ok(Found::Hopeless(format!("the message cannot be written as JSON: {error}"))),
    };
    let parcel = Parcel {
        id,
        channel_name: delivery.channel.clone(),
        channel: Arc::new(channel.clone()),
        address: address(organisation, &delivery),
        body,
        now: host.clock.now(),
    };
    Ok(Found::Parcel(Box::new((parcel, delivery.attempts))))
}

/// The recipient's own address for the delivery's channel.
fn address(organisation: &Organisation, delivery: &Delivery) -> Option<Address> {
    let addresses = match &delivery.to {
        Recipient::Person(person) | Recipient::Group(Target::Person(person)) => {
            &organisation.people.get(person)?.addresses
        }
        Recipient::Contact(contact) | Recipient::Group(Target::Contact(contact)) => {
            &organisation.contacts.get(contact)?.addresses
        }
        Recipient::Group(_) => return None,
    };
    addresses.get(&delivery.channel).cloned()
}
