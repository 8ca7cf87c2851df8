//! Values as the cells of a table, and back from what other programs write into one.
//!
//! A cell never begins with what a spreadsheet takes for a formula: `'` goes before it, and is taken away again
//! when such a cell is read.

use serde_json::Value as Json;

use crate::fields::{Field, Kind, Value, write};

/// What stands between the entries of a list.
pub const BETWEEN: &str = " | ";
/// How a formula begins for some spreadsheet.
const FORMULA: [char; 6] = ['=', '+', '-', '@', '\t', '\r'];

/// The cell of a value, as answers write it; null is empty.
#[must_use]
pub fn cell(field: &Field, value: &Value) -> String {
    guarded(plain(&said(field, value)))
}

/// A value as answers write it.
#[must_use]
pub fn said(field: &Field, value: &Value) -> Json {
    let mut json = Vec::new();
    write::value(&mut json, field, value);
    serde_json::from_slice(&json).unwrap_or_default()
}

fn plain(json: &Json) -> String {
    match json {
        Json::Null => String::new(),
        Json::String(text) => text.clone(),
        Json::Array(entries) => entries.iter().map(plain).collect::<Vec<_>>().join(BETWEEN),
        other => other.to_string(),
    }
}

/// The text, safe from being run.
#[must_use]
pub fn guarded(mut text: String) -> String {
    if text.starts_with(FORMULA) {
        text.insert(0, '\'');
    }
    text
}

/// The text that a guarded cell holds.
#[must_use]
pub fn unguarded(cell: &str) -> &str {
    cell.strip_prefix('\'').filter(|text| text.starts_with(FORMULA)).unwrap_or(cell)
}

/// What a cell says to a field, as JSON. What it cannot say is for the field's own reading to refuse.
#[must_use]
pub fn json(kind: Kind, cell: &str) -> Json {
    let text = || Json::String(cell.to_owned());
    match kind {
        Kind::Integer { .. } | Kind::Quarters { .. } => {
            cell.replace(',', ".").parse::<serde_json::Number>().map_or_else(|_| text(), Json::Number)
        }
        Kind::Flag => match cell.to_ascii_lowercase().as_str() {
            "true" | "yes" | "1" => Json::Bool(true),
            "false" | "no" | "0" => Json::Bool(false),
            _ => text(),
        },
        _ => text(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn no_cell_is_a_formula() {
        for bad in ["=1+1", "+1", "-1", "@a", "\tx", "\rx"] {
            let safe = guarded(bad.to_owned());
            assert_eq!(safe, format!("'{bad}"));
            assert_eq!(unguarded(&safe), bad);
        }
        for good in ["", "a=1", "'", "'quoted'", " -", "2026-11-02"] {
            assert_eq!(guarded(good.to_owned()), good);
            assert_eq!(unguarded(good), good);
        }
    }

    #[test]
    fn values_become_cells() {
        let of = |kind, value| cell(&Field::optional("x", kind, ""), &value);
        assert_eq!(of(Kind::Text, Value::Null), "");
        assert_eq!(of(Kind::Text, Value::Text("=A1, \"é\"\n".into())), "'=A1, \"é\"\n");
        assert_eq!(of(Kind::Texts, Value::List(vec!["a".into(), "-b".into()])), "a | -b");
        assert_eq!(of(Kind::Texts, Value::List(vec!["-b".into(), "a".into()])), "'-b | a");
        assert_eq!(of(Kind::Integers { min: 0, max: 9 }, Value::Ints(vec![1, 2])), "1 | 2");
        assert_eq!(of(Kind::Quarters { max: 24 }, Value::Real(6.25)), "6.25");
        assert_eq!(of(Kind::Flag, Value::Bool(false)), "false");
        assert_eq!(of(Kind::TimeOfDay { max: 360 }, Value::Int(90)), "01:30");
    }

    #[test]
    fn cells_say_what_they_mean() {
        let number = Kind::Integer { min: 0, max: 10 };
        assert_eq!(json(number, "7"), json!(7));
        assert_eq!(json(Kind::Quarters { max: 24 }, "6,5"), json!(6.5));
        assert_eq!(json(number, "seven"), json!("seven"), "for the field to refuse");
        assert_eq!(json(Kind::Flag, "Yes"), json!(true));
        assert_eq!(json(Kind::Text, "7"), json!("7"));
    }
}
