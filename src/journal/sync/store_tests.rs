//! What a pull costs on SQLite: every part of it goes by an index of revisions, and stops where the page ends.

use diesel::connection::SimpleConnection as _;
use diesel::sqlite::{Sqlite, SqliteConnection};
use diesel::{Connection as _, RunQueryDsl as _};

use super::*;
use crate::clock::new_random_id;
use crate::db::migrations;
use crate::db::seal::{Keyring, Secret};
use crate::db::statement::{Cell, Row};

/// How SQLite means to run a statement, a line a step.
fn plan(statement: &Statement) -> Vec<String> {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("journal.db");
    migrations::run_sqlite(&path).unwrap();
    let mut conn = SqliteConnection::establish(path.to_str().unwrap()).unwrap();
    conn.batch_execute("PRAGMA foreign_keys = ON").unwrap();
    let text = diesel::debug_query::<Sqlite, _>(statement).to_string();
    let text = text.split(" -- binds").next().unwrap();
    let rows: Vec<Row> = diesel::sql_query(format!("EXPLAIN QUERY PLAN {text}")).load(&mut conn).unwrap();
    let detail = |row: Row| match row.0.into_iter().next_back() {
        Some(Cell::Text(detail)) => detail,
        other => panic!("{other:?}"),
    };
    rows.into_iter().map(detail).collect()
}

fn key() -> DataKey {
    let keyring = Keyring::from_master(&Secret::new([7; 32])).unwrap();
    keyring.new_data_key(Id(new_random_id())).unwrap().0
}

#[test]
fn the_index_of_a_page_is_merged_from_indexes_and_nothing_is_sorted() {
    let key = key();
    let chosen = Some(vec![COLLECTIONS[0]]);
    for collections in [None, chosen] {
        let pull = Pull { since: 41, limit: 100, epoch: None, collections };
        let plan = plan(&index_of(&key, &pull));
        let searches = plan.iter().filter(|step| {
            step.starts_with("SEARCH") && step.contains("_by_revision (account_id=? AND revision>?)")
        });
        assert_eq!(searches.count(), COLLECTIONS.len() + 1, "{plan:#?}");
        for step in &plan {
            assert!(!step.contains("SCAN") && !step.contains("TEMP B-TREE"), "{step}: {plan:#?}");
        }
    }
}

#[test]
fn the_text_of_the_index_does_not_depend_on_what_is_asked() {
    let key = key();
    let text = |collections| {
        let pull = Pull { since: 41, limit: 100, epoch: None, collections };
        let text = diesel::debug_query::<Sqlite, _>(&index_of(&key, &pull)).to_string();
        text.split(" -- binds").next().unwrap().to_owned()
    };
    for chosen in [vec![], vec![COLLECTIONS[0]], COLLECTIONS.to_vec()] {
        assert_eq!(text(Some(chosen)), text(None), "one prepared statement for all pulls");
    }
}

#[test]
fn rows_and_tombstones_of_a_page_are_found_by_their_revisions() {
    let key = key();
    let pull = Pull { since: 41, limit: 100, epoch: None, collections: None };
    let rows = COLLECTIONS.iter().map(|collection| records_until(collection, &key, &pull, 99));
    for statement in rows.chain([tombstones_until(&key, &pull, 99)]) {
        let plan = plan(&statement);
        let by_revision = "_by_revision (account_id=? AND revision>? AND revision<?)";
        assert!(matches!(plan.as_slice(), [step] if step.contains(by_revision)), "{plan:#?}");
    }
}
