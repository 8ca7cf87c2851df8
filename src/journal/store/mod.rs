//! All SQL of journal records, written once for every collection.
//!
//! The right to change a journal is its [`DataKey`]: it says whose journal it is, it is had only by way of a
//! live session, and every statement here is bound to its account. The right to read one is a [`Reading`],
//! and what it does not open is neither selected nor unsealed here ([`open`]). Each write first takes the
//! journal's next revision, so that within a journal the order of revisions is the order of commits.

mod fresh;

use std::borrow::Cow;
use std::collections::HashMap;

use chrono::NaiveDate;
use diesel::sql_types::BigInt;
use diesel::{ExpressionMethods as _, QueryDsl as _, Queryable, QueryableByName};
use futures_util::future::try_join_all;
use futures_util::try_join;
use serde_json::{Map, Value as Json};

pub use self::fresh::Fresh;
use super::collection::Collection;
use super::page::Page;
use super::reading::{Detail, Part, Reading};
use super::record::{Record, Writer};
use crate::db::Conn;
use crate::db::schema::journals;
use crate::db::seal::DataKey;
use crate::db::statement::{Bind, Row, Statement, portion};
use crate::db::types::{Day, Id, sql};
use crate::error::{Code, Error, Problem, Result};
use crate::fields::value::same_values;
use crate::fields::{Field, Value};
use crate::http::reply::IfMatch;

/// Most ids that are looked up in one statement: PostgreSQL keeps a plan for each of them, in each connection.
const LOOKED_UP: usize = 8;

/// Texts of SQL that depend on the collection alone.
#[derive(Debug)]
pub struct Sql {
    /// `SELECT … FROM … WHERE account_id = `
    pub select: String,
    /// `INSERT INTO … (…) VALUES `
    pub insert: String,
    /// The columns of a record, in order: `id`, `revision`, `created_at`, `updated_at`, the fields'.
    pub columns: Vec<String>,
    /// ` ORDER BY … DESC`, newest first.
    pub newest_first: String,
}

impl Collection {
    /// The SQL texts.
    pub fn sql(&self) -> &Sql {
        self.sql.get_or_init(|| {
            let mut columns: Vec<String> =
                ["id", "revision", "created_at", "updated_at"].map(str::to_owned).to_vec();
            columns.extend(self.fields.iter().flat_map(Field::columns).map(Into::into));
            let list = columns.join(", ");
            let order = [self.sort_columns(), &["id"]].concat().join(" DESC, ");
            Sql {
                select: format!("SELECT {list} FROM {} WHERE account_id = ", self.name),
                insert: format!("INSERT INTO {} (account_id, {list}) VALUES ", self.name),
                newest_first: format!(" ORDER BY {order} DESC"),
                columns,
            }
        })
    }
}

/// How a record is to be written.
#[derive(Debug)]
pub enum Change {
    /// Make it. With an id of the client's own the same content may come again.
    Create(Vec<Value>),
    /// Make it under an id that was made a moment ago and is nobody's yet.
    CreateFresh(Vec<Value>),
    /// Make it or replace all of it.
    Put(Vec<Value>),
    /// Change the members given.
    Patch(Map<String, Json>),
}

/// What a write came to.
#[derive(Debug)]
pub enum Saved {
    /// It is new.
    Created(Record),
    /// It was there, and is now like this (perhaps as before).
    Stored(Record),
}

/// What an id stands for in a journal.
#[derive(Debug, Clone)]
pub enum Current {
    /// Nothing: it never was.
    Nothing,
    /// A record.
    Live(Record),
    /// A record that was deleted at this revision.
    Deleted(i64),
}

impl Current {
    /// The record, if it is there.
    #[must_use]
    pub const fn record(&self) -> Option<&Record> {
        match self {
            Self::Live(record) => Some(record),
            Self::Nothing | Self::Deleted(_) => None,
        }
    }

    /// The revision at which it was last written.
    #[must_use]
    pub const fn revision(&self) -> Option<i64> {
        match self {
            Self::Nothing => None,
            Self::Live(record) => Some(record.revision),
            Self::Deleted(revision) => Some(*revision),
        }
    }

    /// The record that these values make of it, at a revision that the transaction has taken.
    #[must_use]
    pub fn next(&self, writer: Writer<'_>, id: Id, values: Vec<Value>, revision: i64) -> Record {
        let created_at = self.record().map_or(writer.now, |record| record.created_at);
        Record { id, revision, created_at, updated_at: writer.now, values }
    }
}

/// Where a journal stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Queryable, QueryableByName)]
pub struct Journal {
    /// Grows with every change.
    #[diesel(sql_type = BigInt)]
    pub revision: i64,
    /// Another one after the journal was restored from a backup.
    #[diesel(sql_type = sql::Id)]
    pub epoch: Id,
}

