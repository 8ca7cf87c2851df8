//! Where SQL and HTTP may live: SQL in `db/` and files named `store.rs`, actix where requests come in.

use crate::source::{Source, TEST_MODULES, none, rust};
use crate::tokens::{Token, tokens};

/// Crates that speak SQL.
const SQL: &[&str] = &["diesel", "diesel_async", "diesel_migrations", "libsqlite3_sys", "bb8"];
/// Crates that speak HTTP.
const HTTP: &[&str] =
    &["actix_web", "actix_cors", "actix_http", "actix_rt", "actix_service", "utoipa_swagger_ui"];
/// How a statement begins.
const STATEMENTS: &[&str] =
    &["SELECT ", "INSERT INTO ", "UPDATE ", "DELETE FROM ", "CREATE TABLE ", "PRAGMA "];

#[test]
fn sql_is_kept_in_the_store() {
    let breaches: Vec<String> = rust(&["src"]).iter().flat_map(sql_breaches).collect();
    none("SQL outside db/ and files named store.rs:", &breaches);
}

#[test]
fn http_is_kept_where_requests_come_in() {
    let breaches: Vec<String> = rust(&["src"]).iter().flat_map(http_breaches).collect();
    none("actix outside http/, app.rs, error.rs, extractors and routes.rs:", &breaches);
}

#[test]
fn a_lint_is_expected_and_never_allowed() {
    let allows = |source: &Source| -> Vec<String> {
        let at = |(number, line): (usize, &str)| {
            let line = line.trim_start();
            let allowed = line.starts_with("#[allow(") || line.starts_with("#![allow(");
            allowed.then(|| format!("{}:{}: {line}", source.path, number + 1))
        };
        source.text.lines().enumerate().filter_map(at).collect()
    };
    let breaches: Vec<String> = rust(&["src", "tests", "benches"]).iter().flat_map(allows).collect();
    none("use #[expect(…, reason = \"…\")], which ends when its reason ends:", &breaches);
}

/// The tokens of a file without its modules of tests, which may use what they need.
fn outside_tests(source: &Source) -> Vec<(usize, Token)> {
    if source.module().iter().any(|module| TEST_MODULES.contains(module)) {
        return Vec::new();
    }
    let mut kept: Vec<(usize, Token)> = Vec::new();
    // How many brackets are open since a module of tests began; 0 = not inside one.
    let mut depth = 0;
    for (line, token) in tokens(&source.text) {
        let begins = match kept.as_slice() {
            [.., (_, Token::Word(keyword)), (_, Token::Word(name))] => {
                keyword == "mod" && TEST_MODULES.contains(&name.as_str())
            }
            _ => false,
        };
        match token {
            Token::Sign('{') if depth > 0 || begins => depth += 1,
            Token::Sign('}') if depth > 0 => depth -= 1,
            token if depth == 0 => kept.push((line, token)),
            _ => {}
        }
    }
    kept
}

fn file(source: &Source) -> &str {
    source.path.rsplit('/').next().unwrap_or_default()
}

fn sql_breaches(source: &Source) -> Vec<String> {
    let is_store = file(source) == "store.rs" || source.path.contains("/store/");
    if source.path.starts_with("src/db/") || is_store {
        return Vec::new();
    }
    // The one error of the program knows what the database may say, and nothing else of it.
    let spoken: &[&str] =
        if source.path == "src/error.rs" { &["diesel_async", "diesel_migrations"] } else { SQL };
    let mut breaches = crates_used(source, spoken);
    for (line, token) in outside_tests(source) {
        if let Token::Text(text) = token
            && STATEMENTS.iter().any(|start| text.trim_start().starts_with(start))
        {
            breaches.push(format!(
                "{}:{line}: \"{}…\"",
                source.path,
                text.chars().take(40).collect::<String>()
            ));
        }
    }
    breaches
}

fn http_breaches(source: &Source) -> Vec<String> {
    let file = file(source);
    let is_door = ["app.rs", "error.rs", "routes.rs", "cli.rs", "main.rs", "telemetry.rs"].contains(&file)
        || file.starts_with("extract")
        || source.path.contains("/routes/")
        || source.path.starts_with("src/http/");
    if is_door { Vec::new() } else { crates_used(source, HTTP) }
}

/// The places that name one of `crates` at the beginning of a path.
fn crates_used(source: &Source, crates: &[&str]) -> Vec<String> {
    let tokens = outside_tests(source);
    let mut found = Vec::new();
    for (at, (line, token)) in tokens.iter().enumerate() {
        let Token::Word(word) = token else { continue };
        let next = tokens.get(at + 1).map(|(_, token)| token);
        let inside = at.checked_sub(1).is_some_and(|before| tokens[before].1 == Token::PathSeparator);
        if crates.contains(&word.as_str()) && next == Some(&Token::PathSeparator) && !inside {
            found.push(format!("{}:{line}: `{word}`", source.path));
        }
    }
    found
}

#[test]
fn sql_and_http_in_the_wrong_room_are_found() {
    let sql = |path: &str, text: &str| sql_breaches(&Source::imagined(path, text)).len();
    assert_eq!(sql("src/journal/days.rs", "use diesel::prelude::*;"), 1);
    assert_eq!(sql("src/journal/days.rs", "let a = \"SELECT 1\";"), 1);
    assert_eq!(sql("src/error.rs", "use diesel::result::Error;\nuse diesel_async::AsyncConnection;"), 1);
    assert_eq!(sql("src/journal/store.rs", "use diesel::prelude::*; const A: &str = \"SELECT 1\";"), 0);
    assert_eq!(sql("src/journal/days.rs", "// diesel::prelude\nlet a = \"Select a day\";"), 0);

    let http = |path: &str, text: &str| http_breaches(&Source::imagined(path, text)).len();
    assert_eq!(http("src/auth/passwords.rs", "fn a(b: actix_web::HttpRequest) {}"), 1);
    assert_eq!(http("src/journal/store.rs", "use actix_web::web;"), 1);
    assert_eq!(
        http("src/auth/hasher.rs", "mod tests { fn a() { actix_web::rt::x() } }\nuse actix_web::web;"),
        1
    );
    assert_eq!(http("src/auth/tests.rs", "use actix_web::web;"), 0);
    assert_eq!(http("src/auth/extract.rs", "use actix_web::FromRequest;"), 0);
    assert_eq!(http("src/journal/routes.rs", "use actix_web::web;"), 0);
}
