//! Requests that are nearly right, by the thousand, at every place that reads something of a caller's: bodies,
//! patches, pushes, imports, cursors, parameters, headers, tokens, bare bytes. Whatever comes, the answer is
//! one that the document has, none of it is a server's error, what was taken reads back as it was answered, and
//! the server stays small.
//!
//! `FUZZ_SECONDS` says for how long (a few seconds by default, each engine), `FUZZ_SEED` where to begin again.

mod dice;

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::time::{Duration, Instant};
use std::{fs, thread};

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value as Json, json};

use crate::files::export;
use crate::meeting_list::listed;
use crate::records::new_id;
use crate::support::client::Request;
use crate::support::collections::example;
use crate::support::contract::Operation;
use crate::support::engine::variable;
use crate::support::{Answer, Client, Collection, Contract, Server, both, collections, wire};
use dice::Dice;

both!(nearly_right_requests_find_nothing);

const FEED: &str = include_str!("../../data/meeting-guide.json");
const DIARY: &str = include_str!("../../data/daylio-12h.csv");

/// How long an access token is used: it is good for ten minutes, and a run may take longer.
const RENEWED: Duration = Duration::from_mins(4);

/// What the headers hold that the server reads.
const HEADERS: &[(&str, &str)] = &[
    ("Accept", "application/json"),
    ("Accept-Encoding", "gzip;q=1.0, br;q=0.5, *;q=0"),
    ("Authorization", "Bearer a.b.c"),
    ("Content-Encoding", "gzip"),
    ("Content-Type", "application/json; charset=utf-8"),
    ("Cookie", "session=abc; x=\"y\""),
    ("Idempotency-Key", "8c1f5a3e-2b7d-4e9a-a6c4-1d0f9b8e7a65"),
    ("If-Match", "\"12\", W/\"13\""),
    ("If-None-Match", "\"12\", *"),
    ("Last-Event-ID", "17"),
    ("Origin", "https://app.example"),
    ("Range", "bytes=0-1,5-"),
    ("X-Forwarded-For", "192.0.2.1, [2001:db8::1]:443"),
    ("X-Request-Id", "abc-123"),
];

/// Requests as they are on the wire.
const WIRE: &[&str] = &[
    "GET /v1/meta HTTP/1.1\r\nHost: a\r\nAccept-Encoding: br\r\nConnection: close\r\n\r\n",
    "POST /v1/auth/refresh HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nContent-Length: 21\r\nConnection: close\r\n\r\n{\"refresh_token\":\"a\"}",
    "POST /v1/auth/refresh HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n15\r\n{\"refresh_token\":\"a\"}\r\n0\r\n\r\n",
    "GET /livez HTTP/1.0\r\nExpect: 100-continue\r\nUpgrade: h2c\r\nConnection: upgrade, close\r\n\r\n",
];

struct Fuzz<'a> {
    server: &'a Server,
    member: Client,
    dice: Dice,
    /// A few records of each collection, which are written over and over.
    records: Vec<(Collection, Vec<String>)>,
    export: Json,
    /// How often each target was tried, and taken.
    counts: BTreeMap<&'static str, [u64; 2]>,
}

