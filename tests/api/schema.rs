//! The schemas of both engines after all migrations: the same tables, columns, keys and references on both,
//! spread by account, and undone by the down migrations.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use diesel::Connection as _;
use diesel_async::{AsyncConnection as _, AsyncMigrationHarness, AsyncPgConnection};
use diesel_migrations::{FileBasedMigrations, MigrationHarness as _};
use serde_json::Value as Json;

use crate::support::{Database, Engine, Server, both, collections};

both!(
    keys_begin_with_the_account,
    references_stay_inside_the_account,
    nothing_is_used_that_does_not_spread,
    the_database_refuses_what_the_api_refuses,
    migrations_go_down_and_up_again,
);

/// Tables keyed by a value, because they are asked before anybody knows the account.
pub const KEYED_BY_A_VALUE: &[&str] = &["email_addresses", "invitations", "login_failures"];

/// Tables about nobody: the same on every shard.
pub const PUBLIC: &[&str] = &["meeting_list"];

/// Words of the catalogue, which grows without a migration: the database bounds their length only.
const OF_THE_CATALOGUE: &[&str] = &["category", "family", "fellowship", "instrument"];

/// What both engines must agree on, of one table.
#[derive(Debug, Default, PartialEq, Eq)]
struct Table {
    /// Name to kind and whether it may be null.
    columns: BTreeMap<String, String>,
    primary_key: Vec<String>,
    unique: BTreeSet<Vec<String>>,
    indexes: BTreeSet<String>,
    references: BTreeSet<String>,
    checks: usize,
}

/// One row a column: table, column, kind, `null` or `needed`, place in the primary key (0 = not in it).
const COLUMNS_SQLITE: &str = "SELECT m.name || '|' || c.name || '|' || lower(c.type) || '|' || \
    CASE c.\"notnull\" WHEN 1 THEN 'needed' ELSE 'null' END || '|' || c.pk AS line \
    FROM sqlite_master m, pragma_table_info(m.name) c WHERE m.type = 'table' ORDER BY m.name, c.pk";
const COLUMNS_POSTGRES: &str = "SELECT r.relname || '|' || a.attname || '|' || \
    format_type(a.atttypid, a.atttypmod) || '|' || \
    CASE WHEN a.attnotnull THEN 'needed' ELSE 'null' END || '|' || \
    coalesce(array_position(i.indkey::int[], a.attnum::int) + 1, 0) AS line \
    FROM pg_attribute a JOIN pg_class r ON r.oid = a.attrelid AND r.relkind = 'r' \
    JOIN pg_namespace n ON n.oid = r.relnamespace AND n.nspname = 'public' \
    LEFT JOIN pg_index i ON i.indrelid = r.oid AND i.indisprimary \
    WHERE a.attnum > 0 AND NOT a.attisdropped \
    ORDER BY r.relname, coalesce(array_position(i.indkey::int[], a.attnum::int) + 1, 0)";

/// One row an index column: table, index, `unique` or `plain`, column; in the order of the index.
const INDEXES_SQLITE: &str = "SELECT m.name || '|' || l.name || '|' || \
    CASE l.\"unique\" WHEN 1 THEN 'unique' ELSE 'plain' END || '|' || i.name AS line \
    FROM sqlite_master m, pragma_index_list(m.name) l, pragma_index_info(l.name) i \
    WHERE m.type = 'table' ORDER BY m.name, l.name, i.seqno";
const INDEXES_POSTGRES: &str = "SELECT r.relname || '|' || x.relname || '|' || \
    CASE WHEN i.indisunique THEN 'unique' ELSE 'plain' END || '|' || a.attname AS line \
    FROM pg_index i JOIN pg_class r ON r.oid = i.indrelid JOIN pg_class x ON x.oid = i.indexrelid \
    JOIN pg_namespace n ON n.oid = r.relnamespace AND n.nspname = 'public' \
    JOIN LATERAL unnest(i.indkey::int[]) WITH ORDINALITY k(attnum, place) ON true \
    JOIN pg_attribute a ON a.attrelid = r.oid AND a.attnum = k.attnum ORDER BY r.relname, x.relname, k.place";

