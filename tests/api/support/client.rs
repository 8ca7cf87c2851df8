//! A caller of the API. Every answer it gets is held against the contract before a test sees it.

use std::cell::RefCell;
use std::fmt;
use std::time::Duration;

use serde_json::{Value as Json, json};
use ureq::Agent;

use super::Contract;

/// A password that is good enough.
pub const PASSWORD: &str = "seven quiet mornings by the lake";

/// Somebody who calls the API, signed in or not.
#[derive(Clone)]
pub struct Client {
    address: String,
    agent: Agent,
    /// The access token, if signed in.
    pub token: Option<String>,
    /// The answer to registering or signing in.
    pub session: Json,
}

/// What came back.
#[derive(Clone)]
pub struct Answer {
    /// The request, in a line.
    pub request: String,
    /// HTTP status.
    pub status: u16,
    /// Headers, names in lower case.
    pub headers: Vec<(String, String)>,
    /// The body as it came.
    pub bytes: Vec<u8>,
    /// The body as JSON; null if it is none.
    pub json: Json,
}

/// A request in the making.
pub struct Request {
    address: String,
    agent: Agent,
    method: String,
    path: String,
    headers: Vec<(String, String)>,
    body: Option<Vec<u8>>,
}

thread_local! {
    static REFUSALS: RefCell<Vec<Answer>> = const { RefCell::new(Vec::new()) };
}

/// Every refusal that any client of this thread has got since this was asked last.
pub fn refusals() -> Vec<Answer> {
    REFUSALS.take()
}

impl Client {
    /// A caller who has not signed in.
    pub fn new(address: &str) -> Self {
        let config = Agent::config_builder()
            .http_status_as_error(false)
            .allow_non_standard_methods(true)
            .max_redirects(0)
            .max_redirects_will_error(false)
            .user_agent("recovery-journal-tests")
            .timeout_global(Some(Duration::from_mins(1)))
            .build();
        Self { address: address.to_owned(), agent: config.into(), token: None, session: Json::Null }
    }

    /// Registers an account and is signed in as it.
    pub fn register(&self, email: &str, role: &str) -> Self {
        let body =
            json!({"email": email, "password": PASSWORD, "time_zone": "America/New_York", "role": role});
        self.signed_in(self.post("/v1/auth/register", &body).expect(201).json.clone())
    }

    /// Signs in.
    pub fn log_in(&self, email: &str, password: &str) -> Self {
        let body = json!({"email": email, "password": password});
        self.signed_in(self.post("/v1/auth/login", &body).expect(200).json.clone())
    }

    /// The same caller with new tokens for the refresh token.
    pub fn refreshed(&self) -> Self {
        let token = json!({"refresh_token": self.refresh_token()});
        self.signed_in(self.post("/v1/auth/refresh", &token).expect(200).json.clone())
    }

    /// The same caller with the tokens of a session.
    pub fn signed_in(&self, session: Json) -> Self {
        let token = session["access_token"].as_str().expect("an access token").to_owned();
        Self { token: Some(token), session, ..self.clone() }
    }

    /// The same caller with another token.
    pub fn with_token(&self, token: &str) -> Self {
        Self { token: Some(token.to_owned()), ..self.clone() }
    }

    /// The same caller at another address, after the server started anew.
    pub fn at(&self, address: &str) -> Self {
        Self { token: self.token.clone(), session: self.session.clone(), ..Self::new(address) }
    }

    /// Where the caller calls.
    pub fn address(&self) -> &str {
        &self.address
    }

    /// The e-mail address of the account.
    pub fn email(&self) -> &str {
        self.session["account"]["email"].as_str().expect("signed in")
    }

    /// The id of the account.
    pub fn account_id(&self) -> &str {
        self.session["account"]["id"].as_str().expect("signed in")
    }

    /// The refresh token.
    pub fn refresh_token(&self) -> &str {
        self.session["refresh_token"].as_str().expect("signed in")
    }

    /// A request, to be told more.
    pub fn request(&self, method: &str, path: &str) -> Request {
        let bearer = self.token.as_ref().map(|token| ("Authorization".to_owned(), format!("Bearer {token}")));
        Request {
            address: self.address.clone(),
            agent: self.agent.clone(),
            method: method.to_owned(),
            path: path.to_owned(),
            headers: bearer.into_iter().collect(),
            body: None,
        }
    }

    /// GET
    pub fn get(&self, path: &str) -> Answer {
        self.request("GET", path).send()
    }

    /// POST
    pub fn post(&self, path: &str, body: &Json) -> Answer {
        self.request("POST", path).json(body).send()
    }

    /// PUT
    pub fn put(&self, path: &str, body: &Json) -> Answer {
        self.request("PUT", path).json(body).send()
    }

