//! Random journals of all collections: each record is made from what the document says of its fields.

use chrono::{Days, NaiveDate};
use serde_json::{Map, Value as Json, json};

use crate::insights::dice::Dice;
use crate::support::collections::{self, Collection};
use crate::support::{Client, Contract};

/// Words that files tend to break.
const TEXTS: [&str; 9] = [
    "Long day, got through it.",
    "=1+1",
    "-2\tx",
    "+1 555 0100",
    "@home",
    "a \"quoted\", line\r\nand another",
    "żółć 🌱 \u{202e}abc",
    " | ",
    "'already guarded",
];

/// Writes a random journal: some records of each collection, some changed and some deleted afterwards.
pub fn live(member: &Client, seed: u64) {
    let mut dice = Dice::new(seed);
    for collection in collections::all() {
        for _ in 0..=dice.up_to(4) {
            let id = dice.id();
            member.put(&collection.item(&id), &record(&collection, &mut dice)).expect(201);
            if dice.percent(30) {
                member.put(&collection.item(&id), &record(&collection, &mut dice));
            }
            if dice.percent(15) {
                member.delete(&collection.item(&id)).expect(204);
            }
        }
    }
    for slot in ["day", "evening"] {
        let date = date(&mut dice);
        member.put(&format!("/v1/days/{date}/check-in?slot={slot}"), &json!({"mood": 5})).expect(201);
    }
}

/// A record with some of its members.
pub fn record(collection: &Collection, dice: &mut Dice) -> Json {
    let mut body = Map::new();
    for (name, schema) in collection.fields() {
        let schema = Contract::get().resolve(schema);
        if !collection.requires(name) && dice.percent(30) {
            continue;
        }
        let known = &collection.example[name];
        let value = if name == "instrument" || name == "instrument_version" {
            known.clone()
        } else if name == "answers" {
            json!(known.as_array().unwrap().iter().map(|_| dice.up_to(3)).collect::<Vec<_>>())
        } else {
            value(schema, known, dice)
        };
        body.insert(name.to_owned(), value);
    }
    for (later, earlier) in [("resumed_on", "used_on"), ("ends_on", "starts_on")] {
        if let (Some(Json::String(_)), Some(first)) = (body.get(later), body.get(earlier).cloned()) {
            let first: NaiveDate = first.as_str().unwrap().parse().unwrap();
            body.insert(later.to_owned(), json!(first + Days::new(dice.up_to(40))));
        }
    }
    body.into()
}

fn date(dice: &mut Dice) -> NaiveDate {
    dice.date("2023-06-01".parse().unwrap(), 900, 700)
}

fn value(schema: &'static Json, known: &Json, dice: &mut Dice) -> Json {
    if let Some(choices) = schema["enum"].as_array() {
        let choices: Vec<&Json> = choices.iter().filter(|choice| !choice.is_null()).collect();
        return dice.pick(&choices).clone();
    }
    let bound = |name: &str| schema[name].as_i64();
    let kinds = schema["type"].to_string();
    if kinds.contains("array") {
        let items = Contract::get().resolve(&schema["items"]);
        let known = &known[0];
        return (0..dice.up_to(3)).map(|_| value(items, known, dice)).collect();
    }
    if kinds.contains("boolean") {
        return json!(dice.percent(50));
    }
    if kinds.contains("number") {
        #[expect(clippy::cast_precision_loss, reason = "at most 96")]
        return json!(dice.up_to(96) as f64 / 4.0);
    }
    if let (Some(least), Some(most)) = (bound("minimum"), bound("maximum")) {
        return json!(least + dice.up_to((most - least).cast_unsigned()).cast_signed());
    }
    match schema["format"].as_str() {
        Some("date") => json!(date(dice)),
        Some("date-time") => {
            let offset = dice.pick(&["Z", "-05:00", "+05:45", "+14:00"]);
            json!(format!("{}T{:02}:{:02}:07{offset}", date(dice), dice.up_to(23), dice.up_to(59)))
        }
        Some("uuid") => json!(dice.id()),
        _ if schema["maxLength"] == 20_000 => json!(dice.pick(&TEXTS)),
        _ if known.is_null() => Json::Null,
        _ => known.clone(),
    }
}