/// One row a referring column: table, reference, column, target, its column.
const REFERENCES_SQLITE: &str = "SELECT m.name || '|' || f.id || '|' || f.\"from\" || '|' || \
    f.\"table\" || '|' || f.\"to\" AS line FROM sqlite_master m, pragma_foreign_key_list(m.name) f \
    WHERE m.type = 'table' ORDER BY m.name, f.id, f.seq";
const REFERENCES_POSTGRES: &str = "SELECT r.relname || '|' || c.conname || '|' || a.attname || '|' || \
    t.relname || '|' || b.attname AS line \
    FROM pg_constraint c JOIN pg_class r ON r.oid = c.conrelid JOIN pg_class t ON t.oid = c.confrelid \
    JOIN LATERAL unnest(c.conkey::int[], c.confkey::int[]) WITH ORDINALITY k(own, far, place) ON true \
    JOIN pg_attribute a ON a.attrelid = r.oid AND a.attnum = k.own \
    JOIN pg_attribute b ON b.attrelid = t.oid AND b.attnum = k.far \
    WHERE c.contype = 'f' ORDER BY r.relname, c.conname, k.place";

const CHECKS_POSTGRES: &str = "SELECT r.relname || '|' || c.conname AS line FROM pg_constraint c \
    JOIN pg_class r ON r.oid = c.conrelid \
    JOIN pg_namespace n ON n.oid = r.relnamespace AND n.nspname = 'public' \
    WHERE c.contype = 'c'";

fn fields<const N: usize>(line: &str) -> [&str; N] {
    let fields: Vec<&str> = line.split('|').collect();
    fields.try_into().unwrap_or_else(|_| panic!("not {N} fields: {line}"))
}

fn read(database: &Database) -> BTreeMap<String, Table> {
    let ask = |sqlite, postgres| database.lines(if database.is_sqlite() { sqlite } else { postgres });
    let mut tables: BTreeMap<String, Table> =
        database.tables().into_iter().map(|name| (name, Table::default())).collect();
    for line in ask(COLUMNS_SQLITE, COLUMNS_POSTGRES) {
        let [table, column, kind, need, place] = fields(&line);
        let Some(table) = tables.get_mut(table) else { continue };
        table.columns.insert(column.to_owned(), format!("{} {need}", kind_of(kind)));
        if place != "0" {
            table.primary_key.push(column.to_owned());
        }
    }
    let mut indexes: BTreeMap<(String, String, bool), Vec<String>> = BTreeMap::new();
    for line in ask(INDEXES_SQLITE, INDEXES_POSTGRES) {
        let [table, index, unique, column] = fields(&line);
        let key = (table.to_owned(), index.to_owned(), unique == "unique");
        indexes.entry(key).or_default().push(column.to_owned());
    }
    for ((table, index, unique), columns) in indexes {
        let Some(table) = tables.get_mut(&table) else { continue };
        if unique {
            table.unique.insert(columns);
        } else {
            table.indexes.insert(index);
        }
    }
    let mut references: BTreeMap<(String, String, String), Vec<String>> = BTreeMap::new();
    for line in ask(REFERENCES_SQLITE, REFERENCES_POSTGRES) {
        let [table, name, own, target, far] = fields(&line);
        let key = (table.to_owned(), name.to_owned(), target.to_owned());
        references.entry(key).or_default().push(format!("{own} = {far}"));
    }
    for ((table, _, target), columns) in references {
        tables.get_mut(&table).unwrap().references.insert(format!("{target}: {}", columns.join(", ")));
    }
    tables
}

/// What a column's type means on either engine.
fn kind_of(kind: &str) -> &'static str {
    match kind {
        "blob" | "uuid" | "bytea" => "bytes",
        "text" => "text",
        "integer" | "smallint" | "bigint" | "timestamp with time zone" | "date" | "boolean" => "whole",
        "real" | "double precision" => "real",
        other => panic!("a column type that the schemas do not use: {other}"),
    }
}

#[test]
fn both_engines_have_the_same_schema() {
    let Some(engine) = Engine::postgres() else { return };
    let (one, other) = (Server::start(Engine::sqlite(), &[]), Server::start(engine, &[]));
    let (sqlite, postgres) = (read(&Database(&one)), read(&Database(&other)));
    assert!(sqlite.len() >= 15, "{:?}", sqlite.keys());
    assert_eq!(sqlite.keys().collect::<Vec<_>>(), postgres.keys().collect::<Vec<_>>());
    for (name, table) in &sqlite {
        assert_eq!(table, &postgres[name], "{name}: SQLite on the left, PostgreSQL on the right");
    }
}

