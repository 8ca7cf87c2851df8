//! Reads the data files inside the binary, gives each entry its id, and makes the one answer that serves them.
//! Refuses a file with an unknown, missing or empty member.

use std::collections::BTreeMap;
use std::fmt::{Display, Write as _};
use std::sync::LazyLock;

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use sha2::{Digest, Sha256};
use uuid::Uuid;

use super::Loaded;
use super::entries::{Catalogue, ListInfo};
use super::help_lines::{CountryHelpLines, HelpLine};

/// Changing this name changes every built-in id, and journals hold those ids: it never changes.
static NAMESPACE: LazyLock<Uuid> =
    LazyLock::new(|| Uuid::new_v5(&Uuid::NAMESPACE_URL, b"recovery-journal/catalogue"));

/// The id of a built-in entry: `UUIDv5` of `list/slug`, such as `triggers/boredom`, in the catalogue's own namespace.
#[must_use]
pub fn id_of(list: &str, slug: &str) -> Uuid {
    Uuid::new_v5(&NAMESPACE, format!("{list}/{slug}").as_bytes())
}

/// A data file that cannot be read. Only a mistake in the source tree can cause it.
#[derive(Debug)]
pub struct LoadError {
    list: &'static str,
    reason: String,
}

impl Display for LoadError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "the built-in catalogue is broken: {}: {}", self.list, self.reason)
    }
}

impl std::error::Error for LoadError {}

type Entry = Map<String, Value>;

/// A data file as it lies on disk.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    version: String,
    source: String,
    checked_on: String,
    note: String,
    entries: Vec<Entry>,
}

/// Every list, in the order of the answer's `lists`.
pub(super) fn all() -> Result<Loaded, LoadError> {
    let mut catalogue = Catalogue::default();
    let lists = &mut catalogue.lists;
    catalogue.trigger_categories =
        read(lists, "trigger_categories", include_str!("data/trigger_categories.json"))?;
    catalogue.triggers = read(lists, "triggers", include_str!("data/triggers.json"))?;
    catalogue.skill_families = read(lists, "skill_families", include_str!("data/skill_families.json"))?;
    catalogue.skills = read(lists, "skills", include_str!("data/skills.json"))?;
    catalogue.fellowships = read(lists, "fellowships", include_str!("data/fellowships.json"))?;
    catalogue.meeting_types = read(lists, "meeting_types", include_str!("data/meeting_types.json"))?;
    catalogue.milestones = read(lists, "milestones", include_str!("data/milestones.json"))?;
    catalogue.substances = read(lists, "substances", include_str!("data/substances.json"))?;
    catalogue.symptoms = read(lists, "symptoms", include_str!("data/symptoms.json"))?;
    catalogue.instruments = read(lists, "instruments", include_str!("data/instruments.json"))?;
    catalogue.support_rules = read(lists, "support_rules", include_str!("data/support_rules.json"))?;
    catalogue.external_codes = read(lists, "external_codes", include_str!("data/external_codes.json"))?;
    (catalogue.help_lines, catalogue.help_lines_elsewhere) =
        read_help_lines(lists, "help_lines", include_str!("data/help_lines.json"))?;
    catalogue.version = lists.iter().map(|list| list.version.clone()).max().unwrap_or_default();

    let body = serde_json::to_vec(&catalogue).map_err(|error| broken("catalogue", &error))?;
    let etag = entity_tag(&body);
    Ok(Loaded { catalogue, body, etag })
}

fn read<T: DeserializeOwned + Serialize>(
    lists: &mut Vec<ListInfo>,
    list: &'static str,
    text: &str,
) -> Result<Vec<T>, LoadError> {
    open(lists, list, text)?.into_iter().map(|entry| typed(list, entry)).collect()
}

/// Files name the countries of a line; readers ask for the lines of a country. A line without countries is for all others.
fn read_help_lines(
    lists: &mut Vec<ListInfo>,
    list: &'static str,
    text: &str,
) -> Result<(Vec<CountryHelpLines>, Vec<HelpLine>), LoadError> {
    let mut by_country = BTreeMap::<String, Vec<HelpLine>>::new();
    let mut elsewhere = Vec::new();
    for mut entry in open(lists, list, text)? {
        let countries = entry.remove("countries").unwrap_or_default();
        let countries: Vec<String> =
            serde_json::from_value(countries).map_err(|error| broken(list, &error))?;
        let line: HelpLine = typed(list, entry)?;
        if countries.is_empty() {
            elsewhere.push(line);
        } else {
            for country in countries {
                by_country.entry(country).or_default().push(line.clone());
            }
        }
    }
    let by_country = by_country.into_iter().map(|(country, lines)| CountryHelpLines { country, lines });
    Ok((by_country.collect(), elsewhere))
}

fn open(lists: &mut Vec<ListInfo>, list: &'static str, text: &str) -> Result<Vec<Entry>, LoadError> {
    let File { version, source, checked_on, note, entries } =
        serde_json::from_str(text).map_err(|error| broken(list, &error))?;
    lists.push(ListInfo { list: list.to_owned(), version, source, checked_on, note });
    Ok(entries)
}

/// Adds the derived id, so that an entry's type can ask for it like for any other member. An entry must come back from
/// its type unchanged: a misspelt member would otherwise be lost without a word.
fn typed<T: DeserializeOwned + Serialize>(list: &'static str, mut entry: Entry) -> Result<T, LoadError> {
    let slug = entry.get("slug").and_then(Value::as_str).unwrap_or_default().to_owned();
    if slug.is_empty() {
        return Err(broken(list, &"an entry has no slug"));
    }
    let because = |reason: &dyn Display| broken(list, &format!("{slug}: {reason}"));
    if entry.insert("id".to_owned(), Value::String(id_of(list, &slug).to_string())).is_some() {
        return Err(because(&"has an id of its own"));
    }
    let entry = Value::Object(entry);
    let typed = T::deserialize(&entry).map_err(|error| because(&error))?;
    if serde_json::to_value(&typed).map_err(|error| because(&error))? != entry {
        return Err(because(&"has a member that is unknown or empty"));
    }
    Ok(typed)
}

fn broken(list: &'static str, reason: &dyn Display) -> LoadError {
    LoadError { list, reason: reason.to_string() }
}

fn entity_tag(body: &[u8]) -> String {
    let mut tag = String::from('"');
    for byte in Sha256::digest(body) {
        let _ = write!(tag, "{byte:02x}");
    }
    tag.push('"');
    tag
}

#[cfg(test)]
mod tests {
    use super::super::entries::Term;
    use super::read;

    fn message(text: &str) -> String {
        read::<Term>(&mut Vec::new(), "triggers", text).unwrap_err().to_string()
    }

    #[test]
    fn a_broken_file_is_an_error_that_names_the_list_and_the_entry() {
        let with = |entries: &str| {
            message(&format!(
                r#"{{"version":"1","source":"s","checked_on":"2026-11-22","note":"n","entries":[{entries}]}}"#
            ))
        };
        assert!(message("{").contains("triggers"));
        assert!(with(r#"{"name":"Nameless"}"#).contains("no slug"));
        assert!(
            with(r#"{"slug":"a","name":"A","nmae":"A"}"#)
                .contains("a: has a member that is unknown or empty")
        );
        assert!(with(r#"{"slug":"a"}"#).contains("a: missing field `name`"));
        assert!(with(r#"{"slug":"a","name":"A","id":"1"}"#).contains("a: has an id of its own"));
        assert!(message(r#"{"version":"1","entries":[]}"#).contains("missing field"));
    }
}
