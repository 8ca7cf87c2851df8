//! What an attendance takes over from the public meeting list, so that it is logged in one request, and so that
//! a meeting which vanishes from the list harms no journal: it is copied in once.
//!
//! A body that names a listed meeting may leave out what the list says of it. What it does say wins. An id
//! that the list does not know (any more) fills nothing in and is a reference like any other.

use std::borrow::Cow;

use serde_json::{Map, Value as Json};

use super::collection::Collection;
use super::record::Record;
use crate::db::Conn;
use crate::db::types::Id;
use crate::error::{Error, Result};
use crate::fields::{Field, Kind};
use crate::meeting_list;

/// The member that names a listed meeting.
pub const MEETING_LIST_ID: Field = Field::optional(
    "meeting_list_id",
    Kind::Reference,
    "The listed meeting that it was. With one that is on the list, absent members are copied from there: \
     fellowship, time_zone, name, format, meeting_types, duration_minutes.",
);

/// What is copied, if it is absent.
const COPIED: [&str; 6] = ["fellowship", "time_zone", "name", "format", "meeting_types", "duration_minutes"];

/// The listed meeting that a body names, if its collection has a member for that.
#[must_use]
pub fn named(collection: &Collection, body: &Map<String, Json>) -> Option<Id> {
    collection.position(MEETING_LIST_ID.name)?;
    body.get(MEETING_LIST_ID.name)?.as_str().and_then(Id::parse)
}

/// Fills in what the whole body of a record leaves out, before it is read: for a new record from the listed
/// meeting that it names; for one that is there (`current`) and names the same meeting, from what was copied
/// then, so that the same request may be sent again whatever has become of the list. Not for a patch, nor for
/// a pushed document onto a record that is there: those keep what they leave out.
pub async fn complete<'a>(
    conn: &Conn<'_>,
    collection: &'static Collection,
    body: Cow<'a, Map<String, Json>>,
    current: Option<&Record>,
) -> Result<Cow<'a, Map<String, Json>>> {
    let Some(listed) = named(collection, &body) else { return Ok(body) };
    let names_it = |record: &&Record| record.value(collection, MEETING_LIST_ID.name).id() == Some(listed);
    let (mut known, again) = match current.filter(names_it) {
        Some(record) => (serde_json::from_slice(&record.to_json(collection)).map_err(Error::internal)?, true),
        None => match meeting_list::find(conn, listed).await? {
            Some(listing) => (listing.as_attended(), false),
            None => return Ok(body),
        },
    };
    let mut body = body.into_owned();
    for name in COPIED {
        // A new record takes null for absent, as everything that the server fills in; a record that is there
        // is cleared by it.
        let absent = body.get(name).is_none_or(|given| given.is_null() && !again);
        if let Some(value) = known.remove(name).filter(|_| absent) {
            body.insert(name.to_owned(), value);
        }
    }
    Ok(Cow::Owned(body))
}
