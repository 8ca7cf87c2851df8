//! All SQL of accounts, sessions and failed sign-ins. Each function is one use of a connection; those that
//! write are run as one transaction each by their callers.
//!
//! Every statement carries the account, but for the look-up by an address' hash, which has a table of its
//! own. Rows of other accounts are out of reach: a session is found by account and session id together.

mod links;
mod second_factors;

pub use links::*;
pub use second_factors::*;

use diesel::prelude::*;
use futures_util::try_join;

use super::refresh::{self, Chain, Exchange, Previous};
use super::throttle;
use crate::clock;
use crate::db::Conn;
use crate::db::kept::Kept;
use crate::db::schema::{
    accounts, data_keys, email_addresses, journals, login_failures, login_sessions, security_events,
};
use crate::db::seal::Secret;
use crate::db::types::{Id, Time};
use crate::error::{Code, Error, Result};

/// The keyed hash of an e-mail address.
pub type EmailHash = [u8; 32];
/// Whose tries are counted: an address', or those of somebody who is signed in.
pub type TriesOf = [u8; 32];

/// An account as it is kept: `email`, `display_name` and (as text) `password_hash` are sealed, `day_starts_at` is in
/// minutes.
#[derive(Clone, Queryable, Insertable)]
#[diesel(table_name = accounts, treat_none_as_default_value = false)]
pub struct AccountRow {
    pub account_id: Id,
    pub role: String,
    pub email: Vec<u8>,
    pub display_name: Option<Vec<u8>>,
    pub time_zone: String,
    pub day_starts_at: i16,
    pub country: Option<String>,
    pub locale: String,
    pub password_hash: String,
    pub created_at: Time,
    pub updated_at: Time,
}

/// A session as it is kept; `device_name` is sealed.
#[derive(Clone, Queryable, Insertable)]
#[diesel(table_name = login_sessions, treat_none_as_default_value = false)]
pub struct SessionRow {
    pub account_id: Id,
    pub session_id: Id,
    pub device_name: Option<Vec<u8>>,
    pub created_at: Time,
    pub last_used_at: Time,
    pub refresh_hash: Vec<u8>,
    pub previous_hash: Option<Vec<u8>>,
    pub superseded_at: Option<Time>,
    pub rotated_at: Time,
    pub successor: Option<Vec<u8>>,
}

/// What is kept of an account that is opened.
pub struct Opening {
    /// The account.
    pub account: AccountRow,
    /// Its key, wrapped.
    pub wrapped: Vec<u8>,
    /// Its address.
    pub email: EmailHash,
    /// Its first session.
    pub session: SessionRow,
    /// Where its journal begins.
    pub revision: i64,
}

/// What a profile may change; `None` keeps.
#[derive(Default, AsChangeset)]
#[diesel(table_name = accounts)]
#[expect(clippy::option_option, reason = "Some(None) clears the column")]
pub struct AccountChanges {
    pub display_name: Option<Option<Vec<u8>>>,
    pub time_zone: Option<String>,
    pub day_starts_at: Option<i16>,
    pub country: Option<Option<String>>,
    pub locale: Option<String>,
    pub updated_at: Option<Time>,
}

/// An account and its wrapped data key.
pub type WithKey = (AccountRow, Vec<u8>);

/// What came of exchanging a refresh token.
pub enum Refreshed {
    /// The secret of the token to answer with, and whose session it is.
    Renewed(Box<WithKey>, Secret),
    /// The session is not there, or has ended just now.
    Ended,
}

