//! The one place that reads the time of day and makes identifiers. Nothing else calls `Utc::now`.

use chrono::{DateTime, SubsecRound, Utc};
use uuid::Uuid;

/// The present moment, cut to microseconds: the precision both databases keep.
#[must_use]
#[expect(clippy::disallowed_methods, reason = "the one home of the clock")]
pub fn now() -> DateTime<Utc> {
    Utc::now().trunc_subsecs(6)
}

/// A new time-ordered identifier (version 7), for a record.
#[must_use]
#[expect(clippy::disallowed_methods, reason = "the one home of time-ordered ids")]
pub fn new_record_id() -> Uuid {
    Uuid::now_v7()
}

/// A new random identifier (version 4), for an account or a session: it does not say when it was made.
#[must_use]
pub fn new_random_id() -> Uuid {
    Uuid::new_v4()
}
