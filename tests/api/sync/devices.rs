//! Two devices that are seldom online, and a server: random edits and deletions, answers that are lost,
//! requests that arrive late or twice. The devices always come to have the same journal, the server answers
//! as its model does, and no change that was acknowledged is overwritten by somebody who did not know of it.

use std::collections::{BTreeMap, HashMap};

use serde_json::{Value as Json, json};

use super::model::{Doc, Key, Model, Row, State, state_of};
use super::{PATH, pull};
use crate::insights::dice::Dice;
use crate::support::{Client, Collection, Server, both, collections};

both!(two_devices_come_to_agree_and_lose_nothing);

const JOURNALS: u64 = 12;
const STEPS: usize = 60;

/// A collection and its members that hold free words.
struct Kind {
    collection: Collection,
    words: Vec<&'static str>,
}

/// Every collection in which something can be told by words, for every journal.
fn kinds() -> Vec<Kind> {
    let is_free = |schema: &Json| schema["maxLength"] == 20_000 && schema["type"].is_array();
    let of = |collection: Collection| {
        let words = collection.fields().filter(|(_, schema)| is_free(schema)).map(|(name, _)| name);
        Kind { collection, words: words.collect() }
    };
    collections::all().into_iter().map(of).filter(|kind| !kind.words.is_empty()).collect()
}

/// A record on a device.
#[derive(Debug, Clone, Default)]
struct Local {
    /// As the person sees it; none is deleted.
    doc: Option<Doc>,
    /// What the server last told of it.
    known: Option<State>,
    /// Whether there is something to push.
    pending: bool,
}

/// A phone.
struct Device {
    name: &'static str,
    /// Sends the values that it knew, or the revision.
    sends_base: bool,
    since: i64,
    records: BTreeMap<Key, Local>,
    written: u32,
}

impl Device {
    fn new(name: &'static str, sends_base: bool) -> Self {
        Self { name, sends_base, since: 0, records: BTreeMap::new(), written: 0 }
    }

    /// The person writes or deletes something.
    fn edit(&mut self, kinds: &[Kind], dice: &mut Dice) {
        let living: Vec<Key> = self
            .records
            .iter()
            .filter(|(_, local)| local.doc.is_some())
            .map(|(key, _)| key.clone())
            .collect();
        // Each word is written once only, so that two that are equal are the same.
        self.written += 1;
        let word = format!("{} {}", self.name, self.written);
        if living.is_empty() || dice.percent(20) {
            let kind = &kinds[usize::try_from(dice.up_to(kinds.len() as u64 - 1)).unwrap()];
            let key = (kind.collection.name(), dice.id());
            let doc = Doc::from([(dice.pick(&kind.words).to_owned(), word)]);
            self.records.insert(key, Local { doc: Some(doc), known: None, pending: true });
            return;
        }
        let key = dice.pick(&living);
        let kind = kinds.iter().find(|kind| kind.collection.name() == key.0).unwrap();
        let local = self.records.get_mut(&key).unwrap();
        local.pending = true;
        if dice.percent(15) {
            local.doc = None;
        } else {
            local.doc.as_mut().unwrap().insert(dice.pick(&kind.words).to_owned(), word);
        }
    }

    /// The rows that are to be pushed, some or all, in any order.
    fn rows(&self, dice: &mut Dice) -> Vec<Row> {
        let mut rows: Vec<Row> = Vec::new();
        for (key, local) in self.records.iter().filter(|(_, local)| local.pending) {
            let known = local.known.as_ref();
            let base_revision = known.map(|state| state.revision);
            let known_doc = known.and_then(|state| state.doc.clone());
            let by_base = self.sends_base && known_doc.is_some();
            // Whole, or only what was changed.
            let mut doc = local.doc.clone();
            if let (Some(doc), Some(known), true) = (&mut doc, &known_doc, dice.percent(50)) {
                doc.retain(|name, word| known.get(name) != Some(word));
            }
            rows.push(Row {
                key: key.clone(),
                doc,
                base: known_doc.filter(|_| by_base),
                base_revision: base_revision.filter(|_| !by_base),
            });
        }
        dice.shuffle(&mut rows);
        if dice.percent(30) {
            rows.truncate(rows.len().div_ceil(2));
        }
        rows
    }

    /// Takes what became of a row. What was edited since it was sent stays to be pushed.
    fn learn(&mut self, row: &Row, sent: &Local, result: &Json, words: &[&str]) {
        let local = self.records.get_mut(&row.key).unwrap();
        let untouched = local.doc == sent.doc;
        match result["status"].as_str().unwrap() {
            "applied" | "unchanged" => {
                let revision = result["revision"].as_i64().unwrap_or(0);
                local.known = Some(State { revision, doc: sent.doc.clone() });
                local.pending = !untouched;
            }
            "conflict" => local.merge(state_of(&result["current"], words)),
            other => panic!("{other}: {result}"),
        }
    }

