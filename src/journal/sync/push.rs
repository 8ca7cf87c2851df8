//! Push: the rows that a device changed, judged one after the other in one transaction, and what became of
//! each, in the order sent.
//!
//! Refuses a frame that is not one (422), more than 500 rows or 1 MiB (413), and rows for another epoch (410);
//! then nothing is stored. A row that cannot be stored is `invalid` in the answer and keeps no other from
//! being stored.

use std::collections::HashMap;

use serde::Serialize;
use serde_json::{Map, Value as Json};
use utoipa::ToSchema;

use super::{Change, write_all};
use crate::db::types::Id;
use crate::error::{Code, Error, Mistake, Result};
use crate::fields::patterns::SLUG;
use crate::fields::{Field, Kind, Mistakes, Value, read, write};
use crate::journal::collection::Collection;
use crate::journal::record::{Record, note_other_id};
use crate::journal::support::Support;

/// Most rows of a push.
pub const ROWS_MAX: usize = 500;
/// Most bytes of a push.
pub const BYTES_MAX: usize = 1024 * 1024;
/// The greatest number that every client can hold.
const EXACT_MAX: i64 = 9_007_199_254_740_992;

/// The members of a row beside `doc` and `base`.
pub static ROW: &[Field] = &[
    Field::required("collection", Kind::Formed(&SLUG), "The collection's name, such as `check_ins`."),
    Field::required("id", Kind::Reference, "The record's id, made by the device (UUIDv7)."),
    Field::optional(
        "deleted",
        Kind::Flag,
        "true deletes the record; of `doc` only the id is then looked at.",
    ),
    Field::optional(
        "base_revision",
        Kind::Integer { min: 0, max: EXACT_MAX },
        "The record's revision that the change was made to.",
    ),
];

/// What a device sends.
pub struct Push {
    /// The epoch that the device knows.
    pub epoch: Option<String>,
    /// In the order sent.
    pub rows: Vec<Sent>,
}

/// An element of `changes`.
pub struct Sent {
    /// `collection` as it was sent, if it is a text.
    collection: Option<String>,
    /// `id` as it was sent, if it is a text.
    id: Option<String>,
    /// The row, or every mistake in it.
    pub row: Result<Row, Vec<Mistake>>,
}

/// A row that can be judged.
pub struct Row {
    /// Where it is in the body, as a JSON pointer.
    place: String,
    /// Its collection.
    pub collection: &'static Collection,
    /// Its record.
    pub id: Id,
    /// What the record shall be; none deletes it.
    pub doc: Option<Map<String, Json>>,
    /// Values that the change was made to.
    pub base: Option<Map<String, Json>>,
    /// The revision that the change was made to.
    pub base_revision: Option<i64>,
}

/// What became of a row.
pub enum Outcome {
    /// Stored, at this revision.
    Applied(i64),
    /// It was so already, since this revision; a record that never was has none.
    Unchanged(Option<i64>),
    /// It does not rest on what is stored, which is this.
    Conflict(Change),
    /// It cannot be stored.
    Invalid(Vec<Mistake>),
}

/// Why a row cannot be stored: a problem as any other, but for the request's id, which is not the row's.
#[derive(Debug, Serialize, ToSchema)]
pub struct ChangeProblem {
    /// A URN made of the code.
    r#type: String,
    /// The code in one sentence.
    title: &'static str,
    /// What the row would be answered alone.
    status: u16,
    /// This row in words.
    detail: String,
    /// The stable machine code.
    #[schema(example = "validation_failed")]
    code: &'static str,
    /// Every mistake of the row, each with its place in the body of the push.
    errors: Vec<Mistake>,
}

