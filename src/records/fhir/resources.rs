//! Which resources a record becomes.

use chrono::{NaiveDate, TimeDelta};
use serde_json::{Value as Json, json};
use uuid::Uuid;

use super::{LOINC, RXNORM, Told, concept, concept_of, derived, questionnaires, words};
use crate::catalogue::{Catalogue, CodeSystem};
use crate::fields::{Field, Kind, Value};
use crate::journal::collection::{LOCAL_DATE, NOTE, OCCURRED_AT, TIME_ZONE};

const UNITS: &str = "http://unitsofmeasure.org";
const ACTS: &str = "http://terminology.hl7.org/CodeSystem/v3-ActCode";
const NOTE_EXTENSION: &str = "urn:recovery-journal:extension:note";
/// Members that say when and about what, which have their own places.
const ELSEWHERE: [&str; 6] =
    [OCCURRED_AT.name, TIME_ZONE.name, LOCAL_DATE.name, NOTE.name, "used_on", "resumed_on"];

/// Makes resources about one patient.
pub struct Maker {
    /// The reference to the patient.
    pub patient: String,
    /// What is past and what goes on.
    pub today: NaiveDate,
}

impl Maker {
    /// The resources of a record with their ids; none for what is no clinical statement.
    pub fn resources(&self, record: &Told) -> Vec<(Uuid, Json)> {
        let one = |resource| vec![(record.id(), resource)];
        match record.collection.name {
            "check_ins" | "cravings" | "meetings" | "doses" | "withdrawal_logs" | "clocks" | "lapses" => {
                one(self.observation(record))
            }
            "sessions" => one(self.encounter(record)),
            "care_episodes" => one(self.episode(record)),
            "medications" => one(self.medication(record)),
            "goals" => one(self.goal(record)),
            "assessments" => self.assessment(record),
            _ => Vec::new(),
        }
    }

    fn subject(&self) -> Json {
        json!({"reference": self.patient})
    }

    fn observation(&self, record: &Told) -> Json {
        let mut resource = record.resource("Observation");
        let mut put = |name: &str, value: Json| drop(resource.insert(name.to_owned(), value));
        put("status", json!("final"));
        put("code", concept(record.collection.singular));
        put("subject", self.subject());
        match record.collection.name {
            "lapses" => put("effectivePeriod", period(record, "used_on", "resumed_on")),
            "clocks" => put("effectivePeriod", period(record, "started_on", "")),
            _ if record.collection.has_moment() => put("effectiveDateTime", record.json(OCCURRED_AT.name)),
            _ => put("effectiveDateTime", record.json(LOCAL_DATE.name)),
        }
        if let Some(medication) = record.value("medication_id").id() {
            put("focus", json!([{"reference": format!("urn:uuid:{}", derived(medication, "medications"))}]));
        }
        let components: Vec<Json> =
            record.collection.fields.iter().filter_map(|field| component(record, field)).collect();
        if !components.is_empty() {
            put("component", json!(components));
        }
        put("note", notes(record));
        resource.into()
    }

    fn encounter(&self, record: &Told) -> Json {
        let mut resource = record.resource("Encounter");
        let mut put = |name: &str, value: Json| drop(resource.insert(name.to_owned(), value));
        let status = record.text("status").unwrap_or_default();
        put("status", json!(if status == "attended" { "finished" } else { "cancelled" }));
        put("class", json!({"system": ACTS, "code": "AMB", "display": "ambulatory"}));
        let kinds = [record.text("kind"), record.text("modality"), Some(status)];
        put("type", kinds.iter().flatten().map(|code| concept(code)).collect());
        put("subject", self.subject());
        let minutes = record.int("attended_minutes");
        let begin = record.value(OCCURRED_AT.name).moment();
        let end =
            minutes.and_then(TimeDelta::try_minutes).and_then(|length| begin?.checked_add_signed(length));
        put(
            "period",
            json!({"start": record.json(OCCURRED_AT.name), "end": end.map(|end| end.to_rfc3339())}),
        );
        let length = |minutes| json!({"value": minutes, "unit": "min", "system": UNITS, "code": "min"});
        put("length", json!(minutes.map(length)));
        put("extension", note_extension(record));
        resource.into()
    }

