//! Data keys put under another master key, a batch at a time: what was done stays done however the command ends,
//! and accounts are in use all the while.

use diesel::prelude::*;

use super::schema::data_keys;
use super::seal::Keyring;
use super::types::Id;
use super::{Conn, Db};
use crate::error::Result;

/// Accounts looked at in one go.
const BATCH: i64 = 500;

/// What was found in one pass over all accounts.
#[derive(Debug, Default, Clone, Copy)]
pub struct Pass {
    /// Data keys that are under the master key.
    pub current: usize,
    /// Data keys that are under an old one, or were until now.
    pub old: usize,
}

/// Looks at every data key; `change` puts those that are under an old master key under the new one.
pub async fn pass(db: &Db, keyring: &Keyring, change: bool) -> Result<Pass> {
    let (mut found, mut after) = (Pass::default(), Id(uuid::Uuid::nil()));
    loop {
        let rows = db.read(async |conn| batch(conn, after).await).await?;
        let Some((last, _)) = rows.last() else { return Ok(found) };
        after = *last;
        let mut changes = Vec::new();
        for (account, wrapped) in rows {
            match keyring.rewrapped(account, &wrapped)? {
                Some(anew) => changes.push((account, wrapped, anew)),
                None => found.current += 1,
            }
        }
        found.old += changes.len();
        if change && !changes.is_empty() {
            db.write(async move |conn| put(conn, &changes).await).await?;
        }
    }
}

async fn batch(conn: &Conn<'_>, after: Id) -> Result<Vec<(Id, Vec<u8>)>> {
    let next = data_keys::table.filter(data_keys::account_id.gt(after)).order(data_keys::account_id);
    Ok(conn.load(next.limit(BATCH).select((data_keys::account_id, data_keys::wrapped))).await?)
}

async fn put(conn: &Conn<'_>, changes: &[(Id, Vec<u8>, Vec<u8>)]) -> Result<()> {
    for (account, before, anew) in changes {
        // Not one that was erased meanwhile, or changed by another command.
        let this = data_keys::table.find(*account).filter(data_keys::wrapped.eq(before.as_slice()));
        conn.send(diesel::update(this).set(data_keys::wrapped.eq(anew.as_slice()))).await?;
    }
    Ok(())
}
