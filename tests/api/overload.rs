//! More than can be done: who is refused, how quickly, and that the others are served as well as before. The two
//! measurements at the end are run by hand (docs/PERFORMANCE.md says how), with `TEST_PROGRAM` naming an
//! optimised build.

use std::cell::{Cell, RefCell};
use std::io::Write as _;
use std::rc::Rc;
use std::thread;
use std::time::Duration;

use serde_json::json;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::time::{Instant, sleep_until};

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

/// What came of a run.
#[derive(Default)]
struct Run {
    sent: Cell<usize>,
    refused: Cell<usize>,
    failed: Cell<usize>,
    /// Of those that were accepted, in microseconds from when they were sent.
    times: RefCell<Vec<u64>>,
    /// How late the last one was sent, for want of a connection or of time.
    late: Cell<Duration>,
}

impl Run {
    fn percentile(&self, percent: usize) -> f64 {
        let mut times = self.times.borrow_mut();
        times.sort_unstable();
        let at = (times.len() * percent / 100).min(times.len().saturating_sub(1));
        times.get(at).map_or(0.0, |micros| f64::from(u32::try_from(*micros).unwrap()) / 1000.0)
    }
}

fn float(count: usize) -> f64 {
    f64::from(u32::try_from(count).unwrap())
}

/// Half of the requests write, half of them read.
fn request(number: usize, token: &str) -> Vec<u8> {
    let head = format!("Host: x\r\nAuthorization: Bearer {token}\r\n");
    if number.is_multiple_of(2) {
        return format!("GET /v1/check-ins?limit=20 HTTP/1.1\r\n{head}\r\n").into_bytes();
    }
    let body = r#"{"local_date":"2025-03-04","mood":4,"note":"so it goes"}"#;
    let kind = "Content-Type: application/json\r\n";
    format!("POST /v1/check-ins HTTP/1.1\r\n{head}{kind}Content-Length: {}\r\n\r\n{body}", body.len())
        .into_bytes()
}

/// Sends one and reads the whole answer. Answers its status.
async fn ask(stream: &mut TcpStream, bytes: &[u8], buffer: &mut Vec<u8>) -> std::io::Result<u16> {
    stream.write_all(bytes).await?;
    buffer.clear();
    loop {
        if stream.read_buf(buffer).await? == 0 {
            return Err(std::io::ErrorKind::UnexpectedEof.into());
        }
        let Some(end) = buffer.windows(4).position(|four| four == b"\r\n\r\n") else { continue };
        let head = String::from_utf8_lossy(&buffer[..end]).to_lowercase();
        let length = head.split("content-length: ").nth(1).and_then(|rest| rest.lines().next()?.parse().ok());
        if buffer.len() >= end + 4 + length.unwrap_or(0_usize) {
            return Ok(status(&head));
        }
    }
}

/// Runs for some seconds: at a rate, whatever the answers (an open loop), or as fast as `connections` get answers.
fn run(server: &Server, tokens: &[String], connections: usize, rate: Option<f64>, seconds: usize) -> Run {
    let run = Rc::new(Run::default());
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    tokio::task::LocalSet::new().block_on(&runtime, async {
        let (begun, next) = (Instant::now(), Rc::new(Cell::new(0_usize)));
        let end = begun + Duration::from_secs_f64(float(seconds));
        let workers: Vec<_> = (0..connections)
            .map(|_| {
                let (run, next) = (Rc::clone(&run), Rc::clone(&next));
                let (address, tokens) = (server.address().to_owned(), tokens.to_vec());
                tokio::task::spawn_local(async move {
                    let mut stream = TcpStream::connect(&address).await.unwrap();
                    let mut buffer = Vec::with_capacity(16 * 1024);
                    loop {
                        let number = next.replace(next.get() + 1);
                        let due = match rate {
                            Some(rate) => begun + Duration::from_secs_f64(float(number) / rate),
                            None => Instant::now(),
                        };
                        if due >= end {
                            return;
                        }
                        sleep_until(due).await;
                        run.sent.set(run.sent.get() + 1);
                        run.late.set(due.elapsed());
                        let sent = Instant::now();
                        let bytes = request(number, &tokens[number / 2 % tokens.len()]);
                        match ask(&mut stream, &bytes, &mut buffer).await {
                            Ok(200 | 201) => {
                                let micros = u64::try_from(sent.elapsed().as_micros()).unwrap();
                                run.times.borrow_mut().push(micros);
                            }
                            Ok(503) => run.refused.set(run.refused.get() + 1),
                            Ok(other) => panic!("{other}"),
                            Err(_) => {
                                run.failed.set(run.failed.get() + 1);
                                stream = TcpStream::connect(&address).await.unwrap();
                            }
                        }
                    }
                })
            })
            .collect();
        for worker in workers {
            worker.await.unwrap();
        }
    });
    Rc::into_inner(run).unwrap()
}

#[test]
#[ignore = "a measurement, which needs a quiet machine"]
fn twice_the_capacity() {
    const SECONDS: usize = 6;
    const CONNECTIONS: usize = 600;
    let figures = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().to_string();
    let server = Server::start(Engine::sqlite(), &[("WORKERS", "1"), ("METRICS_ADDRESS", &figures)]);
    let tokens: Vec<String> = (0..50).map(|_| server.member().token.unwrap()).collect();
    run(&server, &tokens, 32, None, 2);
    let peak = [64, 256, CONNECTIONS].map(|connections| {
        let run = run(&server, &tokens, connections, None, SECONDS);
        let rate = float(run.times.borrow().len()) / float(SECONDS);
        eprintln!("closed loop, {connections} connections: {rate:.0}/s, p99 {:.1} ms", run.percentile(99));
        rate
    });
    let peak = peak.into_iter().fold(0.0, f64::max);
    let calm = run(&server, &tokens, 64, Some(peak / 5.0), SECONDS);
    let unloaded = calm.percentile(99);
    eprintln!("open loop at a fifth: p50 {:.1} ms, p99 {unloaded:.1} ms", calm.percentile(50));
    for factor in [1.0, 2.0, 3.0] {
        let run = run(&server, &tokens, CONNECTIONS, Some(peak * factor), SECONDS);
        let accepted = run.times.borrow().len();
        let goodput = float(accepted) / float(SECONDS);
        eprintln!(
            "open loop at {factor} times the peak: sent {:.0}/s, accepted {goodput:.0}/s ({:.0} % of the peak), \
             refused {}, failed {}, at the end {:?} late, accepted p50 {:.1} ms, p99 {:.1} ms ({:.1} times unloaded)",
            float(run.sent.get()) / float(SECONDS),
            100.0 * goodput / peak,
            run.refused.get(),
            run.failed.get(),
            run.late.get(),
            run.percentile(50),
            run.percentile(99),
            run.percentile(99) / unloaded,
        );
    }
    let scraped =
        ureq::get(format!("http://{figures}/metrics")).call().unwrap().body_mut().read_to_string().unwrap();
    for line in scraped.lines().filter(|line| line.contains("refused_total{")) {
        eprintln!("{line}");
    }
}
