//! Copies of an SQLite database: made while it is in use, checked, and put in its place.
//!
//! Refuses to put anything in the place of a database that is in use, and anything that is not whole, not
//! ours, or from a later program. What was there is kept under another name. Answers are sentences for the
//! operator.

use std::fmt::Display;
use std::fs::{self, File};
use std::io;
use std::path::Path;

use diesel::connection::SimpleConnection as _;
use diesel::sqlite::SqliteConnection;
use diesel::{ExpressionMethods as _, QueryDsl as _};

use super::conn::{Conn, finish};
use super::files::{Claim, Draft, at, sync_folder_of, with_suffix};
use super::schema::{
    admissions, data_keys, journals, login_sessions, mails, password_resets, registrations, second_factors,
};
use super::seal::Keyring;
use super::statement::{Bind, Cell, Statement};
use super::types::Id;
use super::{Db, migrations, sqlite};
use crate::error::{Error, Result};

/// Journals that get a new epoch in one statement.
const AT_ONCE: usize = 1_000;

/// What was restored.
#[derive(Debug)]
pub struct Restored {
    /// How many accounts it holds.
    pub accounts: i64,
    /// How many migrations brought its schema up to date.
    pub migrations: usize,
    /// Whether a database was there, and is kept.
    pub kept: bool,
}

/// Copies the database into `draft`, as it is at one moment, while others read and write it, and tells how many bytes
/// there are; then checks the copy. Answers how many accounts it holds.
///
/// `VACUUM INTO` reads one snapshot and holds up nobody, except that the write-ahead log cannot shrink
/// until it is done. It takes along no freed page: nothing that was erased is in the copy.
pub fn make(database: &Path, draft: &Draft, grown: impl FnMut(u64) + Send) -> Result<i64> {
    let _claim = Claim::shared(database)?;
    let copy = draft.path().to_str().ok_or_else(|| Error::internal("the copy's path is not UTF-8"))?;
    let copying = Statement::new("VACUUM INTO ").bind(Bind::Text(Some(copy.to_owned().into())));
    let mut conn = sqlite::look(database)?;
    draft.fill(grown, || ask(&mut conn, copying))?;
    // What was written meanwhile waits in the log. Brought into the file here, it stops no writer; if that fails, the
    // next writer does it.
    drop(ask(&mut conn, Statement::new("PRAGMA wal_checkpoint(PASSIVE)")));
    check(draft.path())
}

/// Looks a copy through: it is whole, it is ours, this program knows its schema. Answers how many accounts
/// it holds.
fn check(copy: &Path) -> Result<i64> {
    let bad = |reason: &dyn Display| Error::internal(format!("is not a whole copy of a journal: {reason}"));
    let mut conn = sqlite::look(copy).map_err(|error| bad(&error))?;
    let mut words = |question| -> Result<Vec<Cell>> {
        let rows = ask(&mut conn, Statement::new(question)).map_err(|error| bad(&error))?;
        Ok(rows.into_iter().flatten().collect())
    };
    // A file that is not a database says so here; so does one that was cut short or changed.
    match words("PRAGMA integrity_check")?.first() {
        Some(Cell::Text(verdict)) if verdict == "ok" => {}
        Some(Cell::Text(verdict)) => return Err(bad(verdict)),
        _ => return Err(bad(&"it cannot be checked")),
    }
    let history = words("SELECT version FROM __diesel_schema_migrations ORDER BY version")?;
    let known = |cell: &Cell| matches!(cell, Cell::Text(version) if migrations::knows(version));
    if history.is_empty() {
        return Err(bad(&"it has no tables"));
    }
    if !history.iter().all(known) {
        return Err(Error::internal("comes from a later version of this program; restore it with that one"));
    }
    if !words("PRAGMA foreign_key_check")?.is_empty() {
        return Err(bad(&"rows refer to rows that are not there"));
    }
    words("SELECT count(*) FROM journals")?;
    let accounts = words("SELECT count(*) FROM accounts")?;
    accounts.first().and_then(Cell::int).ok_or_else(|| bad(&"its accounts cannot be counted"))
}

