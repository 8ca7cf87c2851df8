//! Running the server: liveness, readiness, what it is, its docs, its commands, its settings, its files.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::time::{Duration, Instant};

use diesel_async::SimpleAsyncConnection as _;
use serde_json::json;

use crate::support::engine::on_postgres;
use crate::support::matching::assert_holds;
use crate::support::server::program;
use crate::support::{Engine, Server, both};

both!(
    it_lives_is_ready_and_says_what_it_is,
    the_start_says_where_to_go_next,
    the_docs_need_nothing_from_elsewhere,
    it_starts_again_on_what_it_left,
    an_end_is_refused_to_nobody_in_the_middle,
);
fn it_lives_is_ready_and_says_what_it_is(server: &Server) {
    let anybody = server.anybody();
    anybody.get("/livez").expect(200);
    anybody.get("/readyz").expect(200);
    let meta = anybody.get("/v1/meta");
    let database = server.engine().to_string();
    let wanted = json!({"name": "recovery-journal", "version": env!("CARGO_PKG_VERSION"),
        "registration": "open", "database": database, "min_client_schema_version": 1});
    assert_holds(&meta.expect(200).json, &wanted);
    assert!(meta.json["schema_version"].as_u64() >= Some(1), "{meta:?}");
}

fn the_start_says_where_to_go_next(server: &Server) {
    let greeting = server.greeting.join("\n");
    let directory = server.directory().to_str().unwrap();
    let place = if server.engine().url().is_none() { directory } else { "PostgreSQL at" };
    for part in ["/docs", place, server.address()] {
        assert!(greeting.contains(part), "the start does not say {part}:\n{greeting}");
    }
    assert_eq!(server.greeting.last().unwrap(), &format!("listening on http://{}", server.address()));
    let key = fs::metadata(server.directory().join("master.key")).unwrap();
    assert_eq!(key.permissions().mode() & 0o777, 0o600, "the master key is its owner's alone");
    assert!(!server.log().contains("panicked"), "{}", server.log());
}

fn the_docs_need_nothing_from_elsewhere(server: &Server) {
    let anybody = server.anybody();
    let page = anybody.get("/docs");
    let html = String::from_utf8(page.expect(200).bytes.clone()).unwrap();
    assert!(page.header("content-type").is_some_and(|kind| kind.starts_with("text/html")), "{page:?}");
    assert!(!html.contains("://") && !html.contains("\"//"), "the page points elsewhere: {html}");
    let policy = page.header("content-security-policy").unwrap();
    assert!(!policy.contains("http") && !policy.contains("unsafe") && !policy.contains('*'), "{policy}");
    let parts = html.split(['"', '\'']).filter(|part| part.starts_with("docs/"));
    let mut loaded = 0;
    for part in parts {
        let file = anybody.request("GET", &format!("/{part}")).header("Accept-Encoding", "gzip").send();
        assert!(!file.expect(200).bytes.is_empty(), "{part}");
        loaded += 1;
    }
    assert!(loaded >= 3, "the page loads next to nothing: {html}");
    anybody.get("/docs/../Cargo.toml").expect(404);
    anybody.get("/docs/..%2f..%2fCargo.toml").expect(404);
    anybody.get("/docs/nothing.js").expect(404);
}

fn it_starts_again_on_what_it_left(server: &mut Server) {
    let member = server.member();
    let record = member.post("/v1/check-ins", &json!({"local_date": "2025-03-04", "note": "kept"}));
    let path = format!("/v1/check-ins/{}", record.expect(201).id());
    for _ in 0..2 {
        server.restart();
        let member = member.at(server.address());
        assert_eq!(
            member.get(&path).expect(200).json,
            record.json,
            "the session and the words are still good"
        );
        member.log_in(member.email(), crate::support::client::PASSWORD);
    }
}

fn an_end_is_refused_to_nobody_in_the_middle(server: &mut Server) {
    let member = server.member();
    member.get("/v1/account").expect(200);
    let from = Instant::now();
    // An idle keep-alive connection does not hold it up.
    assert!(server.terminate().success(), "{}", server.log());
    assert!(from.elapsed() < Duration::from_secs(5), "{:?}", from.elapsed());
}

