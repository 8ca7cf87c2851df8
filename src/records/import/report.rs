//! What an import did, or would do: counted, and row by row as far as there is room.

use serde::Serialize;
use utoipa::ToSchema;

use crate::db::types::Id;
use crate::error::Mistake;
use crate::fields::Mistakes;
use crate::journal::Collection;

/// Most rows that are listed; all are counted.
const ROWS_LISTED: usize = 10_000;
/// Most mistakes that are listed.
pub const MISTAKES_LISTED: usize = 1_000;

/// What became of a row.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Status {
    /// It is new.
    Created,
    /// The journal had an older version.
    Updated,
    /// The journal has it as it is.
    Unchanged,
    /// The journal has another version, which stays.
    Kept,
    /// It cannot be accepted.
    Invalid,
}

/// How many rows became what.
#[derive(Debug, Clone, Copy, Default, Serialize, ToSchema)]
pub struct ImportCounts {
    /// New in the journal.
    #[schema(minimum = 0)]
    pub created: u64,
    /// An older version was replaced.
    #[schema(minimum = 0)]
    pub updated: u64,
    /// The journal had the same.
    #[schema(minimum = 0)]
    pub unchanged: u64,
    /// The journal has another version, which was not older and stays.
    #[schema(minimum = 0)]
    pub kept: u64,
    /// Cannot be accepted; `errors` says why. An import with such a row changes nothing.
    #[schema(minimum = 0)]
    pub invalid: u64,
}

/// The counts of one collection.
#[derive(Debug, Serialize, ToSchema)]
pub struct ImportedCollection {
    /// The collection.
    #[schema(example = "cravings")]
    pub collection: &'static str,
    /// Its rows.
    pub counts: ImportCounts,
}

/// One row of the file.
#[derive(Debug, Serialize, ToSchema)]
pub struct ImportedRow {
    /// Where it stands: a JSON pointer into an export, `/rows/7` for line 7 of a table.
    #[schema(example = "/collections/cravings/0")]
    pub pointer: String,
    /// The collection.
    #[schema(example = "cravings")]
    pub collection: &'static str,
    /// The record's id in this journal; null if the row has none.
    #[schema(value_type = Option<String>, format = "uuid")]
    pub id: Option<Id>,
    /// `created`, `updated`, `unchanged`, `kept` or `invalid`.
    #[schema(value_type = String, example = "created")]
    pub status: Status,
}

/// What an import did, or would do.
#[derive(Debug, Serialize, ToSchema)]
pub struct ImportReport {
    /// Nothing was written.
    pub dry_run: bool,
    /// All rows.
    pub counts: ImportCounts,
    /// The rows of each collection that the file has some of.
    pub collections: Vec<ImportedCollection>,
    /// The rows, at most 10,000.
    pub rows: Vec<ImportedRow>,
    /// How many rows are not listed.
    #[schema(minimum = 0)]
    pub rows_left_out: u64,
    /// Why rows cannot be accepted, at most 1,000.
    pub errors: Vec<Mistake>,
}

/// A row that cannot be accepted.
pub struct Refused {
    /// Where it stands.
    pub place: String,
    /// Its collection.
    pub collection: &'static Collection,
    /// Its id, if it has one.
    pub id: Option<Id>,
}

impl ImportReport {
    pub(super) const fn new(dry_run: bool) -> Self {
        Self {
            dry_run,
            counts: ImportCounts { created: 0, updated: 0, unchanged: 0, kept: 0, invalid: 0 },
            collections: Vec::new(),
            rows: Vec::new(),
            rows_left_out: 0,
            errors: Vec::new(),
        }
    }

    pub(super) const fn changes_nothing(&self) -> bool {
        self.counts.created == 0 && self.counts.updated == 0
    }

    pub(super) fn note(
        &mut self,
        pointer: String,
        collection: &'static Collection,
        id: Option<Id>,
        status: Status,
    ) {
        let collection = collection.name;
        self.counts.add(status);
        if let Some(known) = self.collections.iter_mut().find(|known| known.collection == collection) {
            known.counts.add(status);
        } else {
            let mut counts = ImportCounts::default();
            counts.add(status);
            self.collections.push(ImportedCollection { collection, counts });
        }
        if self.rows.len() < ROWS_LISTED {
            self.rows.push(ImportedRow { pointer, collection, id, status });
        } else {
            self.rows_left_out += 1;
        }
    }

    pub(super) fn refuse(&mut self, row: Refused, mistakes: Mistakes) {
        self.note(row.place, row.collection, row.id, Status::Invalid);
        let room = MISTAKES_LISTED.saturating_sub(self.errors.len());
        self.errors.extend(mistakes.into_vec().into_iter().take(room));
    }
}

impl ImportCounts {
    const fn add(&mut self, status: Status) {
        let count = match status {
            Status::Created => &mut self.created,
            Status::Updated => &mut self.updated,
            Status::Unchanged => &mut self.unchanged,
            Status::Kept => &mut self.kept,
            Status::Invalid => &mut self.invalid,
        };
        *count += 1;
    }
}