    /// Pulls to the end.
    fn pull(&mut self, client: &Client, kinds: &[Kind], limit: u64) {
        loop {
            let page = pull(client, &format!("since={}&limit={limit}", self.since));
            for change in page["changes"].as_array().unwrap() {
                let text = |name: &str| change[name].as_str().unwrap().to_owned();
                let key = (text("collection"), text("id"));
                let words = &kinds.iter().find(|kind| kind.collection.name() == key.0).unwrap().words;
                let local = self.records.entry(key).or_default();
                // What is to be pushed meets what is new when it is pushed.
                if !local.pending {
                    let state = state_of(change, words);
                    *local = Local { doc: state.doc.clone(), known: Some(state), pending: false };
                }
            }
            self.since = page["next_since"].as_i64().unwrap();
            if page["has_more"] == false {
                return;
            }
        }
    }
}

impl Local {
    /// Three ways: what only they changed is theirs, what I changed is mine, and who writes is stronger than who
    /// deletes.
    fn merge(&mut self, theirs: State) {
        let base = self.known.take().and_then(|state| state.doc).unwrap_or_default();
        let merged = match (&self.doc, &theirs.doc) {
            (None, doc) => doc.clone(),
            (Some(mine), None) => Some(mine.clone()),
            (Some(mine), Some(theirs)) => {
                let mut doc = theirs.clone();
                doc.extend(
                    mine.iter()
                        .filter(|(name, word)| base.get(*name) != Some(*word))
                        .map(|(n, w)| (n.clone(), w.clone())),
                );
                Some(doc)
            }
        };
        self.pending = merged != theirs.doc;
        self.doc = merged;
        self.known = Some(theirs);
    }
}

/// A request as it was sent, and the records as they were then.
#[derive(Clone)]
struct Sent {
    rows: Vec<Row>,
    records: Vec<Local>,
}

/// The journal of one member, and the model of it.
struct World {
    client: Client,
    kinds: Vec<Kind>,
    model: Model,
    seen: HashMap<&'static str, u32>,
}

impl World {
    fn new(client: Client) -> Self {
        Self { client, kinds: kinds(), model: Model::new(), seen: HashMap::new() }
    }

    fn kind(&self, key: &Key) -> &Kind {
        self.kinds.iter().find(|kind| kind.collection.name() == key.0).unwrap()
    }

    /// A row as it goes over the wire.
    fn json(&self, row: &Row) -> Json {
        let kind = self.kind(&row.key);
        let mut json = json!({"collection": row.key.0, "id": row.key.1});
        match &row.doc {
            None => json["deleted"] = json!(true),
            Some(doc) => {
                // Whatever must be there is the same on every device.
                let mut whole = kind.collection.minimal();
                whole
                    .as_object_mut()
                    .unwrap()
                    .extend(doc.iter().map(|(name, word)| (name.clone(), json!(word))));
                json["doc"] = whole;
            }
        }
        if let Some(base) = &row.base {
            json["base"] =
                kind.words.iter().map(|name| ((*name).to_owned(), json!(base.get(*name)))).collect();
        }
        if let Some(revision) = row.base_revision {
            json["base_revision"] = json!(revision);
        }
        json
    }

    /// Delivers a request to the server and to the model. They must agree in everything, and whatever is
    /// overwritten must have been known to whom overwrites it.
    fn deliver(&mut self, sent: &Sent) -> Json {
        let rows: Vec<Json> = sent.rows.iter().map(|row| self.json(row)).collect();
        let answer = self.client.post(PATH, &json!({"changes": rows}));
        let results = answer.expect(200).json["results"].as_array().unwrap();
        for ((row, local), result) in sent.rows.iter().zip(&sent.records).zip(results) {
            let before = self.model.states.get(&row.key).cloned();
            let wanted = self.model.push(row);
            assert_eq!(result["status"], wanted, "{row:?}\n  met {before:?}\n  -> {result}");
            *self.seen.entry(wanted).or_default() += 1;
            let after = self.model.states.get(&row.key);
            match wanted {
                "conflict" => {
                    let told = state_of(&result["current"], &self.kind(&row.key).words);
                    assert_eq!(Some(&told), after);
                }
                "applied" => {
                    assert_eq!(result["revision"].as_i64(), after.map(|state| state.revision));
                    let known = local.known.as_ref().and_then(|state| state.doc.as_ref());
                    let (before, after) =
                        (before.and_then(|state| state.doc), after.and_then(|state| state.doc.as_ref()));
                    for (name, word) in before.iter().flatten() {
                        let stays = after.and_then(|doc| doc.get(name)) == Some(word);
                        let was_known = known.and_then(|doc| doc.get(name)) == Some(word);
                        assert!(stays || was_known, "{word:?} was acknowledged and is dropped by {row:?}");
                    }
                }
                _ => {}
            }
        }
        assert_eq!(answer.json["revision"], self.model.revision);
        answer.json["results"].clone()
    }
}