impl Journal {
    /// Whether a copy of the database has this journal at least as it stands here. One that has not heard of the
    /// journal has not.
    pub async fn is_in(&self, conn: &Conn<'_>, account: Id) -> Result<bool> {
        let there = standing(conn, account).await?;
        Ok(there.is_some_and(|there| there.epoch == self.epoch && there.revision >= self.revision))
    }
}

/// Where a journal stands: one read by key.
pub async fn journal(conn: &Conn<'_>, key: &DataKey) -> Result<Journal> {
    standing(conn, key.account()).await?.ok_or_else(journal_gone)
}

async fn standing(conn: &Conn<'_>, account: Id) -> Result<Option<Journal>> {
    let columns = (journals::revision, journals::epoch);
    Ok(conn.first(journals::table.filter(journals::account_id.eq(account)).select(columns)).await?)
}

/// A journal's revision, the cache key of everything derived from it.
pub async fn revision(conn: &Conn<'_>, key: &DataKey) -> Result<i64> {
    Ok(journal(conn, key).await?.revision)
}

/// Takes the journal's next `count` revisions and answers where it stands then. On PostgreSQL this locks the
/// journal until the transaction ends.
pub async fn advance(conn: &Conn<'_>, key: &DataKey, count: i64) -> Result<Journal> {
    // Diesel has each UPDATE of its own prepared anew, which costs more than to run it.
    let next = Statement::new("UPDATE journals SET revision = revision + ")
        .bind(Bind::Int(Some(count)))
        .sql(" WHERE account_id = ")
        .id(key.account())
        .sql(" RETURNING revision, epoch");
    let journal: Journal = conn.first(next).await?.ok_or_else(journal_gone)?;
    conn.announce(key.account(), journal.revision);
    Ok(journal)
}

/// Takes the journal's next revision.
async fn next_revision(conn: &Conn<'_>, key: &DataKey) -> Result<i64> {
    Ok(advance(conn, key, 1).await?.revision)
}

/// The account was erased between the check of the session and this statement.
fn journal_gone() -> Error {
    Error::of(Code::InvalidToken)
}

/// Binds a select that ends in `account_id = ` to the journal of a reading and to what is open of the
/// collection; answers it with the key to the words, if they are open too. None when nothing is open.
pub(crate) fn open<'a>(
    reading: &Reading<'a>,
    collection: &'static Collection,
    detail: Detail,
    select: impl Into<Cow<'static, str>>,
) -> Option<(Statement, Option<&'a DataKey>)> {
    let Part { words, spans } = reading.part(collection, detail)?;
    let mut select = Statement::new(select).id(reading.account());
    if let Some(date) = collection.dated_by.filter(|_| !spans.is_empty()) {
        for (index, span) in spans.iter().enumerate() {
            select = select.sql(if index > 0 { " OR " } else { " AND (" }).sql("(1 = 1");
            select = within(select, date, span.from, span.to).sql(")");
        }
        select = select.sql(")");
    }
    Some((select, words))
}

/// Adds the bounds of a date to a condition.
pub(super) fn within(
    mut select: Statement,
    date: &'static str,
    from: Option<NaiveDate>,
    to: Option<NaiveDate>,
) -> Statement {
    for (sign, bound) in [(" >= ", from), (" <= ", to)] {
        if let Some(bound) = bound {
            select = select.sql(" AND ").sql(date).sql(sign).bind(Bind::Date(Some(Day(bound))));
        }
    }
    select
}

/// The record with this id.
pub async fn find(
    conn: &Conn<'_>,
    reading: &Reading<'_>,
    collection: &'static Collection,
    id: Id,
) -> Result<Option<Record>> {
    match open(reading, collection, Detail::Entries, collection.sql().select.as_str()) {
        Some((select, words)) => first_with(conn, collection, id, select, words).await,
        None => Ok(None),
    }
}

async fn first_with(
    conn: &Conn<'_>,
    collection: &'static Collection,
    id: Id,
    select: Statement,
    words: Option<&DataKey>,
) -> Result<Option<Record>> {
    let row = conn.rows(select.sql(" AND id = ").id(id)).await?.into_iter().next();
    row.map(|row| Record::from_row(collection, words, row)).transpose()
}

