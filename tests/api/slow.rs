//! Clients that are slow on purpose lose their connection within 15 seconds, by the settings as they are and over
//! TLS as well; clients that are slow because their line is do not. Each group runs at the same time.

use std::io::Write as _;
use std::iter::{empty, repeat, repeat_n};
use std::net::TcpStream;
use std::thread;
use std::time::{Duration, Instant};

use serde_json::json;

use crate::support::wire::{Line, certificate, exchange, status};
use crate::support::{Engine, Server};
use crate::tls::over_tls;

const LIMIT: Duration = Duration::from_secs(15);
const LIVEZ: &[u8] = b"GET /livez HTTP/1.1\r\nHost: x\r\n\r\n";
const LOGIN: &str = "POST /v1/auth/login HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n";

/// A slow client: answers how long the server bore it, and what it said.
type Case = (&'static str, fn(&mut Line) -> (Duration, String));

/// As much as is sent in a second on a slow line.
const FULL: &[u8] = &[b' '; 4096];

/// One byte of a head after the other, without end.
fn bytes_of_a_head() -> impl Iterator<Item = &'static [u8]> {
    LIVEZ[..20].chunks(1).chain(b"\r\nX-Slow: ".chunks(1)).chain(repeat(b"a".as_slice()))
}

const CASES: &[Case] = &[
    ("says nothing", |line| line.drip(empty(), LIMIT)),
    ("drips a head", |line| line.drip(bytes_of_a_head(), LIMIT)),
    ("drips a second head", |line| {
        line.write_all(LIVEZ).unwrap();
        assert_eq!(status(&line.answer()), 200);
        line.drip(bytes_of_a_head(), LIMIT)
    }),
    ("stalls in a body", |line| {
        line.write_all(format!("{LOGIN}Content-Length: 50\r\n\r\n{{").as_bytes()).unwrap();
        must_be_408(line.drip(empty(), LIMIT))
    }),
    ("drips a body", |line| {
        line.write_all(format!("{LOGIN}Content-Length: 5000\r\n\r\n").as_bytes()).unwrap();
        must_be_408(line.drip(repeat(b" ".as_slice()), LIMIT))
    }),
    ("drips a body of unknown length", |line| {
        line.write_all(format!("{LOGIN}Transfer-Encoding: chunked\r\n\r\n").as_bytes()).unwrap();
        must_be_408(line.drip(repeat(b"1\r\n \r\n".as_slice()), LIMIT))
    }),
    ("drips a body in a second request", |line| {
        line.write_all(LIVEZ).unwrap();
        assert_eq!(status(&line.answer()), 200);
        line.write_all(format!("{LOGIN}Content-Length: 5000\r\n\r\n").as_bytes()).unwrap();
        must_be_408(line.drip(repeat(b" ".as_slice()), LIMIT))
    }),
    ("drips a body that is answered already", |line| {
        line.write_all(b"POST /v1/check-ins HTTP/1.1\r\nHost: x\r\nContent-Length: 5000\r\n\r\n").unwrap();
        line.drip(repeat(b" ".as_slice()), LIMIT)
    }),
    ("drips a body of unknown length that is answered already", |line| {
        line.write_all(b"POST /v1/check-ins HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n")
            .unwrap();
        line.drip(repeat(b"1\r\n \r\n".as_slice()), LIMIT)
    }),
    ("sends no more after an answer", |line| {
        line.write_all(LIVEZ).unwrap();
        assert_eq!(status(&line.answer()), 200);
        line.shut();
        line.drip(empty(), LIMIT)
    }),
    ("never reads", |line| {
        let from = Instant::now();
        line.patience(Duration::from_secs(1));
        let ask = b"GET /v1/catalogue HTTP/1.1\r\nHost: x\r\n\r\n";
        // More than the buffers of both sides hold.
        while line.write_all(ask).is_ok() && from.elapsed() < LIMIT {}
        // Once it is given up, sending fails at once and not for want of room.
        while from.elapsed() < LIMIT {
            thread::sleep(Duration::from_millis(100));
            match line.write(b" ") {
                Err(error) if error.kind() == std::io::ErrorKind::WouldBlock => {}
                Err(_closed) => break,
                Ok(_) => {}
            }
        }
        (from.elapsed(), String::new())
    }),
];

fn must_be_408((took, answer): (Duration, String)) -> (Duration, String) {
    assert_eq!(status(&answer), 408, "{answer}");
    assert!(answer.contains("request_timeout"), "{answer}");
    (took, answer)
}

/// Runs all cases at once.
fn all(cases: &[Case], connect: impl Fn() -> Line + Sync) {
    thread::scope(|scope| {
        let runs: Vec<_> =
            cases.iter().map(|(name, case)| (name, scope.spawn(|| case(&mut connect())))).collect();
        for (name, run) in runs {
            let (took, answer) = run.join().unwrap_or_else(|_| panic!("a client that {name}"));
            assert!(took < LIMIT, "a client that {name} keeps its connection: {answer}");
        }
    });
}

