//! `GET /v1/messages`: the cases that the caller may see, newest first.

use std::cmp::Reverse;
use std::sync::Arc;

use axum::extract::State;
use axum::http::{HeaderMap, HeaderValue, StatusCode, Uri, header};
use axum::response::Response;
use herald_core::case::{Case, Status};
use herald_core::ids::CaseId;
use herald_core::message::Level;
use herald_core::names::{DepartmentId, KindName, PersonId};
use herald_store::partition::CaseFilter;
use serde::Deserialize;
use utoipa::IntoParams;

use super::table;
use crate::http::answer;
use crate::http::app::{App, blocking};
use crate::http::case::CaseSummary;
use crate::http::extract::{Caller, Parameters};
use crate::http::page::{Page, Part, limit, merge, parameter, read_cursor, write_cursor};
use crate::http::problem::{Problem, ProblemBody};
use crate::http::sight::sees;

/// Which cases to list.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields, default)]
#[into_params(parameter_in = Query)]
pub(crate) struct Filter {
    /// Only those in this status.
    status: Option<String>,
    /// Only those of this kind.
    kind: Option<String>,
    /// Only those that this department sent or received.
    department: Option<String>,
    /// Only those that this person has taken part in; `me` for the caller. Others than oneself: for administrators.
    participant: Option<String>,
    /// Only those of this level, from 1 to 3.
    level: Option<u8>,
    /// Only those that bear a label, as `NAME:VALUE`, such as `customer:acme`.
    label: Option<String>,
    /// Only those that came out of this case.
    caused_by: Option<String>,
    /// The `next` of the page before.
    cursor: Option<String>,
    /// How many to list: 1 to 200, otherwise 50.
    limit: Option<usize>,
}

/// A filter with its words read.
struct Wanted {
    status: Option<Status>,
    kind: Option<KindName>,
    department: Option<DepartmentId>,
    participant: Option<PersonId>,
    level: Option<Level>,
    label: Option<(String, String)>,
    caused_by: Option<CaseId>,
}

impl Wanted {
    fn read(filter: &Filter, caller: &Caller) -> Result<Self, Problem> {
        let status = |word: &str| {
            let all = || Status::ALL.iter().map(|status| format!("`{status}`")).collect::<Vec<_>>().join(", ");
            Status::from_word(word).ok_or_else(|| parameter("status", format!("`{word}` is none of {}", all())))
        };
        Ok(Self {
            status: filter.status.as_deref().map(status).transpose()?,
            kind: name("kind", filter.kind.as_deref())?,
            department: name("department", filter.department.as_deref())?,
            participant: participant(filter.participant.as_deref(), caller)?,
            level: filter.level.map(|level| Level::try_from(level).map_err(|e| parameter("level", e))).transpose()?,
            label: filter.label.as_deref().map(label).transpose()?,
            caused_by: name("caused_by", filter.caused_by.as_deref())?,
        })
    }

    fn filter(&self) -> CaseFilter<'_> {
        CaseFilter {
            status: self.status,
            kind: self.kind.as_ref(),
            department: self.department.as_ref(),
            participant: self.participant.as_ref(),
            level: self.level,
            label: self.label.as_ref().map(|(name, value)| (name.as_str(), value.as_str())),
            caused_by: self.caused_by,
        }
    }
}

fn label(text: &str) -> Result<(String, String), Problem> {
    let split = text.split_once(':').map(|(name, value)| (name.to_owned(), value.to_owned()));
    split.ok_or_else(|| parameter("label", format!("`{text}` is no label; write `NAME:VALUE`")))
}

fn name<T: std::str::FromStr<Err: ToString>>(field: &str, text: Option<&str>) -> Result<Option<T>, Problem> {
    text.map(|text| text.parse().map_err(|error: T::Err| parameter(field, error))).transpose()
}

fn participant(text: Option<&str>, caller: &Caller) -> Result<Option<PersonId>, Problem> {
    let me = caller.requester().actor.person();
    match text {
        None => Ok(None),
        Some("me") => match me {
            Some(person) => Ok(Some(person.clone())),
            None => Err(parameter("participant", "`me` is a person; the token's owner is none")),
        },
        Some(text) => {
            let person: Option<PersonId> = name("participant", Some(text))?;
            let is_me = person.as_ref() == me;
            if is_me || caller.requester().admin {
                Ok(person)
            } else {
                Err(Problem::forbidden("`participant` may be `me`"))
            }
        }
    }
}

/// The cases that the caller may see, newest first.
///
/// With `Accept: text/csv` the page is a table for a spreadsheet; the address of the next one is in the header `Link`.
#[utoipa::path(get, path = "/v1/messages", tag = "messages", params(Filter,
    ("Accept" = Option<String>, Header, description = "`text/csv` for a table")), responses(
    (status = 200, description = "A page of cases", content((Page<CaseSummary> = "application/json"), (String = "text/csv"))),
    (status = 400, description = "A parameter is wrong", body = ProblemBody)))]
pub(crate) async fn list(
    State(app): State<Arc<App>>,
    caller: Caller,
    Parameters(filter): Parameters<Filter>,
    uri: Uri,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let wanted = Wanted::read(&filter, &caller)?;
    let limit = limit(filter.limit)?;
    let before = read_cursor(filter.cursor.as_deref())?;
    let page = blocking(move || page(&app, &caller, &wanted, before, limit)).await?;
    let mut response =
        if table::is_wanted(&headers) { table::answer(&page, &uri)? } else { answer::json(StatusCode::OK, &page) };
    // A cache keeps the two apart.
    response.headers_mut().append(header::VARY, HeaderValue::from_static("accept"));
    Ok(response)
}

fn page(
    app: &App,
    caller: &Caller,
    wanted: &Wanted,
    before: Option<CaseId>,
    limit: usize,
) -> Result<Page<CaseSummary>, Problem> {
    let configured = app.configured();
    let mut parts = Vec::new();
    for partition in app.engine.partitions() {
        let snapshot = partition.snapshot()?;
        let found = snapshot.cases(wanted.filter(), before, limit)?;
        let mut items: Vec<Case> = Vec::with_capacity(found.cases.len());
        for case in found.cases {
            if sees(&snapshot, configured.organisation(), caller.requester(), &case)? {
                items.push(case);
            }
        }
        parts.push(Part { items, looked_until: found.next.map(Reverse) });
    }
    // Ids begin with the time of submission, so the newest case has the greatest.
    let (cases, next) = merge(parts, limit, |case| Reverse(case.id));
    let items = cases.iter().map(CaseSummary::new).collect();
    Ok(Page { items, next: next.and_then(|Reverse(id)| write_cursor(&id)) })
}
