//! The value of a member, parsed.

use chrono::{DateTime, FixedOffset, NaiveDate};

use super::{Field, Kind};
use crate::db::types::Id;
use crate::domain::decimal::Decimal;

/// A parsed value. Which variants a field can hold follows from its [`Kind`]; every field can be `Null`.
#[derive(Debug, Clone)]
pub enum Value {
    /// Nothing to report.
    Null,
    /// true or false.
    Bool(bool),
    /// A whole number; a time of day in minutes.
    Int(i64),
    /// A number in quarter steps, which a double holds exactly.
    Real(f64),
    /// Text: free, chosen or formed.
    Text(String),
    /// Texts, in the order given.
    List(Vec<String>),
    /// Whole numbers, in the order given.
    Ints(Vec<i64>),
    /// A reference.
    Id(Id),
    /// References, in the order given.
    Ids(Vec<Id>),
    /// A civil date.
    Date(NaiveDate),
    /// A moment and its offset.
    Moment(DateTime<FixedOffset>),
}

impl Value {
    /// Whether there is nothing to report.
    #[must_use]
    pub const fn is_null(&self) -> bool {
        matches!(self, Self::Null)
    }

    /// The text, if this is one.
    #[must_use]
    pub fn text(&self) -> Option<&str> {
        match self {
            Self::Text(text) => Some(text),
            _ => None,
        }
    }

    /// The whole number, if this is one.
    #[must_use]
    pub const fn int(&self) -> Option<i64> {
        match self {
            Self::Int(number) => Some(*number),
            _ => None,
        }
    }

    /// The flag, if this is one.
    #[must_use]
    pub const fn bool(&self) -> Option<bool> {
        match self {
            Self::Bool(flag) => Some(*flag),
            _ => None,
        }
    }

    /// The date, if this is one.
    #[must_use]
    pub const fn date(&self) -> Option<NaiveDate> {
        match self {
            Self::Date(date) => Some(*date),
            _ => None,
        }
    }

    /// The moment, if this is one.
    #[must_use]
    pub const fn moment(&self) -> Option<DateTime<FixedOffset>> {
        match self {
            Self::Moment(moment) => Some(*moment),
            _ => None,
        }
    }

    /// The reference, if this is one.
    #[must_use]
    pub const fn id(&self) -> Option<Id> {
        match self {
            Self::Id(id) => Some(*id),
            _ => None,
        }
    }
}

impl Field {
    /// Whether two values of this field are the same value, however they were written: amounts by their
    /// number, moments by their point in time.
    #[must_use]
    pub fn same(&self, one: &Value, other: &Value) -> bool {
        match (one, other) {
            (Value::Null, Value::Null) => true,
            (Value::Text(a), Value::Text(b)) if matches!(self.kind, Kind::Amount) => {
                matches!((a.parse::<Decimal>(), b.parse::<Decimal>()), (Ok(a), Ok(b)) if a == b)
            }
            (Value::Text(a), Value::Text(b)) => a == b,
            (Value::Bool(a), Value::Bool(b)) => a == b,
            (Value::Int(a), Value::Int(b)) => a == b,
            (Value::Real(a), Value::Real(b)) => a.total_cmp(b).is_eq(),
            (Value::List(a), Value::List(b)) => a == b,
            (Value::Ints(a), Value::Ints(b)) => a == b,
            (Value::Id(a), Value::Id(b)) => a == b,
            (Value::Ids(a), Value::Ids(b)) => a == b,
            (Value::Date(a), Value::Date(b)) => a == b,
            (Value::Moment(a), Value::Moment(b)) => a == b,
            _ => false,
        }
    }
}

/// Whether two rows of values are the same, field by field.
#[must_use]
pub fn same_values(fields: &[Field], one: &[Value], other: &[Value]) -> bool {
    one.len() == other.len() && fields.iter().zip(one).zip(other).all(|((field, a), b)| field.same(a, b))
}
