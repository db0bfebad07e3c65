//! A page of cases as a table for a spreadsheet: CSV by RFC 4180, in UTF-8 with a byte order mark, without which
//! spreadsheets take Chinese for something else.

use axum::http::{HeaderMap, HeaderValue, StatusCode, Uri, header};
use axum::response::{IntoResponse, Response};
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};

use crate::http::case::CaseSummary;
use crate::http::page::Page;
use crate::http::problem::Problem;

const CSV_MEDIA_TYPE: &str = "text/csv";
const BYTE_ORDER_MARK: &[u8] = "\u{feff}".as_bytes();

const COLUMNS: [&str; 18] = [
    "id",
    "document_number",
    "name",
    "subject",
    "kind",
    "status",
    "level",
    "classification",
    "department",
    "receivers",
    "sender",
    "accountable",
    "labels",
    "open_tasks",
    "submitted_at",
    "opened_at",
    "resolved_at",
    "ended_at",
];

/// Whether the client asks for a table.
pub(super) fn is_wanted(headers: &HeaderMap) -> bool {
    let accepted = headers.get(header::ACCEPT).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let types = accepted.split(',').map(|part| part.split(';').next().unwrap_or_default().trim());
    types.into_iter().any(|name| name.eq_ignore_ascii_case(CSV_MEDIA_TYPE))
}

/// The table, with the address of the next page in the header `Link` (RFC 8288).
pub(super) fn answer(page: &Page<CaseSummary>, uri: &Uri) -> Result<Response, Problem> {
    let body = write(&page.items).map_err(|error| Problem::internal(&error))?;
    let mut response = (StatusCode::OK, [(header::CONTENT_TYPE, "text/csv; charset=utf-8")], body).into_response();
    let next = page.next.as_deref().map(|cursor| format!("<{}>; rel=\"next\"", with_cursor(uri, cursor)));
    if let Some(next) = next.and_then(|link| HeaderValue::try_from(link).ok()) {
        response.headers_mut().insert(header::LINK, next);
    }
    Ok(response)
}

/// The address of a list with another cursor.
fn with_cursor(uri: &Uri, cursor: &str) -> String {
    let parameters = uri.query().unwrap_or_default().split('&');
    let mut kept: Vec<&str> = parameters.filter(|one| !one.is_empty() && !one.starts_with("cursor=")).collect();
    let cursor = format!("cursor={}", utf8_percent_encode(cursor, NON_ALPHANUMERIC));
    kept.push(&cursor);
    format!("{}?{}", uri.path(), kept.join("&"))
}

fn write(cases: &[CaseSummary]) -> Result<Vec<u8>, csv::Error> {
    let mut writer = csv::WriterBuilder::new().terminator(csv::Terminator::CRLF).from_writer(BYTE_ORDER_MARK.to_vec());
    writer.write_record(COLUMNS)?;
    for case in cases {
        let labels: Vec<String> = case.labels.iter().map(|(name, value)| format!("{name}:{value}")).collect();
        let moment = |at: &Option<String>| at.clone().unwrap_or_default();
        let row = [
            case.id.clone(),
            case.document_number.clone().unwrap_or_default(),
            case.name.clone(),
            case.subject.clone(),
            case.kind.clone(),
            case.status.clone(),
            case.level.to_string(),
            case.classification.clone(),
            case.department.clone(),
            case.receivers.join(" "),
            case.sender.clone(),
            case.accountable.clone().unwrap_or_default(),
            labels.join(" "),
            case.open_tasks.to_string(),
            case.submitted_at.clone(),
            moment(&case.opened_at),
            moment(&case.resolved_at),
            moment(&case.ended_at),
        ];
        writer.write_record(row.map(harmless))?;
    }
    writer.into_inner().map_err(|error| error.into_error().into())
}

/// A cell that no spreadsheet takes for a formula: subjects are written by anybody (CWE-1236).
fn harmless(cell: String) -> String {
    if cell.starts_with(['=', '+', '-', '@', '＝', '＋', '－', '＠', '\t', '\r', '\n']) {
        format!("'{cell}")
    } else {
        cell
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_table_is_what_spreadsheets_read() {
        let case: CaseSummary = serde_json::from_value(serde_json::json!({
            "id": "c1", "name": "生产部-通知", "subject": "=1+1, \"now\"", "kind": "notice", "status": "open", "level": 2,
            "classification": "internal", "department": "production", "receivers": ["sales", "legal"],
            "sender": "person:li", "labels": {"customer": "acme"}, "open_tasks": 3, "version": 1,
            "submitted_at": "2026-11-23T06:00:00Z", "updated_at": "2026-11-23T06:00:00Z",
        }))
        .unwrap();
        let text = String::from_utf8(write(&[case]).unwrap()).unwrap();
        let lines: Vec<&str> = text.strip_prefix('\u{feff}').unwrap().split("\r\n").collect();
        assert_eq!(lines[0], COLUMNS.join(","));
        assert_eq!(
            lines[1],
            "c1,,生产部-通知,\"'=1+1, \"\"now\"\"\",notice,open,2,internal,production,sales legal,person:li,,customer:acme,3,\
             2026-11-23T06:00:00Z,,,"
        );
    }

    #[test]
    fn the_next_page_keeps_what_was_asked_for() {
        let next = with_cursor(&"/v1/messages?kind=notice&cursor=a&limit=2".parse().unwrap(), "b-_c");
        assert_eq!(next, "/v1/messages?kind=notice&limit=2&cursor=b%2D%5Fc");
        for (accept, wanted) in
            [("text/csv", true), ("application/json, TEXT/CSV;q=0.5", true), ("*/*", false), ("", false)]
        {
            let headers = HeaderMap::from_iter([(header::ACCEPT, HeaderValue::try_from(accept).unwrap())]);
            assert_eq!(is_wanted(&headers), wanted, "{accept}");
        }
    }
}
