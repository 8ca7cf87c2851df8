//! More than can be done: who is refused, and that the others are served. How much is left of the peak is measured
//! by `cargo bench --bench load -- overload`. The measurement at the end is run by hand (docs/PERFORMANCE.md says
//! how), with `TEST_PROGRAM` naming an optimised build.

use std::io::Write as _;
use std::thread;
use std::time::Duration;

use serde_json::json;

use crate::support::client::PASSWORD;
use crate::support::wire::{Line, status};
use crate::support::{Engine, Server};

const LIVEZ: &[u8] = b"GET /livez HTTP/1.1\r\nHost: x\r\n\r\n";

#[test]
fn beyond_the_cap_is_503_at_once_and_life_goes_on() {
    let server = Server::start(Engine::sqlite(), &[("MAX_IN_FLIGHT", "1")]);
    let member = server.member();
    let body = json!({"email": member.email(), "password": PASSWORD});
    // A password takes its time; two of them are too many here.
    let answers: Vec<_> = thread::scope(|scope| {
        let tries: Vec<_> =
            (0..8).map(|_| scope.spawn(|| server.anybody().post("/v1/auth/login", &body))).collect();
        server.anybody().get("/livez").expect(200);
        tries.into_iter().map(|one| one.join().unwrap()).collect()
    });
    let (served, refused): (Vec<_>, Vec<_>) = answers.into_iter().partition(|answer| answer.status == 200);
    assert!(!served.is_empty() && !refused.is_empty(), "{} served", served.len());
    for answer in refused {
        assert_eq!(answer.refused(503, "overloaded").header("retry-after"), Some("1"));
        for header in ["x-content-type-options", "content-security-policy", "x-request-id", "referrer-policy"]
        {
            assert!(answer.header(header).is_some(), "{header}: {answer:?}");
        }
    }
    member.get("/v1/account").expect(200);
}

#[test]
fn a_body_on_its_way_keeps_nobody_out() {
    // One worker: two could hold the one place for a moment each while they begin.
    let server = Server::start(Engine::sqlite(), &[("MAX_IN_FLIGHT", "1"), ("WORKERS", "1")]);
    let member = server.member();
    let half = "POST /v1/auth/login HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n{";
    let mut slow: Vec<Line> = (0..20).map(|_| Line::plain(&server)).collect();
    for line in &mut slow {
        line.write_all(half.as_bytes()).unwrap();
    }
    thread::sleep(Duration::from_millis(200));
    member.get("/v1/account").expect(200);
    for line in &mut slow {
        line.patience(Duration::from_secs(5));
        line.write_all(b"}").unwrap();
        let answer = line.answer();
        assert_eq!(status(&answer), 422, "{answer}");
    }
}

/// Resident memory of a server in KiB.
fn resident(server: &Server) -> u64 {
    let text = std::fs::read_to_string(format!("/proc/{}/status", server.process_id())).unwrap();
    let line = text.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap();
    line.split_whitespace().next().unwrap().parse().unwrap()
}

/// Connections that were used once and are kept. Answers the memory before and with them.
fn idle_connections(server: &Server, count: usize, connect: impl Fn() -> Line) -> (u64, u64) {
    server.member().get("/v1/account").expect(200);
    let before = resident(server);
    let mut kept = Vec::with_capacity(count);
    for _ in 0..count {
        let mut line = connect();
        line.write_all(LIVEZ).unwrap();
        assert_eq!(status(&line.answer()), 200);
        kept.push(line);
    }
    let with = resident(server);
    // Whoever comes, and each of them, is still answered.
    server.member().get("/v1/account").expect(200);
    for line in kept.iter_mut().step_by(97) {
        line.write_all(LIVEZ).unwrap();
        assert_eq!(status(&line.answer()), 200);
    }
    (before, with)
}

#[test]
fn an_idle_connection_costs_little() {
    let server = Server::start(Engine::sqlite(), &[]);
    let (before, with) = idle_connections(&server, 400, || Line::plain(&server));
    assert!((with - before) / 400 < 26, "{} KiB a connection", (with - before) / 400);
}

#[test]
#[ignore = "a measurement, which needs 10,000 open files here and there"]
fn ten_thousand_idle_connections() {
    let server = Server::start(Engine::sqlite(), &[]);
    let (before, with) = idle_connections(&server, 10_000, || Line::plain(&server));
    eprintln!("10,000 idle connections: {} MiB, before them {} MiB", with / 1024, before / 1024);
    assert!(with < 300 * 1024, "{with} KiB");
}
