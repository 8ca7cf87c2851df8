//! Accounts, sessions, and who is asking.
//!
//! | file | what it does |
//! |---|---|
//! | `extract` | [`Signed`], [`Member`] and [`Listener`]: who is asking, proven on every request |
//! | `tokens`, `tickets`, `sessions` | access tokens, tickets of the event stream, and which sessions live |
//! | `pages` | sessions and forms of pages in a browser, which has cookies and no bearer tokens |
//! | `refresh` | refresh tokens and the rules of their exchange |
//! | `person` | people whose journals somebody else may read |
//! | `passwords`, `hasher` | which passwords are accepted, how they are kept, and the threads that hash |
//! | `second_factor`, `totp` | codes beside the password, and their arithmetic |
//! | `links`, `letters` | what links in mails open, and which mails are written |
//! | `commands` | what an operator does for somebody |
//! | `throttle` | how fast somebody may try |
//! | `erasure` | how an account ends, and what is kept of it |
//! | `sign_in`, `profile` | what the routes do; `store` holds their SQL |
//! | `routes`, `bodies`, `answers` | the routes and the shapes they take and give |
//!
//! Refuses by default: what no token names cannot be reached, an unknown address looks like a wrong
//! password, and somebody else's session like a missing one.

mod answers;
mod bodies;
pub mod commands;
pub mod erasure;
mod extract;
mod hasher;
mod letters;
mod links;
pub mod pages;
pub mod passwords;
mod person;
mod profile;
pub mod refresh;
pub mod routes;
mod second_factor;
mod sessions;
mod sign_in;
mod store;
mod throttle;
pub mod tickets;
mod tokens;
mod totp;

pub use answers::Profile;
pub use extract::{Caller, Counselor, Listener, Member, Signed};
pub use person::{Person, people};
pub use profile::profile;
pub use store::{Opening, register};

use std::sync::Arc;

use chrono_tz::Tz;
use zeroize::Zeroizing;

use self::hasher::Hasher;
use self::sessions::Sessions;
use self::store::{AccountRow, EmailHash, TriesOf, WithKey};
use self::throttle::Throttle;
use self::tokens::Tokens;
use crate::config::{Config, Network, Registration};
use crate::db::Db;
use crate::db::seal::{DataKey, Keyring, Place};
use crate::db::types::{Id, Time};
use crate::domain::day::DayStart;
use crate::error::{Error, Result};
use crate::mail::Post;

/// What an account may do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Role {
    /// Keeps a journal.
    Member,
    /// Reads what members share.
    Counselor,
}

/// Who is asking: an account, as one of its sessions knows it. It carries the account's key, which is the
/// right to read and write its journal.
pub struct Account {
    /// The account.
    pub id: Id,
    /// The session that asks.
    pub session_id: Id,
    /// What it may do.
    pub role: Role,
    /// Opens and seals its words.
    pub key: DataKey,
    /// Where the person lives, for "today".
    pub time_zone: Tz,
    /// When their day begins.
    pub day_starts_at: DayStart,
    /// ISO 3166-1 code, for help lines.
    pub country: Option<String>,
    /// Language tag.
    pub locale: String,
    /// When the account was opened.
    pub created_at: Time,
}

/// Everything that accounts and sessions need, made once at the start and shared by all workers.
pub struct Auth {
    db: Db,
    keyring: Arc<Keyring>,
    hasher: Hasher,
    tokens: Tokens,
    sessions: Sessions,
    throttle: Throttle,
    post: Post,
    registration: Registration,
    trusted_proxies: Vec<Network>,
}

impl Auth {
    /// Puts it together and starts the threads that hash passwords: one less than there are cores.
    pub fn start(config: &Config, db: Db, keyring: Arc<Keyring>) -> Result<Arc<Self>> {
        let cores = std::thread::available_parallelism().map_or(1, usize::from);
        Ok(Arc::new(Self {
            hasher: Hasher::start(passwords::COST, cores - 1)?,
            tokens: Tokens::new(&keyring.access_tokens().collect::<Vec<_>>())?,
            sessions: Sessions::new(),
            throttle: Throttle::new(config.throttle),
            post: Post::new(config, db.clone(), Arc::clone(&keyring))?,
            registration: config.registration,
            trusted_proxies: config.trusted_proxies.clone(),
            db,
            keyring,
        }))
    }

    /// How many password hashes were computed since the start: a sign-in costs one, whoever tries it.
    #[must_use]
    pub fn hashes(&self) -> u64 {
        self.hasher.hashes()
    }

    /// The account's key, from its wrapped form.
    fn open(&self, (row, wrapped): WithKey) -> Result<(AccountRow, DataKey)> {
        let key = self.keyring.data_key(row.account_id, &wrapped)?;
        Ok((row, key))
    }

    /// The same for one that was found by its address. Refuses one whose own, sealed address is another: somebody has
    /// written to the database.
    fn open_at(&self, found: WithKey, email: &EmailHash) -> Result<(AccountRow, DataKey)> {
        let (row, key) = self.open(found)?;
        let own = key.open(place("accounts", "email", row.account_id), &row.email)?;
        if self.keyring.email_hash(&own) == *email {
            Ok((row, key))
        } else {
            Err(Error::internal("an address leads to an account that has another"))
        }
    }

    /// Checks a password, slowed down by the failed `tries` before. `kept` is none for an address that nobody has: that
    /// costs the same. Whoever uses a right verdict forgets the failures.
    async fn check_password(
        &self,
        tries: TriesOf,
        kept: Option<&str>,
        password: &str,
    ) -> Result<hasher::Verdict> {
        let counted = self.throttle.is_on();
        if counted {
            let now = crate::clock::now().into();
            self.db.write(async move |conn| store::begin_try(conn, &tries, now).await).await?;
        }
        let checked = self.hasher.verify(kept, Zeroizing::new(password.to_owned())).await;
        if counted && checked.is_err() {
            // The server was too busy to look at it: that is not held against anybody.
            self.db.write(async move |conn| store::take_back_try(conn, &tries).await).await?;
        }
        checked
    }
}

impl Role {
    /// The word that the API and the database use.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Member => "member",
            Self::Counselor => "counselor",
        }
    }
}

impl Account {
    fn new(row: AccountRow, key: DataKey, session_id: Id) -> Result<Self> {
        let odd = |what: &str| Error::internal(format!("accounts.{what}: not a value of its kind"));
        Ok(Self {
            id: row.account_id,
            session_id,
            role: match row.role.as_str() {
                "member" => Role::Member,
                "counselor" => Role::Counselor,
                _ => return Err(odd("role")),
            },
            key,
            time_zone: row.time_zone.parse().map_err(|_| odd("time_zone"))?,
            day_starts_at: time_of_day(row.day_starts_at).parse().map_err(|_| odd("day_starts_at"))?,
            country: row.country,
            locale: row.locale,
            created_at: row.created_at,
        })
    }
}

/// `HH:MM` of minutes after midnight.
fn time_of_day(minutes: i16) -> String {
    format!("{:02}:{:02}", minutes / 60, minutes % 60)
}

/// Where a device's name is sealed: the table has another name now, what was sealed in it stays readable.
const fn device_name_place(session: Id) -> Place<'static> {
    place("sessions", "device_name", session)
}

const fn place(table: &'static str, column: &'static str, row: Id) -> Place<'static> {
    Place { table, column, row }
}

#[cfg(test)]
mod tests;
