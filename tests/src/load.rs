//! A load generator: keep-alive connections that send one request after the other and time each answer.
//!
//! It speaks just enough HTTP/1.1 to cost little beside the server that it shares two cores with: requests are
//! rendered before the clock starts, and of an answer it reads the status, the length and the body.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

/// One keep-alive connection.
pub struct Connection {
    stream: TcpStream,
    buffer: Vec<u8>,
}

/// An answer, as far as a load generator looks at it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    /// The status code.
    pub status: u16,
    /// The body.
    pub body: Vec<u8>,
}

impl Connection {
    /// Connects to a server.
    ///
    /// # Errors
    /// When nobody listens there.
    pub async fn open(address: SocketAddr) -> io::Result<Self> {
        let stream = TcpStream::connect(address).await?;
        stream.set_nodelay(true)?;
        Ok(Self { stream, buffer: Vec::with_capacity(16 * 1024) })
    }

    /// Sends a rendered request and waits for its answer.
    ///
    /// # Errors
    /// When the connection breaks, or the answer is not HTTP with a length.
    pub async fn send(&mut self, request: &[u8]) -> io::Result<Answer> {
        self.stream.write_all(request).await?;
        self.buffer.clear();
        loop {
            if let Some((answer, used)) = parse(&self.buffer)? {
                self.buffer.drain(..used);
                return Ok(answer);
            }
            if self.stream.read_buf(&mut self.buffer).await? == 0 {
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
        }
    }
}

/// The answer at the start of `bytes` and its length, if all of it is there.
fn parse(bytes: &[u8]) -> io::Result<Option<(Answer, usize)>> {
    let invalid = |what: &str| io::Error::new(io::ErrorKind::InvalidData, what.to_owned());
    let Some(end) = bytes.windows(4).position(|window| window == b"\r\n\r\n") else { return Ok(None) };
    let head = std::str::from_utf8(bytes.get(..end).unwrap_or_default()).map_err(|_| invalid("head is no text"))?;
    let status = head.get(9..12).and_then(|code| code.parse().ok()).ok_or_else(|| invalid("no status"))?;
    let mut length = 0;
    for (name, value) in head.lines().filter_map(|line| line.split_once(':')) {
        if name.eq_ignore_ascii_case("content-length") {
            length = value.trim().parse().map_err(|_| invalid("no length"))?;
        }
    }
    let body_start = end + 4;
    let body = bytes.get(body_start..body_start + length);
    Ok(body.map(|body| (Answer { status, body: body.to_vec() }, body_start + length)))
}

/// A request with a JSON body, ready to be sent.
#[must_use]
pub fn post(path: &str, token: &str, key: Option<&str>, body: &str) -> Vec<u8> {
    let key = key.map(|key| format!("idempotency-key: {key}\r\n")).unwrap_or_default();
    let (head, length) = (head("POST", path, token), body.len());
    format!("{head}{key}content-type: application/json\r\ncontent-length: {length}\r\n\r\n{body}").into_bytes()
}

/// A request without a body, such as a GET, ready to be sent.
#[must_use]
pub fn bodiless(method: &str, path: &str, token: &str) -> Vec<u8> {
    format!("{}\r\n", head(method, path, token)).into_bytes()
}

/// A GET that asks for an answer of this media type, ready to be sent.
#[must_use]
pub fn get_as(path: &str, token: &str, media_type: &str) -> Vec<u8> {
    format!("{}accept: {media_type}\r\n\r\n", head("GET", path, token)).into_bytes()
}

/// What every request begins with.
fn head(method: &str, path: &str, token: &str) -> String {
    format!("{method} {path} HTTP/1.1\r\nhost: herald\r\nauthorization: Bearer {token}\r\n")
}

/// What a run of a load came to.
#[derive(Debug, Clone)]
pub struct Figures {
    /// Requests that were answered as expected.
    pub answered: usize,
    /// How long the run took.
    pub elapsed: Duration,
    /// Sorted.
    latencies: Vec<Duration>,
}

impl Figures {
    /// Answers a second.
    #[must_use]
    pub fn rate(&self) -> f64 {
        self.answered as f64 / self.elapsed.as_secs_f64()
    }

    /// The latency that `share` of the answers (0.0 to 1.0) stayed within.
    #[must_use]
    pub fn percentile(&self, share: f64) -> Duration {
        let last = self.latencies.len().saturating_sub(1);
        self.latencies.get((last as f64 * share).round() as usize).copied().unwrap_or_default()
    }
}

/// Sends every request once over `connections` connections, each taking the next that is left.
///
/// # Errors
/// When a connection breaks, or an answer has another status than `expected`; its body says why.
pub async fn run(
    address: SocketAddr,
    connections: usize,
    requests: Arc<Vec<Vec<u8>>>,
    expected: u16,
) -> io::Result<Figures> {
    let next = Arc::new(AtomicUsize::new(0));
    let started = Instant::now();
    let mut tasks = Vec::new();
    for _ in 0..connections {
        let (next, requests) = (Arc::clone(&next), Arc::clone(&requests));
        tasks.push(tokio::spawn(async move {
            let mut connection = Connection::open(address).await?;
            let mut latencies = Vec::new();
            while let Some(request) = requests.get(next.fetch_add(1, Ordering::Relaxed)) {
                let sent = Instant::now();
                let answer = connection.send(request).await?;
                if answer.status != expected {
                    let body = String::from_utf8_lossy(&answer.body).into_owned();
                    return Err(io::Error::other(format!("answered {}: {body}", answer.status)));
                }
                latencies.push(sent.elapsed());
            }
            Ok(latencies)
        }));
    }
    let mut latencies = Vec::with_capacity(requests.len());
    for task in tasks {
        latencies.extend(task.await.map_err(io::Error::other)??);
    }
    let elapsed = started.elapsed();
    latencies.sort_unstable();
    Ok(Figures { answered: latencies.len(), elapsed, latencies })
}
