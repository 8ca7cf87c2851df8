//! Comparing records by what a member wrote, apart from what the server adds.

use serde_json::Value as Json;

/// What the server says of a record beside its fields.
pub const SERVER_OWNED: [&str; 4] = ["id", "revision", "created_at", "updated_at"];

/// Fails unless each member of `sent` has come back as it was.
#[track_caller]
pub fn assert_holds(record: &Json, sent: &Json) {
    for (name, value) in sent.as_object().expect("an object") {
        assert!(same(&record[name], value), "{name}: sent {value}, came back {} in {record}", record[name]);
    }
}

/// Whether two values are the same value: numbers by their size, everything else as it is written.
pub fn same(one: &Json, other: &Json) -> bool {
    match (one.as_f64(), other.as_f64()) {
        (Some(one), Some(other)) => (one - other).abs() < f64::EPSILON,
        _ => one == other,
    }
}

/// The record without what the server adds.
pub fn written(record: &Json) -> Json {
    let mut record = record.clone();
    if let Some(members) = record.as_object_mut() {
        members.retain(|name, _| !SERVER_OWNED.contains(&name.as_str()));
    }
    record
}
