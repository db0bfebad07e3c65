//! A page of cases as a table for a spreadsheet: CSV by RFC 4180, in UTF-8 with a byte order mark, without which
//! spreadsheets take Chinese for something else.

use axum::http::{HeaderMap, HeaderValue, StatusCode, Uri, header};
use axum::response::{IntoResponse, Response};
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};

use crate::http::case::CaseSummary;
use crate::http::json::JSON_MEDIA_TYPE;
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

/// Whether the client would rather have a table than JSON, by the header `Accept` (RFC 9110, section 12.5.1). Of two
/// that are as welcome, the one that is named more precisely is taken, and else JSON.
pub(super) fn is_wanted(headers: &HeaderMap) -> bool {
    let accepted = headers.get_all(header::ACCEPT).iter().filter_map(|value| value.to_str().ok());
    let ranges: Vec<&str> = accepted.flat_map(|value| value.split(',')).collect();
    let (table, json) = (welcome(&ranges, CSV_MEDIA_TYPE), welcome(&ranges, JSON_MEDIA_TYPE));
    table.is_some_and(|table| table.0 > 0 && json.is_none_or(|json| table > json))
}

/// How welcome a media type is, in thousandths, by the range that names it most precisely, and how precisely that does:
/// 0 is `*/*`. `None` if no range names it.
fn welcome(ranges: &[&str], media_type: &str) -> Option<(u16, u8)> {
    let (group, _) = media_type.split_once('/')?;
    let of_group = format!("{group}/*");
    let named = ranges.iter().filter_map(|range| {
        let mut parts = range.split(';').map(str::trim);
        let precision = match parts.next()? {
            range if range.eq_ignore_ascii_case(media_type) => 2,
            range if range.eq_ignore_ascii_case(&of_group) => 1,
            "*/*" => 0,
            _ => return None,
        };
        let weight = parts.find_map(|part| part.strip_prefix("q=").or_else(|| part.strip_prefix("Q=")));
        Some((precision, weight.map_or(Some(WHOLE), thousandths).unwrap_or(0)))
    });
    named.max().map(|(precision, weight)| (weight, precision))
}

/// The weight of a range without one.
const WHOLE: u16 = 1_000;

/// A weight from `0` to `1` with up to three decimals; `None` for anything else.
fn thousandths(weight: &str) -> Option<u16> {
    let (whole, decimals) = weight.split_once('.').unwrap_or((weight, ""));
    let is_written_right = decimals.len() <= 3 && decimals.bytes().all(|byte| byte.is_ascii_digit());
    let whole = whole.parse::<u16>().ok().filter(|whole| *whole <= 1 && is_written_right)?;
    let decimals: u16 = format!("{decimals:0<3}").parse().ok()?;
    Some(whole * WHOLE + decimals).filter(|weight| *weight <= WHOLE)
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
    }

    #[test]
    fn the_more_welcome_of_two_is_sent() {
        for (accept, wanted) in [
            ("text/csv", true),
            ("TEXT/CSV ; charset=utf-8 ; Q=0.5", true),
            ("text/csv;q=0", false),
            ("text/csv;q=0.0, */*", false),
            ("application/json, text/csv;q=0.5", false),
            ("application/json;q=0.899, text/csv;q=0.9", true),
            ("application/json, text/csv", false),
            ("*/*, text/csv", true),
            ("text/*", true),
            ("text/*, application/json;q=0.9", true),
            ("text/*;q=0.9, text/csv;q=0.1, application/json;q=0.5", false),
            ("text/html, */*;q=0.8", false),
            ("text/csv;q=2", false),
            ("text/csv;q=0.1234", false),
            ("text/csvs", false),
            ("*/*", false),
            ("", false),
        ] {
            let headers = HeaderMap::from_iter([(header::ACCEPT, HeaderValue::try_from(accept).unwrap())]);
            assert_eq!(is_wanted(&headers), wanted, "{accept}");
        }
        let mut headers = HeaderMap::new();
        for line in ["application/json;q=0.2", "text/csv"] {
            headers.append(header::ACCEPT, HeaderValue::from_static(line));
        }
        assert!(is_wanted(&headers), "a header may come in several lines");
    }
}