#[test]
fn who_is_slow_on_purpose_is_cut() {
    let server = Server::start(Engine::sqlite(), &[]);
    all(CASES, || Line::plain(&server));
    assert_eq!(status(&exchange(&server, LIVEZ, Duration::from_millis(300))), 200);
}

#[test]
fn so_they_are_over_tls() {
    let server = over_tls(&certificate("one.pem"), &certificate("one.key.pem"));
    thread::scope(|scope| {
        scope.spawn(|| all(CASES, || Line::tls(&server, "http/1.1")));
        scope.spawn(|| all(HTTP_2, || Line::tls(&server, "h2")));
        for half_a_handshake in [b"".as_slice(), b"\x16\x03\x01", b"GET / HTTP/1.1\r\n"] {
            let server = &server;
            scope.spawn(move || {
                let mut line = Line::Plain(TcpStream::connect(server.address()).unwrap());
                line.write_all(half_a_handshake).unwrap();
                let (took, _) = line.drip(empty(), LIMIT);
                assert!(took < LIMIT, "a handshake that stands still: {half_a_handshake:?}");
            });
        }
    });
}

const PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";
const SETTINGS: u8 = 4;
/// `GET https://x/v1/catalogue`
const CATALOGUE: &[u8] = b"\x82\x87\x01\x01x\x04\x0d/v1/catalogue";
/// `POST https://x/v1/auth/login` of JSON
const SIGN_IN: &[u8] = b"\x83\x87\x01\x01x\x04\x0e/v1/auth/login\x0f\x10\x10application/json";

/// A frame of HTTP/2 on a stream: 0 is the connection.
fn frame(kind: u8, flags: u8, stream: u8, content: &[u8]) -> Vec<u8> {
    let length = u8::try_from(content.len()).unwrap();
    [&[0, 0, length, kind, flags, 0, 0, 0, stream], content].concat()
}

fn hello(line: &mut Line, settings: &[u8]) {
    line.write_all(PREFACE).unwrap();
    line.write_all(&frame(SETTINGS, 0, 0, settings)).unwrap();
}

/// The same of streams of HTTP/2.
const HTTP_2: &[Case] = &[
    ("says nothing but hello", |line| {
        hello(line, b"");
        line.drip(empty(), LIMIT)
    }),
    ("drips hello", |line| line.drip(PREFACE.chunks(1), LIMIT)),
    ("never takes an answer", |line| {
        // No data may be sent before there is more room, and there never is.
        hello(line, b"\0\x04\0\0\0\0");
        line.write_all(&frame(1, 5, 1, CATALOGUE)).unwrap();
        line.drip(empty(), LIMIT)
    }),
    ("drips a body in frames", |line| {
        hello(line, b"");
        line.write_all(&frame(1, 4, 1, SIGN_IN)).unwrap();
        line.drip(repeat(b"\0\0\x01\0\0\0\0\0\x01 ".as_slice()), LIMIT)
    }),
];

#[test]
fn a_slow_line_is_borne() {
    let server = Server::start(Engine::sqlite(), &[("REQUEST_TIMEOUT_SECONDS", "30")]);
    let member = server.member();
    let token = member.token.clone().unwrap();
    let body = json!({"local_date": "2025-03-04", "note": "from far away"}).to_string();
    // 4 KiB a second.
    let pieces = 13;
    let length = pieces * FULL.len() + body.len();
    let mut line = Line::plain(&server);
    let head = format!(
        "POST /v1/check-ins HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {token}\r\n\
         Content-Type: application/json\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n{body}"
    );
    line.write_all(head.as_bytes()).unwrap();
    let (took, answer) = line.drip(repeat_n(FULL, pieces), LIMIT * 2);
    assert_eq!(status(&answer), 201, "after {took:?}: {answer}");
    assert!(took > Duration::from_secs(10), "{took:?}");
}

#[test]
fn an_upload_may_take_longer_than_a_request() {
    let server = Server::start(Engine::sqlite(), &[("REQUEST_TIMEOUT_SECONDS", "2")]);
    let token = server.member().token.clone().unwrap();
    let export = server.anybody().with_token(&token).get("/v1/export.json");
    let body = export.expect(200).bytes.clone();
    let pieces = 5;
    let mut line = Line::plain(&server);
    let head = format!(
        "POST /v1/import HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {token}\r\n\
         Content-Type: application/json\r\nContent-Length: {}\r\nConnection: close\r\n\r\n",
        body.len() + pieces
    );
    line.write_all(head.as_bytes()).unwrap();
    line.write_all(&body).unwrap();
    let (took, answer) = line.drip(repeat_n(b" ".as_slice(), pieces), LIMIT);
    assert_eq!(status(&answer), 200, "after {took:?}: {answer}");
    assert!(took > Duration::from_secs(3), "{took:?}");
}
