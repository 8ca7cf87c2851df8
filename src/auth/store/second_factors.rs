//! The SQL of second factors and of the codes on paper that stand in for them.
//!
//! A code is spent by the statement that finds it, so that of two sign-ins with one code at once a single one
//! succeeds.

use diesel::prelude::*;

use super::note;
use crate::db::Conn;
use crate::db::schema::{recovery_codes, second_factors};
use crate::db::types::{Id, Time};
use crate::error::{Code, Error, Result};

/// A second factor as it is kept; `secret` is sealed.
#[derive(Clone, Queryable, Insertable)]
#[diesel(table_name = second_factors, treat_none_as_default_value = false)]
pub struct FactorRow {
    pub account_id: Id,
    pub secret: Vec<u8>,
    /// When a first code showed that the person has it; none until then.
    pub active_at: Option<Time>,
    /// The step whose code was used last; 0 before the first.
    pub last_step: i64,
}

/// What is shown beside the password.
#[derive(Clone, Copy)]
pub enum Proof {
    /// Nothing: enough where there is no second factor.
    Nothing,
    /// A code of the time, of this step.
    Step(i64),
    /// What may be the hash of a code on paper.
    Paper([u8; 32]),
}

/// The account's second factor, active or not.
pub async fn second_factor(conn: &Conn<'_>, account: Id) -> Result<Option<FactorRow>> {
    Ok(conn.first(second_factors::table.find(account)).await?)
}

/// How many codes on paper are left.
pub async fn recovery_codes_left(conn: &Conn<'_>, account: Id) -> Result<i64> {
    let left = recovery_codes::table.filter(recovery_codes::account_id.eq(account));
    Ok(conn.first(left.count()).await?.unwrap_or_default())
}

/// Keeps a secret that is not active yet, in place of one that never was. `false` when there is an active one.
pub async fn begin_second_factor(conn: &Conn<'_>, row: &FactorRow) -> Result<bool> {
    let idle = second_factors::table.find(row.account_id).filter(second_factors::active_at.is_null());
    conn.send(diesel::delete(idle)).await?;
    let kept = diesel::insert_into(second_factors::table).values(row).on_conflict_do_nothing();
    Ok(conn.execute(kept).await? == 1)
}

/// Makes the waiting secret the account's second factor, with new codes on paper. `false` when it is no longer
/// the one that waits.
pub async fn activate_second_factor(
    conn: &Conn<'_>,
    waiting: &FactorRow,
    step: i64,
    codes: &[[u8; 32]],
    now: Time,
) -> Result<bool> {
    let account = waiting.account_id;
    let this = second_factors::table.find(account).filter(
        second_factors::active_at.is_null().and(second_factors::secret.eq(waiting.secret.as_slice())),
    );
    let active = (second_factors::active_at.eq(Some(now)), second_factors::last_step.eq(step));
    if conn.execute(diesel::update(this).set(active)).await? == 0 {
        return Ok(false);
    }
    for code in codes {
        let row = (recovery_codes::account_id.eq(account), recovery_codes::code_hash.eq(code.as_slice()));
        conn.send(diesel::insert_into(recovery_codes::table).values(row)).await?;
    }
    note(conn, account, "second_factor_on", now).await?;
    Ok(true)
}

/// Spends what was shown beside the password. Refuses (401) nothing where there is a second factor, a code that
/// was used before or one older than that, and what is no code on paper.
pub async fn spend(conn: &Conn<'_>, account: Id, proof: Proof, now: Time) -> Result<()> {
    let active = second_factors::table.find(account).filter(second_factors::active_at.is_not_null());
    let spent = match proof {
        Proof::Nothing => {
            let found: Option<Id> = conn.first(active.select(second_factors::account_id)).await?;
            return if found.is_none() { Ok(()) } else { Err(Error::of(Code::TotpRequired)) };
        }
        Proof::Step(step) => {
            let unused = active.filter(second_factors::last_step.lt(step));
            conn.execute(diesel::update(unused).set(second_factors::last_step.eq(step))).await?
        }
        Proof::Paper(hash) => {
            let this = recovery_codes::table.find((account, hash.to_vec()));
            conn.execute(diesel::delete(this)).await?
        }
    };
    if spent == 0 {
        return Err(Error::of(Code::InvalidTotp));
    }
    if matches!(proof, Proof::Paper(_)) {
        note(conn, account, "recovery_code_used", now).await?;
    }
    Ok(())
}

/// Takes the second factor away, waiting or active, and its codes on paper. `false` when there is none.
pub async fn remove_second_factor(conn: &Conn<'_>, account: Id, now: Time) -> Result<bool> {
    let codes = recovery_codes::table.filter(recovery_codes::account_id.eq(account));
    conn.send(diesel::delete(codes)).await?;
    let removed = conn.execute(diesel::delete(second_factors::table.find(account))).await? == 1;
    if removed {
        note(conn, account, "second_factor_off", now).await?;
    }
    Ok(removed)
}
