//! Who may import whom: the table of docs/ARCHITECTURE.md, and the reading of every path in `src`.

use crate::source::{Source, TEST_MODULES, none, rust};
use crate::tokens::{Token, tokens};

/// What a module may use of ours. A module that is not here may be used by nobody and use nothing, so a new
/// one needs a row. Everything may use `error`, `clock` and `config`, as far as they stand below it.
const MAY_USE: &[(&str, &[&str])] = &[
    ("domain", &[]),
    ("clock", &[]),
    ("config", &[]),
    ("error", &[]),
    ("catalogue", &["domain"]),
    ("db", &["domain", "error", "config"]),
    // What is kept and how it is spelt in SQL: values, not queries.
    ("fields", &["db::types", "db::seal", "db::statement", "domain", "error"]),
    // `/readyz` asks the database, and entity tags are its hashes.
    ("http", &["fields", "db", "domain", "error", "clock", "config"]),
    ("mail", &["db", "error", "clock", "config"]),
    ("auth", &["mail", "http", "fields", "db", "domain", "error", "clock", "config"]),
    // Below the journal, which copies from it.
    ("meeting_list", &["http", "fields", "db", "domain", "catalogue", "error", "clock", "config"]),
    (
        "journal",
        &["meeting_list", "auth", "http", "fields", "db", "domain", "catalogue", "error", "clock", "config"],
    ),
    (
        "insights",
        &["journal", "auth", "http", "fields", "db", "domain", "catalogue", "error", "clock", "config"],
    ),
    (
        "sharing",
        &[
            "journal",
            "insights",
            "auth",
            "http",
            "fields",
            "db",
            "domain",
            "catalogue",
            "error",
            "clock",
            "config",
        ],
    ),
    (
        "counselor",
        &[
            "sharing",
            "insights",
            "journal",
            "auth",
            "http",
            "fields",
            "domain",
            "catalogue",
            "error",
            "clock",
            "config",
        ],
    ),
    (
        "records",
        &[
            "sharing",
            "insights",
            "journal",
            "auth",
            "http",
            "fields",
            "db",
            "domain",
            "catalogue",
            "error",
            "clock",
            "config",
        ],
    ),
    (
        "demo",
        &[
            "sharing",
            "insights",
            "journal",
            "auth",
            "http",
            "fields",
            "db",
            "domain",
            "catalogue",
            "error",
            "clock",
            "config",
        ],
    ),
    ("backup", &["db", "error", "clock", "config"]),
    ("rotation", &["db", "error", "config"]),
    ("telemetry", &["error", "clock", "config"]),
    ("app", EVERYTHING),
    ("cli", EVERYTHING),
    // The crate's roots: `lib.rs` and `main.rs`.
    ("", EVERYTHING),
];

const EVERYTHING: &[&str] = &["*"];

/// What `domain` may use of others.
const DOMAIN_CRATES: &[&str] = &["std", "core", "chrono"];
/// What its tests may use beside that: properties, and the real zones.
const DOMAIN_TEST_CRATES: &[&str] = &["proptest", "chrono_tz"];
/// What the tests of any module may use beside its row.
const TESTS_MAY_USE: &[&str] = &["clock"];

/// A path in the text, from the crate's root if `ours`.
#[derive(Debug, PartialEq, Eq)]
struct Import {
    line: usize,
    ours: bool,
    in_test: bool,
    path: Vec<String>,
}

#[test]
fn modules_import_only_what_is_below_them() {
    let breaches: Vec<String> = rust(&["src"]).iter().flat_map(breaches).collect();
    none("imports against the rule (the table is in tests/house/imports.rs):", &breaches);
}

#[test]
fn each_module_has_a_row() {
    let mut missing: Vec<String> = rust(&["src"])
        .iter()
        .filter_map(|source| source.module().first().map(ToString::to_string))
        .filter(|module| row(module).is_none())
        .collect();
    missing.dedup();
    none("modules without a row in tests/house/imports.rs:", &missing);
}

