//! One member's requests, one at a time over one connection, and how long each took until its last byte was
//! read. What is waited for is what a person waits for.

use crate::Result;
use crate::client::{Answer, Client, bearer};
use crate::sample;
use serde::Deserialize;
use serde_json::{Value, json};
use std::time::Instant;

/// The password of members that `recovery-journal seed` makes.
const PASSWORD: &str = "a lamp in the window at dusk";

/// A signed-in member.
pub struct Visitor {
    client: Client,
    authorization: String,
    token: String,
    /// A record whose change changes no figure.
    trigger: String,
    archived: bool,
}

/// How long requests took, in milliseconds.
#[derive(Default)]
pub struct Times(Vec<f64>);

#[derive(Deserialize)]
struct Tokens {
    access_token: String,
}

#[derive(Deserialize)]
struct Page {
    items: Vec<Item>,
}

#[derive(Deserialize)]
struct Item {
    id: String,
}

impl Visitor {
    /// Signs in the member with this number of a seeded database.
    pub fn sign_in(address: &str, number: u32) -> Result<Self> {
        let client = Client::new(address);
        let body = json!({"email": format!("member-{number}@example.org"), "password": PASSWORD});
        let answer = client.post("/v1/auth/login", "", &body)?.expect_status(&[200])?;
        let token = answer.json::<Tokens>()?.access_token;
        let mut visitor =
            Self { client, authorization: bearer(&token), token, trigger: String::new(), archived: false };
        let own: Page = visitor.get("/v1/triggers?limit=1", None)?.0.json()?;
        visitor.trigger = own.items.into_iter().next().ok_or("a journal without triggers of its own")?.id;
        Ok(visitor)
    }

    /// GET, with an entity tag that is known already; and how long it took.
    pub fn get(&self, path: &str, etag: Option<&str>) -> Result<(Answer, f64)> {
        let mut headers = vec![("Authorization", self.authorization.as_str())];
        headers.extend(etag.map(|etag| ("If-None-Match", etag)));
        let started = Instant::now();
        let answer = self.client.get(path, &headers)?;
        let took = millis(started);
        let expected = if etag.is_some() { 304 } else { 200 };
        Ok((answer.expect_status(&[expected])?, took))
    }

    /// Creates a check-in of some past day; answers how long it took until it was acknowledged.
    pub fn create(&self, days_ago: usize, mark: &str) -> Result<f64> {
        let body = sample::check_in(days_ago, mark);
        let started = Instant::now();
        self.client.post("/v1/check-ins", &self.token, &body)?.expect_status(&[201])?;
        Ok(millis(started))
    }

    /// The smallest of writes: it gives the journal its next revision, so that every answer has to be made
    /// anew, and leaves all figures as they were.
    pub fn touch(&mut self) -> Result<()> {
        self.archived = !self.archived;
        let body: Value = json!({"archived": self.archived});
        let path = format!("/v1/triggers/{}", self.trigger);
        self.client.patch(&path, &self.token, &body)?.expect_status(&[200])?;
        Ok(())
    }
}

impl Times {
    /// Adds one request.
    pub fn add(&mut self, millis: f64) {
        self.0.push(millis);
    }

    /// The time that so many percent of the requests did not exceed.
    pub fn percentile(&mut self, percent: usize) -> f64 {
        self.0.sort_by(f64::total_cmp);
        let place = (self.0.len() * percent).div_ceil(100).saturating_sub(1);
        self.0.get(place).copied().unwrap_or_default()
    }
}

/// Milliseconds since then.
pub fn millis(started: Instant) -> f64 {
    started.elapsed().as_secs_f64() * 1e3
}
