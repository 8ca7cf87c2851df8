//! The few HTTP calls of the set-up: JSON in, JSON out. Every status is an answer here; only a broken
//! connection is an error.

use crate::Result;
use serde::de::DeserializeOwned;
use serde_json::Value;
use std::time::Duration;
use ureq::Agent;
use ureq::http::{Method, Request};

/// Calls one server.
pub struct Client {
    agent: Agent,
    address: String,
}

/// An answer, read whole.
pub struct Answer {
    pub status: u16,
    pub etag: Option<String>,
    pub body: String,
    request: String,
}

impl Client {
    /// A client of `address` (`127.0.0.1:PORT`).
    pub fn new(address: &str) -> Self {
        let config = Agent::config_builder()
            .http_status_as_error(false)
            .proxy(None)
            .timeout_global(Some(Duration::from_mins(1)))
            .build();
        Self { agent: config.into(), address: address.to_owned() }
    }

    /// GET with these headers.
    pub fn get(&self, path: &str, headers: &[(&str, &str)]) -> Result<Answer> {
        let mut request = Request::builder().method(Method::GET).uri(self.url(path));
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let response = self.agent.run(request.body(())?)?;
        Answer::read(format!("GET {path}"), response)
    }

    /// POST of a JSON body, with a bearer token unless it is empty.
    pub fn post(&self, path: &str, token: &str, body: &Value) -> Result<Answer> {
        self.send(Method::POST, path, token, body)
    }

    /// PATCH, likewise.
    pub fn patch(&self, path: &str, token: &str, body: &Value) -> Result<Answer> {
        self.send(Method::PATCH, path, token, body)
    }

    /// POST of JSON text as it is.
    pub fn post_text(&self, path: &str, token: &str, text: &str) -> Result<Answer> {
        let request = Request::builder().method(Method::POST).uri(self.url(path));
        let request =
            request.header("Content-Type", "application/json").header("Authorization", bearer(token));
        Answer::read(format!("POST {path}"), self.agent.run(request.body(text)?)?)
    }

    fn send(&self, method: Method, path: &str, token: &str, body: &Value) -> Result<Answer> {
        let name = format!("{method} {path}");
        let mut request = Request::builder().method(method).uri(self.url(path));
        request = request.header("Content-Type", "application/json");
        if !token.is_empty() {
            request = request.header("Authorization", bearer(token));
        }
        Answer::read(name, self.agent.run(request.body(body.to_string())?)?)
    }

    fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }
}

/// The value of the `Authorization` header.
pub fn bearer(token: &str) -> String {
    format!("Bearer {token}")
}

impl Answer {
    fn read(request: String, mut response: ureq::http::Response<ureq::Body>) -> Result<Self> {
        let etag = response.headers().get("etag").and_then(|value| value.to_str().ok()).map(str::to_owned);
        let status = response.status().as_u16();
        Ok(Self {
            status,
            etag,
            body: String::from_utf8_lossy(&response.body_mut().with_config().limit(1 << 28).read_to_vec()?)
                .into_owned(),
            request,
        })
    }

    /// This answer if it has one of the expected statuses, else an error that quotes it.
    pub fn expect_status(self, expected: &[u16]) -> Result<Self> {
        if expected.contains(&self.status) {
            return Ok(self);
        }
        let start: String = self.body.chars().take(300).collect();
        Err(format!("{} answered {}, not {expected:?}: {start}", self.request, self.status).into())
    }

    /// The body, parsed.
    pub fn json<T: DeserializeOwned>(&self) -> Result<T> {
        serde_json::from_str(&self.body).map_err(|error| format!("{}: {error}", self.request).into())
    }
}
