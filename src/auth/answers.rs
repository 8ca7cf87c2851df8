//! The shapes of answers about accounts and sessions. They never hold a hash, a key or somebody else's data.

use chrono::SecondsFormat;
use serde::{Serialize, Serializer};
use utoipa::ToSchema;

use super::store::{AccountRow, SessionRow};
use super::{device_name_place, place, time_of_day, tokens};
use crate::db::seal::DataKey;
use crate::db::types::{Id, Time};
use crate::error::Result;

/// Signed in: the tokens of this device and the account.
#[derive(Serialize, ToSchema)]
pub struct SignedIn {
    /// Sent as `Authorization: Bearer …` with every request.
    pub access_token: String,
    /// Always `Bearer`.
    pub token_type: &'static str,
    /// Seconds for which the access token is good.
    #[schema(minimum = 0)]
    pub expires_in: i64,
    /// Exchanged for new tokens at `/v1/auth/refresh`; each is used once.
    pub refresh_token: String,
    /// Whose tokens they are.
    pub account: Profile,
}

/// An account, as its owner sees it.
#[derive(Serialize, ToSchema)]
pub struct Profile {
    /// The account's id.
    #[schema(value_type = String, format = "uuid")]
    pub id: Id,
    /// The address it signs in with.
    pub email: String,
    /// `member` or `counselor`.
    pub role: String,
    /// What the person wants to be called.
    pub display_name: Option<String>,
    /// IANA time zone, for "today".
    pub time_zone: String,
    /// `HH:MM`, 00:00 to 06:00: when the person's day begins.
    pub day_starts_at: String,
    /// ISO 3166-1 code, for help lines.
    pub country: Option<String>,
    /// Language tag.
    pub locale: String,
    /// When the account was opened.
    #[serde(serialize_with = "moment")]
    #[schema(value_type = String, format = "date-time")]
    pub created_at: Time,
}

/// A signed-in device.
#[derive(Serialize, ToSchema)]
pub struct LoginSession {
    /// The session's id.
    #[schema(value_type = String, format = "uuid")]
    pub id: Id,
    /// What the device called itself.
    pub device_name: Option<String>,
    /// When it signed in.
    #[serde(serialize_with = "moment")]
    #[schema(value_type = String, format = "date-time")]
    pub created_at: Time,
    /// When it last refreshed its tokens.
    #[serde(serialize_with = "moment")]
    #[schema(value_type = String, format = "date-time")]
    pub last_used_at: Time,
    /// Whether it is the one that asks.
    pub current: bool,
}

/// Every signed-in device of the account, the one last used first.
#[derive(Serialize, ToSchema)]
pub struct LoginSessionList {
    /// The devices.
    pub items: Vec<LoginSession>,
}

/// Whether the account has a second factor.
#[derive(Serialize, ToSchema)]
pub struct SecondFactor {
    /// Whether it is asked for at every sign-in.
    pub active: bool,
    /// How many recovery codes are left.
    #[schema(minimum = 0)]
    pub recovery_codes_left: i64,
}

/// A secret for an authenticator. It counts once it was confirmed.
#[derive(Serialize, ToSchema)]
pub struct SecondFactorSetup {
    /// To be typed: base32.
    pub secret: String,
    /// To be shown as a QR code.
    pub otpauth_uri: String,
}

/// Codes to be written down: each stands in for the authenticator once.
#[derive(Serialize, ToSchema)]
pub struct RecoveryCodes {
    /// The codes, which are not shown again.
    pub recovery_codes: Vec<String>,
}

impl SignedIn {
    /// Tokens and profile.
    #[must_use]
    pub fn new(access_token: String, refresh_token: String, account: Profile) -> Self {
        Self { access_token, token_type: "Bearer", expires_in: tokens::LIFETIME, refresh_token, account }
    }
}

impl Profile {
    /// Opens what is sealed in an account's row.
    pub fn open(row: AccountRow, key: &DataKey) -> Result<Self> {
        let open = |column, sealed: &[u8]| key.open(place("accounts", column, row.account_id), sealed);
        Ok(Self {
            id: row.account_id,
            email: open("email", &row.email)?,
            role: row.role,
            display_name: row.display_name.map(|name| open("display_name", &name)).transpose()?,
            time_zone: row.time_zone,
            day_starts_at: time_of_day(row.day_starts_at),
            country: row.country,
            locale: row.locale,
            created_at: row.created_at,
        })
    }
}

impl LoginSession {
    /// Opens what is sealed in a session's row; `current` is the session that asks.
    pub fn open(row: SessionRow, key: &DataKey, current: Id) -> Result<Self> {
        let open = |sealed: Vec<u8>| key.open(device_name_place(row.session_id), &sealed);
        Ok(Self {
            id: row.session_id,
            device_name: row.device_name.map(open).transpose()?,
            created_at: row.created_at,
            last_used_at: row.last_used_at,
            current: row.session_id == current,
        })
    }
}

/// A server time: UTC, with microseconds.
#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde calls it with a reference")]
fn moment<S: Serializer>(time: &Time, serializer: S) -> std::result::Result<S::Ok, S::Error> {
    serializer.collect_str(&time.utc().to_rfc3339_opts(SecondsFormat::Micros, true))
}