/// Makes accounts, each with its key, address, journal (members) and first session. Refuses all of them when an
/// address is taken (409 `email_taken`).
pub async fn register(conn: &Conn<'_>, openings: &[Opening]) -> Result<()> {
    let address = |it: &Opening| {
        (
            email_addresses::email_hash.eq(it.email.to_vec()),
            email_addresses::account_id.eq(it.account.account_id),
        )
    };
    let addresses: Vec<_> = openings.iter().map(address).collect();
    let taken = diesel::insert_into(email_addresses::table).values(addresses).on_conflict_do_nothing();
    if conn.execute(taken).await? < openings.len() {
        return Err(Error::of(Code::EmailTaken));
    }
    let accounts: Vec<_> = openings.iter().map(|it| &it.account).collect();
    conn.send(diesel::insert_into(accounts::table).values(accounts)).await?;
    let key = |it: &Opening| {
        (data_keys::account_id.eq(it.account.account_id), data_keys::wrapped.eq(it.wrapped.clone()))
    };
    let keys: Vec<_> = openings.iter().map(key).collect();
    conn.send(diesel::insert_into(data_keys::table).values(keys)).await?;
    let journal = |it: &Opening| {
        let epoch = journals::epoch.eq(Id(clock::new_random_id()));
        (journals::account_id.eq(it.account.account_id), journals::revision.eq(it.revision), epoch)
    };
    let members = openings.iter().filter(|it| it.account.role == "member");
    let journals: Vec<_> = members.map(journal).collect();
    // A counselor has none.
    if !journals.is_empty() {
        conn.send(diesel::insert_into(journals::table).values(journals)).await?;
    }
    let sessions: Vec<_> = openings.iter().map(|it| &it.session).collect();
    conn.send(diesel::insert_into(login_sessions::table).values(sessions)).await?;
    Ok(())
}

/// The account that an address belongs to.
pub async fn find_by_email(conn: &Conn<'_>, email: &EmailHash) -> Result<Option<WithKey>> {
    // Two statements, as addresses are kept apart from accounts, perhaps on another machine; and always both, so
    // that an address that nobody has costs the same.
    let address = email_addresses::table.find(email.as_slice()).select(email_addresses::account_id);
    let id = conn.first(address).await?.unwrap_or(Id(uuid::Uuid::nil()));
    Ok(accounts_with_keys(conn, &[id]).await?.pop())
}

/// An account by its id.
pub async fn account(conn: &Conn<'_>, id: Id) -> Result<Option<AccountRow>> {
    Ok(conn.first(accounts::table.find(id)).await?)
}

/// Some accounts with their keys; those that are gone are left out.
pub async fn accounts_with_keys(conn: &Conn<'_>, ids: &[Id]) -> Result<Vec<WithKey>> {
    let query = accounts::table
        .inner_join(data_keys::table.on(data_keys::account_id.eq(accounts::account_id)))
        .filter(accounts::account_id.eq_any(ids))
        .select((accounts::all_columns, data_keys::wrapped));
    Ok(conn.load(query).await?)
}

/// The account of a session that lives at `now`, with the time the session began.
pub async fn account_of_session(
    conn: &Conn<'_>,
    account: Id,
    session: Id,
    now: Time,
) -> Result<Option<WithKey>> {
    let query = login_sessions::table
        .inner_join(accounts::table.on(accounts::account_id.eq(login_sessions::account_id)))
        .inner_join(data_keys::table.on(data_keys::account_id.eq(login_sessions::account_id)))
        .filter(login_sessions::account_id.eq(account).and(login_sessions::session_id.eq(session)))
        .filter(login_sessions::last_used_at.ge(now.plus_seconds(-refresh::IDLE)))
        .filter(login_sessions::created_at.ge(now.plus_seconds(-refresh::ABSOLUTE)))
        .select((accounts::all_columns, data_keys::wrapped));
    Ok(conn.first(query).await?)
}

/// Begins a session after a sign-in with the right password, whose hash was `verified` and is `kept` from now
/// on, and spends what was shown beside it. `false`, and nothing done, when the password was changed meanwhile.
pub async fn sign_in(
    conn: &Conn<'_>,
    session: &SessionRow,
    verified: &str,
    kept: &str,
    email: &EmailHash,
    proof: Proof,
) -> Result<bool> {
    // Also takes the account's row, so that a change of password and a sign-in with the old one are one
    // after the other.
    let account = accounts::table.find(session.account_id).filter(accounts::password_hash.eq(verified));
    if conn.execute(Kept(diesel::update(account).set(accounts::password_hash.eq(kept)))).await? == 0 {
        return Ok(false);
    }
    spend(conn, session.account_id, proof, session.created_at).await?;
    forget_failures(conn, email).await?;
    let idle = login_sessions::last_used_at.lt(session.created_at.plus_seconds(-refresh::IDLE));
    let old = login_sessions::created_at.lt(session.created_at.plus_seconds(-refresh::ABSOLUTE));
    let ended =
        login_sessions::table.filter(login_sessions::account_id.eq(session.account_id)).filter(idle.or(old));
    conn.send(diesel::delete(ended)).await?;
    conn.send(Kept(diesel::insert_into(login_sessions::table).values(session))).await?;
    Ok(true)
}