/// What some ids of a collection stand for. Those that are not in the map never were.
pub async fn current_of(
    conn: &Conn<'_>,
    key: &DataKey,
    collection: &'static Collection,
    ids: &[Id],
) -> Result<HashMap<Id, Current>> {
    let mut found = HashMap::with_capacity(ids.len());
    let select =
        |id| Statement::new(collection.sql().select.as_str()).id(key.account()).sql(" AND id = ").id(id);
    for row in rows_of(conn, ids, select).await? {
        let record = Record::from_row(collection, Some(key), row)?;
        found.insert(record.id, Current::Live(record));
    }
    let missing: Vec<Id> = ids.iter().filter(|id| !found.contains_key(*id)).copied().collect();
    let buried = |id| tombstone("SELECT id, revision", key, collection, id);
    for row in rows_of(conn, &missing, buried).await? {
        let mut cells = row.into_cells();
        if let Some((id, revision)) =
            cells.next().and_then(|cell| cell.id()).zip(cells.next().and_then(|cell| cell.int()))
        {
            found.insert(id, Current::Deleted(revision));
        }
    }
    Ok(found)
}

/// The rows that some ids have, each asked for by its key, a few in a statement. With all ids in one condition
/// PostgreSQL, which takes every journal for an average one, reads all of a long one instead.
async fn rows_of(conn: &Conn<'_>, ids: &[Id], select: impl Fn(Id) -> Statement) -> Result<Vec<Row>> {
    let mut asked = Vec::new();
    let mut left = ids;
    while let Some((these, others)) = left.split_at_checked(portion(left.len().min(LOOKED_UP))) {
        asked.push(conn.rows(Statement::all_of(these.iter().copied().map(&select))));
        left = others;
    }
    Ok(try_join_all(asked).await?.into_iter().flatten().collect())
}

/// What an id stands for.
async fn current(conn: &Conn<'_>, key: &DataKey, collection: &'static Collection, id: Id) -> Result<Current> {
    Ok(current_of(conn, key, collection, &[id]).await?.remove(&id).unwrap_or(Current::Nothing))
}

/// The records of a page, newest first, and the cursor of the next page.
pub async fn list(
    conn: &Conn<'_>,
    reading: &Reading<'_>,
    collection: &'static Collection,
    page: &Page,
) -> Result<(Vec<Record>, Option<String>)> {
    let select = open(reading, collection, Detail::Entries, collection.sql().select.as_str());
    let Some((select, words)) = select else { return Ok((Vec::new(), None)) };
    let rows = conn.rows(page.apply(collection, select)).await?;
    let mut records: Vec<Record> =
        rows.into_iter().map(|row| Record::from_row(collection, words, row)).collect::<Result<_>>()?;
    let next = page.cut(collection, &mut records);
    Ok((records, next))
}

/// The ids and some fields of a collection's records, of some dates if it is dated, in no order: what a
/// figure needs and nothing more.
pub async fn select(
    conn: &Conn<'_>,
    reading: &Reading<'_>,
    collection: &'static Collection,
    fields: &[&str],
    dates: Option<(NaiveDate, NaiveDate)>,
) -> Result<Vec<(Id, Vec<Value>)>> {
    let fields = fields
        .iter()
        .map(|name| collection.field(name).ok_or_else(|| Error::internal(format!("no field {name}"))))
        .collect::<Result<Vec<_>>>()?;
    let columns = fields.iter().flat_map(|field| field.columns()).collect::<Vec<_>>();
    let separator = if columns.is_empty() { "" } else { ", " };
    let list = columns.join(", ");
    let select = format!("SELECT id{separator}{list} FROM {} WHERE account_id = ", collection.name);
    let Some((mut select, words)) = open(reading, collection, Detail::Summary, select) else {
        return Ok(Vec::new());
    };
    if let Some(((from, to), date)) = dates.zip(collection.dated_by) {
        select = within(select, date, Some(from), Some(to));
    }
    let record = |row: Row| {
        let mut cells = row.into_cells();
        let id =
            cells.next().and_then(|cell| cell.id()).ok_or_else(|| Error::internal("a row without id"))?;
        let take = |field: &&Field| field.take(&mut cells, words, collection.name, id);
        Ok((id, fields.iter().map(take).collect::<Result<_>>()?))
    };
    conn.rows(select).await?.into_iter().map(record).collect()
}

