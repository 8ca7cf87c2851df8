//! People whose journals somebody else may read under a share: who they are, with the key to their words.
//!
//! Asks nothing: whoever calls this has found the share that allows it.

use chrono_tz::Tz;

use super::answers::Profile;
use super::{Account, store};
use crate::db::Conn;
use crate::db::seal::{DataKey, Keyring};
use crate::db::types::Id;
use crate::domain::day::DayStart;
use crate::error::Result;

/// An account, as it is known to those who may read its journal.
pub struct Person {
    /// The account.
    pub id: Id,
    /// Opens its words.
    pub key: DataKey,
    /// The address it signs in with.
    pub email: String,
    /// What the person wants to be called.
    pub display_name: Option<String>,
    /// Where they live, for "today".
    pub time_zone: Tz,
    /// When their day begins.
    pub day_starts_at: DayStart,
    /// ISO 3166-1 code.
    pub country: Option<String>,
}

impl Person {
    /// The name to show: the person's own, or their address.
    #[must_use]
    pub fn name(&self) -> &str {
        self.display_name.as_deref().unwrap_or(&self.email)
    }
}

/// Some people, in no order; accounts that are gone are left out.
pub async fn people(conn: &Conn<'_>, keyring: &Keyring, ids: &[Id]) -> Result<Vec<Person>> {
    let rows = store::accounts_with_keys(conn, ids).await?;
    let open = |(row, wrapped): store::WithKey| {
        let key = keyring.data_key(row.account_id, &wrapped)?;
        let Profile { id, email, display_name, .. } = Profile::open(row.clone(), &key)?;
        let Account { key, time_zone, day_starts_at, country, .. } = Account::new(row, key, id)?;
        Ok(Person { id, key, email, display_name, time_zone, day_starts_at, country })
    };
    rows.into_iter().map(open).collect()
}
