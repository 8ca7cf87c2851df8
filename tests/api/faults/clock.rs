//! A clock that is set while the server runs, hours forwards and hours backwards: sessions, tokens, revisions and
//! repeated requests stay sane. Needs libfaketime (Debian: `faketime`), which the server is run under.

use std::fs;
use std::path::{Path, PathBuf};
use std::thread;
use std::time::Duration;

use serde_json::{Value as Json, json};

use super::{PATH, not_tested};
use crate::records::new_id;
use crate::sharing::life::{body, pair, scope};
use crate::support::client::PASSWORD;
use crate::support::{Client, Engine, Server};

const HOUR: i64 = 3_600;

/// A server whose clock is set by a file.
struct Clock {
    server: Server,
    file: PathBuf,
    _folder: tempfile::TempDir,
}

impl Clock {
    fn start(engine: Engine, throttle: &str) -> Option<Self> {
        let Some(library) = library() else {
            not_tested("A clock that jumps", "libfaketime is not installed");
            return None;
        };
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("clock");
        fs::write(&file, "+0").unwrap();
        let settings = [
            ("LD_PRELOAD", library.to_str().unwrap()),
            ("FAKETIME_TIMESTAMP_FILE", file.to_str().unwrap()),
            ("FAKETIME_NO_CACHE", "1"),
            ("FAKETIME_DONT_FAKE_MONOTONIC", "1"),
            ("THROTTLE", throttle),
        ];
        let server = Server::start(engine, &settings);
        Some(Self { server, file, _folder: folder })
    }

    /// Sets the clock so many seconds off.
    fn set(&self, seconds: i64) {
        let new = self.file.with_extension("new");
        fs::write(&new, format!("{seconds:+}")).unwrap();
        fs::rename(new, &self.file).unwrap();
    }
}

fn library() -> Option<PathBuf> {
    let folders =
        ["/usr/lib/x86_64-linux-gnu/faketime", "/usr/lib/aarch64-linux-gnu/faketime", "/usr/lib/faketime"];
    folders.iter().map(|folder| Path::new(folder).join("libfaketimeMT.so.1")).find(|file| file.is_file())
}

fn refreshed(member: &Client) -> Client {
    let body = json!({"refresh_token": member.refresh_token()});
    let tokens = member.post("/v1/auth/refresh", &body).expect(200).json.clone();
    let mut session = member.session.clone();
    session.as_object_mut().unwrap().extend(tokens.as_object().cloned().unwrap());
    member.signed_in(session)
}

fn write(member: &Client, note: &str) -> Json {
    member.post(PATH, &json!({"local_date": "2025-03-04", "note": note})).expect(201).json.clone()
}

#[test]
fn sessions_and_revisions_stay_sane() {
    for engine in [Some(Engine::sqlite()), Engine::postgres()].into_iter().flatten() {
        let Some(clock) = Clock::start(engine, "off") else { return };
        let mut member = clock.server.member();
        let mut last = write(&member, "now");
        for (hours, access_token_is_good) in
            [(6, false), (-6, false), (0, false), (-1, false), (0, false), (24 * 20, false)]
        {
            clock.set(hours * HOUR);
            // A token is good for ten minutes of the clock; a device goes on by its refresh token.
            let known = member.get("/v1/account").status;
            assert_eq!(known == 200, access_token_is_good, "{hours} hours off: {known}");
            member = refreshed(&member);
            let record = write(&member, &format!("{hours} hours off"));
            assert!(record["revision"].as_i64() > last["revision"].as_i64(), "{record} after {last}");
            let path = format!("{PATH}/{}", record["id"].as_str().unwrap());
            let changed = member.patch(&path, &json!({"note": "changed"})).expect(200).json.clone();
            assert!(changed["revision"].as_i64() > record["revision"].as_i64());
            assert!(changed["updated_at"].as_str() >= record["created_at"].as_str(), "{changed}");
            last = changed;
            // What a device pulls is ordered by revision, whatever the clock said.
            let pulled = member.get("/v1/sync/changes?since=0").expect(200).json.clone();
            let revisions: Vec<_> =
                pulled["changes"].as_array().unwrap().iter().map(|row| row["revision"].as_i64()).collect();
            assert!(revisions.is_sorted(), "{revisions:?}");
            // The same again is the same.
            let id = new_id();
            let body = json!({"id": id, "local_date": "2025-03-04"});
            let first = member.post(PATH, &body).expect(201).json.clone();
            assert_eq!(member.post(PATH, &body).expect(200).json, first);
        }
        // Longer than a session may rest.
        clock.set(24 * 60 * HOUR);
        let body = json!({"refresh_token": member.refresh_token()});
        member.post("/v1/auth/refresh", &body).refused(401, "invalid_token");
        clock.server.anybody().log_in(member.email(), PASSWORD);
        assert!(!clock.server.log().contains("panicked"), "{}", clock.server.log());
    }
}

#[test]
fn nobody_is_locked_out_by_a_clock_that_was_set_back() {
    let Some(clock) = Clock::start(Engine::sqlite(), "on") else { return };
    let member = clock.server.member();
    let try_in = |password: &str| {
        clock.server.anybody().post("/v1/auth/login", &json!({"email": member.email(), "password": password}))
    };
    clock.set(5 * HOUR);
    for _ in 0..5 {
        try_in("not the right one").refused(401, "invalid_credentials");
    }
    thread::sleep(Duration::from_millis(1_100));
    try_in("not the right one").refused(401, "invalid_credentials");
    try_in(PASSWORD).refused(429, "too_many_requests");
    clock.set(0);
    try_in(PASSWORD).expect(200);
}

#[test]
fn a_repeated_request_is_recognised_across_a_jump() {
    let Some(clock) = Clock::start(Engine::sqlite(), "off") else { return };
    let (member, counselor) = pair(&clock.server);
    let body = body(&counselor, &json!([scope("cravings", "entries")]));
    let key = new_id();
    let send = |member: &Client| {
        member
            .request("POST", "/v1/shares")
            .header("Idempotency-Key", &key)
            .json(&body)
            .send()
            .expect(201)
            .json
            .clone()
    };
    let first = send(&member);
    for hours in [-5, 5] {
        clock.set(hours * HOUR);
        let member = member.log_in(member.email(), PASSWORD);
        assert_eq!(send(&member), first, "{hours} hours off");
    }
}
