//! All SQL of questions to many journals. What a reading does not open is neither selected nor unsealed here, as in
//! the journal's own store: each journal stands in the query with the dates that are open of it.

use chrono::NaiveDate;

use super::Each;
use crate::db::Conn;
use crate::db::seal::DataKey;
use crate::db::statement::{Bind, Cell, Statement};
use crate::db::types::{Day, Id};
use crate::error::{Error, Result};
use crate::fields::{Field, Value};
use crate::journal::Collection;
use crate::journal::reading::{Detail, Span};

/// No bound.
const WHOLE: &[Span] = &[Span { from: None, to: None }];
/// 1 January 1900, before which no date is accepted, in days since 1970.
const FIRST_DAY: i64 = -25_567;
/// 31 December 9999.
const LAST_DAY: i64 = 2_932_896;

/// The rows of one journal: the fields that were asked for.
pub type Rows = Vec<Vec<Value>>;

/// Names the journals in which something of a collection is open; answers none if there is none.
fn wanted<'a>(each: &[Each<'a>], collection: &Collection) -> Option<(Statement, Vec<Option<&'a DataKey>>)> {
    let mut rows = Vec::with_capacity(each.len());
    let mut words = Vec::with_capacity(each.len());
    for (place, one) in (0_i64..).zip(each) {
        let part = one.reading.part(collection, Detail::Summary);
        words.push(part.and_then(|part| part.words));
        let spans = part.map(|part| if part.spans.is_empty() { WHOLE } else { part.spans });
        for span in spans.unwrap_or_default() {
            let first = span.from.max(one.dates.from).map(Day);
            let last = [span.to, one.dates.to].into_iter().flatten().min().map(Day);
            rows.push([
                Bind::Int(Some(place)),
                Bind::Id(Some(one.reading.account())),
                Bind::Date(first.or(Day::from_number(FIRST_DAY))),
                Bind::Date(last.or(Day::from_number(LAST_DAY))),
            ]);
        }
    }
    let list = Statement::new("WITH wanted (place, account_id, first, last) AS (VALUES ");
    (!rows.is_empty()).then(|| (list.rows(rows).sql(") "), words))
}

/// Some fields of the records of a collection, by journal in the order asked, of the dates if it is dated.
pub async fn select(
    conn: &Conn<'_>,
    each: &[Each<'_>],
    collection: &'static Collection,
    fields: &[&str],
) -> Result<Vec<Rows>> {
    let found = select_with_ids(conn, each, collection, fields).await?;
    Ok(found.into_iter().map(|rows| rows.into_iter().map(|(_, values)| values).collect()).collect())
}

/// The same with the records' ids.
pub async fn select_with_ids(
    conn: &Conn<'_>,
    each: &[Each<'_>],
    collection: &'static Collection,
    fields: &[&str],
) -> Result<Vec<Vec<(Id, Vec<Value>)>>> {
    let mut found: Vec<Vec<(Id, Vec<Value>)>> = each.iter().map(|_| Vec::new()).collect();
    let Some((list, words)) = wanted(each, collection) else { return Ok(found) };
    let fields = fields
        .iter()
        .map(|name| collection.field(name).ok_or_else(|| Error::internal(format!("no field {name}"))))
        .collect::<Result<Vec<&Field>>>()?;
    let columns: Vec<String> =
        fields.iter().flat_map(|field| field.columns()).map(|column| format!(", c.{column}")).collect();
    let dated = collection.dated_by.map(|date| format!(" AND c.{date} BETWEEN wanted.first AND wanted.last"));
    let select = list.sql(format!(
        "SELECT wanted.place, c.id{} FROM wanted JOIN {} c ON c.account_id = wanted.account_id{}",
        columns.concat(),
        collection.name,
        dated.unwrap_or_default()
    ));
    for row in conn.rows(select).await? {
        let mut cells = row.into_cells();
        let place = place(cells.next())?;
        let id =
            cells.next().and_then(|cell| cell.id()).ok_or_else(|| Error::internal("a row without id"))?;
        let key = words.get(place).copied().flatten();
        let take = |field: &&Field| field.take(&mut cells, key, collection.name, id);
        let values = fields.iter().map(take).collect::<Result<_>>()?;
        found.get_mut(place).ok_or_else(|| Error::internal("a row of nobody's"))?.push((id, values));
    }
    Ok(found)
}

/// The newest date of a dated collection, by journal in the order asked.
pub async fn newest(
    conn: &Conn<'_>,
    each: &[Each<'_>],
    collection: &'static Collection,
) -> Result<Vec<Option<NaiveDate>>> {
    let mut found = vec![None; each.len()];
    let Some((date, (list, _))) = collection.dated_by.zip(wanted(each, collection)) else { return Ok(found) };
    let select = list.sql(format!(
        "SELECT wanted.place, (SELECT max(c.{date}) FROM {} c WHERE c.account_id = wanted.account_id \
         AND c.{date} BETWEEN wanted.first AND wanted.last) FROM wanted",
        collection.name
    ));
    for row in conn.rows(select).await? {
        let mut cells = row.into_cells();
        let place = place(cells.next())?;
        let newest = cells.next().and_then(|cell| cell.date());
        if let Some(slot) = found.get_mut(place) {
            *slot = newest.max(*slot);
        }
    }
    Ok(found)
}

fn place(cell: Option<Cell>) -> Result<usize> {
    let place = cell.and_then(|cell| cell.int()).and_then(|place| usize::try_from(place).ok());
    place.ok_or_else(|| Error::internal("a row without its place"))
}