/// Puts the copy `file` in the place of `database`. What was there is kept as `aside`. With a `keyring`, a
/// copy whose words it does not open is refused. The copy itself is left as it is.
///
/// At each moment one whole database has the name, the old one or the new one.
pub async fn restore(
    file: &Path,
    database: &Path,
    aside: &Path,
    keyring: Option<&Keyring>,
) -> Result<Restored> {
    let named = |error: Error| Error::internal(format!("{}: {error}", file.display()));
    let _claim = Claim::alone(database)?;
    let log = with_suffix(file, "-wal");
    if fs::metadata(&log).is_ok_and(|log| log.len() > 0) {
        let reason = "is in use or was not closed: part of it is in";
        return Err(named(Error::internal(format!("{reason} {}; take a copy with `backup`", log.display()))));
    }
    let draft = Draft::of(database).map_err(|error| at(database, &error))?;
    copy(file, draft.path()).map_err(|error| at(file, &error))?;
    let accounts = check(draft.path()).map_err(named)?;
    let migrations = migrations::run_sqlite(draft.path())?;
    let db = Db::open_sqlite(draft.path())?;
    if let Some(keyring) = keyring {
        db.read(async |conn| opens(conn, keyring).await).await.map_err(named)?;
    }
    db.write(async |conn| renew(conn).await).await?;
    db.close();
    // With its last connection gone, all of it is in the one file.
    drop(db);
    if exists(&with_suffix(draft.path(), "-wal"))? {
        return Err(Error::internal("the restored database could not be closed"));
    }
    let kept = exists(database)?;
    if kept {
        settle(database)?;
        keep(database, aside).map_err(|error| at(aside, &error))?;
    }
    draft.replace().map_err(|error| at(database, &error))?;
    Ok(Restored { accounts, migrations, kept })
}

/// Makes a restored database a new beginning: every journal gets a new epoch, so that no device takes its
/// revisions for those it has seen, and every session ends, because some were ended after the copy was made.
/// Answers how many journals there are.
pub async fn renew(conn: &Conn<'_>) -> Result<usize> {
    let accounts: Vec<Id> = conn.load(journals::table.select(journals::account_id)).await?;
    for some in accounts.chunks(AT_ONCE) {
        let renewed =
            some.iter().map(|account| [*account, Id(uuid::Uuid::new_v4())].map(|id| Bind::Id(Some(id))));
        let renew = Statement::new("WITH fresh (account_id, epoch) AS (VALUES ").rows(renewed);
        let renew = renew.sql(") UPDATE journals SET epoch = fresh.epoch FROM fresh ");
        conn.send(renew.sql("WHERE journals.account_id = fresh.account_id")).await?;
    }
    conn.send(diesel::delete(login_sessions::table)).await?;
    // A secret that waits for its first code may have been shown to somebody since.
    let waiting = second_factors::table.filter(second_factors::active_at.is_null());
    conn.send(diesel::delete(waiting)).await?;
    // Links and codes that were used since would be good again, and mails would be sent again.
    conn.send(diesel::delete(registrations::table)).await?;
    conn.send(diesel::delete(password_resets::table)).await?;
    conn.send(diesel::delete(admissions::table)).await?;
    conn.send(diesel::delete(mails::table)).await?;
    Ok(accounts.len())
}

/// Fails when the words of the database were sealed under another master key.
async fn opens(conn: &Conn<'_>, keyring: &Keyring) -> Result<()> {
    let one = data_keys::table.order(data_keys::account_id).limit(1);
    match conn.first::<(Id, Vec<u8>), _>(one.select((data_keys::account_id, data_keys::wrapped))).await? {
        Some((account, wrapped)) if keyring.data_key(account, &wrapped).is_err() => Err(Error::internal(
            "its words were sealed under another master key; let MASTER_KEY_FILE name that one",
        )),
        _ => Ok(()),
    }
}

/// Brings what the write-ahead log holds into the file. One that is broken stays as it is; one that a program
/// has open, which claims nothing, is refused.
fn settle(database: &Path) -> Result<()> {
    let settled =
        sqlite::look(database).and_then(|mut conn| Ok(conn.batch_execute("PRAGMA journal_mode = DELETE")?));
    match settled {
        Err(error) if error.to_string().contains("locked") => {
            Err(Error::internal(format!("{}: a program has it open; stop that first", database.display())))
        }
        _ => Ok(()),
    }
}

/// Gives the database a second name, under which it stays.
fn keep(database: &Path, aside: &Path) -> io::Result<()> {
    fs::hard_link(database, aside)?;
    let log = with_suffix(database, "-wal");
    // Only a database that could not be opened still has one, and the new one must not find it.
    if log.try_exists()? {
        fs::rename(log, with_suffix(aside, "-wal"))?;
    }
    drop(fs::remove_file(with_suffix(database, "-shm")));
    sync_folder_of(database)
}

fn copy(from: &Path, to: &Path) -> io::Result<()> {
    io::copy(&mut File::open(from)?, &mut File::options().write(true).open(to)?).map(drop)
}

fn exists(path: &Path) -> Result<bool> {
    path.try_exists().map_err(|error| at(path, &error))
}

fn ask(conn: &mut SqliteConnection, question: Statement) -> Result<Vec<Vec<Cell>>> {
    let rows = finish(async { Ok(Conn::sqlite(conn).rows(question).await?) })?;
    Ok(rows.into_iter().map(|row| row.0).collect())
}