fn keys_begin_with_the_account(server: &Server) {
    for (name, table) in read(&Database(server)) {
        assert!(!table.primary_key.is_empty(), "{name} has no primary key");
        if KEYED_BY_A_VALUE.contains(&name.as_str()) {
            continue;
        }
        if PUBLIC.contains(&name.as_str()) {
            assert!(!table.columns.contains_key("account_id"), "{name} is not about nobody");
            continue;
        }
        assert_eq!(table.primary_key[0], "account_id", "the primary key of {name}");
        for unique in &table.unique {
            assert_eq!(unique[0], "account_id", "a unique index of {name}: {unique:?}");
        }
    }
}

/// Whoever spreads the database by docs/SCALING.md forgets no table and takes no wrong column.
#[test]
fn the_commands_that_spread_it_name_every_table() {
    let server = Server::start(Engine::sqlite(), &[]);
    let guide = include_str!("../../docs/SCALING.md");
    let told: BTreeSet<&str> =
        guide.lines().filter(|line| line.starts_with("SELECT create_")).map(str::trim_end).collect();
    let tables = read(&Database(&server));
    for (name, table) in &tables {
        let beginning = if PUBLIC.contains(&name.as_str()) {
            format!("SELECT create_reference_table('{name}')")
        } else {
            format!("SELECT create_distributed_table('{name}', '{}'", table.primary_key[0])
        };
        assert!(told.iter().any(|line| line.starts_with(&beginning)), "no {beginning}");
    }
    assert_eq!(told.len(), tables.len());
}

fn references_stay_inside_the_account(server: &Server) {
    let tables = read(&Database(server));
    for (name, table) in &tables {
        for reference in &table.references {
            assert!(reference.contains("account_id = account_id"), "{name} refers to {reference}");
            assert!(!KEYED_BY_A_VALUE.contains(&name.as_str()), "{name} refers to {reference}");
        }
        let owned = table.columns.contains_key("account_id") && name != "accounts";
        let exempt = KEYED_BY_A_VALUE.contains(&name.as_str());
        assert!(!owned || exempt || !table.references.is_empty(), "{name} would outlive its account");
    }
}

fn nothing_is_used_that_does_not_spread(server: &Server) {
    let database = Database(server);
    let none = |what: &str, question: &str| {
        let found = database.lines(question);
        assert!(found.is_empty(), "{what}: {found:?}");
    };
    if database.is_sqlite() {
        none(
            "triggers and views",
            "SELECT name AS line FROM sqlite_master WHERE type IN ('trigger', 'view')",
        );
        let sql = "SELECT name AS line FROM sqlite_master \
             WHERE sql LIKE '%DEFERRABLE%' OR sql LIKE '%AUTOINCREMENT%'";
        none("deferrable constraints and serials", sql);
        // Clustered by their key; diesel's own table is not ours.
        none(
            "tables that are not WITHOUT ROWID",
            "SELECT name AS line FROM sqlite_master WHERE type = 'table' \
             AND name NOT LIKE '\\_\\_%' ESCAPE '\\' AND name NOT LIKE 'sqlite_%' \
             AND sql NOT LIKE '%WITHOUT ROWID%'",
        );
        return;
    }
    none("triggers", "SELECT tgname::text AS line FROM pg_trigger WHERE NOT tgisinternal");
    none("deferrable constraints", "SELECT conname::text AS line FROM pg_constraint WHERE condeferrable");
    none(
        "sequences",
        "SELECT relname::text AS line FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace \
         WHERE n.nspname = 'public' AND relkind IN ('S', 'v', 'm', 'f')",
    );
    none(
        "types",
        "SELECT typname::text AS line FROM pg_type t JOIN pg_namespace n ON n.oid = t.typnamespace \
         WHERE n.nspname = 'public' AND typtype IN ('e', 'd', 'r')",
    );
    none(
        "functions",
        "SELECT proname::text AS line FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace \
         WHERE n.nspname = 'public' AND proname NOT LIKE 'diesel\\_%'",
    );
    none(
        "identity columns and defaults",
        "SELECT table_name || '.' || column_name AS line FROM information_schema.columns \
         WHERE table_schema = 'public' AND table_name NOT LIKE '\\_\\_%' \
         AND (is_identity = 'YES' OR column_default IS NOT NULL)",
    );
    assert!(database.lines(CHECKS_POSTGRES).len() > 30, "next to no CHECK");
}

