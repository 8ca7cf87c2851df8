//! The SQL of what is opened by a link in a mail or by an operator's code: each once, each for a time. Of all of
//! them only hashes are kept.

use diesel::prelude::*;

use super::{EmailHash, forget_failures, note};
use crate::db::Conn;
use crate::db::schema::{accounts, admissions, login_sessions, password_resets, registrations};
use crate::db::types::{Id, Time};
use crate::error::{Code, Error, Result};

/// Keeps an account that waits for its address to be confirmed; forgets those that waited too long.
pub async fn keep_registration(
    conn: &Conn<'_>,
    token_hash: &[u8; 32],
    sealed: &[u8],
    now: Time,
    expires_at: Time,
) -> Result<()> {
    conn.send(diesel::delete(registrations::table.filter(registrations::expires_at.le(now)))).await?;
    let row = (
        registrations::token_hash.eq(token_hash.as_slice()),
        registrations::sealed.eq(sealed),
        registrations::expires_at.eq(expires_at),
    );
    conn.send(diesel::insert_into(registrations::table).values(row)).await?;
    Ok(())
}

/// What waits for a link, if it still does.
pub async fn registration(conn: &Conn<'_>, token_hash: &[u8; 32], now: Time) -> Result<Option<Vec<u8>>> {
    let this = registrations::table.find(token_hash.as_slice()).filter(registrations::expires_at.gt(now));
    Ok(conn.first(this.select(registrations::sealed)).await?)
}

/// Uses a link up. `false` when somebody else did.
pub async fn end_registration(conn: &Conn<'_>, token_hash: &[u8; 32]) -> Result<bool> {
    Ok(conn.execute(diesel::delete(registrations::table.find(token_hash.as_slice()))).await? == 1)
}

/// Lets a link choose a new password until a moment; forgets the account's links that are over.
pub async fn begin_reset(
    conn: &Conn<'_>,
    account: Id,
    token_hash: &[u8; 32],
    now: Time,
    expires_at: Time,
) -> Result<()> {
    let over = password_resets::account_id.eq(account).and(password_resets::expires_at.le(now));
    conn.send(diesel::delete(password_resets::table.filter(over))).await?;
    let row = (
        password_resets::account_id.eq(account),
        password_resets::token_hash.eq(token_hash.as_slice()),
        password_resets::expires_at.eq(expires_at),
    );
    conn.send(diesel::insert_into(password_resets::table).values(row)).await?;
    Ok(())
}

/// Whether a link may choose a new password.
pub async fn may_reset(conn: &Conn<'_>, account: Id, token_hash: &[u8; 32], now: Time) -> Result<bool> {
    let this = password_resets::table.find((account, token_hash.as_slice()));
    let found: Option<Id> = conn
        .first(this.filter(password_resets::expires_at.gt(now)).select(password_resets::account_id))
        .await?;
    Ok(found.is_some())
}

/// Sets a new password by a link, which is used up with all others of the account, and ends every session.
/// `false` when somebody else used it.
pub async fn reset_password(
    conn: &Conn<'_>,
    account: Id,
    token_hash: &[u8; 32],
    email: &EmailHash,
    password_hash: &str,
    now: Time,
) -> Result<bool> {
    let this = password_resets::table.find((account, token_hash.as_slice()));
    if conn.execute(diesel::delete(this)).await? == 0 {
        return Ok(false);
    }
    end_resets(conn, account).await?;
    let set = (accounts::password_hash.eq(password_hash), accounts::updated_at.eq(now));
    conn.send(diesel::update(accounts::table.find(account)).set(set)).await?;
    let sessions = login_sessions::table.filter(login_sessions::account_id.eq(account));
    conn.send(diesel::delete(sessions)).await?;
    note(conn, account, "password_reset", now).await?;
    forget_failures(conn, email).await?;
    Ok(true)
}

/// Ends every link that may choose a new password for an account.
pub async fn end_resets(conn: &Conn<'_>, account: Id) -> Result<()> {
    let all = password_resets::table.filter(password_resets::account_id.eq(account));
    conn.send(diesel::delete(all)).await?;
    Ok(())
}

/// Keeps the hash of a code that lets an address open an account; forgets those that are over.
pub async fn keep_admission(
    conn: &Conn<'_>,
    code_hash: &[u8; 32],
    email: &EmailHash,
    now: Time,
    expires_at: Time,
) -> Result<()> {
    conn.send(diesel::delete(admissions::table.filter(admissions::expires_at.le(now)))).await?;
    let row = (
        admissions::code_hash.eq(code_hash.as_slice()),
        admissions::email_hash.eq(email.as_slice()),
        admissions::expires_at.eq(expires_at),
    );
    conn.send(diesel::insert_into(admissions::table).values(row)).await?;
    Ok(())
}

/// Uses a code up. Refuses (422) one that is not for this address, was used, or is over.
pub async fn admit(conn: &Conn<'_>, code_hash: &[u8; 32], email: &EmailHash, now: Time) -> Result<()> {
    let this = admissions::table
        .find(code_hash.as_slice())
        .filter(admissions::email_hash.eq(email.as_slice()).and(admissions::expires_at.gt(now)));
    if conn.execute(diesel::delete(this)).await? == 1 {
        Ok(())
    } else {
        Err(Error::of(Code::InvalidInvitation))
    }
}
