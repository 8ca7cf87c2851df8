//! Column types that mean the same on both engines: identifiers, points in time and civil dates.
//!
//! | here | PostgreSQL | SQLite |
//! |---|---|---|
//! | [`Id`] | uuid | BLOB of 16 bytes |
//! | [`Time`] | timestamptz | INTEGER, microseconds since 1970 |
//! | [`Day`] | date | INTEGER, days since 1970 |

use std::fmt;

use chrono::{DateTime, NaiveDate, SecondsFormat, Utc};
use diesel::deserialize::{self, FromSql, FromSqlRow};
use diesel::expression::AsExpression;
use diesel::pg::{Pg, PgValue};
use diesel::serialize::{self, IsNull, Output, ToSql};
use diesel::sql_types::{BigInt, Binary, Integer};
use diesel::sqlite::Sqlite;
use serde::{Deserialize, Serialize};
use std::io::Write as _;
use utoipa::openapi::RefOr;
use utoipa::openapi::schema::{KnownFormat, ObjectBuilder, Schema, SchemaFormat, Type};
use utoipa::{PartialSchema, ToSchema};
use uuid::Uuid;

/// The SQL side of the types.
pub mod sql {
    use diesel::query_builder::QueryId;
    use diesel::sql_types::SqlType;

    /// uuid / BLOB(16).
    #[derive(Debug, Clone, Copy, QueryId, SqlType)]
    #[diesel(postgres_type(oid = 2950, array_oid = 2951), sqlite_type(name = "Binary"))]
    pub struct Id;

    /// timestamptz / INTEGER microseconds.
    #[derive(Debug, Clone, Copy, QueryId, SqlType)]
    #[diesel(postgres_type(oid = 1184, array_oid = 1185), sqlite_type(name = "Long"))]
    pub struct Moment;

    /// date / INTEGER days.
    #[derive(Debug, Clone, Copy, QueryId, SqlType)]
    #[diesel(postgres_type(oid = 1082, array_oid = 1182), sqlite_type(name = "Long"))]
    pub struct Day;
}

/// An identifier of an account, a session or a record. Text form: a hyphenated lower-case UUID.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, AsExpression, FromSqlRow,
)]
#[diesel(sql_type = sql::Id)]
#[serde(transparent)]
pub struct Id(pub Uuid);

/// A point in time, in microseconds since 1970-01-01T00:00:00Z.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, AsExpression, FromSqlRow)]
#[diesel(sql_type = sql::Moment)]
pub struct Time(pub i64);

/// A civil date, without a zone.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, AsExpression, FromSqlRow)]
#[diesel(sql_type = sql::Day)]
pub struct Day(pub NaiveDate);

/// Microseconds from 1970-01-01 to 2000-01-01, where PostgreSQL counts times from.
const PG_EPOCH_MICROS: i64 = 946_684_800_000_000;
/// Days from 1970-01-01 to 2000-01-01, where PostgreSQL counts dates from.
const PG_EPOCH_DAYS: i32 = 10_957;

impl Id {
    /// Reads the hyphenated form only: one identifier, one spelling.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        (text.len() == 36).then(|| Uuid::try_parse(text).ok().map(Self)).flatten()
    }
}

impl PartialSchema for Id {
    fn schema() -> RefOr<Schema> {
        ObjectBuilder::new()
            .schema_type(Type::String)
            .format(Some(SchemaFormat::Custom("uuid".to_owned())))
            .into()
    }
}

impl ToSchema for Id {}

/// A server time in answers: UTC, with microseconds.
impl Serialize for Time {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(&self.utc().to_rfc3339_opts(SecondsFormat::Micros, true))
    }
}

impl PartialSchema for Time {
    fn schema() -> RefOr<Schema> {
        ObjectBuilder::new()
            .schema_type(Type::String)
            .format(Some(SchemaFormat::KnownFormat(KnownFormat::DateTime)))
            .into()
    }
}

impl ToSchema for Time {}

impl fmt::Display for Id {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.hyphenated().fmt(out)
    }
}

impl From<DateTime<Utc>> for Time {
    fn from(at: DateTime<Utc>) -> Self {
        Self(at.timestamp_micros())
    }
}

impl Time {
    /// The same moment as chrono's type; moments outside its range (260,000 years) become the epoch.
    #[must_use]
    pub fn utc(self) -> DateTime<Utc> {
        DateTime::from_timestamp_micros(self.0).unwrap_or_default()
    }