    fn episode(&self, record: &Told) -> Json {
        let mut resource = record.resource("EpisodeOfCare");
        let mut put = |name: &str, value: Json| drop(resource.insert(name.to_owned(), value));
        put("status", json!(self.phase(record, "planned", "active", "finished")));
        put("type", json!([concept(&record.text("level").unwrap_or_default())]));
        put("patient", self.subject());
        put(
            "managingOrganization",
            record.text("facility").map_or(Json::Null, |name| json!({"display": name})),
        );
        put("period", period(record, "starts_on", "ends_on"));
        resource.into()
    }

    fn medication(&self, record: &Told) -> Json {
        let mut resource = record.resource("MedicationStatement");
        let mut put = |name: &str, value: Json| drop(resource.insert(name.to_owned(), value));
        let kind = record.text("kind").unwrap_or_default();
        let what = concept_of(verified(&kind), &kind, &record.text("name").unwrap_or_default());
        put("status", json!(self.phase(record, "intended", "active", "completed")));
        put("medicationCodeableConcept", what);
        put("subject", self.subject());
        put("informationSource", self.subject());
        put("effectivePeriod", period(record, "starts_on", "ends_on"));
        let parts = ["dose_value", "dose_unit", "route", "schedule"].map(|name| record.text(name));
        let dosage = parts.into_iter().flatten().collect::<Vec<_>>().join(" ").replace('_', " ");
        put("dosage", json!([{"text": dosage}]));
        put("note", notes(record));
        resource.into()
    }

    fn goal(&self, record: &Told) -> Json {
        let mut resource = record.resource("Goal");
        let mut put = |name: &str, value: Json| drop(resource.insert(name.to_owned(), value));
        let kind = concept(&record.text("kind").unwrap_or_default());
        let target = json!({
            "measure": kind, "detailInteger": record.int("target"), "dueDate": record.json("ends_on"),
        });
        put("lifecycleStatus", json!(self.phase(record, "planned", "active", "completed")));
        put("description", kind);
        put("subject", self.subject());
        put("startDate", record.json("starts_on"));
        put("target", json!([target]));
        resource.into()
    }

    /// The answers, and the score that was made of them.
    fn assessment(&self, record: &Told) -> Vec<(Uuid, Json)> {
        let (code, version) = (
            record.text("instrument").unwrap_or_default(),
            record.text("instrument_version").unwrap_or_default(),
        );
        let answers =
            if let Value::Ints(answers) = record.value("answers") { answers.as_slice() } else { &[] };
        let item = |(index, answer): (usize, &i64)| json!({"linkId": (index + 1).to_string(), "answer": [{"valueInteger": answer}]});
        let mut response = record.resource("QuestionnaireResponse");
        // It has one identifier, where others have a list.
        let identifier = response.get("identifier").map(|list| list[0].clone());
        let mut put = |name: &str, value: Json| drop(response.insert(name.to_owned(), value));
        put("identifier", identifier.unwrap_or_default());
        put("questionnaire", json!(format!("{}|{version}", questionnaires::url(&code))));
        put("status", json!("completed"));
        put("subject", self.subject());
        put("authored", record.json(OCCURRED_AT.name));
        put("source", self.subject());
        put("item", answers.iter().enumerate().map(item).collect());
        vec![
            (record.id(), response.into()),
            (derived(record.record.id, "score"), self.score(record, &code, &version)),
        ]
    }

