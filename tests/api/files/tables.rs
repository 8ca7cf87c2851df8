//! The export as tables: every record is in its file, every column in the dictionary, and no cell is a formula.

use std::collections::HashMap;
use std::io::{Cursor, Read as _};

use serde_json::Value as Json;

use super::{export, journals};
use crate::support::collections;
use crate::support::{Server, both};

both!(every_record_is_in_its_table);

type Rows = Vec<HashMap<String, String>>;

/// The files of a ZIP.
fn unpack(bytes: &[u8]) -> HashMap<String, String> {
    let mut zip = zip::ZipArchive::new(Cursor::new(bytes)).unwrap();
    let names: Vec<String> = zip.file_names().map(|name| name.unwrap().into_owned()).collect();
    let mut read = |name: String| {
        let mut text = String::new();
        zip.by_name(&name).unwrap().read_to_string(&mut text).unwrap();
        (name, text)
    };
    names.into_iter().map(&mut read).collect()
}

fn rows(text: &str) -> Rows {
    let text = text.strip_prefix('\u{feff}').expect("spreadsheets see that it is UTF-8");
    let mut csv = csv::Reader::from_reader(text.as_bytes());
    csv.deserialize().map(Result::unwrap).collect()
}

/// What a cell should say.
fn cell(value: &Json) -> String {
    match value {
        Json::Null => String::new(),
        Json::String(text) => text.clone(),
        Json::Array(list) => list.iter().map(cell).collect::<Vec<_>>().join(" | "),
        other => other.to_string(),
    }
}

fn every_record_is_in_its_table(server: &Server) {
    let member = server.member();
    journals::live(&member, 30);
    let file = export(&member);
    let files = unpack(&member.get("/v1/export.zip").expect(200).bytes);
    assert_eq!(files.len(), collections::all().len() + 3);
    let dictionary = rows(&files["dictionary.csv"]);
    let mut cells = 0;
    for collection in collections::all() {
        let name = format!("{}.csv", collection.name());
        let (table, records) =
            (rows(&files[&name]), file["collections"][collection.name()].as_array().unwrap());
        assert_eq!(table.len(), records.len(), "{name}");
        for (row, record) in table.iter().zip(records) {
            let members = record.as_object().unwrap();
            assert_eq!(row.len(), members.len(), "{name}");
            for (column, value) in members {
                let found = &row[column];
                assert!(!found.starts_with(['=', '+', '-', '@', '\t', '\r']), "{name} {column}: {found:?}");
                let wanted = cell(value);
                let guarded = found.strip_prefix('\'').filter(|_| !wanted.starts_with('\''));
                assert_eq!(guarded.unwrap_or(found), wanted, "{name} {column}");
                let known =
                    |line: &&HashMap<String, String>| line["file"] == name && line["column"] == *column;
                assert!(
                    dictionary.iter().find(known).is_some_and(|line| line["meaning"].len() > 5),
                    "{column}"
                );
                cells += 1;
            }
        }
    }
    assert!(cells > 300, "only {cells} cells");
    assert!(files["account.csv"].contains("America/New_York"));
    assert!(files["README.txt"].contains("dictionary.csv"));
}
