//! The floor under a durable submission: the same HTTP stack, connections and batching, and a commit of as many
//! rows and bytes, with no policy, no case machine and no index to think about.
//!
//! What is committed is not chosen but measured: [`shape`] counts the rows and bytes of every table that a real
//! run left behind.

use std::collections::HashMap;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use crossbeam_channel::{Receiver, Sender, bounded};
use herald_engine::{Clock as _, FRAME_LIMIT_COMMANDS, SystemClock};
use herald_server::http::{Connections, Submission, serve};
use herald_server::tokens::TokenTable;
use herald_store::database::Database;
use redb::{ReadableDatabase, ReadableTableMetadata, TableDefinition, TableHandle};
use tokio::sync::oneshot;

use crate::Failure;
use crate::serving::{Serving, runtime, settings, stored_token};

/// Keys are as long as those of most rows: a case's id and a number. They ascend, as the ids of cases do.
const KEY_BYTES: usize = 20;
/// The largest body, as in the host's settings.
const BODY_LIMIT_BYTES: usize = 1 << 20;
/// Room in the queue, as in the engine's settings.
const QUEUE_LIMIT: usize = 4_096;
/// Tables that grow by one row a commit, whatever number of submissions it holds.
const PER_COMMIT: &str = "frames";

/// What one submission leaves in a table.
#[derive(Debug, Clone, PartialEq)]
pub struct TableShape {
    /// The table.
    pub name: String,
    /// Rows for each submission; of a table that has one row a commit, less than one.
    pub rows: f64,
    /// Bytes of keys and values for each submission.
    pub bytes: f64,
}

/// What `submissions` submissions have left in the partition at `path`, table by table.
///
/// # Errors
/// When the file is in use or no store.
pub fn shape(path: &Path, submissions: usize) -> Result<Vec<TableShape>, Failure> {
    let database = redb::Database::open(path)?;
    let snapshot = database.begin_read()?;
    let mut shapes = Vec::new();
    for handle in snapshot.list_tables()? {
        let name = handle.name().to_owned();
        let table = snapshot.open_untyped_table(handle)?;
        let per = |count: u64| count as f64 / submissions as f64;
        let shape = TableShape { name, rows: per(table.len()?), bytes: per(table.stats()?.stored_bytes()) };
        if shape.rows > 0.0 && shape.name != "meta" {
            shapes.push(shape);
        }
    }
    Ok(shapes)
}

/// Serves the floor: `answer_bytes` long answers, after a commit of `shapes`, in a file at `path`.
///
/// # Errors
/// When the file cannot be made or there is no socket.
pub fn floor(path: &Path, shapes: &[TableShape], answer_bytes: usize) -> Result<Serving, Failure> {
    let tables: Vec<Table> = shapes.iter().map(Table::of).collect();
    let cache_bytes = usize::try_from(settings(path)?.settings.store_cache_bytes)?;
    let store = Database::create(path, &herald_store::StoreSettings { cache_bytes, ..Default::default() })?;
    let (inbox, received) = bounded(QUEUE_LIMIT);
    let tokens = TokenTable::default();
    tokens.replace(&[stored_token()?]);
    let app = Arc::new(App { tokens, inbox, answer: vec![b'x'; answer_bytes] });
    Serving::start(runtime()?, async move |listener, stop| {
        let writer = std::thread::spawn(move || write(&store, &tables, &received));
        let router = Router::new().route("/v1/messages", post(submit)).with_state(app);
        let grace = Duration::from_secs(1);
        let connections = Connections { limit: 4_096, header_timeout: Duration::from_secs(30), grace };
        serve(listener, router, connections, async move { drop(stop.await) }).await;
        writer.join().map_err(|_| "the floor's writer panicked")?
    })
}

struct App {
    tokens: TokenTable,
    inbox: Sender<oneshot::Sender<()>>,
    answer: Vec<u8>,
}

async fn submit(State(app): State<Arc<App>>, request: Request) -> Result<Response, StatusCode> {
    let (parts, body) = request.into_parts();
    let bearer =
        parts.headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok()?.strip_prefix("Bearer "));
    let known = bearer.and_then(|token| app.tokens.find(token, SystemClock.now()));
    known.ok_or(StatusCode::UNAUTHORIZED)?;
    let body = axum::body::to_bytes(body, BODY_LIMIT_BYTES).await.map_err(|_| StatusCode::PAYLOAD_TOO_LARGE)?;
    let submission: Submission = serde_json::from_slice(&body).map_err(|_| StatusCode::BAD_REQUEST)?;
    let (reply, durable) = oneshot::channel();
    app.inbox.try_send(reply).map_err(|_| StatusCode::SERVICE_UNAVAILABLE)?;
    durable.await.map_err(|_| StatusCode::SERVICE_UNAVAILABLE)?;
    drop(submission);
    let headers = [(header::CONTENT_TYPE, "application/json"), (header::LOCATION, "/v1/messages/floor")];
    Ok((StatusCode::CREATED, headers, Body::from(app.answer.clone())).into_response())
}

/// What is written into one table.
struct Table {
    name: String,
    /// For each submission, or for each commit.
    rows: u64,
    /// The value of each row; the last `KEY_BYTES` of its bytes are its key.
    value: Vec<u8>,
    per_commit: bool,
}

impl Table {
    fn of(shape: &TableShape) -> Self {
        let per_commit = shape.name == PER_COMMIT;
        let rows = if per_commit { 1.0 } else { shape.rows.round().max(1.0) };
        let value_bytes = (shape.bytes / rows) as usize;
        let value = vec![b'v'; value_bytes.saturating_sub(if per_commit { 0 } else { KEY_BYTES })];
        // The store has tables of the plain names already.
        Self { name: format!("floor_{}", shape.name), rows: rows as u64, value, per_commit }
    }
}

/// The writer: takes what has come in, commits it as one, and answers everybody, until nobody is left.
fn write(store: &Database, tables: &[Table], inbox: &Receiver<oneshot::Sender<()>>) -> Result<(), Failure> {
    let mut sequence = 0_u64;
    while let Ok(first) = inbox.recv() {
        let received = inbox.len().min(FRAME_LIMIT_COMMANDS - 1);
        let waiting: Vec<_> = std::iter::once(first).chain(inbox.try_iter().take(received)).collect();
        let transaction = store.begin_write()?;
        let mut open = HashMap::new();
        for table in tables {
            let definition: TableDefinition<&[u8], &[u8]> = TableDefinition::new(&table.name);
            open.insert(table.name.as_str(), transaction.open_table(definition)?);
        }
        for table in tables {
            let Some(rows) = open.get_mut(table.name.as_str()) else { continue };
            if table.per_commit {
                rows.insert(key(sequence, 0).as_slice(), table.value.repeat(waiting.len()).as_slice())?;
                continue;
            }
            for submission in (sequence..).take(waiting.len()) {
                for row in 0..table.rows {
                    rows.insert(key(submission, row).as_slice(), table.value.as_slice())?;
                }
            }
        }
        sequence += waiting.len() as u64;
        drop(open);
        transaction.commit()?;
        for reply in waiting {
            // Whoever has gone needs no answer.
            let _ = reply.send(());
        }
    }
    Ok(())
}

/// A key that ascends by submission and row.
fn key(submission: u64, row: u64) -> [u8; KEY_BYTES] {
    let mut key = [0; KEY_BYTES];
    for (byte, value) in key.iter_mut().zip(submission.to_be_bytes().into_iter().chain([0; 4]).chain(row.to_be_bytes()))
    {
        *byte = value;
    }
    key
}
