//! All SQL of shares and invitations. The ledger of disclosures has its own (`ledger::store`).
//!
//! A share is a row of its member. Its recipient finds it by a row of their own (`received_shares`), and before
//! they have accepted it by the keyed hash of their address (`invitations`): no query asks for a share by its
//! id alone.

use std::collections::HashMap;

use diesel::prelude::*;
use futures_util::future::try_join_all;

use crate::db::Conn;
use crate::db::schema::{invitations, journals, received_shares, shares};
use crate::db::seal::DataKey;
use crate::db::types::{Id, Time};
use crate::error::{Code, Error, Result};

/// Waits for its recipient.
pub const PENDING: &str = "pending";
/// Is in force until it expires.
pub const ACTIVE: &str = "active";
/// Was ended by its recipient.
pub const DECLINED: &str = "declined";
/// Was ended by its member.
pub const REVOKED: &str = "revoked";

/// A share as it is kept; `words` is sealed.
#[derive(Clone, Queryable, Insertable)]
#[diesel(table_name = shares, treat_none_as_default_value = false)]
pub struct ShareRow {
    pub account_id: Id,
    pub share_id: Id,
    pub status: String,
    pub recipient_role: String,
    pub recipient_id: Option<Id>,
    pub email_hash: Vec<u8>,
    pub scopes: String,
    pub created_at: Time,
    pub expires_at: Time,
    pub accepted_at: Option<Time>,
    pub ended_at: Option<Time>,
    pub consent_version: String,
    pub consent_sha256: String,
    pub words: Vec<u8>,
}

/// Shares of one member that wait or are in force.
const MOST_LIVE: i64 = 50;
/// Shares of one member, with those that have ended, whose consent is kept: what lists hold that have no pages.
const MOST: i64 = 1_000;

/// Keeps a new share and offers it to its recipient's address. Refuses (409) more than a member may have.
pub async fn create(conn: &Conn<'_>, row: &ShareRow) -> Result<()> {
    let all = || shares::table.filter(shares::account_id.eq(row.account_id));
    let live = all()
        .filter(shares::status.eq(PENDING).or(shares::status.eq(ACTIVE)))
        .filter(shares::expires_at.gt(row.created_at));
    if conn.first::<i64, _>(live.count()).await?.is_some_and(|live| live >= MOST_LIVE) {
        return Err(Error::new(
            Code::TooManyShares,
            format!("at most {MOST_LIVE} shares live at a time: end one first"),
        ));
    }
    if conn.first::<i64, _>(all().count()).await?.is_some_and(|all| all >= MOST) {
        return Err(Error::new(
            Code::TooManyShares,
            format!("at most {MOST} shares are kept of one account"),
        ));
    }
    conn.send(diesel::insert_into(shares::table).values(row)).await?;
    let offer = (
        invitations::email_hash.eq(row.email_hash.as_slice()),
        invitations::share_id.eq(row.share_id),
        invitations::account_id.eq(row.account_id),
    );
    conn.send(diesel::insert_into(invitations::table).values(offer)).await?;
    Ok(())
}

/// A member's shares, the newest first.
pub async fn all(conn: &Conn<'_>, key: &DataKey) -> Result<Vec<ShareRow>> {
    let own = shares::table.filter(shares::account_id.eq(key.account()));
    Ok(conn.load(own.order((shares::created_at.desc(), shares::share_id.desc()))).await?)
}

/// One of a member's shares.
pub async fn find(conn: &Conn<'_>, member: Id, share: Id) -> Result<Option<ShareRow>> {
    Ok(conn.first(shares::table.find((member, share))).await?)
}

/// Ends a share that has not ended.
pub async fn end(conn: &Conn<'_>, row: &ShareRow, status: &str, now: Time) -> Result<()> {
    let live = shares::table
        .find((row.account_id, row.share_id))
        .filter(shares::status.eq(PENDING).or(shares::status.eq(ACTIVE)));
    let set = (shares::status.eq(status), shares::ended_at.eq(Some(now)));
    conn.send(diesel::update(live).set(set)).await?;
    let offer = invitations::table.find((row.email_hash.as_slice(), row.share_id));
    conn.send(diesel::delete(offer)).await?;
    Ok(())
}

/// Puts a share in force for the account that accepts it; `words` now tell its name.
pub async fn accept(conn: &Conn<'_>, row: &ShareRow, recipient: Id, words: Vec<u8>, now: Time) -> Result<()> {
    let waiting = shares::table.find((row.account_id, row.share_id)).filter(shares::status.eq(PENDING));
    let set = (
        shares::status.eq(ACTIVE),
        shares::recipient_id.eq(Some(recipient)),
        shares::accepted_at.eq(Some(now)),
        shares::words.eq(words),
    );
    if conn.execute(diesel::update(waiting).set(set)).await? == 0 {
        return Err(Error::not_found());
    }
    let received = (
        received_shares::account_id.eq(recipient),
        received_shares::share_id.eq(row.share_id),
        received_shares::member_id.eq(row.account_id),
    );
    conn.send(diesel::insert_into(received_shares::table).values(received)).await?;
    Ok(())
}

/// What is offered to an address: whose shares, and which.
pub async fn offered(conn: &Conn<'_>, email_hash: &[u8]) -> Result<Vec<(Id, Id)>> {
    let offers = invitations::table.filter(invitations::email_hash.eq(email_hash));
    Ok(conn.load(offers.select((invitations::account_id, invitations::share_id))).await?)
}

/// What an account has accepted: whose shares, and which.
pub async fn received(conn: &Conn<'_>, recipient: Id) -> Result<Vec<(Id, Id)>> {
    let own = received_shares::table.filter(received_shares::account_id.eq(recipient));
    Ok(conn.load(own.select((received_shares::member_id, received_shares::share_id))).await?)
}

/// Whose share an account has accepted under this id.
pub async fn received_from(conn: &Conn<'_>, recipient: Id, share: Id) -> Result<Option<Id>> {
    let own = received_shares::table.find((recipient, share)).select(received_shares::member_id);
    Ok(conn.first(own).await?)
}

/// Some shares of several members, each asked for by its key: with all accounts and all ids in one condition SQLite looks
/// for each id in each account.
pub async fn several(conn: &Conn<'_>, whose: &[(Id, Id)]) -> Result<Vec<ShareRow>> {
    let mut whose = whose.to_vec();
    whose.sort_unstable();
    whose.dedup();
    let found = whose.into_iter().map(|key| conn.first(shares::table.find(key)));
    Ok(try_join_all(found).await?.into_iter().flatten().collect())
}

/// The revisions of several journals.
pub async fn revisions(conn: &Conn<'_>, members: &[Id]) -> Result<HashMap<Id, i64>> {
    let rows = journals::table.filter(journals::account_id.eq_any(members));
    let rows: Vec<(Id, i64)> = conn.load(rows.select((journals::account_id, journals::revision))).await?;
    Ok(rows.into_iter().collect())
}
