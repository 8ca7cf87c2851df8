//! Records that are new to their journals, many in a statement: the same way in for a single one, for a push, for an
//! import, and for journals that nobody lived.

use crate::db::Conn;
use crate::db::seal::DataKey;
use crate::db::statement::{Bind, Statement, portion};
use crate::error::Result;
use crate::journal::collection::Collection;
use crate::journal::record::Record;

/// Records that wait to be inserted. They may be of many journals, as each row says whose it is. None may be changed
/// or deleted while it waits, and those that wait when this is dropped are not written.
#[derive(Default)]
pub struct Fresh {
    waiting: Vec<(&'static Collection, Vec<Vec<Bind>>)>,
}

impl Fresh {
    /// Adds a record under an id that is nobody's, its words sealed.
    pub fn add(&mut self, key: &DataKey, collection: &'static Collection, record: &Record) -> Result<()> {
        let row =
            std::iter::once(Bind::Id(Some(key.account()))).chain(record.binds(collection, key)?).collect();
        match self.waiting.iter_mut().find(|(of, _)| of.name == collection.name) {
            Some((_, rows)) => rows.push(row),
            None => self.waiting.push((collection, vec![row])),
        }
        Ok(())
    }

    /// Writes those that wait.
    pub async fn write(&mut self, conn: &Conn<'_>) -> Result<()> {
        for (collection, mut rows) in self.waiting.drain(..) {
            while !rows.is_empty() {
                let portion = rows.drain(..portion(rows.len()));
                let insert = Statement::new(collection.sql().insert.as_str()).rows(portion);
                conn.send(insert).await?;
            }
        }
        Ok(())
    }
}
