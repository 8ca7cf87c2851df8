//! The export as a FHIR R4 bundle, for clinics: a collection of resources about one patient.
//!
//! Codes of LOINC and `RxNorm` stand only where the catalogue has them as verified; everything else has a code
//! of our own system. What is no clinical statement (own triggers and skills, contacts, the person's plan)
//! stays in the other formats.

mod consents;
mod questionnaires;
mod resources;

use std::collections::BTreeSet;

use serde_json::{Map, Value as Json, json};
use uuid::Uuid;

use super::export::Out;
use super::{cells, store};
use crate::auth::{self, Account, Profile};
use crate::clock;
use crate::db::Conn;
use crate::db::types::{Id, Time};
use crate::domain::day;
use crate::error::Result;
use crate::fields::{Value, write};
use crate::journal::record::Record;
use crate::journal::{COLLECTIONS, Collection, Reading};
use crate::sharing::offers;

/// Our own codes: the names of collections, fields and choices.
const CODES: &str = "urn:recovery-journal:code";
const LOINC: &str = "http://loinc.org";
const RXNORM: &str = "http://www.nlm.nih.gov/research/umls/rxnorm";
const PARTICIPANT: &str = "http://terminology.hl7.org/CodeSystem/provenance-participant-type";

/// Writes the export.
pub async fn write(conn: &Conn<'_>, account: &Account, out: &mut Out) -> Result<()> {
    let reading = Reading::own(account);
    let now = time(clock::now().into());
    let today = day::local_date(clock::now(), &account.time_zone, account.day_starts_at);
    let maker = resources::Maker { patient: format!("urn:uuid:{}", account.id), today };
    out.buffer.extend_from_slice(b"{\"resourceType\":\"Bundle\",\"type\":\"collection\",\"timestamp\":");
    write::json(&mut out.buffer, &now);
    out.buffer.extend_from_slice(b",\"entry\":[\n");
    let profile = auth::profile(conn, account).await?;
    entry(&mut out.buffer, account.id.0, patient(&profile));
    let mut instruments = BTreeSet::new();
    for collection in COLLECTIONS {
        store::each_page(conn, &reading, collection, async |records| {
            for record in records {
                let record = Told { collection, record };
                if let (Some(code), Some(version)) =
                    (record.text("instrument"), record.text("instrument_version"))
                {
                    instruments.insert((code, version));
                }
                for (id, resource) in maker.resources(&record) {
                    out.buffer.extend_from_slice(b",\n");
                    entry(&mut out.buffer, id, resource);
                }
                out.pass_on().await?;
            }
            Ok(())
        })
        .await?;
    }
    for (id, questionnaire) in
        instruments.iter().filter_map(|(code, version)| questionnaires::of(code, version))
    {
        out.buffer.extend_from_slice(b",\n");
        entry(&mut out.buffer, id, questionnaire);
    }
    for share in offers::of_member(conn, account).await? {
        let (id, consent) = consents::of(&share, &maker.patient)?;
        out.buffer.extend_from_slice(b",\n");
        entry(&mut out.buffer, id, consent);
    }
    out.buffer.extend_from_slice(b",\n");
    entry(&mut out.buffer, derived(account.id, "provenance"), provenance(&maker.patient, &now));
    out.buffer.extend_from_slice(b"\n]}\n");
    Ok(())
}

/// Appends a resource under its id.
fn entry(buffer: &mut Vec<u8>, id: Uuid, mut resource: Json) {
    if let Some(members) = resource.as_object_mut() {
        members.insert("id".to_owned(), json!(id));
    }
    drop_nulls(&mut resource);
    write::json(buffer, &json!({"fullUrl": format!("urn:uuid:{id}"), "resource": resource}));
}

/// FHIR knows no null: what is not there is left out.
fn drop_nulls(json: &mut Json) {
    match json {
        Json::Object(members) => {
            members.retain(|_, value| !value.is_null());
            members.values_mut().for_each(drop_nulls);
        }
        Json::Array(entries) => entries.iter_mut().for_each(drop_nulls),
        _ => {}
    }
}

fn patient(profile: &Profile) -> Json {
    json!({
        "resourceType": "Patient",
        "name": profile.display_name.as_deref().and_then(words).map(|name| json!([{"text": name}])),
        "telecom": [{"system": "email", "value": profile.email}],
        "address": profile.country.as_deref().map(|country| json!([{"country": country}])),
    })
}

fn provenance(patient: &str, now: &str) -> Json {
    let agent = |code: &str, who: Json| json!({"type": {"coding": [{"system": PARTICIPANT, "code": code}]}, "who": who});
    let program = format!("Recovery Journal {}", env!("CARGO_PKG_VERSION"));
    json!({
        "resourceType": "Provenance",
        "target": [{"reference": patient}],
        "recorded": now,
        "agent": [
            agent("author", json!({"reference": patient})),
            agent("assembler", json!({"display": program})),
        ],
    })
}

/// A record with its collection.
struct Told {
    collection: &'static Collection,
    record: Record,
}

impl Told {
    /// A field's value as answers write it; null if there is none.
    fn json(&self, field: &str) -> Json {
        match (self.collection.field(field), self.record.value(self.collection, field)) {
            (Some(field), value) if !value.is_null() => cells::said(field, value),
            _ => Json::Null,
        }
    }

    /// A field's text, fit for FHIR.
    fn text(&self, field: &str) -> Option<String> {
        self.record.value(self.collection, field).text().and_then(words)
    }

    fn int(&self, field: &str) -> Option<i64> {
        self.record.value(self.collection, field).int()
    }

    fn value(&self, field: &str) -> &Value {
        self.record.value(self.collection, field)
    }

    /// The id of the record's resource.
    fn id(&self) -> Uuid {
        derived(self.record.id, self.collection.name)
    }

    /// What all resources of a record have.
    fn resource(&self, kind: &str) -> Map<String, Json> {
        let mut resource = Map::new();
        let identifier =
            json!({"system": "urn:ietf:rfc:3986", "value": format!("urn:uuid:{}", self.record.id)});
        resource.insert("resourceType".to_owned(), json!(kind));
        resource.insert("meta".to_owned(), json!({"lastUpdated": time(self.record.updated_at)}));
        resource.insert("identifier".to_owned(), json!([identifier]));
        resource
    }
}

/// The id of a resource made of something with an id. Records of two collections may have the same id.
fn derived(id: Id, what: &str) -> Uuid {
    Uuid::new_v5(&id.0, what.as_bytes())
}

/// A concept of our own system.
fn concept(code: &str) -> Json {
    concept_of(Vec::new(), code, &code.replace('_', " "))
}

/// A concept that has codes of other systems before ours.
fn concept_of(mut coding: Vec<Json>, code: &str, text: &str) -> Json {
    coding.push(json!({"system": CODES, "code": code}));
    json!({"coding": coding, "text": text})
}

/// A text that FHIR admits: with something in it, and no white space but the usual.
fn words(text: &str) -> Option<String> {
    let usual = |c: char| if c.is_control() || c.is_whitespace() { ' ' } else { c };
    let keep = |c: char| if matches!(c, '\n' | '\r' | '\t') { c } else { usual(c) };
    let text: String = text.trim().chars().map(keep).collect();
    Some(text).filter(|text| !text.is_empty())
}

fn time(time: Time) -> String {
    let mut text = Vec::new();
    write::time(&mut text, time);
    String::from_utf8_lossy(&text).trim_matches('"').to_owned()
}
