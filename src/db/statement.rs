//! One SQL statement with its bound values, and one row of an answer, for both engines.
//!
//! The journal's collections are described by data (`fields`), so their SQL is put together from that
//! description. A [`Statement`] is an ordinary Diesel query: its text is the key of the prepared-statement
//! cache, its values are bound and never written into the text.

use std::borrow::Cow;

use chrono::NaiveDate;
use diesel::backend::Backend;
use diesel::deserialize::{self, QueryableByName};
use diesel::expression::expression_types::Untyped;
use diesel::pg::{Pg, PgValue};
use diesel::query_builder::{AstPass, Query, QueryFragment, QueryId};
use diesel::result::QueryResult;
use diesel::row::{Field, NamedRow};
use diesel::sql_types::{BigInt, Binary, Bool, Double, Nullable, Text};
use diesel::sqlite::{Sqlite, SqliteType};
use uuid::Uuid;

use super::types::{Day, Id, Time, sql};

/// A value bound to a statement. `None` is a typed SQL null: PostgreSQL wants to know of what.
#[derive(Debug, Clone, PartialEq)]
pub enum Bind {
    /// smallint, integer or bigint.
    Int(Option<i64>),
    /// double precision.
    Real(Option<f64>),
    /// boolean (0 or 1 on SQLite).
    Bool(Option<bool>),
    /// text.
    Text(Option<Cow<'static, str>>),
    /// bytea / BLOB.
    Bytes(Option<Vec<u8>>),
    /// uuid / BLOB(16).
    Id(Option<Id>),
    /// date / INTEGER days since 1970-01-01.
    Date(Option<Day>),
    /// timestamptz / INTEGER microseconds since 1970-01-01.
    Time(Option<Time>),
}

/// A value read from a row, the same from both engines: dates are days and times microseconds since 1970.
#[derive(Debug, Clone, PartialEq)]
pub enum Cell {
    /// SQL null.
    Null,
    /// Whole numbers, booleans (0, 1), dates (days), times (microseconds).
    Int(i64),
    /// double precision.
    Real(f64),
    /// text.
    Text(String),
    /// bytea, BLOB, uuid.
    Bytes(Vec<u8>),
}

/// One row, its cells in the order of the select list.
#[derive(Debug, Clone, PartialEq)]
pub struct Row(pub Vec<Cell>);

impl Row {
    /// Takes the cells one after the other, in the order of the select list.
    pub fn into_cells(self) -> std::vec::IntoIter<Cell> {
        self.0.into_iter()
    }
}

impl Cell {
    /// The cell as a whole number, if it is one.
    #[must_use]
    pub fn int(&self) -> Option<i64> {
        match self {
            Self::Int(value) => Some(*value),
            _ => None,
        }
    }

    /// The cell as text, if it is one.
    #[must_use]
    pub fn text(&self) -> Option<&str> {
        match self {
            Self::Text(text) => Some(text),
            _ => None,
        }
    }

    /// The cell as a civil date.
    #[must_use]
    pub fn date(&self) -> Option<NaiveDate> {
        Day::from_number(self.int()?).map(|day| day.0)
    }

    /// The cell as an identifier.
    #[must_use]
    pub fn id(&self) -> Option<Id> {
        match self {
            Self::Bytes(bytes) => Uuid::from_slice(bytes).ok().map(Id),
            _ => None,
        }
    }
}

/// SQL text with values bound between its pieces; `?` and `$1` are the engine's own business.
#[derive(Debug, Clone, Default)]
pub struct Statement {
    parts: Vec<Part>,
}

#[derive(Debug, Clone)]
enum Part {
    Sql(Cow<'static, str>),
    Bind(Bind),
}

/// Rows or keys of one statement, the most that fit first: few sizes, so that there are few statements to prepare.
const SIZES: [usize; 3] = [32, 8, 1];

/// How many of so many rows or keys go into the next statement.
#[must_use]
pub fn portion(left: usize) -> usize {
    SIZES.into_iter().find(|size| *size <= left).unwrap_or(1)
}

impl Statement {
    /// A statement that begins with `sql`.
    pub fn new(sql: impl Into<Cow<'static, str>>) -> Self {
        Self { parts: vec![Part::Sql(sql.into())] }
    }

    /// Adds SQL text. Never pass anything that came from outside.
    #[must_use]
    pub fn sql(mut self, sql: impl Into<Cow<'static, str>>) -> Self {
        self.parts.push(Part::Sql(sql.into()));
        self
    }

    /// Adds a bound value.
    #[must_use]
    pub fn bind(mut self, value: Bind) -> Self {
        self.parts.push(Part::Bind(value));
        self
    }

    /// Adds bound values with commas between them.
    #[must_use]
    pub fn list(mut self, values: impl IntoIterator<Item = Bind>) -> Self {
        for (index, value) in values.into_iter().enumerate() {
            if index > 0 {
                self.parts.push(Part::Sql(Cow::Borrowed(", ")));
            }
            self.parts.push(Part::Bind(value));
        }
        self
    }

    /// Adds rows of bound values, `(…), (…)`, for `VALUES`.
    #[must_use]
    pub fn rows<R: IntoIterator<Item = Bind>>(mut self, rows: impl IntoIterator<Item = R>) -> Self {
        for (index, row) in rows.into_iter().enumerate() {
            self = self.sql(if index > 0 { ", (" } else { "(" }).list(row).sql(")");
        }
        self
    }