#[test]
fn mistakes_in_settings_are_named_together() {
    let directory = tempfile::tempdir().unwrap();
    let mut command = program(directory.path());
    let secret = "postgres://root:hunter2@host:notaport:x";
    let output =
        command.env("BIND_ADDRESS", "here").env("WORKERS", "0").env("THROTTLE", "maybe").output().unwrap();
    assert!(!output.status.success());
    let said =
        String::from_utf8_lossy(&output.stderr).into_owned() + &String::from_utf8_lossy(&output.stdout);
    for name in ["BIND_ADDRESS", "WORKERS", "THROTTLE"] {
        assert!(said.contains(name), "{name} is not named:\n{said}");
    }
    let output = program(directory.path()).env("DATABASE_URL", secret).output().unwrap();
    let said =
        String::from_utf8_lossy(&output.stderr).into_owned() + &String::from_utf8_lossy(&output.stdout);
    assert!(!output.status.success() && !said.contains("hunter2"), "{said}");
}

#[test]
fn the_program_explains_itself() {
    let directory = tempfile::tempdir().unwrap();
    let output = program(directory.path()).arg("--help").output().unwrap();
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success());
    for command in ["serve", "migrate", "backup", "restore", "meetings", "openapi"] {
        assert!(said.contains(command), "{command} is not explained:\n{said}");
    }
    assert!(!program(directory.path()).arg("unheard-of").output().unwrap().status.success());
    assert_eq!(fs::read_dir(directory.path()).unwrap().count(), 0, "asking leaves nothing behind");
}

#[test]
fn migrate_makes_the_database_and_changes_nothing_twice() {
    let directory = tempfile::tempdir().unwrap();
    for _ in 0..2 {
        let output = program(directory.path()).arg("migrate").output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        assert!(directory.path().join("data/journal.db").is_file());
    }
}

#[test]
fn two_processes_may_start_at_once_on_one_postgres() {
    let Some(engine) = Engine::postgres() else { return };
    let (url, directory) = (engine.url().unwrap(), tempfile::tempdir().unwrap());
    let mut both: Vec<_> = (0..2)
        .map(|_| program(directory.path()).arg("migrate").env("DATABASE_URL", &url).spawn().unwrap())
        .collect();
    for process in &mut both {
        assert!(process.wait().unwrap().success());
    }
}

#[test]
fn a_lost_database_is_503_and_comes_back() {
    let Some(engine) = Engine::postgres() else { return };
    let Engine::Postgres { admin, name } = &engine else { return };
    let (admin, name) = (admin.clone(), name.clone());
    let server = Server::start(engine, &[]);
    let member = server.member();
    let tell =
        |statement: &str| on_postgres(&admin, async |conn| conn.batch_execute(statement).await).unwrap();
    tell(&format!("ALTER DATABASE {name} WITH ALLOW_CONNECTIONS false"));
    tell(&format!("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{name}'"));
    for path in ["/v1/account", "/v1/check-ins", "/v1/streaks"] {
        let from = Instant::now();
        let answer = member.get(path);
        assert!(answer.refused(503, "storage_unavailable").header("retry-after").is_some(), "{answer:?}");
        assert!(from.elapsed() < Duration::from_secs(3), "{path} took {:?}", from.elapsed());
    }
    let body = json!({"local_date": "2025-03-04"});
    member.post("/v1/check-ins", &body).refused(503, "storage_unavailable");
    server.anybody().get("/livez").expect(200);
    server.anybody().get("/readyz").expect(503);
    tell(&format!("ALTER DATABASE {name} WITH ALLOW_CONNECTIONS true"));
    let from = Instant::now();
    while server.anybody().get("/readyz").status != 200 {
        assert!(from.elapsed() < Duration::from_secs(10), "it does not come back");
    }
    member.post("/v1/check-ins", &body).expect(201);
    assert_eq!(member.get("/v1/check-ins").items().len(), 1, "what was refused was not kept");
}