/// Ranges and choices hold in the database too, whoever writes.
fn the_database_refuses_what_the_api_refuses(server: &Server) {
    let (member, database) = (server.member(), Database(server));
    let mut tried = 0;
    for collection in collections::all() {
        let record = member.post(collection.path, &collection.full());
        let (table, row) = (collection.name(), database.id(record.expect(201).id()));
        let update = |column: &str, value: &str| {
            database.execute(&format!("UPDATE {table} SET {column} = {value} WHERE id = {row}"))
        };
        for (field, schema) in collection.fields() {
            let is = |kind: &str| schema["type"] == kind || schema["type"][0] == kind;
            let mut bad = Vec::new();
            if let (true, Some(most)) = (is("integer"), schema["maximum"].as_i64()) {
                bad.extend([(most + 1).to_string(), "-1".to_owned()]);
            }
            if is("number") {
                bad.extend(["24.25".to_owned(), "-0.25".to_owned()]);
            }
            if OF_THE_CATALOGUE.contains(&field) {
                bad.extend(["''".to_owned(), format!("'{}'", "a".repeat(41))]);
            } else if is("string") && schema["enum"].is_array() {
                bad.push("'nonsense'".to_owned());
            }
            if collection.requires(field) {
                bad.push("NULL".to_owned());
            }
            for value in bad {
                assert!(update(field, &value).is_err(), "{table}.{field} takes {value}");
                tried += 1;
            }
            if let Some(most) = schema["maximum"].as_i64() {
                assert_eq!(update(field, &most.to_string()), Ok(()), "{table}.{field} at its limit");
            }
        }
    }
    assert!(tried > 50, "only {tried} values were tried");
    let journal =
        format!("UPDATE journals SET revision = 0 WHERE account_id = {}", database.id(member.account_id()));
    assert!(database.execute(&journal).is_err(), "a journal's revision begins at 1");
    assert!(database.execute("UPDATE accounts SET role = 'admin'").is_err(), "there is no such role");
}

fn migrations_go_down_and_up_again(server: &mut Server) {
    let before = read(&Database(server));
    server.kill();
    let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join("migrations");
    let of = |engine: &str| FileBasedMigrations::from_path(directory.join(engine)).unwrap();
    let down = match server.engine().url() {
        None => {
            let path = server.directory().join("journal.db");
            let mut conn = diesel::SqliteConnection::establish(path.to_str().unwrap()).unwrap();
            conn.revert_all_migrations(of("sqlite")).map(|done| done.len())
        }
        Some(url) => {
            let runtime =
                tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
            runtime.block_on(async {
                let conn = AsyncPgConnection::establish(&url).await.unwrap();
                AsyncMigrationHarness::new(conn).revert_all_migrations(of("postgres")).map(|done| done.len())
            })
        }
    };
    assert!(down.expect("every migration can be undone") >= 8);
    assert_eq!(Database(server).tables(), [] as [&str; 0], "something is left behind");
    server.restart();
    assert_eq!(read(&Database(server)), before);
}

#[test]
fn both_engines_have_the_same_migrations_each_with_its_way_back() {
    let names = |engine: &str| -> BTreeSet<String> {
        let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join("migrations").join(engine);
        let entries = std::fs::read_dir(directory).unwrap().map(|entry| entry.unwrap().path());
        entries
            .map(|path| {
                assert!(
                    path.join("up.sql").is_file() && path.join("down.sql").is_file(),
                    "{}",
                    path.display()
                );
                path.file_name().unwrap().to_str().unwrap().to_owned()
            })
            .collect()
    };
    assert_eq!(names("sqlite"), names("postgres"));
}

/// The collections of the document are the tables of the journal.
#[test]
fn each_collection_has_its_table() {
    let server = Server::start(Engine::sqlite(), &[]);
    let tables = Database(&server).tables();
    for collection in collections::all() {
        assert!(tables.contains(&collection.name()), "{} has no table", collection.name());
        assert_ne!(collection.write["properties"], Json::Null);
    }
}
