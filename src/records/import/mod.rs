//! Files into a journal: each row is read and judged as a body of its route would be, and all of them are
//! written in one transaction or none is.
//!
//! Refuses a file with a single row that cannot be accepted, and never writes over what is newer in the
//! journal: of two versions of a record the one that was changed last stays. Importing a file again changes
//! nothing.

mod dates;
mod daylio;
mod file;
mod lines;
mod ours;
mod report;
mod table;

pub use daylio::Moods;
pub use file::File;
pub use report::{ImportCounts, ImportReport, ImportedCollection, ImportedRow, Status};
pub use table::Mapping;

use std::collections::HashSet;
use std::ops::Deref;
use std::sync::Arc;

use chrono_tz::Tz;

use self::file::{Incoming, Read};
use crate::auth::Account;
use crate::clock;
use crate::db::types::{Id, Time};
use crate::db::{Conn, Db};
use crate::error::{Error, Mistake, Result};
use crate::fields::patterns::SLUG;
use crate::fields::value::same_values;
use crate::journal::record::Writer;
use crate::journal::store::{Current, Fresh};
use crate::journal::{self, Collection};

/// Most bytes of our own export.
pub const EXPORT_LIMIT: usize = 64 * 1024 * 1024;
/// Most bytes of a table or list.
pub const TABLE_LIMIT: usize = 8 * 1024 * 1024;
/// The greatest revision that every client can hold exactly.
const LAST_REVISION: i64 = (1 << 53) - 1;
/// Rows that are looked up at once.
const AT_ONCE: usize = 128;

/// What an import can read; the first is what it takes a file for.
pub const FORMATS: [&str; 4] = ["json", "daylio", "csv", "dates"];

/// Is told how many rows of how many are done.
pub type Progress = fn(usize, usize);

/// What a file is, and what must be known to read it.
pub enum Source {
    /// Our own JSON export.
    Ours,
    /// A diary of the Daylio app.
    Daylio {
        /// The zone that its times are of.
        time_zone: Tz,
        /// Its moods as ratings.
        moods: Moods,
    },
    /// Any table.
    Table(Mapping),
    /// A plain list of sobriety dates.
    Dates {
        /// What the clock is about.
        substance: String,
    },
}

/// Parameters that cannot be used, and why.
type Wrong = Vec<(&'static str, String)>;

/// A parameter that must be given, through `parse`.
fn needed<T>(
    wrong: &mut Wrong,
    name: &'static str,
    given: Option<String>,
    parse: impl FnOnce(&str) -> Result<T, String>,
) -> Option<T> {
    let parsed = given.map_or_else(|| Err("must be given for this format".to_owned()), |text| parse(&text));
    parsed.map_err(|why| wrong.push((name, why))).ok()
}

impl Source {
    /// One of [`FORMATS`] with its parameters, which are asked for by name.
    pub fn of(format: &str, mut given: impl FnMut(&str) -> Option<String>) -> Result<Self, Wrong> {
        let mut wrong = Wrong::new();
        let source = match format {
            "daylio" => {
                let zone = needed(&mut wrong, "time_zone", given("time_zone"), |text| {
                    text.parse().map_err(|_| "must be an IANA time zone such as America/New_York".to_owned())
                });
                let moods =
                    given("mood_map").map_or_else(|| Some(Moods::default()), |text| Moods::parse(&text));
                if moods.is_none() {
                    wrong.push(("mood_map", "must be moods and ratings such as Cry:1,Sick:2".to_owned()));
                }
                zone.zip(moods).map(|(time_zone, moods)| Self::Daylio { time_zone, moods })
            }
            "csv" => needed(&mut wrong, "mapping", given("mapping"), Mapping::parse).map(Self::Table),
            "dates" => needed(&mut wrong, "substance", given("substance"), |text| {
                let known = (SLUG.matches)(text).then(|| text.to_owned());
                known.ok_or_else(|| format!("must be {}", SLUG.words))
            })
            .map(|substance| Self::Dates { substance }),
            _ => Some(Self::Ours),
        };
        source.ok_or(wrong)
    }

    /// Most bytes of such a file.
    #[must_use]
    pub const fn limit(&self) -> usize {
        if matches!(self, Self::Ours) { EXPORT_LIMIT } else { TABLE_LIMIT }
    }

    /// Takes the file apart. A row may still be one that cannot be accepted.
    pub fn open(&self, bytes: Vec<u8>, account: &Account) -> Result<File> {
        match self {
            Self::Ours => ours::open(bytes),
            Self::Daylio { time_zone, moods } => daylio::open(&bytes, account, *time_zone, moods),
            Self::Table(mapping) => table::open(&bytes, account, mapping),
            Self::Dates { substance } => dates::open(&bytes, account, substance),
        }
    }
}

/// Imports a file into an account's journal, or (`dry_run`) says what that would do.
pub async fn run(
    db: &Db,
    account: impl Deref<Target = Account> + Clone + Send + Sync + 'static,
    source: Source,
    bytes: Vec<u8>,
    dry_run: bool,
    progress: Progress,
) -> Result<ImportReport> {
    let (journal, now) = (account.id, clock::now().into());
    let writer = account.clone();
    let read = move || {
        let file = source.open(bytes, &writer)?;
        if !dry_run {
            file.check(Writer { account: &writer, now })?;
        }
        Ok(file)
    };
    let read = tokio::task::spawn_blocking(read).await;
    let file = Arc::new(read.unwrap_or_else(|_| Err(Error::internal("reading a file panicked")))?);
    let write = async move |conn: &Conn<'_>| {
        let writer = Writer { account: &account, now };
        Import::new(&file, writer, dry_run).run(conn, progress).await
    };
    if dry_run {
        db.long_read(async |_| Ok(false), write).await
    } else {
        db.write_in_turn(journal, write).await
    }
}

