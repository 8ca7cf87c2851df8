//! All SQL of sync. A pull reads an index of revisions over all collections at once, and then the rows of
//! the page and no others; a push is one transaction.

use std::borrow::Cow;
use std::collections::{BTreeSet, HashMap};

use futures_util::future::try_join_all;
use futures_util::try_join;

use super::judge::{Verdict, judge};
use super::pull::Pull;
use super::push::{Outcome, Push, Pushed, Row};
use super::{Change, check_checkpoint};
use crate::db::Conn;
use crate::db::seal::DataKey;
use crate::db::statement::{Bind, Statement};
use crate::db::types::Id;
use crate::error::{Error, Result};
use crate::journal::collection::{COLLECTIONS, Collection};
use crate::journal::listed;
use crate::journal::record::{Record, Writer};
use crate::journal::store::{Current, Fresh, advance, bury, current_of, put};
use crate::journal::support;

/// The changes of a page in the order of revisions, and where the next one begins if there is more.
pub async fn changes(conn: &Conn<'_>, key: &DataKey, pull: &Pull) -> Result<(Vec<Change>, Option<i64>)> {
    let mut index = Vec::new();
    for row in conn.rows(index_of(key, pull)).await? {
        let mut cells = row.into_cells().map(|cell| cell.int());
        let entry = cells.next().flatten().zip(cells.next().flatten());
        index.push(entry.ok_or_else(|| Error::internal("the index of a pull has a row without revision"))?);
    }
    let more = index.len() > pull.limit;
    index.truncate(pull.limit);
    let Some((until, _)) = index.last().copied() else { return Ok((Vec::new(), None)) };
    let places: BTreeSet<i64> = index.iter().map(|(_, place)| *place).collect();
    let mut changes = Vec::with_capacity(index.len());
    let hit = (0..).zip(COLLECTIONS).filter(|(place, _)| places.contains(place));
    let hit: Vec<&'static Collection> = hit.map(|(_, collection)| *collection).collect();
    let records = hit.iter().map(|collection| conn.rows(records_until(collection, key, pull, until)));
    let buried = async {
        if places.contains(&TOMBSTONES) {
            conn.rows(tombstones_until(key, pull, until)).await
        } else {
            Ok(Vec::new())
        }
    };
    let (records, buried) = try_join!(try_join_all(records), buried)?;
    for (collection, rows) in hit.into_iter().zip(records) {
        for row in rows {
            let record = Record::from_row(collection, Some(key), row)?;
            let (id, revision) = (record.id, record.revision);
            changes.push(Change { collection, id, revision, record: Some(record) });
        }
    }
    for row in buried {
        let [name, id, revision] = row.0.as_slice() else { continue };
        let tombstone = (name.text().and_then(Collection::named), id.id(), revision.int());
        let (Some(collection), Some(id), Some(revision)) = tombstone else { continue };
        changes.push(Change { collection, id, revision, record: None });
    }
    changes.sort_unstable_by_key(|change| change.revision);
    Ok((changes, more.then_some(until)))
}

/// The place of tombstones among the collections' own in the index.
const TOMBSTONES: i64 = -1;

/// The revisions after `since` and where their rows are, one more than the page takes. The text is the same
/// whatever is asked for: a collection that is not asked for is looked at after the last revision there is.
///
/// Each part asks to be in order by itself, so that PostgreSQL too takes each from its index, merges them, and
/// stops where the page ends.
fn index_of(key: &DataKey, pull: &Pull) -> Statement {
    let part = |index: Statement, place: i64, table: &str, since: i64| {
        let select = format!("SELECT revision, {place} AS place FROM {table} WHERE account_id = ");
        let index = index.sql("SELECT revision, place FROM (").sql(select).id(key.account());
        index.sql(" AND revision > ").bind(Bind::Int(Some(since)))
    };
    let end = |place: i64| format!(" ORDER BY revision) AS part_{}", place - TOMBSTONES);
    let mut index = Statement::default();
    for (place, collection) in (0..).zip(COLLECTIONS) {
        let since = if pull.asks_for(collection) { pull.since } else { i64::MAX };
        index = part(index, place, collection.name, since).sql(end(place)).sql(" UNION ALL ");
    }
    index = of_collections(part(index, TOMBSTONES, "tombstones", pull.since), pull).sql(end(TOMBSTONES));
    let one_more = i64::try_from(pull.limit).unwrap_or(i64::MAX).saturating_add(1);
    index.sql(" ORDER BY revision LIMIT ").bind(Bind::Int(Some(one_more)))
}

/// For PostgreSQL's sake, which takes every journal for an average one: where that is a record or two, any index of the
/// account seems as good to it, and only one has this order.
const BY_REVISION: &str = " ORDER BY revision";

/// A collection's records of a page that ends at a revision.
fn records_until(collection: &'static Collection, key: &DataKey, pull: &Pull, until: i64) -> Statement {
    let select = Statement::new(collection.sql().select.as_str()).id(key.account());
    between(select, pull.since, until).sql(BY_REVISION)
}

