//! What sync costs PostgreSQL, by its own count of rows that were touched. (The plans of SQLite are looked at
//! where the statements are, in `journal::sync::store`.)

use std::thread;
use std::time::Duration;

use serde_json::{Value as Json, json};

use super::{pull, push, row};
use crate::records::new_id;
use crate::support::{Database, Engine, Server, collections};

/// How often a device pulls.
const PULLS: i64 = 40;

/// Rows of a table that were read since it was made: by walking it, and by way of an index.
fn touched(server: &Server, table: &str) -> (i64, i64) {
    // Each process of the database tells what it did when it ends.
    thread::sleep(Duration::from_secs(1));
    let question = format!(
        "SELECT (seq_tup_read || ' ' || coalesce(idx_tup_fetch, 0)) AS line FROM pg_stat_user_tables \
         WHERE relname = '{table}'"
    );
    let line = Database(server).lines(&question).remove(0);
    let (walked, found) = line.split_once(' ').unwrap();
    (walked.parse().unwrap(), found.parse().unwrap())
}

#[test]
fn a_pull_costs_what_it_brings_and_an_empty_one_a_look_at_a_key() {
    let Some(engine) = Engine::postgres() else { return };
    let mut server = Server::start(engine, &[]);
    let member = server.member();
    let check_ins = collections::at("/v1/check-ins");
    let rows: Vec<Json> =
        (0..500).map(|_| row(&check_ins, &new_id(), &json!({"local_date": "2025-03-04"}))).collect();
    let mut revision = 0;
    for part in 0..6 {
        let rows: Vec<Json> = rows.iter().map(|row| super::with(row.clone(), "id", new_id())).collect();
        revision = push(&member, &rows).json["revision"].as_i64().unwrap();
        assert_eq!(revision, 1 + 500 * (part + 1));
    }
    Database(&server).execute("ANALYZE").unwrap();
    server.restart();
    let member = member.at(server.address());
    let tables = ["check_ins", "tombstones", "journals"];
    let before = tables.map(|table| touched(&server, table));
    for _ in 0..PULLS {
        assert_eq!(pull(&member, &format!("since={revision}"))["changes"], json!([]));
    }
    server.restart();
    let after = tables.map(|table| touched(&server, table));
    let cost = |table: usize| (after[table].0 - before[table].0, after[table].1 - before[table].1);
    assert_eq!([cost(0), cost(1)], [(0, 0); 2], "an empty pull looks at no record");
    let (walked, found) = cost(2);
    assert!(walked + found <= PULLS + 4, "an empty pull reads one row: {walked} and {found}");

    let member = member.at(server.address());
    let since = revision - 10;
    for _ in 0..PULLS {
        assert_eq!(pull(&member, &format!("since={since}"))["changes"].as_array().map(Vec::len), Some(10));
        assert_eq!(pull(&member, "since=1&limit=10")["changes"].as_array().map(Vec::len), Some(10));
    }
    server.restart();
    let (walked, found) = touched(&server, "check_ins");
    assert_eq!(walked, after[0].0, "no pull walks the table");
    // Each of the rows is met in the index of the page, with one more, and then read.
    let most = PULLS * 2 * (2 * 10 + 1);
    assert!(found - after[0].1 <= most, "{} rows for {most}", found - after[0].1);
}

/// PostgreSQL takes every journal for an average one, here of a single record.
#[test]
fn a_push_or_a_pull_reads_nothing_of_a_long_journal_but_what_it_is_about() {
    let Some(engine) = Engine::postgres() else { return };
    let mut server = Server::start(engine, &[]);
    let check_ins = collections::at("/v1/check-ins");
    let new = |count: usize| -> Vec<Json> {
        (0..count).map(|_| row(&check_ins, &new_id(), &json!({"local_date": "2025-03-04"}))).collect()
    };
    for _ in 0..6 {
        push(&server.member(), &new(1));
    }
    Database(&server).execute("ANALYZE").unwrap();
    let member = server.member();
    for _ in 0..6 {
        push(&member, &new(500));
    }
    server.restart();
    let member = member.at(server.address());
    let before = touched(&server, "check_ins");
    let known = new(40);
    for rows in [&known, &known, &new(9)] {
        push(&member, rows);
    }
    server.restart();
    let pushed = touched(&server, "check_ins");
    assert_eq!(pushed.0, before.0, "no push walks the table");
    let found = pushed.1 - before.1;
    assert!(found <= 80, "{found} rows for the 40 that were sent again");

    let member = member.at(server.address());
    for _ in 0..PULLS {
        assert_eq!(pull(&member, "since=1000&limit=10")["changes"].as_array().map(Vec::len), Some(10));
    }
    server.restart();
    let found = touched(&server, "check_ins").1 - pushed.1;
    let most = PULLS * (2 * 10 + 1);
    assert!(found <= most, "{found} rows for {most} of the pages");
}

#[test]
fn a_push_is_few_statements() {
    let Some(engine) = Engine::postgres() else { return };
    let server = Server::start(engine, &[]);
    // Statements are counted where the extension is installed; `statements` says so when it is not.
    if Database(&server).execute("CREATE EXTENSION pg_stat_statements").is_err() {
        return;
    }
    let member = server.member();
    let check_ins = collections::at("/v1/check-ins");
    let rows: Vec<Json> =
        (0..500).map(|_| row(&check_ins, &new_id(), &json!({"local_date": "2025-03-04"}))).collect();
    push(&member, &rows);
    let question = "SELECT sum(calls)::text AS line FROM pg_stat_statements WHERE query LIKE 'INSERT INTO check_ins%' \
         AND dbid = (SELECT oid FROM pg_database WHERE datname = current_database())";
    // 15 of 32 rows, 2 of 8, and 4.
    assert_eq!(Database(&server).lines(question), ["21"]);
}