fn row(module: &str) -> Option<&'static [&'static str]> {
    MAY_USE.iter().find(|(name, _)| *name == module).map(|(_, allowed)| *allowed)
}

/// The offending imports of a file, one line each.
fn breaches(source: &Source) -> Vec<String> {
    let module = source.module().first().copied().unwrap_or_default();
    let allowed = row(module).unwrap_or_default();
    let refused = |import: &Import| {
        let path = import.path.join("::");
        let first = import.path.first().map(String::as_str).unwrap_or_default();
        if import.ours {
            let under = |name: &&str| path == **name || path.starts_with(&format!("{name}::"));
            let in_test = import.in_test && TESTS_MAY_USE.contains(&first);
            return !(allowed == EVERYTHING || first == module || in_test || allowed.iter().any(under));
        }
        let foreign =
            !(DOMAIN_CRATES.contains(&first) || import.in_test && DOMAIN_TEST_CRATES.contains(&first));
        module == "domain" && foreign && first.starts_with(char::is_lowercase)
    };
    let say = |import: Import| {
        let root = if import.ours { "crate::" } else { "" };
        format!("{}:{}: `{module}` may not use `{root}{}`", source.path, import.line, import.path.join("::"))
    };
    imports(source).into_iter().filter(refused).map(say).collect()
}

/// Every path that leaves the file's own module: in `use` lines and in the middle of code.
fn imports(source: &Source) -> Vec<Import> {
    let tokens = tokens(&source.text);
    let mut found = Vec::new();
    // The names of inline modules, with `None` for any other bracket.
    let mut brackets: Vec<Option<String>> = Vec::new();
    let mut at = 0;
    while at < tokens.len() {
        match &tokens[at].1 {
            Token::Sign('{') => {
                let name = |back: usize| match at.checked_sub(back).map(|at| &tokens[at].1) {
                    Some(Token::Word(word)) => Some(word.clone()),
                    _ => None,
                };
                brackets.push(name(1).filter(|_| name(2).as_deref() == Some("mod")));
            }
            Token::Sign('}') => drop(brackets.pop()),
            Token::Word(word) if word == "use" => {
                let mut paths = Vec::new();
                let from = at + 1;
                at = tree(&tokens, from, &[], &mut paths);
                let inside: Vec<&str> = brackets.iter().flatten().map(String::as_str).collect();
                found.extend(
                    paths.into_iter().filter_map(|(line, path)| rooted(source, &inside, line, path, true)),
                );
                continue;
            }
            Token::Word(_) if matches!(tokens.get(at + 1), Some((_, Token::PathSeparator))) => {
                let (line, mut path) = (tokens[at].0, Vec::new());
                while let Some((_, Token::Word(word))) = tokens.get(at) {
                    path.push(word.clone());
                    at += 1;
                    if matches!(tokens.get(at), Some((_, Token::PathSeparator))) {
                        at += 1;
                    } else {
                        break;
                    }
                }
                let inside: Vec<&str> = brackets.iter().flatten().map(String::as_str).collect();
                found.extend(rooted(source, &inside, line, path, false));
                continue;
            }
            _ => {}
        }
        at += 1;
    }
    found
}

/// Reads a `use` tree from `at`; answers where it ends.
fn tree(
    tokens: &[(usize, Token)],
    mut at: usize,
    above: &[String],
    paths: &mut Vec<(usize, Vec<String>)>,
) -> usize {
    let mut path = above.to_vec();
    let line = tokens.get(at).map_or(0, |(line, _)| *line);
    let mut grouped = false;
    while let Some((_, token)) = tokens.get(at) {
        match token {
            Token::Word(word) if word == "as" => at += 1,
            Token::Word(word) => path.push(word.clone()),
            Token::Sign('{') => {
                grouped = true;
                loop {
                    at = tree(tokens, at + 1, &path, paths);
                    if !matches!(tokens.get(at), Some((_, Token::Sign(',')))) {
                        break;
                    }
                }
            }
            Token::Sign(',' | '}' | ';') => break,
            _ => {}
        }
        at += 1;
    }
    if !grouped && path.len() > above.len() {
        paths.push((line, path));
    }
    at
}

