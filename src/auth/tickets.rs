//! Tickets: what opens the event stream for a client that cannot send headers. A ticket is in the address of
//! the request, where logs and histories may keep it; so it opens nothing else, and soon nothing at all.
//!
//! A ticket is base64url of account id (16 bytes), session id (16), the second in which it ends (8) and a mark
//! (32) that only this server can make, so that every process knows it and none keeps it. Refuses one that was
//! changed or is over; whether its session still lives is judged by `extract`.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::Serialize;
use subtle::ConstantTimeEq as _;
use utoipa::ToSchema;
use uuid::Uuid;

use super::tokens::Bearer;
use crate::db::seal::{Secret, keyed_hash};
use crate::db::types::{Id, Time};

/// How long a ticket is good for, in seconds.
pub const LIFETIME: i64 = 60;

const BODY: usize = 40;
const MARK: usize = 32;

/// What opens the event stream for a moment.
#[derive(Serialize, ToSchema)]
pub struct Ticket {
    /// Sent as `?ticket=`.
    pub ticket: String,
    /// Seconds for which it is good.
    #[schema(minimum = 0)]
    pub expires_in: i64,
}

impl Ticket {
    /// Makes a ticket that is good from `now` for [`LIFETIME`] seconds.
    #[must_use]
    pub fn issue(key: &Secret, bearer: Bearer, now: Time) -> Self {
        Self { ticket: written(key, bearer, now.plus_seconds(LIFETIME)), expires_in: LIFETIME }
    }
}

/// The text of a ticket that is good until a moment.
#[must_use]
pub fn written(key: &Secret, bearer: Bearer, until: Time) -> String {
    let mut bytes = Vec::with_capacity(BODY + MARK);
    bytes.extend_from_slice(bearer.account.0.as_bytes());
    bytes.extend_from_slice(bearer.session.0.as_bytes());
    bytes.extend_from_slice(&until.utc().timestamp().to_be_bytes());
    bytes.extend_from_slice(&keyed_hash(key, &[&bytes]));
    URL_SAFE_NO_PAD.encode(bytes)
}

/// Whose ticket a text is; `None` when this server did not make it, or it is over.
#[must_use]
pub fn check(key: &Secret, text: &str, now: Time) -> Option<Bearer> {
    read(key, text).and_then(|(bearer, until)| (now.utc().timestamp() < until).then_some(bearer))
}

/// Whose ticket a text is, and the second in which it ends or ended.
#[must_use]
pub fn read(key: &Secret, text: &str) -> Option<(Bearer, i64)> {
    let mut bytes = [0; BODY + MARK];
    let length = URL_SAFE_NO_PAD.decode_slice(text, &mut bytes).ok()?;
    let (body, given) = bytes.split_at(BODY);
    if length != bytes.len() || !bool::from(given.ct_eq(&keyed_hash(key, &[body]))) {
        return None;
    }
    let (account, rest) = body.split_first_chunk::<16>()?;
    let (session, until) = rest.split_first_chunk::<16>()?;
    let until = i64::from_be_bytes(until.try_into().ok()?);
    let id = |bytes: &[u8; 16]| Id(Uuid::from_bytes(*bytes));
    Some((Bearer { account: id(account), session: id(session) }, until))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::new_random_id;

    #[test]
    fn a_ticket_is_good_for_a_minute_and_only_as_it_was_made() {
        let (key, other) = (Secret::new([7; 32]), Secret::new([8; 32]));
        let bearer = Bearer { account: Id(new_random_id()), session: Id(new_random_id()) };
        let now = Time(1_700_000_000_000_000);
        let text = Ticket::issue(&key, bearer, now).ticket;
        for (seconds, good) in [(0, true), (59, true), (60, false), (3_600, false)] {
            assert_eq!(check(&key, &text, now.plus_seconds(seconds)), good.then_some(bearer), "{seconds}");
        }
        assert_eq!(check(&other, &text, now), None);
        for (at, letter) in text.char_indices() {
            let changed = if letter == 'A' { "B" } else { "A" };
            let forged = format!("{}{changed}{}", &text[..at], &text[at + 1..]);
            assert_eq!(check(&key, &forged, now), None, "{forged}");
        }
        for bad in ["", "x", &text[1..], &format!("{text}A"), &text.to_uppercase()] {
            assert_eq!(check(&key, bad, now), None, "{bad}");
        }
    }
}
