//! `/metrics`: on a listener of its own, with every figure that the alarms ask for, and not a word about anybody.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::net::TcpListener;

use recovery_journal::clock;
use serde_json::json;

use crate::support::{Client, Engine, Server};

/// What a label may be called. Its values are fixed words, patterns of routes and numbers.
const LABELS: &[&str] =
    &["method", "route", "status", "le", "reason", "code", "operation", "from", "version", "database"];
/// What the language of alarms is made of, beside figures and labels.
const WORDS: &[&str] = &[
    "rate",
    "increase",
    "sum",
    "by",
    "histogram_quantile",
    "time",
    "predict_linear",
    "changes",
    "and",
    "or",
    "on",
    "unless",
    "without",
    "up",
    "instance",
    "max",
    "min",
    "h",
    "m",
    "s",
    "d",
    "e",
];

/// A server, where its figures are, and a member who has done a bit of everything.
struct Watched {
    server: Server,
    address: String,
    member: Client,
}

impl Watched {
    fn start(engine: Engine) -> Self {
        // A port that was free a moment ago.
        let address = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().to_string();
        let server = Server::start(engine, &[("METRICS_ADDRESS", &address)]);
        let member = server.member();
        let canary = "canary-quiet-lake";
        let body = json!({"local_date": "2025-03-04", "note": canary, "mood": 4});
        let path = format!("/v1/check-ins/{}", member.post("/v1/check-ins", &body).expect(201).id());
        member.get(&path).expect(200);
        for _ in 0..2 {
            member.get("/v1/check-ins").expect(200);
            member.get("/v1/streaks").expect(200);
        }
        member.get(&format!("/v1/{canary}?q={canary}")).expect(404);
        member.get(&format!("/v1/check-ins/{canary}")).expect(404);
        member.request(&canary.to_uppercase(), &path).try_send().unwrap();
        let wrong = json!({"email": "canary@example.org", "password": canary});
        server.anybody().post("/v1/auth/login", &wrong).expect(401);
        member.with_token(canary).get("/v1/account").expect(401);
        Self { server, address, member }
    }

    fn scrape(&self) -> String {
        let answer = ureq::get(format!("http://{}/metrics", self.address)).call();
        answer.unwrap().body_mut().read_to_string().unwrap()
    }
}

/// The kinds of the figures by their names.
fn kinds(scraped: &str) -> BTreeMap<&str, &str> {
    let types = scraped.lines().filter_map(|line| line.strip_prefix("# TYPE ")?.split_once(' '));
    types.collect()
}

fn engines() -> impl Iterator<Item = Engine> {
    [Some(Engine::sqlite()), Engine::postgres()].into_iter().flatten()
}

