//! `/v1/directory`, `/v1/channels`, `/v1/kinds`: the organisation as it was published, to read. It is changed
//! as a whole, by `/v1/apply`.

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::Json;
use axum::extract::{Path, State};
use herald_core::names::{ChannelName, ContactId, DepartmentId, KindName, PersonId};
use herald_core::organisation::{Channel, Contact, Department, Kind, Person, Rules};
use serde::Serialize;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::app::App;
use super::extract::Caller;
use super::problem::{Problem, ProblemBody};

/// The routes of these resources.
pub(crate) fn routes() -> OpenApiRouter<Arc<App>> {
    OpenApiRouter::new()
        .routes(routes!(directory))
        .routes(routes!(channels))
        .routes(routes!(channel))
        .routes(routes!(kinds))
        .routes(routes!(kind))
}

/// Who is who.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Directory {
    /// The number of the publication this is.
    revision: u64,
    /// What the organisation settles for everybody.
    #[schema(value_type = Object)]
    rules: Rules,
    /// Departments by id; `organisation` stands for the whole.
    #[schema(value_type = Object)]
    departments: BTreeMap<DepartmentId, Department>,
    /// People by id.
    #[schema(value_type = Object)]
    people: BTreeMap<PersonId, Person>,
    /// External contacts by id.
    #[schema(value_type = Object)]
    contacts: BTreeMap<ContactId, Contact>,
}

/// Departments, people, contacts and house rules.
#[utoipa::path(get, path = "/v1/directory", tag = "organisation", responses(
    (status = 200, description = "The directory as it was published", body = Directory)))]
async fn directory(State(app): State<Arc<App>>, caller: Caller) -> Json<Directory> {
    let organisation = Arc::clone(app.configured().organisation());
    let mut people = organisation.people.clone();
    if !caller.requester().admin {
        // Where somebody is reached is between them, their channels and who runs this installation.
        people.values_mut().for_each(|person| person.addresses.clear());
    }
    let mut contacts = organisation.contacts.clone();
    if !caller.requester().admin {
        contacts.values_mut().for_each(|contact| contact.addresses.clear());
    }
    Json(Directory {
        revision: organisation.revision,
        rules: organisation.rules.clone(),
        departments: organisation.departments.clone(),
        people,
        contacts,
    })
}

/// The registered channels, by name.
#[utoipa::path(get, path = "/v1/channels", tag = "organisation", responses(
    (status = 200, description = "The channels by name", body = Object)))]
async fn channels(State(app): State<Arc<App>>, caller: Caller) -> Json<BTreeMap<ChannelName, Channel>> {
    let mut channels = app.configured().organisation().channels.clone();
    channels.values_mut().for_each(|channel| show_address(&caller, channel));
    Json(channels)
}

/// One channel.
#[utoipa::path(get, path = "/v1/channels/{name}", tag = "organisation", params(("name", description = "Its name")), responses(
    (status = 200, description = "The channel as it was published", body = Object),
    (status = 404, description = "There is none", body = ProblemBody)))]
async fn channel(
    State(app): State<Arc<App>>,
    caller: Caller,
    Path(name): Path<String>,
) -> Result<Json<Channel>, Problem> {
    let found = app.configured().organisation().channels.get(name.as_str()).cloned();
    let mut channel = found.ok_or_else(|| Problem::not_found(format!("channel `{name}`")))?;
    show_address(&caller, &mut channel);
    Ok(Json(channel))
}

/// The kinds of messages, by name, with their forms.
#[utoipa::path(get, path = "/v1/kinds", tag = "organisation", responses(
    (status = 200, description = "The kinds by name", body = Object)))]
async fn kinds(State(app): State<Arc<App>>, _: Caller) -> Json<BTreeMap<KindName, Kind>> {
    Json(app.configured().organisation().kinds.clone())
}

/// One kind, with its form.
#[utoipa::path(get, path = "/v1/kinds/{name}", tag = "organisation", params(("name", description = "Its name")), responses(
    (status = 200, description = "The kind as it was published", body = Object),
    (status = 404, description = "There is none", body = ProblemBody)))]
async fn kind(State(app): State<Arc<App>>, _: Caller, Path(name): Path<String>) -> Result<Json<Kind>, Problem> {
    let found = app.configured().organisation().kinds.get(name.as_str()).cloned();
    found.map(Json).ok_or_else(|| Problem::not_found(format!("kind `{name}`")))
}

/// Hides where a channel leads from all but administrators: the address of a robot is often its key.
fn show_address(caller: &Caller, channel: &mut Channel) {
    use herald_core::organisation::Transport;
    match &mut channel.transport {
        Transport::Webhook { url, .. } if !caller.requester().admin => *url = "(for administrators)".to_owned(),
        Transport::Webhook { .. } | Transport::Inbox => {}
    }
}