/// Writes a record, in its own transaction with the journal's next revision.
pub async fn save(
    conn: &Conn<'_>,
    writer: Writer<'_>,
    collection: &'static Collection,
    id: Id,
    change: &Change,
    if_match: &IfMatch,
) -> Result<Saved> {
    let key = &writer.account.key;
    let before = async {
        match change {
            Change::CreateFresh(_) => Ok(Current::Nothing),
            _ => current(conn, key, collection, id).await,
        }
    };
    let (revision, current) = try_join!(next_revision(conn, key), before)?;
    let live = current.record();
    if matches!((change, live), (Change::Patch(_), None)) {
        return Err(Error::not_found());
    }
    if !if_match.admits(live.map(|record| record.revision)) {
        return Err(changed_meanwhile(collection, live));
    }
    let values = match change {
        Change::Create(values) | Change::CreateFresh(values) | Change::Put(values) => values.clone(),
        Change::Patch(body) => writer.read(collection, id, body, live)?,
    };
    if let Some(stored) = live
        && same_values(collection.fields, &stored.values, &values)
    {
        conn.undo();
        return Ok(Saved::Stored(stored.clone()));
    }
    if matches!(change, Change::Create(_)) && current.revision().is_some() {
        let detail = match live {
            Some(_) => "a record with this id exists with other content",
            None => "a record with this id was deleted",
        };
        return Err(with_current(Code::Conflict, detail, collection, live));
    }
    let is_new = live.is_none();
    let record = current.next(writer, id, values, revision);
    let mut fresh = Fresh::default();
    put(conn, key, collection, &current, &record, &mut fresh).await?;
    fresh.write(conn).await?;
    Ok(if is_new { Saved::Created(record) } else { Saved::Stored(record) })
}

/// Deletes a record: its content goes, its id and revision stay as a tombstone. Deleting it again changes
/// nothing; an id that never was in this journal is not found.
pub async fn delete(
    conn: &Conn<'_>,
    key: &DataKey,
    collection: &'static Collection,
    id: Id,
    if_match: &IfMatch,
) -> Result<()> {
    let (revision, current) = try_join!(next_revision(conn, key), current(conn, key, collection, id))?;
    let current = match current {
        Current::Nothing => return Err(Error::not_found()),
        Current::Deleted(_) => {
            conn.undo();
            return Ok(());
        }
        Current::Live(record) => record,
    };
    if !if_match.admits(Some(current.revision)) {
        return Err(changed_meanwhile(collection, Some(&current)));
    }
    bury(conn, key, collection, id, revision).await
}

/// Writes a record over what its id stood for. A new one waits in `fresh`, and what waits there comes before a change.
pub async fn put(
    conn: &Conn<'_>,
    key: &DataKey,
    collection: &'static Collection,
    before: &Current,
    record: &Record,
    fresh: &mut Fresh,
) -> Result<()> {
    match before {
        Current::Live(_) => {
            fresh.write(conn).await?;
            return update(conn, key, collection, record).await;
        }
        Current::Deleted(_) => {
            conn.send(tombstone("DELETE", key, collection, record.id)).await?;
        }
        Current::Nothing => {}
    }
    fresh.add(key, collection, record)
}

/// Deletes a live record at a revision that the transaction has taken.
pub async fn bury(
    conn: &Conn<'_>,
    key: &DataKey,
    collection: &'static Collection,
    id: Id,
    revision: i64,
) -> Result<()> {
    let delete = Statement::new("DELETE FROM ").sql(collection.name).sql(" WHERE account_id = ");
    conn.send(delete.id(key.account()).sql(" AND id = ").id(id)).await?;
    let bury =
        Statement::new("INSERT INTO tombstones (account_id, collection, id, revision) VALUES (").list([
            Bind::Id(Some(key.account())),
            Bind::Text(Some(collection.name.into())),
            Bind::Id(Some(id)),
            Bind::Int(Some(revision)),
        ]);
    conn.send(bury.sql(")")).await?;
    Ok(())
}

async fn update(
    conn: &Conn<'_>,
    key: &DataKey,
    collection: &'static Collection,
    record: &Record,
) -> Result<()> {
    let mut update = Statement::new("UPDATE ").sql(collection.name).sql(" SET ");
    let columns = collection.sql().columns.iter().zip(record.binds(collection, key)?);
    for (index, (column, bind)) in columns.enumerate() {
        update = update.sql(if index > 0 { ", " } else { "" }).sql(column.as_str()).sql(" = ").bind(bind);
    }
    conn.send(update.sql(" WHERE account_id = ").id(key.account()).sql(" AND id = ").id(record.id)).await?;
    Ok(())
}

/// What is done with the tombstone of an id.
fn tombstone(verb: &'static str, key: &DataKey, collection: &'static Collection, id: Id) -> Statement {
    let name = Bind::Text(Some(collection.name.into()));
    Statement::new(verb)
        .sql(" FROM tombstones WHERE account_id = ")
        .id(key.account())
        .sql(" AND collection = ")
        .bind(name)
        .sql(" AND id = ")
        .id(id)
}

fn changed_meanwhile(collection: &Collection, current: Option<&Record>) -> Error {
    with_current(Code::PreconditionFailed, Code::PreconditionFailed.title(), collection, current)
}

fn with_current(code: Code, detail: &str, collection: &Collection, current: Option<&Record>) -> Error {
    let current = current.and_then(|record| String::from_utf8(record.to_json(collection)).ok());
    Problem { code, detail: detail.to_owned(), errors: Vec::new(), current, retry_after: None, policy: None }
        .into()
}
