//! A receiver of webhooks on this machine. It takes everything at once, and remembers what arrived under which
//! id.

use std::collections::BTreeMap;
use std::io;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

/// What has arrived: `webhook-id` to the bodies that came under it, in order.
pub type Arrived = BTreeMap<String, Vec<serde_json::Value>>;

/// A running receiver. It ends with its runtime.
#[derive(Clone)]
pub struct Receiver {
    /// Where it listens.
    pub address: SocketAddr,
    arrived: Arc<Mutex<Arrived>>,
}

impl Receiver {
    /// Listens on a free port of this machine.
    ///
    /// # Errors
    /// When there is none.
    pub async fn start() -> io::Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let receiver = Self { address: listener.local_addr()?, arrived: Arc::default() };
        let all = receiver.clone();
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let receiver = all.clone();
                // A sender that was killed in the middle has sent nothing.
                tokio::spawn(async move { receiver.take_all(stream).await });
            }
        });
        Ok(receiver)
    }

    /// Where webhooks are to be sent.
    #[must_use]
    pub fn url(&self) -> String {
        format!("http://{}/hook", self.address)
    }

    /// What has arrived so far.
    #[must_use]
    pub fn arrived(&self) -> Arrived {
        self.log().clone()
    }

    /// Forgets what has arrived.
    pub fn clear(&self) {
        self.log().clear();
    }

    fn log(&self) -> MutexGuard<'_, Arrived> {
        self.arrived.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes one request after the other off a connection.
    async fn take_all(&self, mut stream: TcpStream) -> io::Result<()> {
        let mut buffer = Vec::new();
        loop {
            while let Some((id, body, used)) = parse(&buffer)? {
                buffer.drain(..used);
                self.log().entry(id).or_default().push(body);
                stream.write_all(b"HTTP/1.1 204 No Content\r\n\r\n").await?;
            }
            if stream.read_buf(&mut buffer).await? == 0 {
                return Ok(());
            }
        }
    }
}

/// The request at the start of `bytes`, if all of it is there: its id, its body, its length.
fn parse(bytes: &[u8]) -> io::Result<Option<(String, serde_json::Value, usize)>> {
    let invalid = |what: &str| io::Error::new(io::ErrorKind::InvalidData, what.to_owned());
    let Some(end) = bytes.windows(4).position(|window| window == b"\r\n\r\n") else { return Ok(None) };
    let head = std::str::from_utf8(bytes.get(..end).unwrap_or_default()).map_err(|_| invalid("head is no text"))?;
    let header = |wanted: &str| {
        let headers = head.lines().filter_map(|line| line.split_once(':'));
        headers.filter(|(name, _)| name.eq_ignore_ascii_case(wanted)).map(|(_, value)| value.trim()).next()
    };
    let length: usize = header("content-length").and_then(|text| text.parse().ok()).ok_or_else(|| invalid("length"))?;
    let id = header("webhook-id").ok_or_else(|| invalid("no id"))?.to_owned();
    let used = end + 4 + length;
    let Some(body) = bytes.get(end + 4..used) else { return Ok(None) };
    Ok(Some((id, serde_json::from_slice(body)?, used)))
}