#[test]
fn figures_are_elsewhere_and_about_nobody() {
    for engine in engines() {
        let watched = Watched::start(engine);
        watched.server.anybody().get("/metrics").refused(404, "not_found");
        let scraped = watched.scrape();
        assert!(scraped.contains(r#"route="/v1/auth/register""#), "counted by route: {scraped}");
        assert!(scraped.contains(r#"route="/v1/check-ins/{id}""#), "never by path: {scraped}");
        let low = scraped.to_lowercase();
        let member = &watched.member;
        let token = member.token.as_deref().unwrap();
        for secret in ["canary", "example.org", "127.0.0.1", member.account_id(), token, "new_york", "bearer"]
        {
            assert!(!low.contains(&secret.to_lowercase()), "{secret} is in the figures:\n{scraped}");
        }
        for line in scraped.lines().filter(|line| !line.starts_with('#')) {
            for (label, value) in labels(line) {
                assert!(LABELS.contains(&label), "{line}");
                let plain = |c: char| c.is_ascii_alphanumeric() || "/{}-_.:+".contains(c);
                assert!(value.len() <= 60 && value.chars().all(plain), "{line}");
            }
        }
    }
}

/// The labels of a line and their values.
fn labels(line: &str) -> Vec<(&str, &str)> {
    let Some((_, rest)) = line.split_once('{') else { return Vec::new() };
    let inside = rest.rsplit_once('}').unwrap().0;
    inside.split("\",").map(|pair| pair.trim_end_matches('"').split_once("=\"").unwrap()).collect()
}

#[test]
fn every_figure_that_an_alarm_asks_for_exists_and_every_alarm_is_explained() {
    let (rules, runbook) = (document("docs/alerts.yml"), document("docs/OPERATIONS.md"));
    let mut known = BTreeSet::new();
    let mut both = 0;
    for engine in engines() {
        let scraped = Watched::start(engine).scrape();
        known.extend(kinds(&scraped).into_keys().map(str::to_owned));
        both += 1;
    }
    let mut alarms = 0;
    for rule in rules.split("- alert: ").skip(1) {
        let name = rule.lines().next().unwrap().trim();
        let expression = rule.split("expr: ").nth(1).unwrap().lines().next().unwrap();
        assert!(runbook.contains(&format!("### {name}\n")), "{name} is not in docs/OPERATIONS.md");
        assert!(
            rule.contains("summary: ") && rule.contains(&format!("OPERATIONS.md#{}", name.to_lowercase()))
        );
        for figure in figures(expression) {
            let base = ["_bucket", "_sum", "_count"].iter().find_map(|end| figure.strip_suffix(end));
            let there = known.contains(&figure) || base.is_some_and(|base| known.contains(base));
            // What PostgreSQL alone has cannot be asked of SQLite.
            assert!(
                there || both == 1 && figure.starts_with("database_"),
                "{name} asks for {figure}: {known:?}"
            );
        }
        alarms += 1;
    }
    assert!(alarms >= 12, "{alarms}");
}

/// What an expression names, without what is in braces and quotes.
fn figures(expression: &str) -> Vec<String> {
    let mut text = String::new();
    let mut depth = 0;
    for letter in expression.chars() {
        match letter {
            '{' | '[' => depth += 1,
            '}' | ']' => depth -= 1,
            _ if depth > 0 => {}
            letter => text.push(letter),
        }
    }
    let words = text.split(|c: char| !c.is_ascii_alphanumeric() && c != '_');
    let names = words.filter(|word| word.starts_with(|c: char| c.is_ascii_lowercase()));
    names.filter(|word| !WORDS.contains(word) && !LABELS.contains(word)).map(str::to_owned).collect()
}

fn document(path: &str) -> String {
    fs::read_to_string(std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join(path)).unwrap()
}

#[test]
fn what_is_asked_in_an_emergency_is_there() {
    for engine in engines() {
        let sqlite = engine.url().is_none();
        let watched = Watched::start(engine);
        if sqlite {
            assert!(watched.server.run(&["backup"]).status.success());
        }
        let scraped = watched.scrape();
        let value = |start: &str| -> f64 {
            let line = scraped.lines().find(|line| line.starts_with(start));
            let line = line.unwrap_or_else(|| panic!("there is no {start} in\n{scraped}"));
            line.rsplit(' ').next().unwrap().parse().unwrap()
        };
        assert!(value("http_requests_total{method=\"GET\",route=\"/v1/streaks\",status=\"2xx\"}") >= 2.0);
        assert!(value("derived_answers_total{from=\"kept\"}") >= 2.0);
        assert!(value("derived_answers_total{from=\"made\"}") >= 2.0);
        assert!(value("session_lookups_total{from=\"kept\"}") >= 1.0);
        assert!(value("http_problems_total{code=\"invalid_credentials\"}") >= 1.0);
        assert!(value("http_problems_total{code=\"storage_full\"}").abs() < 0.5);
        assert!(value("http_requests_refused_total{reason=\"in_flight\"}").abs() < 0.5);
        assert!(value("database_operation_duration_seconds_count{operation=\"write\"}") >= 2.0);
        assert!(value("database_wait_seconds_count") >= 2.0);
        assert!(value("data_directory_free_bytes") > 0.0);
        assert!(value("process_resident_memory_bytes") > 1e6);
        assert!(value("process_open_fds") > 5.0 && value("process_max_fds") > 5.0);
        assert!(value("process_cpu_seconds_total") > 0.0);
        assert!(value("password_hashes_total") >= 1.0);
        assert!(value("http_requests_in_flight").abs() < 0.5);
        if sqlite {
            assert!(value("database_commit_jobs_count") >= 1.0);
            assert!(value("database_file_bytes") > 0.0);
            assert!(value("database_wal_bytes") > 0.0);
            let age = clock::now().timestamp() - 60;
            assert!(value("backup_last_timestamp_seconds") > f64::from(u32::try_from(age).unwrap()));
        } else {
            assert!(value("database_pool_connections") >= 1.0);
            assert!((value("database_pool_size") - 8.0).abs() < 0.5);
        }
        let info = format!("build_info{{version=\"{}\",database=", env!("CARGO_PKG_VERSION"));
        assert!((value(&info) - 1.0).abs() < 0.5);
    }
}