/// Exchanges a refresh token (`refresh`); `fresh` becomes the secret of its successor if one is made.
pub async fn refresh(conn: &Conn<'_>, token: &refresh::Token, fresh: Secret, now: Time) -> Result<Refreshed> {
    let (account, session) = (token.account, token.session);
    let this = || login_sessions::table.find((account, session));
    // A write that changes nothing takes the row: of two exchanges at once, the second sees the first's work.
    let take_row = diesel::update(this()).set(login_sessions::rotated_at.eq(login_sessions::rotated_at));
    let take_row = Kept(take_row.returning(login_sessions::all_columns));
    let (row, found) = try_join!(
        async { Ok(conn.first::<SessionRow, _>(take_row).await?) },
        account_of_session(conn, account, session, now),
    )?;
    let Some(row) = row else { return Ok(Refreshed::Ended) };
    match row.into_chain().exchange(&token.secret, fresh, now)? {
        Exchange::Renewed(chain, secret) => {
            let (hash, superseded_at, successor) = match chain.previous {
                Some(previous) => {
                    (Some(previous.hash), Some(previous.superseded_at), Some(previous.successor))
                }
                None => (None, None, None),
            };
            let renewed = (
                login_sessions::last_used_at.eq(chain.last_used_at),
                login_sessions::refresh_hash.eq(chain.current),
                login_sessions::rotated_at.eq(chain.rotated_at),
                login_sessions::previous_hash.eq(hash),
                login_sessions::superseded_at.eq(superseded_at),
                login_sessions::successor.eq(successor),
            );
            conn.send(Kept(diesel::update(this()).set(renewed))).await?;
            Ok(found.map_or(Refreshed::Ended, |found| Refreshed::Renewed(Box::new(found), secret)))
        }
        Exchange::Expired => {
            end_session(conn, account, session).await?;
            Ok(Refreshed::Ended)
        }
        Exchange::Reused => {
            end_session(conn, account, session).await?;
            note(conn, account, "refresh_token_reused", now).await?;
            Ok(Refreshed::Ended)
        }
    }
}

impl SessionRow {
    /// The row of a new session.
    #[must_use]
    pub fn begin(
        account_id: Id,
        session_id: Id,
        device_name: Option<Vec<u8>>,
        secret: &Secret,
        now: Time,
    ) -> Self {
        let Chain { created_at, last_used_at, current, rotated_at, .. } = Chain::begin(secret, now);
        Self {
            account_id,
            session_id,
            device_name,
            created_at,
            last_used_at,
            refresh_hash: current,
            previous_hash: None,
            superseded_at: None,
            rotated_at,
            successor: None,
        }
    }

    fn into_chain(self) -> Chain {
        let previous = self.previous_hash.zip(self.superseded_at).zip(self.successor);
        Chain {
            created_at: self.created_at,
            last_used_at: self.last_used_at,
            current: self.refresh_hash,
            rotated_at: self.rotated_at,
            previous: previous.map(|((hash, superseded_at), successor)| Previous {
                hash,
                superseded_at,
                successor,
            }),
        }
    }
}

/// The sessions that live at `now`, the one last used first.
pub async fn sessions_of(conn: &Conn<'_>, account: Id, now: Time) -> Result<Vec<SessionRow>> {
    let query = login_sessions::table
        .filter(login_sessions::account_id.eq(account))
        .filter(login_sessions::last_used_at.ge(now.plus_seconds(-refresh::IDLE)))
        .filter(login_sessions::created_at.ge(now.plus_seconds(-refresh::ABSOLUTE)))
        .order((login_sessions::last_used_at.desc(), login_sessions::session_id));
    Ok(conn.load(query).await?)
}

