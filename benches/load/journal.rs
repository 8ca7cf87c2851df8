//! Recovery Journal as its clients see it: members are registered, signed in and given check-ins through the
//! real API, and the requests to be measured are rendered with their tokens.

use crate::Result;
use crate::client::{Client, bearer};
use crate::options::Part;
use crate::sample::{self, CHECK_INS, MEMBERS, PASSWORD, SERIAL};
use crate::wrk::render;
use serde::Deserialize;
use serde_json::json;
use std::thread;
use std::time::{Duration, Instant};

/// An access token lives 600 s and a run at most 300 s.
const RENEW_AFTER: Duration = Duration::from_secs(200);

struct Member {
    email: String,
    token: String,
    check_ins: Vec<String>,
}

/// The members of one running server.
pub struct Journal {
    client: Client,
    address: String,
    members: Vec<Member>,
    signed_in: Instant,
}

#[derive(Deserialize)]
struct Tokens {
    access_token: String,
}

#[derive(Deserialize)]
struct Created {
    id: String,
}

#[derive(Deserialize)]
struct Pulled {
    next_since: u64,
    epoch: String,
}

impl Journal {
    /// Registers the members at `address` and gives each their check-ins, all members at once.
    pub fn set_up(address: &str) -> Result<Self> {
        let members = thread::scope(|scope| {
            let threads: Vec<_> =
                (0..MEMBERS).map(|number| scope.spawn(move || register(address, number))).collect();
            threads
                .into_iter()
                .map(|thread| thread.join().map_err(|_| "set-up failed")?)
                .collect::<Result<Vec<_>>>()
        })?;
        Ok(Self {
            client: Client::new(address),
            address: address.to_owned(),
            members,
            signed_in: Instant::now(),
        })
    }

    /// Goes on with the same members at another address: the server was started again.
    pub fn moved_to(&mut self, address: &str) -> Result<()> {
        self.client = Client::new(address);
        address.clone_into(&mut self.address);
        self.sign_in()
    }

    fn sign_in(&mut self) -> Result<()> {
        for member in &mut self.members {
            member.token = login(&self.client, &member.email)?;
        }
        self.signed_in = Instant::now();
        Ok(())
    }

    /// Whether the server has this endpoint and answers it as expected; then the size of the first answer's
    /// body in bytes.
    pub fn probe(&mut self, part: Part) -> Result<Option<usize>> {
        self.renew()?;
        let member = self.members.first().ok_or("no members")?;
        let Some((path, etag)) = self.read_request(part, member)? else { return Ok(None) };
        let authorization = bearer(&member.token);
        let mut headers = vec![("Authorization", authorization.as_str())];
        headers.extend(etag.as_deref().map(|etag| ("If-None-Match", etag)));
        let expected = if part == Part::NotModified { 304 } else { 200 };
        let answer = self.client.get(&path, &headers)?;
        Ok(Some(answer.expect_status(&[expected])?.body.len()))
    }

    /// The requests of a part, with tokens that outlive the run. Empty when the server lacks the endpoint.
    pub fn requests(&mut self, part: Part) -> Result<Vec<String>> {
        self.renew()?;
        let mut requests = Vec::new();
        for member in &self.members {
            let authorization = bearer(&member.token);
            let bearer = ("Authorization", authorization.as_str());
            let get = |path: &str| render("GET", path, &self.address, &[bearer], "");
            match part {
                Part::Get => {
                    requests.extend(member.check_ins.iter().map(|id| get(&format!("/v1/check-ins/{id}"))));
                }
                Part::Login => {
                    let body = json!({"email": member.email, "password": PASSWORD}).to_string();
                    requests.push(render("POST", "/v1/auth/login", &self.address, &[], &body));
                }
                Part::Create => requests.extend((0..30).map(|days_ago| {
                    let body = sample::check_in(days_ago, SERIAL).to_string();
                    render("POST", "/v1/check-ins", &self.address, &[bearer], &body)
                })),
                _ => match self.read_request(part, member)? {
                    None => {}
                    Some((path, None)) => requests.push(get(&path)),
                    Some((path, Some(etag))) => {
                        let headers = [bearer, ("If-None-Match", etag.as_str())];
                        requests.push(render("GET", &path, &self.address, &headers, ""));
                    }
                },
            }
        }
        Ok(requests)
    }

