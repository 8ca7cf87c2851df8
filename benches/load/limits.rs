//! What the machine itself can do: single-row commits and point selects of the project's own `SQLite` on the
//! same disk, and argon2id on the same core. Each runs as this program started again, pinned like the
//! servers.

use crate::Result;
use crate::sample;
use crate::server::{SERVER_CORE, pinned};
use argon2::{Algorithm, Argon2, Block, Params, Version};
use diesel::connection::SimpleConnection;
use diesel::prelude::*;
use std::env;
use std::hint::black_box;
use std::path::Path;
use std::time::{Duration, Instant};

/// The hidden argument that measures argon2id.
pub const ARGON2: &str = "--measure-argon2";
/// The hidden argument that measures single-row commits.
pub const COMMITS: &str = "--measure-commits";
/// The hidden argument that measures rows of commits of 32.
pub const BATCHES: &str = "--measure-batches";
/// The hidden argument that measures point selects.
pub const SELECTS: &str = "--measure-selects";

/// Rows in the table before anything is measured, as many as the servers hold.
const ROWS: i64 = 3_000;
/// As many as there are connections in the other runs.
const BATCH: i64 = 32;

diesel::table! {
    records (id) {
        id -> BigInt,
        body -> Text,
    }
}

/// Runs one of the measurements on the servers' core and returns its rate per second.
pub fn measure(argument: &str, seconds: u32, directory: &Path) -> Result<f64> {
    let mut command = pinned(SERVER_CORE, &env::current_exe()?);
    let output = command.arg(argument).arg(seconds.to_string()).arg(directory).output()?;
    let text = String::from_utf8_lossy(&output.stdout);
    let rate = text.trim().parse::<f64>();
    rate.map_err(|_| format!("{argument} failed: {text}{}", String::from_utf8_lossy(&output.stderr)).into())
}

/// Password hashes per second of one thread, with memory that is used again (m = 19456 KiB, t = 2, p = 1).
pub fn argon2_rate(span: Duration) -> Result<f64> {
    let readable = |error: argon2::Error| error.to_string();
    let params = Params::new(19_456, 2, 1, Some(32)).map_err(readable)?;
    let mut memory = vec![Block::default(); params.block_count()];
    let hasher = Argon2::new(Algorithm::Argon2id, Version::V0x13, params);
    let mut hash = [0_u8; 32];
    rate(span, |_| {
        hasher
            .hash_password_into_with_memory(
                sample::PASSWORD.as_bytes(),
                b"sixteen bytes !!",
                &mut hash,
                &mut memory,
            )
            .map_err(readable)?;
        black_box(hash);
        Ok(())
    })
}

/// Single-row commits per second of one thread: WAL, `synchronous=FULL`, so that each is on the disk when it
/// returns.
pub fn commit_rate(directory: &Path, span: Duration) -> Result<f64> {
    let mut connection = database(directory)?;
    let body = sample::check_in(0, "one row a commit").to_string();
    rate(span, |number| insert(&mut connection, ROWS + number, &body))
}

/// Rows per second of one thread that commits 32 at a time, one statement each, as one writer for many
/// connections does.
pub fn batch_rate(directory: &Path, span: Duration) -> Result<f64> {
    let mut connection = database(directory)?;
    let body = sample::check_in(0, "many rows a commit").to_string();
    let commits = rate(span, |number| {
        connection.transaction(|connection| {
            (0..BATCH).try_for_each(|row| insert(connection, ROWS + number * BATCH + row, &body))
        })
    })?;
    Ok(commits * f64::from(i32::try_from(BATCH)?))
}

/// Point selects by primary key per second of one thread.
pub fn select_rate(directory: &Path, span: Duration) -> Result<f64> {
    let mut connection = database(directory)?;
    rate(span, |number| {
        // A stride without a common factor visits every row.
        let id = (number * 1_213) % ROWS;
        let body: String = records::table.find(id).select(records::body).first(&mut connection)?;
        black_box(body);
        Ok(())
    })
}

fn database(directory: &Path) -> Result<SqliteConnection> {
    let file = tempfile::Builder::new().prefix("limit-").tempdir_in(directory)?.keep().join("limit.db");
    let mut connection = SqliteConnection::establish(&file.to_string_lossy())?;
    connection.batch_execute(
        "PRAGMA page_size = 4096; PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;
         CREATE TABLE records (id INTEGER PRIMARY KEY NOT NULL, body TEXT NOT NULL);",
    )?;
    let body = sample::check_in(0, "already there").to_string();
    connection.transaction(|connection| (0..ROWS).try_for_each(|id| insert(connection, id, &body)))?;
    Ok(connection)
}

fn insert(connection: &mut SqliteConnection, id: i64, body: &str) -> Result<()> {
    let row = (records::id.eq(id), records::body.eq(body));
    diesel::insert_into(records::table).values(row).execute(connection)?;
    Ok(())
}

/// Calls `work` with 0, 1, 2 … for the given time.
fn rate(span: Duration, mut work: impl FnMut(i64) -> Result<()>) -> Result<f64> {
    let started = Instant::now();
    let mut calls: i64 = 0;
    let mut counted = 0.0;
    while started.elapsed() < span {
        work(calls)?;
        calls += 1;
        counted += 1.0;
    }
    Ok(counted / started.elapsed().as_secs_f64())
}
