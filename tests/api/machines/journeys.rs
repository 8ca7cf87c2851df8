//! How often a request waits for PostgreSQL. On one machine that is processor time; with the database on another it
//! is most of what a member waits for.

use std::cell::RefCell;
use std::io::{Read as _, Write as _};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread;
use std::time::Duration;

use serde_json::json;

use crate::support::{Engine, Server};

/// How often each is asked. The fewest journeys count: others may be asking on the side.
const TRIES: usize = 8;
/// How long an answer takes on its way: what is sent meanwhile did not wait for it.
const FAR: Duration = Duration::from_millis(5);
/// After that long PostgreSQL has heard of everything, also of what nobody waits for.
const QUIET: Duration = Duration::from_millis(30);

/// What stands between a server and PostgreSQL, and counts how often the server speaks after it was answered.
struct Relay {
    port: u16,
    journeys: Arc<AtomicUsize>,
}

impl Relay {
    fn to(target: &str) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let journeys = Arc::new(AtomicUsize::new(0));
        let (target, counted) = (target.to_owned(), Arc::clone(&journeys));
        thread::spawn(move || {
            for server in listener.incoming().map_while(Result::ok) {
                let Ok(postgres) = TcpStream::connect(&target) else { continue };
                let answered = Arc::new(AtomicBool::new(true));
                let (was_answered, journeys) = (Arc::clone(&answered), Arc::clone(&counted));
                pump(&server, &postgres, move || {
                    if was_answered.swap(false, Ordering::Relaxed) {
                        journeys.fetch_add(1, Ordering::Relaxed);
                    }
                });
                pump(&postgres, &server, move || {
                    thread::sleep(FAR);
                    answered.store(true, Ordering::Relaxed);
                });
            }
        });
        Self { port, journeys }
    }

    /// How many journeys it takes at least to ask for something after something else.
    fn count<T>(&self, mut first: impl FnMut() -> T, mut ask: impl FnMut(T)) -> usize {
        let once = || {
            let given = first();
            thread::sleep(QUIET);
            let before = self.journeys.load(Ordering::Relaxed);
            ask(given);
            thread::sleep(QUIET);
            self.journeys.load(Ordering::Relaxed) - before
        };
        std::iter::repeat_with(once).take(TRIES).min().unwrap()
    }
}

/// Hands on what comes, and says so before.
fn pump(from: &TcpStream, to: &TcpStream, heard: impl Fn() + Send + 'static) {
    let (mut from, mut to) = (from.try_clone().unwrap(), to.try_clone().unwrap());
    to.set_nodelay(true).unwrap();
    thread::spawn(move || {
        let mut buffer = vec![0; 65_536];
        while let Ok(length @ 1..) = from.read(&mut buffer) {
            heard();
            if to.write_all(&buffer[..length]).is_err() {
                break;
            }
        }
        drop(to.shutdown(Shutdown::Both));
    });
}

#[test]
fn a_request_waits_for_postgres_once_or_twice() {
    let Some(engine) = Engine::postgres() else { return };
    let url = engine.url().unwrap();
    let (before, rest) = url.split_once('@').unwrap();
    let (target, database) = rest.split_once('/').unwrap();
    let relay = Relay::to(target);
    let through = format!("{before}@127.0.0.1:{}/{database}", relay.port);
    let server = Server::start(engine, &[("DATABASE_URL", &through), ("WORKERS", "1")]);
    let member = server.member();
    let check_in = |mood: usize| json!({"local_date": "2026-10-10", "note": "walked", "mood": mood % 11});
    let make = || member.post("/v1/check-ins", &check_in(5)).expect(201).id().to_owned();
    let path = |id: &str| format!("/v1/check-ins/{id}");

    // The next revision with BEGIN, and what the id stands for; then the change with COMMIT.
    assert_eq!(relay.count(|| (), |()| drop(make())), 2, "a create");
    let put = |id: String| {
        member.put(&path(&id), &check_in(6)).expect(200);
    };
    assert_eq!(relay.count(make, put), 2, "a replacement");
    let delete = |id: String| {
        member.delete(&path(&id)).expect(204);
    };
    assert_eq!(relay.count(make, delete), 2, "a deletion");

    // The journal's revision; and once it is another than the client's, everything in one state of it. Nobody waits
    // for that state to be let go, which is the last.
    let read = |path: &'static str| {
        relay.count(make, |_| {
            member.get(path).expect(200);
        })
    };
    assert_eq!(read("/v1/check-ins"), 3, "a list");
    assert_eq!(read("/v1/summary"), 3, "a summary");
    assert_eq!(read("/v1/insights/factors"), 3, "factors");
    let tag = member.get("/v1/streaks").etag().to_owned();
    let known = |()| {
        member.request("GET", "/v1/streaks").header("If-None-Match", &tag).send().expect(304);
    };
    assert_eq!(relay.count(|| (), known), 1, "what the client has");

    let session = RefCell::new(server.member());
    let refresh = |()| drop(session.replace_with(|session| session.refreshed()));
    assert_eq!(relay.count(|| (), refresh), 2, "a refresh");
}