type Target = fn(&mut Fuzz<'_>) -> Option<Answer>;

/// The targets, each with its name and whether something of it must be taken.
const TARGETS: &[(&str, Target, bool)] = &[
    ("bodies", |fuzz| fuzz.body(), true),
    ("records", |fuzz| fuzz.record(), true),
    ("patches", |fuzz| fuzz.patch(), true),
    ("pushes", |fuzz| fuzz.push(), true),
    ("imports", |fuzz| fuzz.import(), true),
    ("cursors", |fuzz| fuzz.cursor(), true),
    ("parameters", |fuzz| fuzz.parameter(), true),
    ("headers", |fuzz| fuzz.header(), true),
    ("tokens", |fuzz| fuzz.token(), false),
    ("wire", |fuzz| Some(fuzz.wire()), true),
    ("feeds", |fuzz| Some(fuzz.feed()), true),
];

fn nearly_right_requests_find_nothing(server: &Server) {
    let number = |name: &str| variable(name).map(|text| text.parse::<u64>().expect("a number"));
    let seconds = Duration::from_secs(number("FUZZ_SECONDS").unwrap_or(6));
    let seed = number("FUZZ_SEED").unwrap_or_else(|| fastrand::u64(..));
    let mut fuzz = Fuzz::new(server, seed);
    println!("FUZZ_SEED={seed}");
    let (from, before) = (Instant::now(), memory(server));
    let (mut rounds, mut renewed) = (0, from);
    while from.elapsed() < seconds || rounds < 25 {
        if renewed.elapsed() > RENEWED {
            fuzz.member = fuzz.member.refreshed();
            renewed = Instant::now();
        }
        for (name, target, _) in TARGETS {
            let answer = target(&mut fuzz);
            let taken = answer.is_some_and(|answer| (200..400).contains(&answer.status));
            let counts = fuzz.counts.entry(name).or_default();
            counts[0] += 1;
            counts[1] += u64::from(taken);
        }
        rounds += 1;
    }
    println!("{rounds} rounds, {:?} (tried, taken), {} to {} MiB", fuzz.counts, before, memory(server));
    for (name, _, must) in TARGETS {
        let [tried, taken] = fuzz.counts[name];
        assert!(taken < tried, "all of {name} is taken: nothing was changed");
        assert_eq!(taken > 0, *must, "{name}: {taken} of {tried} taken");
    }
    assert!(memory(server) < before + 256, "{before} MiB have become {} MiB", memory(server));
    fuzz.member.get("/v1/account").expect(200);
    server.anybody().get("/readyz").expect(200);
    let log = server.log();
    assert!(!log.contains("panicked") && !log.contains("ERROR"), "{log}");
}

/// What the process holds, in MiB.
fn memory(server: &Server) -> u64 {
    let status = fs::read_to_string(format!("/proc/{}/status", server.process_id())).unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    line.and_then(|line| line.trim().split(' ').next()?.parse::<u64>().ok()).unwrap_or_default() / 1024
}

/// Whether a client library sends this in a header; bare bytes come by `wire`.
fn can_be_sent(value: &str) -> bool {
    value.bytes().all(|byte| (b' '..=b'~').contains(&byte))
}

fn encoded(text: &str) -> String {
    text.bytes().fold(String::new(), |mut text, byte| {
        let _ = write!(text, "%{byte:02X}");
        text
    })
}

impl<'a> Fuzz<'a> {
    fn new(server: &'a Server, seed: u64) -> Self {
        let member = listed(server);
        let create = |collection: Collection| {
            let one = || member.post(collection.path, &collection.full());
            let ids = (0..3).map(|_| one().expect(201).id().to_owned()).collect();
            (collection, ids)
        };
        let records = collections::all().into_iter().map(create).collect();
        let export = export(&member);
        let dice = Dice(fastrand::Rng::with_seed(seed));
        Self { server, member, dice, records, export, counts: BTreeMap::new() }
    }

    /// Sends a request, unless no client could, and holds the answer against the document.
    fn send(method: &str, path: &str, request: Request) -> Option<Answer> {
        let answer = match request.try_send() {
            Ok(answer) => answer,
            Err(ureq::Error::Http(_) | ureq::Error::BadUri(_)) => return None,
            Err(error) => panic!("{method} {path}: {error}"),
        };
        assert!(answer.status < 500, "{answer:?}");
        // What the dice asked to be packed, this client does not unpack.
        if answer.header("content-encoding").is_none() {
            Contract::get().check(method, path, &answer);
        }
        Some(answer)
    }

    fn one(&mut self) -> (Collection, String) {
        let (collection, ids) = self.dice.of(&self.records).clone();
        (collection, self.dice.of(&ids).clone())
    }

    fn operation(&mut self, fits: impl Fn(&Operation) -> bool) -> &'static Operation {
        let fitting: Vec<&Operation> =
            Contract::get().operations.iter().filter(|operation| fits(operation)).collect();
        fitting[self.dice.0.usize(0..fitting.len())]
    }

    /// The path of an operation with ids that are there, or nearly.
    fn path(&mut self, operation: &Operation) -> String {
        let known = self.records.iter().find(|(one, _)| operation.path.starts_with(one.path));
        let ids = known.map(|(_, ids)| ids.clone()).unwrap_or_default();
        let mut id = self.dice.0.choice(&ids).cloned().unwrap_or_else(new_id);
        if self.dice.once_in(8) {
            id = encoded(&self.dice.text(&id));
        }
        let date = if self.dice.once_in(4) { encoded(&self.dice.edge()) } else { "2025-03-04".to_owned() };
        operation.path.replace("{id}", &id).replace("{share_id}", &id).replace("{date}", &date)
    }

    /// Any operation that takes a body. A password is hashed at most now and then: that takes long.
    fn body(&mut self) -> Option<Answer> {
        let slowly = self.dice.once_in(10);
        let hashes = |path: &str| path.starts_with("/v1/auth/") || path == "/v1/account";
        let operation =
            self.operation(|one| !one.spec["requestBody"].is_null() && slowly == hashes(&one.path));
        let contents = operation.spec["requestBody"]["content"].as_object()?;
        let (media_type, content) = contents.iter().next()?;
        let good = example(content, Contract::get().resolve(&content["schema"]));
        let path = self.path(operation);
        let body = self.dice.document(good);
        let request = self.member.request(&operation.method, &path);
        Self::send(&operation.method, &path, request.header("Content-Type", media_type).body(body))
    }

    /// A record, which reads back as it was answered.
    fn record(&mut self) -> Option<Answer> {
        let (collection, id) = self.one();
        let body = self.dice.document(&collection.full());
        self.written("PUT", &collection.item(&id), "application/json", body)
    }

    fn patch(&mut self) -> Option<Answer> {
        let (collection, id) = self.one();
        let mut members = collection.full();
        let fields = members.as_object_mut()?;
        let wanted = self.dice.0.u64(..);
        let mut at = 0;
        fields.retain(|_, _| {
            at += 1;
            (wanted >> (at % 64)).trailing_zeros() >= 2
        });
        let body = self.dice.document(&members);
        self.written("PATCH", &collection.item(&id), "application/merge-patch+json", body)
    }

    fn written(&mut self, method: &str, path: &str, media_type: &str, body: Vec<u8>) -> Option<Answer> {
        let request = self.member.request(method, path).header("Content-Type", media_type).body(body);
        let answer = Self::send(method, path, request)?;
        if answer.status < 300 {
            let mut written = answer.json.clone();
            // Said once, with the answer to what was written.
            written.as_object_mut()?.remove("support");
            assert_eq!(self.member.get(path).expect(200).json, written, "reads otherwise: {answer:?}");
        }
        Some(answer)
    }

    /// Rows of a device, with bases and revisions that may be right.
    fn push(&mut self) -> Option<Answer> {
        let mut rows = Vec::new();
        for _ in 0..self.dice.0.usize(1..4) {
            let (collection, id) = self.one();
            let mut row = json!({"collection": collection.name(), "id": id, "doc": collection.full()});
            match self.dice.0.u8(0..4) {
                0 => row["base_revision"] = json!(self.dice.0.i64(0..1_000)),
                1 => row["base"] = collection.full(),
                2 => row["deleted"] = json!(self.dice.0.bool()),
                _ => {}
            }
            rows.push(row);
        }
        let mut push = json!({"changes": rows});
        if self.dice.once_in(4) {
            push["epoch"] = self.export["journal"]["epoch"].clone();
        }
        let body = self.dice.document(&push);
        let path = "/v1/sync/changes";
        let request = self.member.request("POST", path).header("Content-Type", "application/json").body(body);
        Self::send("POST", path, request)
    }

    /// A file of each format; every other one is only tried.
    fn import(&mut self) -> Option<Answer> {
        let mapping = json!({"collection": "cravings", "delimiter": ";", "fields": {
            "occurred_at": {"column": "When", "format": "%d.%m.%Y %H:%M", "time_zone": "Europe/Berlin"},
            "time_zone": {"value": "Europe/Berlin"},
            "intensity": {"column": "Strength", "words": {"strong": 8}},
            "halt": {"column": "HALT", "split": ","},
            "note": {"column": "Note"},
        }});
        let export = self.export.clone();
        let (query, media_type, file) = match self.dice.0.u8(0..4) {
            0 => ("format=json".to_owned(), "application/json", self.dice.document(&export)),
            1 => {
                let lines: Vec<&str> = DIARY.lines().take(8).collect();
                let query = "format=daylio&time_zone=Europe/Istanbul&mood_map=Cry:1,Sick:2".to_owned();
                (query, "text/csv", lines.join("\n").into_bytes())
            }
            2 => {
                let mapping = self.dice.document(&mapping);
                let query = format!("format=csv&mapping={}", encoded(&String::from_utf8_lossy(&mapping)));
                let file = "When;Strength;HALT;Note\n02.11.2024 21:40;strong;tired,lonely;'=1+1\n";
                (query, "text/csv", file.as_bytes().to_vec())
            }
            _ => {
                let file = "# my dates\n2021-06-01\n2019-03-01\n2020-01-10, 2020-01-15\n";
                ("format=dates&substance=alcohol".to_owned(), "text/plain", file.as_bytes().to_vec())
            }
        };
        let file = if media_type == "application/json" || self.dice.once_in(4) {
            file
        } else {
            self.dice.bytes(file)
        };
        let path = format!("/v1/import?{query}&dry_run={}", self.dice.0.bool());
        let request = self.member.request("POST", &path).header("Content-Type", media_type).body(file);
        Self::send("POST", &path, request)
    }

    /// The cursor of a list, with what is in it changed.
    fn cursor(&mut self) -> Option<Answer> {
        let (collection, _) = self.one();
        let list = *self.dice.of(&[collection.path, collection.path, "/v1/meeting-list", "/v1/disclosures"]);
        let first = self.member.get(&format!("{list}?limit=1")).expect(200).json.clone();
        let inside = match first["next_cursor"].as_str() {
            Some(cursor) => String::from_utf8(URL_SAFE_NO_PAD.decode(cursor).unwrap()).unwrap(),
            None => format!("{}:1", list.trim_start_matches("/v1/")),
        };
        let mut parts: Vec<String> = inside.split(':').map(str::to_owned).collect();
        if !self.dice.once_in(4) {
            let at = self.dice.0.usize(0..parts.len());
            parts[at] =
                if self.dice.0.bool() { self.dice.number().to_string() } else { self.dice.text(&parts[at]) };
        }
        let mut cursor = URL_SAFE_NO_PAD.encode(parts.join(":"));
        if self.dice.once_in(6) {
            cursor = encoded(&self.dice.text(&cursor));
        }
        let path = format!("{list}?limit={}&cursor={cursor}", self.dice.0.u8(1..3));
        Self::send("GET", &path, self.member.request("GET", &path))
    }

    /// Parameters of any operation that reads.
    fn parameter(&mut self) -> Option<Answer> {
        let operation = self.operation(|one| one.method == "GET" && !one.path.ends_with("/stream"));
        let mut path = self.path(operation);
        let parameters = operation.spec["parameters"].as_array().cloned().unwrap_or_default();
        let mut separator = '?';
        for parameter in parameters.iter().filter(|parameter| parameter["in"] == "query") {
            if self.dice.once_in(3) {
                let schema = &parameter["schema"];
                let known = [&schema["enum"][0], &schema["examples"][0], &schema["default"]];
                let known =
                    known.into_iter().find(|value| !value.is_null()).cloned().unwrap_or(json!("2025-03-04"));
                let known = known.as_str().map_or_else(|| known.to_string(), str::to_owned);
                let value = if self.dice.once_in(2) { known } else { self.dice.text(&known) };
                let name = parameter["name"].as_str()?;
                let _ = write!(path, "{separator}{name}={}", encoded(&value));
                separator = '&';
            }
        }
        Self::send("GET", &path, self.member.request("GET", &path))
    }

    fn header(&mut self) -> Option<Answer> {
        let (collection, id) = self.one();
        let path = collection.item(&id);
        let method = *self.dice.of(&["GET", "PUT", "PATCH", "HEAD", "OPTIONS"]);
        let mut request = self.member.request(method, &path);
        for _ in 0..self.dice.0.usize(1..4) {
            let (name, value) = *self.dice.of(HEADERS);
            let value = if self.dice.once_in(3) { value.to_owned() } else { self.dice.text(value) };
            if can_be_sent(&value) {
                request = request.header(name, value);
            }
        }
        let takes = method == "PUT" || method == "PATCH";
        let request = if takes { request.body(collection.full().to_string()) } else { request };
        if method == "HEAD" || method == "OPTIONS" {
            // Not in the document, which is of those that answer with something.
            let answer = request.try_send().ok()?;
            assert!(answer.status < 500, "{answer:?}");
            return Some(answer);
        }
        Self::send(method, &path, request)
    }

    /// Tokens of each kind, changed: none is good.
    fn token(&mut self) -> Option<Answer> {
        let (access, refresh) = (self.member.token.clone()?, self.member.refresh_token().to_owned());
        let genuine = if self.dice.0.bool() { access } else { refresh };
        let token = self.dice.text(&genuine);
        if token.trim() == self.member.token.as_deref()? || token == self.member.refresh_token() {
            return None;
        }
        if !can_be_sent(&token) {
            return None;
        }
        let nobody = self.server.anybody();
        let (method, path) = match self.dice.0.u8(0..4) {
            0 => ("GET", "/v1/account".to_owned()),
            1 => ("GET", format!("/v1/sync/stream?ticket={}", encoded(&token))),
            2 => ("POST", "/v1/auth/refresh".to_owned()),
            _ => ("POST", "/v1/auth/password-reset/confirm".to_owned()),
        };
        let request = nobody.request(method, &path);
        let request = match path.as_str() {
            "/v1/account" => request.header("Authorization", format!("Bearer {token}")),
            "/v1/auth/refresh" => request.json(&json!({"refresh_token": token})),
            "/v1/auth/password-reset/confirm" => {
                request.json(&json!({"token": token, "password": "seven other quiet mornings"}))
            }
            _ => request,
        };
        Self::send(method, &path, request)
    }

    /// Bytes that were a request.
    fn wire(&mut self) -> Answer {
        let whole = self.dice.of(WIRE).as_bytes().to_vec();
        let bytes = if self.dice.once_in(4) { whole } else { self.dice.bytes(whole) };
        let answer = wire::exchange(self.server, &bytes, Duration::from_millis(25));
        let shown = String::from_utf8_lossy(&bytes).into_owned();
        assert!(answer.is_empty() || answer.starts_with("HTTP/1."), "{shown:?}: {answer}");
        assert!(!answer.contains("HTTP/1.1 5") && !answer.contains("HTTP/1.0 5"), "{shown:?}: {answer}");
        let status = wire::status(&answer);
        Answer { request: shown, status, headers: Vec::new(), bytes: Vec::new(), json: Json::Null }
    }

    /// The meeting list's feeds are read by the operator's command, and so here without a server.
    fn feed(&mut self) -> Answer {
        use recovery_journal::meeting_list::feed::{Feed, Origin};
        let origin = Origin { source: "a".to_owned(), fellowship: "aa".to_owned(), time_zone: None };
        let feed: Json = serde_json::from_str(FEED).unwrap();
        let bytes = self.dice.document(&feed);
        let read = Feed::read(&bytes, &origin);
        let status = if read.is_ok_and(|feed| feed.skipped.is_empty()) { 200 } else { 422 };
        Answer { request: String::new(), status, headers: Vec::new(), bytes: Vec::new(), json: Json::Null }
    }
}

impl Drop for Fuzz<'_> {
    fn drop(&mut self) {
        if thread::panicking() {
            eprintln!("found after {:?}", self.counts);
        }
    }
}
