//! Our own export: looked through once to find where each record stands.
//!
//! Refuses what is not such a file, one of a later version, one with a collection that this server does not
//! know (its records would be lost without a word), and more rows than anybody lives.

use std::collections::HashSet;
use std::fmt;

use serde::Deserialize;
use serde::de::{DeserializeSeed, Deserializer, Error as _, MapAccess, SeqAccess, Visitor};
use serde_json::value::RawValue;

use super::super::json::{FORMAT, VERSION};
use super::file::{File, Indexed, ROWS_MAX, Rows};
use crate::db::types::Id;
use crate::error::{Code, Error, Mistake, Result};
use crate::journal::Collection;

/// The greatest revision that a journal is believed to have.
const REVISION_MAX: i64 = 1 << 40;

/// What is looked at of the file. Members that are not here may be added by later servers.
#[derive(Deserialize)]
struct Export<'a> {
    format: String,
    version: i64,
    account: Owner,
    journal: Journal,
    #[serde(borrow)]
    collections: Collections<'a>,
}

#[derive(Deserialize)]
struct Owner {
    id: Id,
}

#[derive(Deserialize)]
struct Journal {
    revision: i64,
}

/// Every record of the file.
struct Collections<'a>(Vec<(&'static Collection, usize, &'a str)>);

/// Opens the file.
pub fn open(bytes: Vec<u8>) -> Result<File> {
    let text = super::lines::text(&bytes)?;
    let export: Export<'_> = serde_json::from_str(text).map_err(|error| match error.classify() {
        serde_json::error::Category::Data => {
            let why = super::lines::misread(&error);
            not_one("", "not_an_export", &format!("is not an export of a journal: {why}"))
        }
        _ => Error::new(Code::MalformedJson, error.to_string()),
    })?;
    if export.format != FORMAT {
        return Err(not_one("/format", "not_an_export", &format!("must be {FORMAT}")));
    }
    if export.version != VERSION {
        return Err(not_one("/version", "unknown_version", &format!("must be {VERSION} for this server")));
    }
    let revision = export.journal.revision;
    if !(1..=REVISION_MAX).contains(&revision) {
        return Err(not_one(
            "/journal/revision",
            "out_of_range",
            &format!("must be from 1 to {REVISION_MAX}"),
        ));
    }
    let begin = bytes.as_ptr().addr();
    let place = |(collection, number, record): (_, _, &str)| {
        let from = record.as_ptr().addr() - begin;
        Indexed { collection, number, bytes: from..from + record.len() }
    };
    let index = export.collections.0.into_iter().map(place).collect();
    let owner = export.account.id;
    Ok(File { rows: Rows::Ours { text: bytes, index, owner }, revision })
}

fn not_one(pointer: &str, code: &'static str, message: &str) -> Error {
    Error::invalid(vec![Mistake { pointer: pointer.to_owned(), code, message: message.to_owned() }])
}

impl<'de: 'a, 'a> Deserialize<'de> for Collections<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct All;
        impl<'de> Visitor<'de> for All {
            type Value = Collections<'de>;

            fn expecting(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
                out.write_str("an object of collections")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
                let (mut found, mut names) = (Vec::new(), HashSet::new());
                while let Some(name) = map.next_key::<String>()? {
                    let collection = Collection::named(&name)
                        .ok_or_else(|| A::Error::custom("there is a collection of an unknown name"))?;
                    if !names.insert(collection.name) {
                        return Err(A::Error::custom(format!("{name} stands twice")));
                    }
                    map.next_value_seed(Records(collection, &mut found))?;
                }
                Ok(Collections(found))
            }
        }
        deserializer.deserialize_map(All)
    }
}

/// The records of one collection, added to those of the others.
struct Records<'s, 'de>(&'static Collection, &'s mut Vec<(&'static Collection, usize, &'de str)>);

impl<'de> DeserializeSeed<'de> for Records<'_, 'de> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_seq(self)
    }
}

impl<'de> Visitor<'de> for Records<'_, 'de> {
    type Value = ();

    fn expecting(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("a list of records")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<(), A::Error> {
        let mut number = 0;
        while let Some(record) = seq.next_element::<&RawValue>()? {
            if self.1.len() == ROWS_MAX {
                return Err(A::Error::custom(format!("more than {ROWS_MAX} records")));
            }
            self.1.push((self.0, number, record.get()));
            number += 1;
        }
        Ok(())
    }
}