    /// This moment and `seconds` more.
    #[must_use]
    pub const fn plus_seconds(self, seconds: i64) -> Self {
        Self(self.0.saturating_add(seconds.saturating_mul(1_000_000)))
    }

    pub(super) const fn from_pg(micros: i64) -> Self {
        Self(micros.saturating_add(PG_EPOCH_MICROS))
    }
}

impl Day {
    /// Days since 1970-01-01.
    #[must_use]
    pub fn number(self) -> i32 {
        self.0.to_epoch_days()
    }

    /// The date that is `days` after 1970-01-01, if chrono can name it.
    #[must_use]
    pub fn from_number(days: i64) -> Option<Self> {
        NaiveDate::from_epoch_days(i32::try_from(days).ok()?).map(Self)
    }

    pub(super) const fn number_from_pg(days: i32) -> i64 {
        days as i64 + PG_EPOCH_DAYS as i64
    }
}

impl ToSql<sql::Id, Pg> for Id {
    fn to_sql<'b>(&'b self, out: &mut Output<'b, '_, Pg>) -> serialize::Result {
        out.write_all(self.0.as_bytes())?;
        Ok(IsNull::No)
    }
}

impl FromSql<sql::Id, Pg> for Id {
    fn from_sql(value: PgValue<'_>) -> deserialize::Result<Self> {
        Ok(Self(Uuid::from_slice(value.as_bytes())?))
    }
}

impl ToSql<sql::Id, Sqlite> for Id {
    fn to_sql<'b>(&'b self, out: &mut Output<'b, '_, Sqlite>) -> serialize::Result {
        out.set_value(self.0.as_bytes().as_slice());
        Ok(IsNull::No)
    }
}

impl FromSql<sql::Id, Sqlite> for Id {
    fn from_sql(value: <Sqlite as diesel::backend::Backend>::RawValue<'_>) -> deserialize::Result<Self> {
        let bytes = <Vec<u8> as FromSql<Binary, Sqlite>>::from_sql(value)?;
        Ok(Self(Uuid::from_slice(&bytes)?))
    }
}

impl ToSql<sql::Moment, Pg> for Time {
    fn to_sql<'b>(&'b self, out: &mut Output<'b, '_, Pg>) -> serialize::Result {
        out.write_all(&(self.0 - PG_EPOCH_MICROS).to_be_bytes())?;
        Ok(IsNull::No)
    }
}

impl FromSql<sql::Moment, Pg> for Time {
    fn from_sql(value: PgValue<'_>) -> deserialize::Result<Self> {
        Ok(Self::from_pg(<i64 as FromSql<BigInt, Pg>>::from_sql(value)?))
    }
}

impl ToSql<sql::Moment, Sqlite> for Time {
    fn to_sql<'b>(&'b self, out: &mut Output<'b, '_, Sqlite>) -> serialize::Result {
        out.set_value(self.0);
        Ok(IsNull::No)
    }
}

impl FromSql<sql::Moment, Sqlite> for Time {
    fn from_sql(value: <Sqlite as diesel::backend::Backend>::RawValue<'_>) -> deserialize::Result<Self> {
        Ok(Self(<i64 as FromSql<BigInt, Sqlite>>::from_sql(value)?))
    }
}

impl ToSql<sql::Day, Pg> for Day {
    fn to_sql<'b>(&'b self, out: &mut Output<'b, '_, Pg>) -> serialize::Result {
        out.write_all(&(self.number() - PG_EPOCH_DAYS).to_be_bytes())?;
        Ok(IsNull::No)
    }
}

impl ToSql<sql::Day, Sqlite> for Day {
    fn to_sql<'b>(&'b self, out: &mut Output<'b, '_, Sqlite>) -> serialize::Result {
        out.set_value(i64::from(self.number()));
        Ok(IsNull::No)
    }
}

impl FromSql<sql::Day, Pg> for Day {
    fn from_sql(value: PgValue<'_>) -> deserialize::Result<Self> {
        let days = <i32 as FromSql<Integer, Pg>>::from_sql(value)?;
        Self::from_number(Self::number_from_pg(days)).ok_or_else(|| "a date that cannot be named".into())
    }
}

impl FromSql<sql::Day, Sqlite> for Day {
    fn from_sql(value: <Sqlite as diesel::backend::Backend>::RawValue<'_>) -> deserialize::Result<Self> {
        let days = <i64 as FromSql<BigInt, Sqlite>>::from_sql(value)?;
        Self::from_number(days).ok_or_else(|| "a date that cannot be named".into())
    }
}
