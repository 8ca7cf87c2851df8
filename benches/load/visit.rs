//! One member's requests, one at a time over one connection: how long each took until its last byte was read,
//! which is what a person waits for, and what it cost the server's processor, which a busy machine disturbs
//! least.

use crate::Result;
use crate::client::{Answer, Client, bearer};
use crate::sample;
use crate::server::{Server, cpu_millis};
use serde::Deserialize;
use serde_json::{Value, json};
use std::time::Instant;

/// The password of members that `recovery-journal seed` makes.
pub const PASSWORD: &str = "a lamp in the window at dusk";

/// A signed-in member.
pub struct Visitor {
    client: Client,
    server: u32,
    email: String,
    authorization: String,
    token: String,
    /// A record whose change changes no figure.
    trigger: String,
    archived: bool,
}

/// What a request took, in milliseconds: until its last byte was read, and of the server's processor.
#[derive(Clone, Copy)]
pub struct Took {
    pub time: f64,
    pub cpu: f64,
}

/// What requests took.
#[derive(Default)]
pub struct Times(Vec<Took>);

#[derive(Deserialize)]
struct Tokens {
    access_token: String,
}

#[derive(Deserialize)]
struct Pushed {
    revision: i64,
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
    pub fn sign_in(server: &Server, number: u32) -> Result<Self> {
        let email = format!("member-{number}@example.org");
        let body = json!({"email": email, "password": PASSWORD});
        let mut visitor = Self::enter(server, email, "/v1/auth/login", &body)?;
        let own: Page = visitor.get("/v1/triggers?limit=1", None)?.0.json()?;
        visitor.trigger = own.items.into_iter().next().ok_or("a journal without triggers of its own")?.id;
        Ok(visitor)
    }

    /// A counselor whose account is opened now.
    pub fn counselor(server: &Server) -> Result<Self> {
        let email = format!("{}@example.org", uuid::Uuid::new_v4());
        let body = json!({"email": email, "password": PASSWORD, "time_zone": "UTC", "role": "counselor"});
        Self::enter(server, email, "/v1/auth/register", &body)
    }

    fn enter(server: &Server, email: String, path: &str, body: &Value) -> Result<Self> {
        let stranger = Self::stranger(server);
        let token = token(&stranger.client.post(path, "", body)?.expect_status(&[200, 201])?)?;
        Ok(Self { email, authorization: bearer(&token), token, ..stranger })
    }

    /// Lets the counselor see everything that a caseload shows.
    pub fn share_with(&self, counselor: &Self) -> Result<()> {
        let scopes = ["check_ins", "cravings", "meetings", "clocks", "insights", "streaks"]
            .map(|name| json!({"collection": name, "detail": "summary"}));
        let body = json!({
            "recipient_email": counselor.email, "recipient_role": "counselor", "purpose": "Counseling", "scopes": scopes,
            "expires_at": "2100-01-01T00:00:00Z", "signature_name": "A member",
        });
        let share =
            self.client.post("/v1/shares", &self.token, &body)?.expect_status(&[201])?.json::<Item>()?.id;
        let accept = format!("/v1/invitations/{share}/accept");
        counselor.client.post(&accept, &counselor.token, &json!({}))?.expect_status(&[200]).map(drop)
    }

    /// Somebody who has not signed in, for what anybody may ask.
    pub fn stranger(server: &Server) -> Self {
        Self {
            client: Client::new(&server.address),
            server: server.pid(),
            email: String::new(),
            authorization: String::new(),
            token: String::new(),
            trigger: String::new(),
            archived: false,
        }
    }

    /// The value of their `Authorization` header.
    pub fn authorization(&self) -> &str {
        &self.authorization
    }

    /// Their access token.
    pub fn token(&self) -> &str {
        &self.token
    }

    /// The id of one of their own triggers.
    pub fn trigger(&self) -> &str {
        &self.trigger
    }

    /// GET, with an entity tag that is known already; and what it took.
    pub fn get(&self, path: &str, etag: Option<&str>) -> Result<(Answer, Took)> {
        let mut headers = vec![("Authorization", self.authorization.as_str())];
        headers.extend(etag.map(|etag| ("If-None-Match", etag)));
        let expected = if etag.is_some() { 304 } else { 200 };
        take(self.server, || self.client.get(path, &headers)?.expect_status(&[expected]))
    }

    /// One record; answers what it took.
    pub fn one(&self) -> Result<Took> {
        Ok(self.get(&format!("/v1/triggers/{}", self.trigger), None)?.1)
    }

    /// Creates a check-in of some past day; answers what it took until it was acknowledged.
    pub fn create(&self, days_ago: usize, mark: &str) -> Result<Took> {
        let body = sample::check_in(days_ago, mark);
        let post = || self.client.post("/v1/check-ins", &self.token, &body)?.expect_status(&[201]);
        Ok(take(self.server, post)?.1)
    }

    /// Pushes so many new records of a time that no figure looks at; answers the journal's revision after them.
    pub fn push(&self, rows: usize) -> Result<(i64, Took)> {
        let row = |_| {
            json!({"collection": "withdrawal_logs", "id": uuid::Uuid::new_v4(), "doc": {
                "occurred_at": "1999-11-02T06:30:00Z", "time_zone": "UTC", "insomnia": 2, "chills": 1,
                "note": "Second night, and it eases.",
            }})
        };
        let body = json!({"changes": (0..rows).map(row).collect::<Vec<_>>()});
        let post = || self.client.post("/v1/sync/changes", &self.token, &body)?.expect_status(&[200]);
        let (answer, took) = take(self.server, post)?;
        Ok((answer.json::<Pushed>()?.revision, took))
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
    /// None yet.
    pub const fn new() -> Self {
        Self(Vec::new())
    }

    /// Whether nothing was measured.
    pub const fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Adds one request.
    pub fn add(&mut self, took: Took) {
        self.0.push(took);
    }

    /// The time that so many percent of the requests did not exceed.
    pub fn percentile(&self, percent: usize) -> f64 {
        self.of(percent, |took| took.time)
    }

    /// The median of the processor's time.
    pub fn cpu(&self) -> f64 {
        self.of(50, |took| took.cpu)
    }

    fn of(&self, percent: usize, what: impl Fn(&Took) -> f64) -> f64 {
        let mut values: Vec<f64> = self.0.iter().map(what).collect();
        values.sort_by(f64::total_cmp);
        let place = (values.len() * percent).div_ceil(100).saturating_sub(1);
        values.get(place).copied().unwrap_or_default()
    }
}

/// The access token of an answer to signing in or registering.
pub fn token(answer: &Answer) -> Result<String> {
    Ok(answer.json::<Tokens>()?.access_token)
}

/// Asks a server, and answers what that took.
pub fn take(server: u32, ask: impl FnOnce() -> Result<Answer>) -> Result<(Answer, Took)> {
    let used = cpu_millis(server)?;
    let started = Instant::now();
    let answer = ask()?;
    let time = started.elapsed().as_secs_f64() * 1e3;
    Ok((answer, Took { time, cpu: cpu_millis(server)? - used }))
}