/// What became of a push.
pub struct Pushed {
    /// In the order of the rows.
    pub outcomes: Vec<Outcome>,
    /// The journal's revision.
    pub revision: i64,
    /// Records as they are stored now that may call for support, by the place of their row.
    pub may_call_for_support: Vec<(usize, &'static Collection, Record)>,
}

impl Push {
    /// Reads a body. Mistakes of rows are kept with the rows.
    pub fn of(mut body: Map<String, Json>) -> Result<Self> {
        let mut mistakes = Mistakes::default();
        let epoch = match body.remove("epoch") {
            None | Some(Json::Null) => None,
            Some(Json::String(epoch)) => Some(epoch),
            Some(_) => {
                mistakes.add("epoch", "wrong_type", "must be the epoch that a pull told");
                None
            }
        };
        let changes = if let Some(Json::Array(changes)) = body.remove("changes") {
            changes
        } else {
            mistakes.add("changes", "wrong_type", "must be a list of rows");
            Vec::new()
        };
        for name in body.keys() {
            mistakes.add(name, "unknown_member", "is not a member of this object");
        }
        mistakes.into_result()?;
        if changes.len() > ROWS_MAX {
            return Err(Error::new(Code::TooLarge, format!("a push may have at most {ROWS_MAX} rows")));
        }
        let rows = changes.into_iter().enumerate().map(|(index, json)| Sent::of(index, json)).collect();
        Ok(Self { epoch, rows })
    }
}

impl Sent {
    fn of(index: usize, json: Json) -> Self {
        let place = format!("/changes/{index}");
        let Json::Object(members) = json else {
            let message = "must be an object".to_owned();
            let mistake = Mistake { pointer: place, code: "wrong_type", message };
            return Self { collection: None, id: None, row: Err(vec![mistake]) };
        };
        let text = |name| members.get(name).and_then(Json::as_str).map(str::to_owned);
        Self { collection: text("collection"), id: text("id"), row: Row::of(place, members) }
    }
}

impl Row {
    fn of(place: String, mut members: Map<String, Json>) -> Result<Self, Vec<Mistake>> {
        let mut mistakes = Mistakes::default();
        let says_doc = members.get("doc").is_some_and(|doc| !doc.is_null());
        let doc = object(&mut members, "doc", &mut mistakes);
        let base = object(&mut members, "base", &mut mistakes);
        let mut values = read::read(ROW, &members, None, &mut mistakes);
        read::settle(ROW, &mut values, &mut mistakes);
        let [name, id, deleted, base_revision] = values.as_slice() else { return Err(Vec::new()) };
        let deletes = deleted.bool() == Some(true);
        if !says_doc && !deletes {
            mistakes.add("doc", "required", "must be given, unless the record is deleted");
        }
        let collection = name.text().and_then(Collection::named);
        if let (None, Value::Text(_)) = (collection, name) {
            mistakes.add("collection", "unknown_value", "must be the name of a collection");
        }
        if let (Some(collection), Some(base)) = (collection, &base) {
            let mut unknown = Mistakes::default();
            read::note_unknown(collection.fields, base, &mut unknown);
            mistakes.add_below("/base", unknown);
        }
        if let (true, Some(id), Some(doc)) = (deletes, id.id(), &doc) {
            let mut found = Mistakes::default();
            note_other_id(id, doc, &mut found);
            mistakes.add_below("/doc", found);
        }
        let doc = doc.filter(|_| !deletes);
        if let (Some(collection), Some(id), true) = (collection, id.id(), mistakes.is_empty()) {
            return Ok(Self { place, collection, id, doc, base, base_revision: base_revision.int() });
        }
        // Nobody will look into the document later: its mistakes are told with the others.
        if let Some((collection, doc)) = collection.zip(doc) {
            let mut found = Mistakes::default();
            read::read(collection.fields, &doc, None, &mut found);
            mistakes.add_below("/doc", found);
        }
        let mut placed = Mistakes::default();
        placed.add_below(&place, mistakes);
        Err(placed.into_vec())
    }

    /// Where its document is in the body, as a JSON pointer.
    pub fn doc_place(&self) -> String {
        format!("{}/doc", self.place)
    }
}

/// Takes a member that is an object or absent.
fn object(members: &mut Map<String, Json>, name: &str, mistakes: &mut Mistakes) -> Option<Map<String, Json>> {
    match members.remove(name) {
        Some(Json::Object(object)) => Some(object),
        None | Some(Json::Null) => None,
        Some(_) => {
            mistakes.add(name, "wrong_type", "must be an object");
            None
        }
    }
}

impl Pushed {
    /// The JSON of the answer, with the support of the rows that have one.
    #[must_use]
    pub fn to_json(&self, push: &Push, supports: &HashMap<usize, Support>) -> Vec<u8> {
        let mut out = Vec::with_capacity(64 + 160 * self.outcomes.len());
        out.extend_from_slice(b"{\"results\":[");
        let rows = push.rows.iter().zip(&self.outcomes).enumerate();
        write_all(&mut out, rows, |out, (index, (sent, outcome))| {
            out.extend_from_slice(b"{\"collection\":");
            write::json(out, &sent.collection);
            out.extend_from_slice(b",\"id\":");
            write::json(out, &sent.id);
            outcome.write(out);
            if let Some(support) = supports.get(&index) {
                out.extend_from_slice(b",\"support\":");
                write::json(out, support);
            }
            out.push(b'}');
        });
        out.extend_from_slice(b"],\"revision\":");
        write::json(&mut out, &self.revision);
        out.push(b'}');
        out
    }
}

impl Outcome {
    fn write(&self, out: &mut Vec<u8>) {
        let (status, revision) = match self {
            Self::Applied(revision) => ("applied", Some(*revision)),
            Self::Unchanged(revision) => ("unchanged", *revision),
            Self::Conflict(current) => ("conflict", Some(current.revision)),
            Self::Invalid(_) => ("invalid", None),
        };
        out.extend_from_slice(b",\"status\":");
        write::json(out, status);
        out.extend_from_slice(b",\"revision\":");
        write::json(out, &revision);
        match self {
            Self::Conflict(current) => {
                out.extend_from_slice(b",\"current\":");
                current.write(out);
            }
            Self::Invalid(mistakes) => {
                out.extend_from_slice(b",\"problem\":");
                write::json(out, &ChangeProblem::of(mistakes));
            }
            Self::Applied(_) | Self::Unchanged(_) => {}
        }
    }
}

impl ChangeProblem {
    fn of(mistakes: &[Mistake]) -> Self {
        let problem = Error::invalid(mistakes.to_vec()).problem();
        Self {
            r#type: problem.type_urn(),
            title: problem.code.title(),
            status: problem.code.status(),
            detail: problem.detail,
            code: problem.code.as_str(),
            errors: problem.errors,
        }
    }
}
