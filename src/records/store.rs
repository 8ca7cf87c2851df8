//! The SQL of exports: where a journal stands, and a collection page by page.

use crate::db::Conn;
use crate::db::statement::{Bind, Row, Statement};
use crate::db::types::Id;
use crate::error::Result;
use crate::journal::reading::{Detail, Reading};
use crate::journal::{Collection, Record, store};

/// Records of a page: a few of the largest that can be written still are little memory.
const PAGE: usize = 100;

/// Where everything stands that an export shows: two databases in which this is equal make the same one.
pub async fn standing(conn: &Conn<'_>, account: Id) -> Result<Vec<Row>> {
    let parts = [
        "SELECT (SELECT revision FROM journals WHERE account_id = ",
        "), (SELECT epoch FROM journals WHERE account_id = ",
        "), (SELECT updated_at FROM accounts WHERE account_id = ",
        "), (SELECT count FROM disclosure_heads WHERE account_id = ",
        "), (SELECT count(*) FROM shares WHERE account_id = ",
        "), (SELECT max(accepted_at) FROM shares WHERE account_id = ",
        "), (SELECT max(ended_at) FROM shares WHERE account_id = ",
    ];
    let select = parts.into_iter().fold(Statement::default(), |select, part| select.sql(part).id(account));
    Ok(conn.rows(select.sql(")")).await?)
}

/// A page of a collection in the order of ids, after the one before.
pub async fn page(
    conn: &Conn<'_>,
    reading: &Reading<'_>,
    collection: &'static Collection,
    after: Option<Id>,
) -> Result<Vec<Record>> {
    let select = store::open(reading, collection, Detail::Entries, collection.sql().select.as_str());
    let Some((mut select, words)) = select else { return Ok(Vec::new()) };
    if let Some(after) = after {
        select = select.sql(" AND id > ").id(after);
    }
    let limit = Bind::Int(i64::try_from(PAGE).ok());
    let rows = conn.rows(select.sql(" ORDER BY id LIMIT ").bind(limit)).await?;
    rows.into_iter().map(|row| Record::from_row(collection, words, row)).collect()
}

/// Hands a whole collection over, page by page.
pub async fn each_page(
    conn: &Conn<'_>,
    reading: &Reading<'_>,
    collection: &'static Collection,
    mut take: impl AsyncFnMut(Vec<Record>) -> Result<()>,
) -> Result<()> {
    let mut after = None;
    loop {
        let records = page(conn, reading, collection, after).await?;
        let is_last = records.len() < PAGE;
        after = records.last().map(|record| record.id);
        if !records.is_empty() {
            take(records).await?;
        }
        if is_last {
            return Ok(());
        }
    }
}
