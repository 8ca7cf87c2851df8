//! All SQL of erasing an account.

use diesel::prelude::*;

use super::super::store::{EmailHash, forget_failures};
use super::{Kept, Row, forgotten};
use crate::db::Conn;
use crate::db::schema::{
    accounts, data_keys, disclosure_heads, disclosures, email_addresses, erased_ledgers, invitations,
    received_shares, shares,
};
use crate::db::seal::Keyring;
use crate::db::types::{Day, Id, Time};
use crate::error::Result;
use crate::mail;

/// Erases an account and everything it owns; its data key first, without which nothing of it can be read. What
/// others hold of it ends, and what remains is who was shown what.
pub async fn erase(
    conn: &Conn<'_>,
    keyring: &Keyring,
    account: Id,
    email: &EmailHash,
    now: Time,
) -> Result<()> {
    conn.send(diesel::delete(data_keys::table.find(account))).await?;
    keep_disclosures(conn, keyring, account, now).await?;
    // What others hold of this account: offers by address, and shares they have accepted.
    let own: Vec<(Id, Vec<u8>, Option<Id>)> = conn
        .load(shares::table.filter(shares::account_id.eq(account)).select((
            shares::share_id,
            shares::email_hash,
            shares::recipient_id,
        )))
        .await?;
    for (share, email_hash, recipient) in own {
        conn.send(diesel::delete(invitations::table.find((email_hash, share)))).await?;
        if let Some(recipient) = recipient {
            conn.send(diesel::delete(received_shares::table.find((recipient, share)))).await?;
        }
    }
    // What it has accepted of others ends.
    let accepted = received_shares::table
        .filter(received_shares::account_id.eq(account))
        .select((received_shares::member_id, received_shares::share_id));
    for (member, share) in conn.load::<(Id, Id), _>(accepted).await? {
        let live = shares::table.find((member, share)).filter(shares::status.eq("active"));
        let ended = (shares::status.eq("declined"), shares::ended_at.eq(Some(now)));
        conn.send(diesel::update(live).set(ended)).await?;
    }
    conn.send(diesel::delete(email_addresses::table.find(email.as_slice()))).await?;
    mail::forget(conn, email).await?;
    forget_failures(conn, email).await?;
    conn.send(diesel::delete(accounts::table.find(account))).await?;
    Ok(())
}

/// Keeps the account's disclosures as far as they are kept, and forgets those of accounts that were erased long ago.
async fn keep_disclosures(conn: &Conn<'_>, keyring: &Keyring, account: Id, now: Time) -> Result<()> {
    let stale = erased_ledgers::table.filter(erased_ledgers::erased_on.le(forgotten(now.utc().date_naive())));
    conn.send(diesel::delete(stale)).await?;
    // Whoever reads at this moment has written it down before, or finds nothing any more.
    let end = disclosure_heads::table.find(account);
    conn.send(diesel::update(end).set(disclosure_heads::count.eq(disclosure_heads::count))).await?;
    let rows: Vec<Row> = conn
        .load(disclosures::table.filter(disclosures::account_id.eq(account)).select((
            disclosures::at,
            disclosures::recipient_id,
            disclosures::collection,
            disclosures::detail,
            disclosures::outcome,
            disclosures::records,
        )))
        .await?;
    let Some(kept) = Kept::of(keyring, account, rows, now)? else { return Ok(()) };
    let row = (
        erased_ledgers::ledger_id.eq(kept.ledger),
        erased_ledgers::erased_on.eq(kept.erased_on),
        erased_ledgers::disclosed.eq(kept.disclosed),
    );
    conn.send(diesel::insert_into(erased_ledgers::table).values(row)).await?;
    Ok(())
}

/// What is kept of an account that was erased after `oldest`.
pub(super) async fn kept(conn: &Conn<'_>, ledger: Id, oldest: Day) -> Result<Option<Kept>> {
    let this = erased_ledgers::table.find(ledger).filter(erased_ledgers::erased_on.gt(oldest));
    let found: Option<(Id, Day, Vec<u8>)> = conn.first(this).await?;
    Ok(found.map(|(ledger, erased_on, disclosed)| Kept { ledger, erased_on, disclosed }))
}
