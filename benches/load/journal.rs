//! Recovery Journal as its clients see it: what every server is asked, and besides that what only ours has, with tokens
//! that outlive a run.

use crate::Result;
use crate::client::bearer;
use crate::members::{Api, Member, Members};
use crate::options::Part;
use crate::sample;
use crate::wrk::render;
use serde::Deserialize;
use std::time::{Duration, Instant};

/// An access token lives 600 s and a run at most 300 s.
const RENEW_AFTER: Duration = Duration::from_secs(200);

/// What our API calls things.
static API: Api = Api {
    register: "/v1/auth/register",
    besides: &[("time_zone", "Etc/UTC")],
    login: "/v1/auth/login",
    identity: "email",
    token: "/access_token",
    records: "/v1/check-ins",
    id: "/id",
    list: "?limit=30",
    owner: None,
};

/// The members of one running server.
pub struct Journal {
    members: Members,
    signed_in: Instant,
}

#[derive(Deserialize)]
struct Pulled {
    next_since: u64,
    epoch: String,
}

impl Journal {
    /// Registers the members at `address` and gives each their check-ins.
    pub fn set_up(address: &str) -> Result<Self> {
        Ok(Self { members: Members::set_up(&API, address)?, signed_in: Instant::now() })
    }

    /// Goes on with the same members at another address: the server was started again.
    pub fn moved_to(&mut self, address: &str) -> Result<()> {
        self.members.moved_to(address);
        self.sign_in()
    }

    fn sign_in(&mut self) -> Result<()> {
        self.signed_in = Instant::now();
        self.members.sign_in()
    }

    /// Whether the server has this endpoint and answers it as expected; then the size of the first answer's
    /// body in bytes.
    pub fn probe(&mut self, part: Part) -> Result<Option<usize>> {
        self.renew()?;
        let member = self.members.first()?;
        let Some((path, etag)) = self.read_request(part, member)? else { return Ok(None) };
        let authorization = bearer(&member.token);
        let mut headers = vec![("Authorization", authorization.as_str())];
        headers.extend(etag.as_deref().map(|etag| ("If-None-Match", etag)));
        let expected = if part == Part::NotModified { 304 } else { 200 };
        let answer = self.members.client.get(&path, &headers)?;
        Ok(Some(answer.expect_status(&[expected])?.body.len()))
    }

    /// The requests of a part, with tokens that outlive the run. Empty when the server lacks the endpoint.
    pub fn requests(&mut self, part: Part) -> Result<Vec<String>> {
        self.renew()?;
        let mut requests = self.members.requests(part);
        if !requests.is_empty() {
            return Ok(requests);
        }
        for member in &self.members.list {
            let Some((path, etag)) = self.read_request(part, member)? else { continue };
            let authorization = bearer(&member.token);
            let mut headers = vec![("Authorization", authorization.as_str())];
            headers.extend(etag.as_deref().map(|etag| ("If-None-Match", etag)));
            requests.push(render("GET", &path, &self.members.address, &headers, ""));
        }
        Ok(requests)
    }

    /// Creates one check-in and returns when it is acknowledged.
    pub fn create(&self, mark: &str) -> Result<()> {
        self.members.create(mark)
    }

    /// The sum of all journals' revisions: it grows by one with every record stored. None without the sync
    /// endpoint.
    pub fn revisions(&mut self) -> Result<Option<u64>> {
        self.renew()?;
        let mut sum = 0;
        for member in &self.members.list {
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
        let answer = self.members.client.get(&path, &[("Authorization", &bearer(&member.token))])?;
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
        let answer = self.members.client.get(path, &[("Authorization", &bearer(&member.token))])?;
        if answer.status == 404 {
            return Ok(None);
        }
        answer.expect_status(&[200])?.json().map(Some)
    }
}
