//! The questionnaires that answers are to, as the catalogue has them: wording only where it is shipped.

use serde_json::{Value as Json, json};
use uuid::Uuid;

use super::LOINC;
use crate::catalogue::{Catalogue, Instrument};

/// The canonical address of a questionnaire.
pub fn url(instrument: &str) -> String {
    format!("urn:recovery-journal:questionnaire:{instrument}")
}

/// The questionnaire and its id, if the catalogue has it.
pub fn of(code: &str, version: &str) -> Option<(Uuid, Json)> {
    let instrument = Catalogue::builtin().instrument(code, version)?;
    let items: Vec<Json> = (1..=instrument.item_count).map(|number| item(instrument, number)).collect();
    let questionnaire = json!({
        "resourceType": "Questionnaire",
        "url": url(code),
        "version": version,
        "name": code,
        "title": instrument.name,
        "status": "active",
        "subjectType": ["Patient"],
        "description": instrument.description,
        "copyright": instrument.rights,
        "item": items,
    });
    Some((instrument.id, questionnaire))
}

fn item(instrument: &Instrument, number: u32) -> Json {
    let known = instrument.items.iter().find(|item| item.number == number);
    let text = known.map(|item| item.text.as_str()).filter(|text| !text.is_empty());
    let loinc = known.map(|item| item.loinc.as_str()).filter(|code| !code.is_empty());
    json!({
        "linkId": number.to_string(),
        "code": loinc.map(|code| json!([{"system": LOINC, "code": code}])),
        "text": text.map_or_else(|| format!("Item {number}"), str::to_owned),
        "type": "integer",
    })
}
