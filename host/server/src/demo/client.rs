//! How the demo speaks to its host: as everybody does, over HTTP with a token.

use std::collections::BTreeMap;
use std::net::SocketAddr;

use reqwest::Method;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::DemoError;

/// How many entries of a list are asked for at once: the most that there may be.
const PAGE_ENTRIES: usize = 200;

/// A client with everybody's token.
#[derive(Debug)]
pub(super) struct Client {
    http: reqwest::Client,
    origin: String,
    tokens: BTreeMap<String, String>,
}

/// An answer of the host.
#[derive(Debug)]
pub(super) struct Answer {
    /// The status.
    pub(super) status: u16,
    /// The body.
    pub(super) body: Value,
}

/// A task among somebody's tasks.
#[derive(Debug, Deserialize)]
pub(super) struct Held {
    /// The task.
    pub(super) task: TaskFacts,
    /// Its case.
    pub(super) case: CaseFacts,
}

/// A task, as far as the demo needs it.
#[derive(Debug, Deserialize)]
pub(super) struct TaskFacts {
    pub(super) id: String,
    pub(super) kind: String,
}

/// A case, as far as the demo needs it.
#[derive(Debug, Deserialize)]
pub(super) struct CaseFacts {
    pub(super) id: String,
    pub(super) subject: String,
}

#[derive(Deserialize)]
struct Page<T> {
    items: Vec<T>,
    next: Option<String>,
}

impl Client {
    /// A client of the host at `address`; `tokens` by whom they stand for, such as `person:li.lei`.
    ///
    /// # Errors
    /// [`DemoError::Ask`].
    pub(super) fn new(address: SocketAddr, tokens: BTreeMap<String, String>) -> Result<Self, DemoError> {
        let origin = format!("http://{address}");
        // The client has no cryptography of its own; one that is installed already serves as well.
        drop(rustls::crypto::ring::default_provider().install_default());
        // A proxy of the machine is for what lies outside.
        let http = reqwest::Client::builder().no_proxy().build();
        let http = http.map_err(|error| DemoError::Ask { what: origin.clone(), reason: error.to_string() })?;
        Ok(Self { http, origin, tokens })
    }

    /// Where the host is: `http://127.0.0.1:8420`.
    pub(super) fn origin(&self) -> &str {
        &self.origin
    }

    /// Whether there is a token for `owner`.
    pub(super) fn knows(&self, owner: &str) -> bool {
        self.tokens.contains_key(owner)
    }

    /// Posts `body` to `path` on behalf of `owner`, and says what came back, refusals included.
    ///
    /// # Errors
    /// [`DemoError::Ask`] when there was no answer.
    pub(super) async fn post(&self, owner: &str, path: &str, body: &Value) -> Result<Answer, DemoError> {
        self.send(Method::POST, owner, path, Some(body)).await
    }

    /// What is at `path`, as `owner` may see it.
    ///
    /// # Errors
    /// [`DemoError::Ask`] when it is not what was wanted.
    pub(super) async fn get<T: DeserializeOwned>(&self, owner: &str, path: &str) -> Result<T, DemoError> {
        let Answer { status, body } = self.send(Method::GET, owner, path, None).await?;
        let strange = |reason: String| DemoError::Ask { what: path.to_owned(), reason };
        if status != 200 {
            return Err(strange(refusal(&body).unwrap_or_else(|| format!("it was answered with {status}"))));
        }
        serde_json::from_value(body).map_err(|error| strange(error.to_string()))
    }

    /// The whole list at `path`, which has no query.
    ///
    /// # Errors
    /// [`DemoError::Ask`].
    pub(super) async fn list<T: DeserializeOwned>(&self, owner: &str, path: &str) -> Result<Vec<T>, DemoError> {
        let (mut all, mut query) = (Vec::new(), format!("?limit={PAGE_ENTRIES}"));
        loop {
            let page: Page<T> = self.get(owner, &format!("{path}{query}")).await?;
            all.extend(page.items);
            match page.next {
                Some(next) => query = format!("?limit={PAGE_ENTRIES}&cursor={next}"),
                None => return Ok(all),
            }
        }
    }

    /// What `owner` has to do.
    ///
    /// # Errors
    /// [`DemoError::Ask`].
    pub(super) async fn tasks(&self, owner: &str) -> Result<Vec<Held>, DemoError> {
        self.list(owner, "/v1/tasks").await
    }

    async fn send(&self, method: Method, owner: &str, path: &str, body: Option<&Value>) -> Result<Answer, DemoError> {
        let failed = |reason: String| DemoError::Ask { what: path.to_owned(), reason };
        let token = self.tokens.get(owner).ok_or_else(|| failed(format!("there is no token for `{owner}`")))?;
        let mut request = self.http.request(method, format!("{}{path}", self.origin)).bearer_auth(token);
        if let Some(body) = body {
            request = request.header("content-type", "application/json").body(body.to_string());
        }
        let response = request.send().await.map_err(|error| failed(error.to_string()))?;
        let status = response.status().as_u16();
        let bytes = response.bytes().await.map_err(|error| failed(error.to_string()))?;
        let body = serde_json::from_slice(&bytes).map_err(|error| failed(error.to_string()))?;
        Ok(Answer { status, body })
    }
}

/// Why something was refused, in the host's own words.
pub(super) fn refusal(body: &Value) -> Option<String> {
    let detail = body.get("detail").and_then(Value::as_str)?;
    let errors = body.get("errors").and_then(Value::as_array).into_iter().flatten();
    let errors = errors.filter_map(|error| Some(format!("; {}: {}", error.get("pointer")?, error.get("message")?)));
    Some(format!("{detail}{}", errors.collect::<String>()))
}
