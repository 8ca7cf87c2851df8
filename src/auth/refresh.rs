//! Refresh tokens: their form, and the rules by which one is exchanged for the next.
//!
//! A token is base64url of account id (16 bytes), session id (16), a secret (32) and a mark (16) that only
//! this server can make, so that an old token is known as ours without keeping every parent. Only the
//! secret's SHA-256 is stored.
//!
//! | token | when | what it gets |
//! |---|---|---|
//! | the current one | | a successor |
//! | the one before it | within 30 s | the same successor: two exchanges at once are one |
//! | the one before it | later, within 24 h of its first exchange | another successor: the answer was lost |
//! | any other of ours | | nothing, and the session ends: somebody has a copy |
//!
//! The successor is kept sealed under its predecessor, so that the database alone reveals none. A session
//! that was not used for 30 days, or is 90 days old, has ended.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use subtle::ConstantTimeEq as _;
use uuid::Uuid;

use crate::db::seal::{Secret, keyed_hash, open_under, seal_under, sha256};
use crate::db::types::{Id, Time};
use crate::error::{Error, Result};

/// Seconds in which the token before the current one gets the same successor.
pub const GRACE: i64 = 30;
/// Seconds, from its first exchange, in which the token before the current one may replace its successor.
pub const LOST_ANSWER: i64 = 24 * 3_600;
/// Seconds without an exchange after which a session has ended.
pub const IDLE: i64 = 30 * 24 * 3_600;
/// Seconds after which every session has ended.
pub const ABSOLUTE: i64 = 90 * 24 * 3_600;

const BODY: usize = 64;
const MARK: usize = 16;
const SEALED_FOR: &[u8] = b"the successor of a refresh token";

/// A token of ours, taken apart.
pub struct Token {
    /// Whose it is.
    pub account: Id,
    /// Which device's.
    pub session: Id,
    /// What makes it this token.
    pub secret: Secret,
}

impl Token {
    /// The text that the client keeps: 107 characters.
    #[must_use]
    pub fn text(&self, key: &Secret) -> String {
        let mut bytes = Vec::with_capacity(BODY + MARK);
        bytes.extend_from_slice(self.account.0.as_bytes());
        bytes.extend_from_slice(self.session.0.as_bytes());
        bytes.extend_from_slice(self.secret.as_slice());
        bytes.extend_from_slice(&mark(key, &bytes));
        URL_SAFE_NO_PAD.encode(bytes)
    }

    /// Takes a text apart; `None` when this server did not make it.
    #[must_use]
    pub fn parse(text: &str, key: &Secret) -> Option<Self> {
        let mut bytes = [0; BODY + MARK];
        let length = URL_SAFE_NO_PAD.decode_slice(text, &mut bytes).ok()?;
        let (body, given) = bytes.split_at(BODY);
        if length != bytes.len() || !bool::from(given.ct_eq(&mark(key, body))) {
            return None;
        }
        let (account, rest) = body.split_first_chunk::<16>()?;
        let (session, secret) = rest.split_first_chunk::<16>()?;
        let secret = Secret::new(secret.try_into().ok()?);
        Some(Self {
            account: Id(Uuid::from_bytes(*account)),
            session: Id(Uuid::from_bytes(*session)),
            secret,
        })
    }
}

fn mark(key: &Secret, body: &[u8]) -> [u8; MARK] {
    keyed_hash(key, &[body]).first_chunk().copied().unwrap_or_default()
}

/// What is kept of a session's tokens.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Chain {
    /// When the session began.
    pub created_at: Time,
    /// When a token was last exchanged.
    pub last_used_at: Time,
    /// Hash of the current token.
    pub current: Vec<u8>,
    /// When the current token was made.
    pub rotated_at: Time,
    /// The token before it; none in a session that was never refreshed.
    pub previous: Option<Previous>,
}

/// What is kept of the token before the current one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Previous {
    /// Its hash.
    pub hash: Vec<u8>,
    /// When it was first exchanged.
    pub superseded_at: Time,
    /// The current token's secret, sealed under this one's.
    pub successor: Vec<u8>,
}

/// What came of presenting a token.
pub enum Exchange {
    /// The chain to keep from now on, and the secret of the token to answer with.
    Renewed(Chain, Secret),
    /// The session had ended by itself.
    Expired,
    /// Somebody has a copy: the session ends.
    Reused,
}

impl Chain {
    /// The chain of a new session whose first token has `secret`.
    #[must_use]
    pub fn begin(secret: &Secret, now: Time) -> Self {
        let current = sha256(secret.as_slice()).to_vec();
        Self { created_at: now, last_used_at: now, current, rotated_at: now, previous: None }
    }

    /// Exchanges the token with the secret `presented`; `fresh` becomes the successor's secret if one is
    /// made.
    pub fn exchange(mut self, presented: &Secret, fresh: Secret, now: Time) -> Result<Exchange> {
        if seconds(self.last_used_at, now) > IDLE || seconds(self.created_at, now) > ABSOLUTE {
            return Ok(Exchange::Expired);
        }
        let hash = sha256(presented.as_slice());
        let superseded_at = if self.current == hash {
            now
        } else {
            match &self.previous {
                Some(previous) if previous.hash == hash => {
                    if seconds(self.rotated_at, now) <= GRACE {
                        let secret = open_under(presented, SEALED_FOR, &previous.successor)?;
                        let secret = secret.as_slice().try_into().map_err(Error::internal)?;
                        self.last_used_at = now;
                        return Ok(Exchange::Renewed(self, Secret::new(secret)));
                    }
                    if seconds(previous.superseded_at, now) > LOST_ANSWER {
                        return Ok(Exchange::Reused);
                    }
                    previous.superseded_at
                }
                _ => return Ok(Exchange::Reused),
            }
        };
        let successor = seal_under(presented, SEALED_FOR, fresh.as_slice())?;
        self.current = sha256(fresh.as_slice()).to_vec();
        self.previous = Some(Previous { hash: hash.to_vec(), superseded_at, successor });
        self.rotated_at = now;
        self.last_used_at = now;
        Ok(Exchange::Renewed(self, fresh))
    }
}

/// Seconds from one moment to another, begun ones counted whole; 0 when another process's clock is behind.
fn seconds(from: Time, to: Time) -> i64 {
    (to.0.saturating_sub(from.0)).max(0).saturating_add(999_999) / 1_000_000
}

#[cfg(test)]
#[path = "refresh_tests.rs"]
mod tests;
