//! The export as tables: a ZIP with one CSV a collection, the account, a dictionary of all columns made from
//! the fields, and a page that explains them.

use std::cell::RefCell;
use std::io::{self, Write};
use std::rc::Rc;

use zip::write::{SimpleFileOptions, StreamWriter, ZipWriter};

use super::cells::{cell, guarded};
use super::export::Out;
use super::store;
use crate::auth::{self, Account};
use crate::db::Conn;
use crate::error::{Error, Result};
use crate::fields::{Field, Need, write};
use crate::journal::record::Record;
use crate::journal::{COLLECTIONS, Collection, Reading};

/// Lets spreadsheets see that it is UTF-8.
const BYTE_ORDER_MARK: &[u8] = "\u{feff}".as_bytes();
const SERVER_COLUMNS: [(&str, &str); 4] = [
    ("id", "The record's id, a UUID."),
    ("revision", "The journal's revision at which the record was last written."),
    ("created_at", "When the server first stored it, UTC."),
    ("updated_at", "When the server last changed it, UTC."),
];
const README: &str = "\
Recovery Journal: everything you wrote down, as tables.

One file for each kind of record (check_ins.csv, cravings.csv, ...), account.csv with your account, and
dictionary.csv, which says what each column means.

- UTF-8, fields separated by commas, the first line names the columns. An empty cell means: nothing to report.
- Dates are YYYY-MM-DD, moments have their offset from UTC, ratings go from 0 to 10.
- Lists are joined by \" | \". Ids of triggers, skills, clocks and so on are those of the other files, or of the
  built-in lists (GET /v1/catalogue).
- A cell that a spreadsheet could take for a formula (it begins with = + - @, a tab or a return) has a ' before it.

To bring it all into another account or server, use the JSON export: it is complete. These tables are for reading.
";

/// Writes the export.
pub async fn write(conn: &Conn<'_>, account: &Account, out: &mut Out) -> Result<()> {
    let reading = Reading::own(account);
    let mut zip = Zip::new();
    zip.file("README.txt", README.as_bytes())?;
    zip.file("dictionary.csv", &table(dictionary())?)?;
    let profile = serde_json::to_value(auth::profile(conn, account).await?).map_err(Error::internal)?;
    let members = profile.as_object().into_iter().flatten();
    let members = members.map(|(name, value)| {
        let value = value.as_str().map_or_else(String::new, str::to_owned);
        [name.clone(), guarded(value)].to_vec()
    });
    let heading = std::iter::once(vec!["member".to_owned(), "value".to_owned()]);
    zip.file("account.csv", &table(heading.chain(members))?)?;
    for collection in COLLECTIONS {
        zip.begin(&format!("{}.csv", collection.name))?;
        zip.add(&table(std::iter::once(columns(collection)))?)?;
        store::each_page(conn, &reading, collection, async |records| {
            let rows = rows(records.iter().map(|record| row(collection, record)))?;
            zip.add(&rows)?;
            zip.take(&mut out.buffer);
            out.pass_on().await
        })
        .await?;
    }
    zip.end(&mut out.buffer)
}

fn columns(collection: &Collection) -> Vec<String> {
    let own = SERVER_COLUMNS.iter().map(|(name, _)| *name);
    own.chain(collection.fields.iter().map(|field| field.name)).map(str::to_owned).collect()
}

fn row(collection: &Collection, record: &Record) -> Vec<String> {
    let time = |time| {
        let mut text = Vec::new();
        write::time(&mut text, time);
        String::from_utf8_lossy(&text).trim_matches('"').to_owned()
    };
    let mut row = vec![
        record.id.to_string(),
        record.revision.to_string(),
        time(record.created_at),
        time(record.updated_at),
    ];
    row.extend(collection.fields.iter().zip(&record.values).map(|(field, value)| cell(field, value)));
    row
}

/// What each column of each file means.
fn dictionary() -> impl Iterator<Item = Vec<String>> {
    let heading = ["file", "column", "always_there", "meaning"].map(str::to_owned).to_vec();
    let of = |collection: &'static &'static Collection| {
        let line = |name: &str, always: bool, about: &str| {
            let always = if always { "yes" } else { "no" };
            [
                format!("{}.csv", collection.name),
                name.to_owned(),
                always.to_owned(),
                guarded(about.to_owned()),
            ]
            .to_vec()
        };
        let own = SERVER_COLUMNS.iter().map(move |(name, about)| line(name, true, about));
        let always = |field: &Field| !matches!(field.need, Need::Optional | Need::Derived);
        own.chain(collection.fields.iter().map(move |field| line(field.name, always(field), field.about)))
    };
    std::iter::once(heading).chain(COLLECTIONS.iter().flat_map(of))
}

/// A file's beginning and rows.
fn table(lines: impl IntoIterator<Item = Vec<String>>) -> Result<Vec<u8>> {
    Ok([BYTE_ORDER_MARK, &rows(lines)?].concat())
}

fn rows(lines: impl IntoIterator<Item = Vec<String>>) -> Result<Vec<u8>> {
    let mut csv = csv::WriterBuilder::new().terminator(csv::Terminator::CRLF).from_writer(Vec::new());
    for line in lines {
        csv.write_record(line).map_err(Error::internal)?;
    }
    csv.into_inner().map_err(Error::internal)
}

/// A ZIP that is never whole in memory: what is packed is taken out as it comes.
struct Zip {
    writer: ZipWriter<StreamWriter<Packed>>,
    packed: Packed,
}

#[derive(Clone, Default)]
struct Packed(Rc<RefCell<Vec<u8>>>);

impl Write for Packed {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.borrow_mut().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Zip {
    fn new() -> Self {
        let packed = Packed::default();
        Self { writer: ZipWriter::new_stream(packed.clone()), packed }
    }

    fn begin(&mut self, name: &str) -> Result<()> {
        self.writer.start_file(name, SimpleFileOptions::default()).map_err(Error::internal)
    }

    fn add(&mut self, bytes: &[u8]) -> Result<()> {
        self.writer.write_all(bytes).map_err(Error::internal)
    }

    fn file(&mut self, name: &str, bytes: &[u8]) -> Result<()> {
        self.begin(name)?;
        self.add(bytes)
    }

    /// Moves what is packed so far.
    fn take(&mut self, out: &mut Vec<u8>) {
        out.append(&mut self.packed.0.borrow_mut());
    }

    fn end(self, out: &mut Vec<u8>) -> Result<()> {
        self.writer.finish().map_err(Error::internal)?;
        out.append(&mut self.packed.0.borrow_mut());
        Ok(())
    }
}
