//! What the machine itself can do: single-row commits and point selects of the project's own `SQLite` on the
//! same disk, and argon2id on the same core. Each runs as this program started again, pinned like the
//! servers.

use crate::Result;
use crate::sample;
use crate::server::{SERVER_CORE, cpu_micros, pinned};
use argon2::{Algorithm, Argon2, Block, Params, Version};
use diesel::connection::SimpleConnection;
use diesel::prelude::*;
use serde::{Deserialize, Serialize};
use std::env;
use std::hint::black_box;
use std::path::Path;
use std::process;
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

/// What one thread of the machine reached.
#[derive(Serialize, Deserialize)]
pub struct Limit {
    /// Calls per second.
    pub rate: f64,
    /// CPU time per call.
    pub cpu_micros: f64,
}

/// Runs one of the measurements on the servers' core.
pub fn measure(argument: &str, seconds: u32, directory: &Path) -> Result<Limit> {
    let mut command = pinned(SERVER_CORE, &env::current_exe()?);
    let output = command.arg(argument).arg(seconds.to_string()).arg(directory).output()?;
    serde_json::from_slice(&output.stdout)
        .map_err(|_| format!("{argument} failed: {}", String::from_utf8_lossy(&output.stderr)).into())
}

/// The measurement that `argument` names, in this process. None if it names none.
pub fn limit(argument: &str, span: Duration, directory: &Path) -> Option<Result<Limit>> {
    Some(match argument {
        ARGON2 => argon2_limit(span),
        COMMITS => commit_limit(directory, span),
        BATCHES => batch_limit(directory, span),
        SELECTS => select_limit(directory, span),
        _ => return None,
    })
}

/// Password hashes of one thread, with memory that is used again (m = 19456 KiB, t = 2, p = 1).
fn argon2_limit(span: Duration) -> Result<Limit> {
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

/// Single-row commits of one thread: WAL, `synchronous=FULL`, so that each is on the disk when it
/// returns.
fn commit_limit(directory: &Path, span: Duration) -> Result<Limit> {
    let mut connection = database(directory)?;
    let body = sample::check_in(0, "one row a commit").to_string();
    rate(span, |number| insert(&mut connection, ROWS + number, &body))
}

/// Rows of one thread that commits 32 at a time, one statement each, as one writer for many
/// connections does.
fn batch_limit(directory: &Path, span: Duration) -> Result<Limit> {
    let mut connection = database(directory)?;
    let body = sample::check_in(0, "many rows a commit").to_string();
    let commits = rate(span, |number| {
        connection.transaction(|connection| {
            (0..BATCH).try_for_each(|row| insert(connection, ROWS + number * BATCH + row, &body))
        })
    })?;
    let rows = f64::from(i32::try_from(BATCH)?);
    Ok(Limit { rate: commits.rate * rows, cpu_micros: commits.cpu_micros / rows })
}

/// Point selects by primary key of one thread.
fn select_limit(directory: &Path, span: Duration) -> Result<Limit> {
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
fn rate(span: Duration, mut work: impl FnMut(i64) -> Result<()>) -> Result<Limit> {
    let used = cpu_micros(process::id())?;
    let started = Instant::now();
    let mut calls: i64 = 0;
    let mut counted = 0.0;
    while started.elapsed() < span {
        work(calls)?;
        calls += 1;
        counted += 1.0;
    }
    let seconds = started.elapsed().as_secs_f64();
    Ok(Limit { rate: counted / seconds, cpu_micros: (cpu_micros(process::id())? - used) / counted })
}