    /// The rows of all these statements, one after the other.
    #[must_use]
    pub fn all_of(statements: impl IntoIterator<Item = Self>) -> Self {
        let mut parts = Vec::new();
        for statement in statements {
            if !parts.is_empty() {
                parts.push(Part::Sql(Cow::Borrowed(" UNION ALL ")));
            }
            parts.extend(statement.parts);
        }
        Self { parts }
    }

    /// Adds bound identifiers with commas between them, for `IN (…)`. The last one is repeated up to the next
    /// power of two, so that lists of all lengths share a few texts and the cache of statements stays small.
    #[must_use]
    pub fn ids(self, ids: &[Id]) -> Self {
        let length = ids.len().next_power_of_two();
        let padding = std::iter::repeat(ids.last().copied());
        self.list(ids.iter().copied().map(Some).chain(padding).take(length).map(Bind::Id))
    }

    /// Adds a bound identifier.
    #[must_use]
    pub fn id(self, id: Id) -> Self {
        self.bind(Bind::Id(Some(id)))
    }
}

impl QueryId for Statement {
    type QueryId = ();
    const HAS_STATIC_QUERY_ID: bool = false;
}

impl Query for Statement {
    type SqlType = Untyped;
}

impl<C> diesel::RunQueryDsl<C> for Statement {}

/// Both engines take the same walk; only the types' own encodings differ.
macro_rules! walk_parts {
    ($backend:ty, $read:expr) => {
        impl QueryFragment<$backend> for Statement {
            fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, $backend>) -> QueryResult<()> {
                for part in &self.parts {
                    match part {
                        Part::Sql(sql) => out.push_sql(sql),
                        Part::Bind(Bind::Int(v)) => out.push_bind_param::<Nullable<BigInt>, _>(v)?,
                        Part::Bind(Bind::Real(v)) => out.push_bind_param::<Nullable<Double>, _>(v)?,
                        Part::Bind(Bind::Bool(v)) => out.push_bind_param::<Nullable<Bool>, _>(v)?,
                        Part::Bind(Bind::Text(v)) => out.push_bind_param::<Nullable<Text>, _>(v)?,
                        Part::Bind(Bind::Bytes(v)) => out.push_bind_param::<Nullable<Binary>, _>(v)?,
                        Part::Bind(Bind::Id(v)) => out.push_bind_param::<Nullable<sql::Id>, _>(v)?,
                        Part::Bind(Bind::Date(v)) => out.push_bind_param::<Nullable<sql::Day>, _>(v)?,
                        Part::Bind(Bind::Time(v)) => out.push_bind_param::<Nullable<sql::Moment>, _>(v)?,
                    }
                }
                Ok(())
            }
        }

        impl QueryableByName<$backend> for Row {
            fn build<'a>(row: &impl NamedRow<'a, $backend>) -> deserialize::Result<Self> {
                // A loop and not a fallible collect, which forgets how long the row is.
                let mut cells = Vec::with_capacity(row.field_count());
                for index in 0..row.field_count() {
                    cells.push(match diesel::row::Row::get(row, index).as_ref().and_then(Field::value) {
                        None => Cell::Null,
                        Some(value) => $read(value)?,
                    });
                }
                Ok(Self(cells))
            }
        }
    };
}

walk_parts!(Sqlite, Cell::from_sqlite);
walk_parts!(Pg, Cell::from_postgres);

impl Cell {
    #[expect(clippy::unnecessary_wraps, reason = "the same signature as the other engine's")]
    fn from_sqlite(mut value: <Sqlite as Backend>::RawValue<'_>) -> deserialize::Result<Self> {
        Ok(match value.value_type() {
            None => Self::Null,
            Some(SqliteType::Double | SqliteType::Float) => Self::Real(value.read_double()),
            Some(SqliteType::Text) => Self::Text(value.read_text().to_owned()),
            Some(SqliteType::Binary) => Self::Bytes(value.read_blob().to_vec()),
            Some(_) => Self::Int(value.read_long()),
        })
    }

    fn from_postgres(value: PgValue<'_>) -> deserialize::Result<Self> {
        let bytes = value.as_bytes();
        Ok(match value.get_oid().get() {
            oid::BOOL => Self::Int(i64::from(bytes.first() == Some(&1))),
            oid::INT2 => Self::Int(i16::from_be_bytes(bytes.try_into()?).into()),
            oid::INT4 => Self::Int(i32::from_be_bytes(bytes.try_into()?).into()),
            oid::INT8 => Self::Int(i64::from_be_bytes(bytes.try_into()?)),
            oid::DATE => Self::Int(Day::number_from_pg(i32::from_be_bytes(bytes.try_into()?))),
            oid::TIMESTAMPTZ => Self::Int(Time::from_pg(i64::from_be_bytes(bytes.try_into()?)).0),
            oid::FLOAT8 => Self::Real(f64::from_be_bytes(bytes.try_into()?)),
            oid::TEXT => Self::Text(str::from_utf8(bytes)?.to_owned()),
            oid::BYTEA | oid::UUID => Self::Bytes(bytes.to_vec()),
            other => {
                return Err(format!("a column has the type with oid {other}, which no field uses").into());
            }
        })
    }
}

/// The fixed object ids of PostgreSQL's built-in types that the schema uses.
mod oid {
    pub const BOOL: u32 = 16;
    pub const BYTEA: u32 = 17;
    pub const INT8: u32 = 20;
    pub const INT2: u32 = 21;
    pub const INT4: u32 = 23;
    pub const TEXT: u32 = 25;
    pub const FLOAT8: u32 = 701;
    pub const DATE: u32 = 1082;
    pub const TIMESTAMPTZ: u32 = 1184;
    pub const UUID: u32 = 2950;
}