/// An import under way.
struct Import<'a> {
    file: &'a File,
    writer: Writer<'a>,
    report: ImportReport,
    /// How far the file's revisions move up, so that they are new to every device in their order.
    shift: i64,
    fresh: Fresh,
}

impl<'a> Import<'a> {
    fn new(file: &'a File, writer: Writer<'a>, dry_run: bool) -> Self {
        Self { file, writer, report: ImportReport::new(dry_run), shift: 0, fresh: Fresh::default() }
    }

    async fn run(mut self, conn: &Conn<'_>, progress: Progress) -> Result<ImportReport> {
        if !self.report.dry_run {
            let count = self.file.revision - 1;
            let last = journal::store::advance(conn, &self.writer.account.key, count).await?.revision;
            if last > LAST_REVISION {
                let message = "leaves no revision that every device can count to".to_owned();
                let pointer = "/journal/revision".to_owned();
                return Err(Error::invalid(vec![Mistake { pointer, code: "out_of_range", message }]));
            }
            self.shift = last - self.file.revision;
        }
        let mut seen = Seen::default();
        let mut waiting: Vec<Incoming> = Vec::with_capacity(AT_ONCE);
        for number in 0..self.file.len() {
            let read = self.file.read(number, self.writer, &mut seen);
            let here = waiting.first().map(|row| row.collection.name);
            if waiting.len() == AT_ONCE || here.is_some_and(|here| here != read.collection().name) {
                self.write(conn, &mut waiting).await?;
                progress(number, self.file.len());
            }
            match read {
                Read::Good(row) => waiting.push(row),
                Read::Bad(row, mistakes) => {
                    // The report has the rows in the order of the file.
                    self.write(conn, &mut waiting).await?;
                    self.report.refuse(row, mistakes);
                }
            }
        }
        self.write(conn, &mut waiting).await?;
        progress(self.file.len(), self.file.len());
        if self.report.changes_nothing() {
            conn.undo();
        }
        Ok(self.report)
    }

    /// Writes rows of one collection.
    async fn write(&mut self, conn: &Conn<'_>, rows: &mut Vec<Incoming>) -> Result<()> {
        let Some(collection) = rows.first().map(|row| row.collection) else { return Ok(()) };
        let key = &self.writer.account.key;
        let ids: Vec<Id> = rows.iter().map(|row| row.record.id).collect();
        let stored = journal::store::current_of(conn, key, collection, &ids).await?;
        for Incoming { place, mut record, changed_at, .. } in rows.drain(..) {
            record.revision += self.shift;
            let current = stored.get(&record.id).unwrap_or(&Current::Nothing);
            let status = match current.record() {
                None => Status::Created,
                Some(stored) if same_values(collection.fields, &stored.values, &record.values) => {
                    Status::Unchanged
                }
                Some(stored) if changed_at.is_some_and(|at| at > stored.updated_at) => Status::Updated,
                Some(_) => Status::Kept,
            };
            self.report.note(place, collection, Some(record.id), status);
            if matches!(status, Status::Created | Status::Updated) && !self.report.dry_run {
                journal::store::put(conn, key, collection, current, &record, &mut self.fresh).await?;
            }
        }
        self.fresh.write(conn).await
    }
}

/// What must not stand in a file twice.
#[derive(Default)]
struct Seen {
    ids: HashSet<(&'static str, Id)>,
    revisions: HashSet<i64>,
}

/// The moment, or now if it has not come yet: nobody's clock makes a record newer than what is written now.
fn not_after(moment: Time, now: Time) -> Time {
    moment.min(now)
}

/// What a row is called in the report of a collection.
fn place_of(collection: &Collection, index: usize) -> String {
    format!("/collections/{}/{index}", collection.name)
}