/// The tombstones of a page that ends at a revision.
fn tombstones_until(key: &DataKey, pull: &Pull, until: i64) -> Statement {
    let select = Statement::new("SELECT collection, id, revision FROM tombstones WHERE account_id = ");
    of_collections(between(select.id(key.account()), pull.since, until), pull).sql(BY_REVISION)
}

fn between(select: Statement, since: i64, until: i64) -> Statement {
    let select = select.sql(" AND revision > ").bind(Bind::Int(Some(since)));
    select.sql(" AND revision <= ").bind(Bind::Int(Some(until)))
}

/// Only tombstones of the collections asked for.
fn of_collections(select: Statement, pull: &Pull) -> Statement {
    let name = |collection: &&'static Collection| {
        Bind::Text(Some(if pull.asks_for(collection) { collection.name } else { "" }.into()))
    };
    select.sql(" AND collection IN (").list(COLLECTIONS.iter().map(name)).sql(")")
}

/// Judges every row of a push and stores what is to be stored. Each applied row takes a revision of its own;
/// when none is applied, nothing is written.
pub async fn push(conn: &Conn<'_>, writer: Writer<'_>, push: &Push) -> Result<Pushed> {
    let key = &writer.account.key;
    let (journal, mut known) = try_join!(advance(conn, key, 1), known(conn, key, push))?;
    check_checkpoint(journal, 0, push.epoch.as_deref())?;
    let before = journal.revision - 1;
    let mut revision = before;
    let mut fresh = Fresh::default();
    let mut outcomes = Vec::with_capacity(push.rows.len());
    let mut may_call_for_support = Vec::new();
    for (index, sent) in push.rows.iter().enumerate() {
        let row = match &sent.row {
            Ok(row) => row,
            Err(mistakes) => {
                outcomes.push(Outcome::Invalid(mistakes.clone()));
                continue;
            }
        };
        let current = known.entry((row.collection.name, row.id)).or_insert(Current::Nothing);
        let outcome = apply(conn, writer, row, current, revision + 1, &mut fresh).await?;
        if let Outcome::Applied(taken) = outcome {
            revision = taken;
        }
        if let (Outcome::Applied(_) | Outcome::Unchanged(_), Current::Live(record)) = (&outcome, &*current)
            && support::may_be_due(row.collection, record)
        {
            may_call_for_support.push((index, row.collection, record.clone()));
        }
        outcomes.push(outcome);
    }
    fresh.write(conn).await?;
    match revision - before {
        0 => conn.undo(),
        1 => {}
        taken => drop(advance(conn, key, taken - 1).await?),
    }
    Ok(Pushed { outcomes, revision, may_call_for_support })
}

/// Judges a row, and stores it at `revision` if it is to be stored: at once, or with those that wait in `fresh`.
/// `current` is kept up to date: the same id may come again.
async fn apply(
    conn: &Conn<'_>,
    writer: Writer<'_>,
    row: &Row,
    current: &mut Current,
    revision: i64,
    fresh: &mut Fresh,
) -> Result<Outcome> {
    let Row { collection, id, .. } = *row;
    let key = &writer.account.key;
    let doc = match &row.doc {
        Some(doc) if current.record().is_none() => {
            Some(listed::complete(conn, collection, Cow::Borrowed(doc), None).await?)
        }
        doc => doc.as_ref().map(Cow::Borrowed),
    };
    Ok(match judge(writer, row, doc.as_deref(), current) {
        Verdict::Put(values) => {
            let record = current.next(writer, id, values, revision);
            put(conn, key, collection, current, &record, fresh).await?;
            *current = Current::Live(record);
            Outcome::Applied(revision)
        }
        Verdict::Bury => {
            fresh.write(conn).await?;
            bury(conn, key, collection, id, revision).await?;
            *current = Current::Deleted(revision);
            Outcome::Applied(revision)
        }
        Verdict::Unchanged => Outcome::Unchanged(current.revision()),
        Verdict::Conflict => Change::of(collection, id, current)
            .map(Outcome::Conflict)
            .ok_or_else(|| Error::internal("a conflict with nothing"))?,
        Verdict::Invalid(mistakes) => Outcome::Invalid(mistakes),
    })
}

/// What the ids of a push stand for.
async fn known(conn: &Conn<'_>, key: &DataKey, push: &Push) -> Result<HashMap<(&'static str, Id), Current>> {
    let each = COLLECTIONS.iter().map(async |collection| {
        let rows = push.rows.iter().filter_map(|sent| sent.row.as_ref().ok());
        let of_it = rows.filter(|row| row.collection.name == collection.name);
        let ids: Vec<Id> = of_it.map(|row| row.id).collect::<BTreeSet<_>>().into_iter().collect();
        if ids.is_empty() {
            return Ok(Vec::new());
        }
        let found = current_of(conn, key, collection, &ids).await?;
        Ok(found.into_iter().map(|(id, current)| ((collection.name, id), current)).collect())
    });
    try_join_all(each).await.map(|found| found.into_iter().flatten().collect())
}

#[cfg(test)]
#[path = "store_tests.rs"]
mod tests;