/// When a session began.
pub async fn session_began(conn: &Conn<'_>, account: Id, session: Id) -> Result<Option<Time>> {
    let this = login_sessions::table.find((account, session));
    Ok(conn.first(this.select(login_sessions::created_at)).await?)
}

/// Ends a session; `false` when the account has none with this id.
pub async fn end_session(conn: &Conn<'_>, account: Id, session: Id) -> Result<bool> {
    Ok(conn.execute(diesel::delete(login_sessions::table.find((account, session)))).await? > 0)
}

/// Sets a new password and ends every session but `session`.
pub async fn change_password(
    conn: &Conn<'_>,
    account: Id,
    session: Id,
    email: &EmailHash,
    password_hash: &str,
    now: Time,
) -> Result<()> {
    let set = (accounts::password_hash.eq(password_hash), accounts::updated_at.eq(now));
    conn.send(diesel::update(accounts::table.find(account)).set(set)).await?;
    let others = login_sessions::account_id.eq(account).and(login_sessions::session_id.ne(session));
    conn.send(diesel::delete(login_sessions::table.filter(others))).await?;
    end_resets(conn, account).await?;
    note(conn, account, "password_changed", now).await?;
    forget_failures(conn, email).await
}

/// Changes a profile and answers it as it is now.
pub async fn update_account(conn: &Conn<'_>, id: Id, changes: &AccountChanges) -> Result<Option<AccountRow>> {
    let update = diesel::update(accounts::table.find(id)).set(changes).returning(accounts::all_columns);
    Ok(conn.first(update).await?)
}

/// Counts a try before its password is looked at, so that tries at once count as tries one
/// after the other; [`forget_failures`] is told of a success. Refuses (429) a try that comes too early.
pub async fn begin_try(conn: &Conn<'_>, tries: &TriesOf, now: Time) -> Result<()> {
    let stale = login_failures::table.filter(login_failures::last_at.lt(now.plus_seconds(-throttle::MEMORY)));
    conn.send(diesel::delete(stale)).await?;
    let first = (
        login_failures::email_hash.eq(tries.as_slice()),
        login_failures::failures.eq(1),
        login_failures::last_at.eq(now),
    );
    let counted = diesel::insert_into(login_failures::table)
        .values(first)
        .on_conflict(login_failures::email_hash)
        .do_update()
        .set(login_failures::failures.eq(login_failures::failures + 1))
        .returning((login_failures::failures, login_failures::last_at));
    // The row is taken now, and its time still that of the try before.
    let Some((failures, last_at)) = conn.first::<(i32, Time), _>(counted).await? else { return Ok(()) };
    throttle::admit_again(failures - 1, last_at, now)?;
    let this = login_failures::table.find(tries.as_slice());
    conn.send(Kept(diesel::update(this).set(login_failures::last_at.eq(now)))).await?;
    Ok(())
}

/// Takes a try back whose password was never looked at.
pub async fn take_back_try(conn: &Conn<'_>, tries: &TriesOf) -> Result<()> {
    let this = || login_failures::table.find(tries.as_slice());
    conn.send(diesel::delete(this().filter(login_failures::failures.eq(1)))).await?;
    let fewer = login_failures::failures.eq(login_failures::failures - 1);
    conn.send(diesel::update(this().filter(login_failures::failures.gt(1))).set(fewer)).await?;
    Ok(())
}

/// Forgets failed tries.
pub async fn forget_failures(conn: &Conn<'_>, tries: &TriesOf) -> Result<()> {
    conn.send(diesel::delete(login_failures::table.find(tries.as_slice()))).await?;
    Ok(())
}

/// Writes down what happened to an account's security.
async fn note(conn: &Conn<'_>, account: Id, kind: &str, now: Time) -> Result<()> {
    let event = (
        security_events::account_id.eq(account),
        security_events::event_id.eq(Id(clock::new_record_id())),
        security_events::at.eq(now),
        security_events::kind.eq(kind),
    );
    conn.send(diesel::insert_into(security_events::table).values(event)).await?;
    Ok(())
}
