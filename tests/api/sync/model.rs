//! What a server does with a row of a push, said once more as plainly as can be: the documents here are texts
//! by member, and whatever is not in them is null.

use std::collections::{BTreeMap, HashMap};

use serde_json::Value as Json;

/// The free words of a record.
pub type Doc = BTreeMap<String, String>;
/// A collection's name and an id.
pub type Key = (String, String);

/// What an id stands for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct State {
    pub revision: i64,
    /// `None` is a tombstone.
    pub doc: Option<Doc>,
}

/// A row of a push.
#[derive(Debug, Clone)]
pub struct Row {
    pub key: Key,
    /// `None` deletes. Members that are not named keep their value.
    pub doc: Option<Doc>,
    /// Whole: what is not in it was null.
    pub base: Option<Doc>,
    pub base_revision: Option<i64>,
}

/// A journal.
#[derive(Default)]
pub struct Model {
    pub revision: i64,
    pub states: HashMap<Key, State>,
}

impl Model {
    /// A journal that nothing was written to.
    pub fn new() -> Self {
        Self { revision: 1, states: HashMap::new() }
    }

    /// What becomes of a row.
    pub fn push(&mut self, row: &Row) -> &'static str {
        let state = self.states.get(&row.key);
        let merged = |doc: &Doc, sent: &Doc| {
            let mut doc = doc.clone();
            doc.extend(sent.clone());
            doc
        };
        let rests = |state: &State| {
            let by_revision = row.base_revision.is_some_and(|base| state.revision <= base);
            by_revision
                || match (&row.base, &state.doc) {
                    (Some(base), Some(doc)) => base == doc,
                    (Some(base), None) => base.is_empty(),
                    (None, _) => false,
                }
        };
        let doc = match (state, &row.doc) {
            (None | Some(State { doc: None, .. }), None) => return "unchanged",
            (None, Some(sent)) => Some(sent.clone()),
            (Some(State { doc: Some(doc), .. }), Some(sent)) if merged(doc, sent) == *doc => {
                return "unchanged";
            }
            (Some(state), _) if !rests(state) => return "conflict",
            (Some(_), None) => None,
            (Some(state), Some(sent)) => Some(merged(state.doc.as_ref().unwrap_or(&Doc::new()), sent)),
        };
        self.revision += 1;
        self.states.insert(row.key.clone(), State { revision: self.revision, doc });
        "applied"
    }
}

/// A change as a pull or a conflict tells it, with the free words among `names`.
pub fn state_of(change: &Json, names: &[&str]) -> State {
    let words = |doc: &Json| -> Doc {
        names.iter().filter_map(|name| Some(((*name).to_owned(), doc[*name].as_str()?.to_owned()))).collect()
    };
    let doc = (change["deleted"] == false).then(|| words(&change["doc"]));
    State { revision: change["revision"].as_i64().unwrap(), doc }
}
