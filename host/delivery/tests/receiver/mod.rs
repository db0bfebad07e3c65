//! A receiver of webhooks, written by hand so that it can misbehave.

use std::net::SocketAddr;
use std::sync::Arc;

use rcgen::{CertifiedKey, KeyPair};
use rustls::ServerConfig;
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
use tokio::net::TcpListener;
use tokio::task::JoinHandle;
use tokio_rustls::TlsAcceptor;

/// What a receiver does once it has read a request.
pub(crate) enum Answer {
    /// Writes this and closes the connection.
    Text(String),
    /// Writes this and nothing more, and keeps the connection open.
    Stall { head: String },
    /// Writes this, and then `x` for as long as anybody reads.
    Endless { head: String },
}

pub(crate) struct Request {
    pub(crate) head: String,
    pub(crate) body: Vec<u8>,
}

/// Answers one connection on a port of its own.
pub(crate) struct Receiver {
    address: SocketAddr,
    task: JoinHandle<(Request, usize)>,
}

impl Receiver {
    pub(crate) async fn start(answer: Answer) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let task = tokio::spawn(async move {
            let (stream, _) = listener.accept().await.unwrap();
            serve(stream, answer).await
        });
        Self { address, task }
    }

    pub(crate) async fn start_tls(config: Arc<ServerConfig>, answer: Answer) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let task = tokio::spawn(async move {
            let (stream, _) = listener.accept().await.unwrap();
            serve(TlsAcceptor::from(config).accept(stream).await.unwrap(), answer).await
        });
        Self { address, task }
    }

    pub(crate) fn url(&self, scheme: &str, path: &str) -> String {
        format!("{scheme}://{}{path}", self.address)
    }

    pub(crate) fn port(&self) -> u16 {
        self.address.port()
    }

    /// The request that came.
    pub(crate) async fn request(self) -> Request {
        self.task.await.unwrap().0
    }

    /// How many bytes of the answer could be written.
    pub(crate) async fn bytes_written(self) -> usize {
        self.task.await.unwrap().1
    }
}

/// A port on which nobody listens.
pub(crate) async fn closed_port() -> u16 {
    TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap().port()
}

pub(crate) fn tls(certificate: &CertifiedKey<KeyPair>) -> ServerConfig {
    let key = certificate.signing_key.serialize_der().try_into().unwrap();
    ServerConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![certificate.cert.der().clone()], key)
        .unwrap()
}

async fn serve(mut stream: impl AsyncRead + AsyncWrite + Unpin, answer: Answer) -> (Request, usize) {
    let request = read(&mut stream).await;
    let mut written = 0;
    match answer {
        Answer::Text(text) => {
            stream.write_all(text.as_bytes()).await.unwrap();
            stream.shutdown().await.unwrap();
            written = text.len();
        }
        Answer::Stall { head } => {
            stream.write_all(head.as_bytes()).await.unwrap();
            // Until the other side closes.
            let _ = tokio::io::copy(&mut stream, &mut tokio::io::sink()).await;
        }
        Answer::Endless { head } => {
            stream.write_all(head.as_bytes()).await.unwrap();
            let chunk = [b'x'; 8 * 1024];
            while stream.write_all(&chunk).await.is_ok() {
                written += chunk.len();
            }
        }
    }
    (request, written)
}

/// Reads a request as far as the other side sends one.
async fn read(stream: &mut (impl AsyncRead + Unpin)) -> Request {
    let mut bytes = Vec::new();
    loop {
        if let Some(end) = bytes.windows(4).position(|window| window == b"\r\n\r\n") {
            let head = String::from_utf8(bytes[..end].to_vec()).unwrap();
            let body = bytes[end + 4..].to_vec();
            if body.len() >= content_length(&head) {
                return Request { head, body };
            }
        }
        // What is no HTTP, such as a TLS handshake, is answered as it comes.
        let is_http = bytes.is_empty() || bytes.starts_with(b"POST ");
        if !is_http || stream.read_buf(&mut bytes).await.unwrap() == 0 {
            return Request { head: String::new(), body: bytes };
        }
    }
}

fn content_length(head: &str) -> usize {
    head.lines()
        .filter_map(|line| line.split_once(": "))
        .find(|(name, _)| name.eq_ignore_ascii_case("content-length"))
        .map_or(0, |(_, value)| value.parse().unwrap())
}