fn two_devices_come_to_agree_and_lose_nothing(server: &Server) {
    let mut seen: HashMap<&'static str, u32> = HashMap::new();
    for seed in 0..JOURNALS {
        for (status, count) in live(World::new(server.member()), seed) {
            *seen.entry(status).or_default() += count;
        }
    }
    // The dice must not run dry.
    for status in ["applied", "unchanged", "conflict"] {
        assert!(seen.get(status).is_some_and(|count| *count > 100), "{seen:?}");
    }
}

fn live(mut world: World, seed: u64) -> HashMap<&'static str, u32> {
    let mut dice = Dice::new(seed);
    let mut devices = [Device::new("phone", true), Device::new("tablet", false)];
    // Requests that are still on their way, in no order.
    let mut late: Vec<Sent> = Vec::new();
    for _ in 0..STEPS {
        let device = &mut devices[usize::from(dice.percent(50))];
        match dice.up_to(9) {
            0..=4 => (0..=dice.up_to(3)).for_each(|_| device.edit(&world.kinds, &mut dice)),
            5 | 6 => device.pull(&world.client, &world.kinds, 1 + dice.up_to(9)),
            7 if !late.is_empty() => {
                let index = usize::try_from(dice.up_to(late.len() as u64 - 1)).unwrap();
                world.deliver(&late.swap_remove(index));
            }
            _ => push(&mut world, device, &mut late, &mut dice),
        }
    }
    // Everything on its way arrives; then both are online for as long as it takes.
    for sent in std::mem::take(&mut late) {
        world.deliver(&sent);
    }
    for round in 0.. {
        assert!(round < 20, "seed {seed}: the devices do not come to rest");
        for device in &mut devices {
            exchange(&mut world, device, &mut dice);
            device.pull(&world.client, &world.kinds, 1_000);
        }
        if devices.iter().all(|device| device.records.values().all(|local| !local.pending)) {
            for device in &mut devices {
                device.pull(&world.client, &world.kinds, 1_000);
            }
            break;
        }
    }
    let states = |device: &Device| -> BTreeMap<Key, Option<Doc>> {
        device
            .records
            .iter()
            .filter(|(_, local)| local.doc.is_some())
            .map(|(key, local)| (key.clone(), local.doc.clone()))
            .collect()
    };
    let wanted: BTreeMap<Key, Option<Doc>> = world
        .model
        .states
        .iter()
        .filter(|(_, state)| state.doc.is_some())
        .map(|(key, state)| (key.clone(), state.doc.clone()))
        .collect();
    for device in &devices {
        assert_eq!(states(device), wanted, "seed {seed}: {}", device.name);
    }
    world.seen
}

/// Sends what a device has to push: it may be lost on its way, arrive late, or its answer may be lost.
fn push(world: &mut World, device: &mut Device, late: &mut Vec<Sent>, dice: &mut Dice) {
    let rows = device.rows(dice);
    let records = rows.iter().map(|row| device.records[&row.key].clone()).collect();
    let sent = Sent { rows, records };
    if dice.percent(15) {
        late.push(sent);
        return;
    }
    let results = world.deliver(&sent);
    if dice.percent(20) {
        // Sent again by the network, whatever happens in between.
        late.push(sent.clone());
    }
    if !dice.percent(30) {
        learn(world, device, &sent, &results);
    }
}

fn exchange(world: &mut World, device: &mut Device, dice: &mut Dice) {
    let rows = device.rows(dice);
    let records = rows.iter().map(|row| device.records[&row.key].clone()).collect();
    let sent = Sent { rows, records };
    let results = world.deliver(&sent);
    learn(world, device, &sent, &results);
}

fn learn(world: &World, device: &mut Device, sent: &Sent, results: &Json) {
    for ((row, record), result) in sent.rows.iter().zip(&sent.records).zip(results.as_array().unwrap()) {
        device.learn(row, record, result, &world.kind(&row.key).words);
    }
}