    /// Creates one check-in and returns when it is acknowledged.
    pub fn create(&self, mark: &str) -> Result<()> {
        let member = self.members.first().ok_or("no members")?;
        let answer = self.client.post("/v1/check-ins", &member.token, &sample::check_in(1, mark))?;
        answer.expect_status(&[201])?;
        Ok(())
    }

    /// The sum of all journals' revisions: it grows by one with every record stored. None without the sync
    /// endpoint.
    pub fn revisions(&mut self) -> Result<Option<u64>> {
        self.renew()?;
        let mut sum = 0;
        for member in &self.members {
            let Some(pulled) = self.pull(member)? else { return Ok(None) };
            sum += pulled.next_since;
        }
        Ok(Some(sum))
    }

    fn renew(&mut self) -> Result<()> {
        if self.signed_in.elapsed() > RENEW_AFTER { self.sign_in() } else { Ok(()) }
    }

    /// Path and expected entity tag of a part that only reads. None when the server lacks the endpoint.
    fn read_request(&self, part: Part, member: &Member) -> Result<Option<(String, Option<String>)>> {
        let path = match part {
            Part::Get => format!("/v1/check-ins/{}", member.check_ins.first().ok_or("no check-ins")?),
            Part::List => "/v1/check-ins?limit=30".to_owned(),
            Part::Summary => "/v1/summary".to_owned(),
            Part::Streaks | Part::NotModified => "/v1/streaks".to_owned(),
            Part::Trends => {
                format!("/v1/trends?from={}&to={}&bucket=week", sample::date(29), sample::date(0))
            }
            Part::Sync => {
                let Some(pulled) = self.pull(member)? else { return Ok(None) };
                format!("/v1/sync/changes?since={}&limit=100&epoch={}", pulled.next_since, pulled.epoch)
            }
            _ => return Ok(None),
        };
        let answer = self.client.get(&path, &[("Authorization", &bearer(&member.token))])?;
        if answer.status == 404 {
            return Ok(None);
        }
        let etag = answer.expect_status(&[200])?.etag;
        if part == Part::NotModified {
            return Ok(Some((path, Some(etag.ok_or("GET /v1/streaks has no ETag")?))));
        }
        Ok(Some((path, None)))
    }

    /// A pull that skips all records: it tells the journal's revision and epoch.
    fn pull(&self, member: &Member) -> Result<Option<Pulled>> {
        let path = "/v1/sync/changes?since=0&limit=1&collections=cravings";
        let answer = self.client.get(path, &[("Authorization", &bearer(&member.token))])?;
        if answer.status == 404 {
            return Ok(None);
        }
        answer.expect_status(&[200])?.json().map(Some)
    }
}

fn register(address: &str, number: usize) -> Result<Member> {
    let client = Client::new(address);
    let email = sample::email(number);
    let account = json!({"email": email, "password": PASSWORD, "time_zone": "Etc/UTC"});
    // Ten at once wait in the queue of the hashing threads; a server that turns some away says so with 503.
    let answer = client.post("/v1/auth/register", "", &account)?.expect_status(&[201])?;
    let Tokens { access_token: token } = answer.json()?;
    let mut check_ins = Vec::with_capacity(CHECK_INS);
    for days_ago in (0..CHECK_INS).rev() {
        let body = sample::check_in(days_ago, &format!("{days_ago:08}"));
        let answer = client.post("/v1/check-ins", &token, &body)?.expect_status(&[201])?;
        check_ins.push(answer.json::<Created>()?.id);
    }
    Ok(Member { email, token, check_ins })
}

fn login(client: &Client, email: &str) -> Result<String> {
    let body = json!({"email": email, "password": PASSWORD});
    let answer = client.post("/v1/auth/login", "", &body)?.expect_status(&[200])?;
    Ok(answer.json::<Tokens>()?.access_token)
}