/// Makes a path one from the crate's root, or from another crate; `None` if it stays inside its own module.
fn rooted(
    source: &Source,
    inside: &[&str],
    line: usize,
    mut path: Vec<String>,
    is_use: bool,
) -> Option<Import> {
    let own = source.module();
    let in_test = own.iter().chain(inside).any(|module| TEST_MODULES.contains(module));
    match path.first()?.as_str() {
        "crate" | "recovery_journal" => Some(Import { line, ours: true, in_test, path: path.split_off(1) }),
        "super" => {
            let ups = path.iter().take_while(|word| *word == "super").count();
            let depth = (own.len() + inside.len()).checked_sub(ups)?;
            // Still below a top-level module of ours: that is the file's own.
            (depth == 0).then(|| Import { line, ours: true, in_test, path: path.split_off(ups) })
        }
        "self" | "Self" => None,
        _ if is_use => Some(Import { line, ours: false, in_test, path }),
        // In code, a path may begin with anything in scope; only a crate's full name says more.
        first => ["serde_json", "diesel", "actix_web", "serde", "tokio"].contains(&first).then_some(Import {
            line,
            ours: false,
            in_test,
            path,
        }),
    }
}

#[test]
fn a_bad_import_is_found_wherever_it_hides() {
    let found = |path: &str, text: &str| breaches(&Source::imagined(path, text));
    for (path, text, offending) in [
        ("src/domain/day.rs", "use crate::http::body;", "`crate::http::body`"),
        ("src/domain/day.rs", "\nuse diesel::prelude::*;", "`diesel::prelude`"),
        ("src/domain/day.rs", "fn a() { serde_json::json!(1) }", "`serde_json::json`"),
        ("src/db/mod.rs", "use crate::{error::Error, journal::{store, days}};", "`crate::journal::store`"),
        ("src/db/types.rs", "use super::super::auth::Account;", "`crate::auth::Account`"),
        ("src/http/page.rs", "fn a(b: crate::journal::Row) {}", "`crate::journal::Row`"),
        ("src/http/page.rs", "mod tests { use super::super::super::auth::A; }", "`crate::auth::A`"),
        ("src/http/page.rs", "use crate::auth::Account as Who;", "`crate::auth::Account`"),
        ("src/auth/store.rs", "use crate::error::Result;\nuse crate::journal;", ":2: "),
        ("src/db/seal.rs", "use crate::clock::now;", "`crate::clock::now`"),
        ("src/domain/day.rs", "use proptest::prelude::*;", "`proptest::prelude`"),
        ("src/unheard_of.rs", "use crate::error::Result;", "`crate::error::Result`"),
    ] {
        let breaches = found(path, text).join(" ");
        assert!(breaches.contains(offending) && breaches.contains(path), "{path}: {text}: {breaches:?}");
    }
    for (path, text) in [
        ("src/domain/day.rs", "use std::fmt;\nuse chrono::NaiveDate;\nuse super::clocks::Clock;"),
        ("src/domain/day.rs", "// use crate::http::body;\nconst A: &str = \"crate::http\";"),
        ("src/domain/day_tests.rs", "use proptest::prelude::*;\nuse super::super::milestones::Milestone;"),
        ("src/db/seal.rs", "mod tests { use crate::clock::now; }"),
        ("src/db/mod.rs", "pub use conn::Conn;\nmod tests { use super::*; use super::super::db::x; }"),
        ("src/http/page.rs", "use crate::db::types::{Id, Time};\nfn a(b: crate::http::reply::B) {}"),
        ("src/app.rs", "use crate::{auth, journal};"),
        ("src/main.rs", "use recovery_journal::cli;"),
    ] {
        assert_eq!(found(path, text), Vec::<String>::new(), "{path}: {text}");
    }
}