    /// PATCH
    pub fn patch(&self, path: &str, body: &Json) -> Answer {
        self.request("PATCH", path).header("Content-Type", "application/merge-patch+json").json(body).send()
    }

    /// DELETE
    pub fn delete(&self, path: &str) -> Answer {
        self.request("DELETE", path).send()
    }
}

impl Request {
    /// Adds a header.
    pub fn header(mut self, name: &str, value: impl Into<String>) -> Self {
        self.headers.push((name.to_owned(), value.into()));
        self
    }

    /// Sets a JSON body.
    pub fn json(self, body: &Json) -> Self {
        let typed = self.headers.iter().any(|(name, _)| name == "Content-Type");
        let this = if typed { self } else { self.header("Content-Type", "application/json") };
        this.body(body.to_string())
    }

    /// Sets a body as it is.
    pub fn body(mut self, body: impl Into<Vec<u8>>) -> Self {
        self.body = Some(body.into());
        self
    }

    /// Sends the request, and holds the answer against the contract.
    pub fn send(self) -> Answer {
        let method = self.method.clone();
        let path = self.path.clone();
        let answer = self.try_send().unwrap_or_else(|error| panic!("{method} {path}: {error}"));
        Contract::get().check(&method, &path, &answer);
        answer
    }

    /// Sends the request where the server may go away in the middle.
    pub fn try_send(self) -> Result<Answer, ureq::Error> {
        let url = format!("http://{}{}", self.address, self.path);
        let mut request = ureq::http::Request::builder().method(self.method.as_str()).uri(&url);
        for (name, value) in &self.headers {
            request = request.header(name, value);
        }
        let shown =
            self.body.as_deref().map(|body| String::from_utf8_lossy(body).chars().take(600).collect());
        let body: String = shown.unwrap_or_default();
        let mut response = match self.body {
            Some(bytes) => self.agent.run(request.body(bytes)?)?,
            None => self.agent.run(request.body(())?)?,
        };
        let text = |value: &ureq::http::HeaderValue| String::from_utf8_lossy(value.as_bytes()).into_owned();
        let headers = response.headers().iter().map(|(name, value)| (name.as_str().to_owned(), text(value)));
        let headers = headers.collect();
        let status = response.status().as_u16();
        let bytes = response.body_mut().with_config().limit(256 << 20).read_to_vec()?;
        let json = serde_json::from_slice(&bytes).unwrap_or(Json::Null);
        let request = format!("{} {} {body}", self.method, self.path);
        let answer = Answer { request, status, headers, bytes, json };
        if answer.status >= 400 {
            REFUSALS.with_borrow_mut(|all| all.push(answer.clone()));
        }
        Ok(answer)
    }
}

impl Answer {
    /// Fails unless the status is this one.
    #[track_caller]
    pub fn expect(&self, status: u16) -> &Self {
        assert_eq!(self.status, status, "{self:?}");
        self
    }

    /// Fails unless this is a problem with this status and code.
    #[track_caller]
    pub fn refused(&self, status: u16, code: &str) -> &Self {
        assert_eq!((self.status, self.json["code"].as_str()), (status, Some(code)), "{self:?}");
        self
    }

    /// A header, if it is there.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    /// The names of all headers, sorted.
    pub fn header_names(&self) -> Vec<&str> {
        let mut names: Vec<&str> = self.headers.iter().map(|(name, _)| name.as_str()).collect();
        names.sort_unstable();
        names
    }

    /// The entity tag.
    #[track_caller]
    pub fn etag(&self) -> &str {
        self.header("etag").unwrap_or_else(|| panic!("no ETag: {self:?}"))
    }

    /// The record's id.
    #[track_caller]
    pub fn id(&self) -> &str {
        self.json["id"].as_str().unwrap_or_else(|| panic!("no id: {self:?}"))
    }

    /// The places of all mistakes, sorted.
    pub fn pointers(&self) -> Vec<&str> {
        let errors = self.json["errors"].as_array();
        let mut pointers: Vec<&str> =
            errors.into_iter().flatten().filter_map(|error| error["pointer"].as_str()).collect();
        pointers.sort_unstable();
        pointers
    }

    /// The entries of a list.
    #[track_caller]
    pub fn items(&self) -> &[Json] {
        self.json["items"].as_array().unwrap_or_else(|| panic!("no list: {self:?}"))
    }
}

impl fmt::Debug for Answer {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(out, "{}\n  -> {}", self.request.trim_end(), self.status)?;
        for (name, value) in &self.headers {
            writeln!(out, "     {name}: {value}")?;
        }
        write!(out, "     {}", String::from_utf8_lossy(&self.bytes).chars().take(2000).collect::<String>())
    }
}
