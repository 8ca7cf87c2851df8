//! Where answers wait for their request to come again: sealed, by account, for a day.

use diesel::prelude::*;
use uuid::Uuid;

use super::{IdempotencyKey, Replay};
use crate::db::Conn;
use crate::db::kept::Kept;
use crate::db::schema::idempotency_keys;
use crate::db::seal::{DataKey, Place};
use crate::db::types::{Id, Time};
use crate::error::{Code, Error, Result};

/// How long an answer is kept, in seconds.
const KEPT: i64 = 24 * 60 * 60;

/// Does something once for a key, and in the same transaction; a repetition gets the first answer. Without a
/// key it is simply done.
pub async fn once(
    conn: &Conn<'_>,
    key: &DataKey,
    given: Option<&IdempotencyKey>,
    now: Time,
    act: impl AsyncFnOnce(&Conn<'_>) -> Result<Replay>,
) -> Result<Replay> {
    let Some(given) = given else { return act(conn).await };
    let account = key.account();
    let stale =
        idempotency_keys::account_id.eq(account).and(idempotency_keys::at.lt(now.plus_seconds(-KEPT)));
    conn.send(diesel::delete(idempotency_keys::table.filter(stale))).await?;
    let this = || idempotency_keys::table.find((account, given.key_hash.as_slice()));
    // Of two at once the second waits here for the first, and then finds its answer.
    let row = (
        idempotency_keys::account_id.eq(account),
        idempotency_keys::key_hash.eq(given.key_hash.as_slice()),
        idempotency_keys::request_hash.eq(given.request_hash.as_slice()),
        idempotency_keys::at.eq(now),
        idempotency_keys::status.eq(0),
    );
    let place = place(given)?;
    let mine = diesel::insert_into(idempotency_keys::table).values(row).on_conflict_do_nothing();
    if conn.execute(Kept(mine)).await? == 0 {
        let known = this().select((
            idempotency_keys::request_hash,
            idempotency_keys::status,
            idempotency_keys::answer,
        ));
        let known = conn.first::<(Vec<u8>, i32, Option<Vec<u8>>), _>(known).await?;
        let (request_hash, status, answer) = known.ok_or_else(|| Error::internal("a key went away"))?;
        if request_hash != given.request_hash {
            return Err(Error::of(Code::IdempotencyKeyReused));
        }
        let body = key.open(place, &answer.unwrap_or_default())?;
        return Ok(Replay { status: u16::try_from(status).map_err(Error::internal)?, body });
    }
    let answer = act(conn).await?;
    let sealed = key.seal(place, &answer.body)?;
    let set =
        (idempotency_keys::status.eq(i32::from(answer.status)), idempotency_keys::answer.eq(Some(sealed)));
    conn.send(Kept(diesel::update(this()).set(set))).await?;
    Ok(answer)
}

fn place(given: &IdempotencyKey) -> Result<Place<'static>> {
    let (row, _) = given.key_hash.split_first_chunk::<16>().ok_or_else(|| Error::internal("a short hash"))?;
    Ok(Place { table: "idempotency_keys", column: "answer", row: Id(Uuid::from_bytes(*row)) })
}