    fn score(&self, record: &Told, code: &str, version: &str) -> Json {
        let known = Catalogue::builtin().instrument(code, version);
        let scores = known.map(|instrument| instrument.scores.as_slice()).unwrap_or_default();
        let mut resource = record.resource("Observation");
        resource.remove("identifier");
        let mut put = |name: &str, value: Json| drop(resource.insert(name.to_owned(), value));
        let loinc = scores.first().map(|score| score.loinc.as_str()).filter(|code| !code.is_empty());
        let loinc = loinc.map(|loinc| json!({"system": LOINC, "code": loinc}));
        let what = concept_of(Vec::from_iter(loinc), &format!("{code}_score"), &format!("{code} score"));
        put("status", json!("final"));
        put("code", what);
        put("subject", self.subject());
        put("effectiveDateTime", record.json(OCCURRED_AT.name));
        put("derivedFrom", json!([{"reference": format!("urn:uuid:{}", record.id())}]));
        if let Some(score) = record.int("score") {
            put("valueInteger", json!(score));
        }
        if let Value::Ints(parts) = record.value("subscores") {
            let part = |(score, value): (&crate::catalogue::InstrumentScore, &i64)| json!({"code": concept(&format!("{code}_{}", score.slug)), "valueInteger": value});
            put("component", scores.iter().zip(parts).map(part).collect());
        }
        put("interpretation", record.text("band").map_or(Json::Null, |band| json!([concept(&band)])));
        resource.into()
    }

    /// Whether something with a beginning and perhaps an end is to come, goes on or is over.
    fn phase<'w>(&self, record: &Told, to_come: &'w str, goes_on: &'w str, over: &'w str) -> &'w str {
        let date = |name| record.value(name).date();
        if date("starts_on").is_some_and(|date| date > self.today) {
            to_come
        } else if date("ends_on").is_some_and(|date| date < self.today) {
            over
        } else {
            goes_on
        }
    }
}

/// A member as a component. Ids of other records are left out.
fn component(record: &Told, field: &Field) -> Option<Json> {
    let value = record.json(field.name);
    if value.is_null() || ELSEWHERE.contains(&field.name) {
        return None;
    }
    let (name, value) = match field.kind {
        Kind::Reference | Kind::References => return None,
        Kind::Integer { .. } => ("valueInteger", value),
        Kind::Quarters { .. } => ("valueQuantity", json!({"value": value})),
        Kind::Flag => ("valueBoolean", value),
        Kind::Date | Kind::Moment => ("valueDateTime", value),
        Kind::Choice(_) => ("valueCodeableConcept", concept(value.as_str()?)),
        _ => {
            let entries =
                value.as_array().map(|list| list.iter().filter_map(Json::as_str).collect::<Vec<_>>());
            let text =
                entries.map_or_else(|| value.as_str().map(str::to_owned), |list| Some(list.join(", ")));
            ("valueString", json!(words(&text?)?))
        }
    };
    let what = concept_of(verified(field.name), field.name, &field.name.replace('_', " "));
    Some(json!({"code": what, (name): value}))
}

/// The codes of other systems for a word, as far as they are verified.
fn verified(slug: &str) -> Vec<Json> {
    let known = Catalogue::builtin().external_codes.iter();
    let known = known.filter(|entry| entry.slug == slug && entry.verified);
    known
        .flat_map(|entry| {
            let system = if entry.system == CodeSystem::Loinc { LOINC } else { RXNORM };
            entry.codes.iter().map(move |code| json!({"system": system, "code": code}))
        })
        .collect()
}

fn period(record: &Told, from: &str, to: &str) -> Json {
    json!({"start": record.json(from), "end": record.value(to).date()})
}

fn notes(record: &Told) -> Json {
    record.text(NOTE.name).map_or(Json::Null, |note| json!([{"text": note}]))
}

fn note_extension(record: &Told) -> Json {
    record.text(NOTE.name).map_or(Json::Null, |note| json!([{"url": NOTE_EXTENSION, "valueString": note}]))
}
