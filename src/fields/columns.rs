//! From values to SQL columns and back. A field is one column of its own name, but for a moment, which is
//! two: the point in time, and `<name>_offset`, its offset from UTC in minutes.

use std::borrow::Cow;

use chrono::{DateTime, FixedOffset};

use super::{Field, Kind, Value};
use crate::db::seal::{DataKey, Place};
use crate::db::statement::{Bind, Cell};
use crate::db::types::{Day, Id, Time};
use crate::error::{Error, Result};

impl Field {
    /// The columns' names.
    pub fn columns(&self) -> impl Iterator<Item = Cow<'static, str>> + use<> {
        let offset = matches!(self.kind, Kind::Moment).then(|| Cow::Owned(format!("{}_offset", self.name)));
        std::iter::once(Cow::Borrowed(self.name)).chain(offset)
    }

    /// Adds the bound values of a value's columns. Words are sealed for their place.
    pub fn bind(
        &self,
        value: &Value,
        key: &DataKey,
        table: &str,
        row: Id,
        binds: &mut Vec<Bind>,
    ) -> Result<()> {
        let seal = |text: &str| key.seal(Place { table, column: self.name, row }, text);
        let bind = match (self.kind, value) {
            (Kind::Text | Kind::Name, Value::Text(text)) => Bind::Bytes(Some(seal(text)?)),
            (Kind::Texts, Value::List(texts)) => Bind::Bytes(Some(seal(&to_json(texts)?)?)),
            (Kind::Text | Kind::Name | Kind::Texts, _) => Bind::Bytes(None),
            (Kind::Integer { .. } | Kind::TimeOfDay { .. }, value) => Bind::Int(value.int()),
            (Kind::Quarters { .. }, Value::Real(number)) => Bind::Real(Some(*number)),
            (Kind::Quarters { .. }, _) => Bind::Real(None),
            (Kind::Flag, value) => Bind::Bool(value.bool()),
            (Kind::Reference, value) => Bind::Id(value.id()),
            (Kind::Date, value) => Bind::Date(value.date().map(Day)),
            (Kind::Choices(_) | Kind::FormedList(_), Value::List(list)) => {
                Bind::Text(Some(to_json(list)?.into()))
            }
            (Kind::References, Value::Ids(ids)) => Bind::Text(Some(to_json(ids)?.into())),
            (Kind::Integers { .. }, Value::Ints(numbers)) => Bind::Text(Some(to_json(numbers)?.into())),
            (Kind::Moment, value) => {
                let moment = value.moment();
                binds.push(Bind::Time(moment.map(|moment| Time(moment.timestamp_micros()))));
                Bind::Int(moment.map(|moment| i64::from(moment.offset().local_minus_utc() / 60)))
            }
            (_, value) => Bind::Text(value.text().map(|text| Cow::Owned(text.to_owned()))),
        };
        binds.push(bind);
        Ok(())
    }

    /// Takes a value from its columns' cells. Words are opened at their place; without a key they stay sealed
    /// and are not there.
    pub fn take(
        &self,
        cells: &mut impl Iterator<Item = Cell>,
        key: Option<&DataKey>,
        table: &str,
        row: Id,
    ) -> Result<Value> {
        let missing = || Error::internal(format!("{table}.{}: the row is short", self.name));
        let odd = || Error::internal(format!("{table}.{}: not a value of its kind", self.name));
        let first = cells.next().ok_or_else(missing)?;
        if matches!(self.kind, Kind::Moment) {
            let offset = cells.next().ok_or_else(missing)?;
            return if first == Cell::Null {
                Ok(Value::Null)
            } else {
                moment(&first, &offset).ok_or_else(odd)
            };
        }
        let open = |key: &DataKey, sealed: &[u8]| key.open(Place { table, column: self.name, row }, sealed);
        let value = match (self.kind, first, key) {
            (_, Cell::Null, _) | (Kind::Text | Kind::Name | Kind::Texts, Cell::Bytes(_), None) => {
                Some(Value::Null)
            }
            (Kind::Text | Kind::Name, Cell::Bytes(sealed), Some(key)) => {
                Some(Value::Text(open(key, &sealed)?))
            }
            (Kind::Texts, Cell::Bytes(sealed), Some(key)) => {
                serde_json::from_str(&open(key, &sealed)?).ok().map(Value::List)
            }
            (Kind::Integer { .. } | Kind::TimeOfDay { .. }, Cell::Int(number), _) => Some(Value::Int(number)),
            (Kind::Quarters { .. }, Cell::Real(number), _) => Some(Value::Real(number)),
            (Kind::Flag, Cell::Int(flag), _) => Some(Value::Bool(flag != 0)),
            (Kind::Reference, cell, _) => cell.id().map(Value::Id),
            (Kind::Date, cell, _) => cell.date().map(Value::Date),
            (Kind::Choices(_) | Kind::FormedList(_), Cell::Text(text), _) => {
                serde_json::from_str(&text).ok().map(Value::List)
            }
            (Kind::References, Cell::Text(text), _) => serde_json::from_str(&text).ok().map(Value::Ids),
            (Kind::Integers { .. }, Cell::Text(text), _) => serde_json::from_str(&text).ok().map(Value::Ints),
            (_, Cell::Text(text), _) => Some(Value::Text(text)),
            _ => None,
        };
        value.ok_or_else(odd)
    }
}

fn to_json<T: serde::Serialize>(list: &[T]) -> Result<String> {
    serde_json::to_string(list).map_err(Error::internal)
}

fn moment(at: &Cell, offset: &Cell) -> Option<Value> {
    let offset = FixedOffset::east_opt(i32::try_from(offset.int()?).ok()?.checked_mul(60)?)?;
    Some(Value::Moment(DateTime::from_timestamp_micros(at.int()?)?.with_timezone(&offset)))
}
