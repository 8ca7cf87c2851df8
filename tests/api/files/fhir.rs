//! The export for clinics: every reference leads somewhere, and no code is somebody else's unless it is sure.
//! Whether each resource is what FHIR says is for `tests/records` to judge, with libraries of others.

use std::collections::{HashMap, HashSet};

use serde_json::{Value as Json, json};

use super::{export, journals};
use crate::support::{Client, Server, both};

both!(
    a_bundle_holds_together,
    codes_of_others_stand_where_they_are_sure,
    one_id_in_two_collections_is_two_resources
);

/// The resources of the export, by their addresses.
fn resources(member: &Client) -> HashMap<String, Json> {
    let bundle = member.get("/v1/export.fhir.json").expect(200).json.clone();
    assert_eq!((&bundle["resourceType"], &bundle["type"]), (&json!("Bundle"), &json!("collection")));
    let entries = bundle["entry"].as_array().unwrap();
    let resources: HashMap<String, Json> = entries
        .iter()
        .map(|entry| (entry["fullUrl"].as_str().unwrap().to_owned(), entry["resource"].clone()))
        .collect();
    assert_eq!(resources.len(), entries.len(), "every address is its own");
    resources
}

/// Every value of a member, wherever it is.
fn all(json: &Json, name: &str, found: &mut Vec<Json>) {
    match json {
        Json::Object(members) => {
            found.extend(members.get(name).cloned());
            members.values().for_each(|value| all(value, name, found));
        }
        Json::Array(list) => list.iter().for_each(|value| all(value, name, found)),
        _ => {}
    }
}

fn a_bundle_holds_together(server: &Server) {
    let member = server.member();
    journals::live(&member, 50);
    let medication = member.post(
        "/v1/medications",
        &json!({
            "name": "Film", "kind": "buprenorphine", "schedule": "daily", "starts_on": "2024-01-01"
        }),
    );
    let dose = json!({"medication_id": medication.expect(201).id(), "occurred_at": "2024-01-02T08:00:00Z",
        "time_zone": "UTC", "status": "taken"});
    member.post("/v1/doses", &dose).expect(201);
    let file = export(&member);
    let resources = resources(&member);
    let count = |kind: &str| resources.values().filter(|one| one["resourceType"] == kind).count();
    let records = |name: &str| file["collections"][name].as_array().unwrap().len();
    let observed =
        ["check_ins", "cravings", "meetings", "doses", "withdrawal_logs", "clocks", "lapses", "assessments"];
    assert_eq!(count("Observation"), observed.iter().map(|name| records(name)).sum::<usize>());
    for (kind, name) in [
        ("Encounter", "sessions"),
        ("EpisodeOfCare", "care_episodes"),
        ("MedicationStatement", "medications"),
        ("QuestionnaireResponse", "assessments"),
        ("Goal", "goals"),
    ] {
        assert_eq!(count(kind), records(name), "{kind}");
    }
    assert_eq!((count("Patient"), count("Provenance")), (1, 1));
    let questionnaires: HashSet<String> = resources
        .values()
        .filter(|one| one["resourceType"] == "Questionnaire")
        .map(|one| format!("{}|{}", one["url"].as_str().unwrap(), one["version"].as_str().unwrap()))
        .collect();
    for resource in resources.values() {
        let mut references = Vec::new();
        all(resource, "reference", &mut references);
        for reference in references.iter().map(|reference| reference.as_str().unwrap()) {
            // A dose may be of a medication that is not (yet) there.
            let dangling =
                resource["focus"][0]["reference"] == json!(reference) && !resources.contains_key(reference);
            assert!(resources.contains_key(reference) || dangling, "{reference} of {resource}");
        }
        if resource["resourceType"] == "QuestionnaireResponse" {
            assert!(questionnaires.contains(resource["questionnaire"].as_str().unwrap()), "{resource}");
        }
    }
    let focus = resources
        .values()
        .find(|one| resources.contains_key(one["focus"][0]["reference"].as_str().unwrap_or("")));
    assert!(focus.is_some(), "a dose leads to its medication");
}

fn codes_of_others_stand_where_they_are_sure(server: &Server) {
    let member = server.member();
    member.post("/v1/check-ins", &json!({"local_date": "2025-03-04", "pain": 3, "mood": 5})).expect(201);
    let phq9 = json!({"occurred_at": "2025-03-04T10:00:00Z", "time_zone": "UTC", "instrument": "phq9",
        "instrument_version": "1", "answers": [1, 1, 1, 1, 1, 1, 1, 1, 0]});
    member.post("/v1/assessments", &phq9).expect(201);
    let kit =
        json!({"name": "Kit", "kind": "naloxone_kit", "schedule": "as_needed", "starts_on": "2025-01-01"});
    member.post("/v1/medications", &kit).expect(201);
    let resources = resources(&member);
    let mut codings = Vec::new();
    for resource in resources.values() {
        all(resource, "coding", &mut codings);
    }
    let codes = |system: &str| -> HashSet<String> {
        let codings = codings.iter().flat_map(|list| list.as_array().unwrap());
        codings
            .filter(|coding| coding["system"] == system)
            .map(|coding| coding["code"].as_str().unwrap().to_owned())
            .collect()
    };
    let loinc = codes("http://loinc.org");
    assert!(loinc.contains("72514-3") && loinc.contains("44261-6"), "{loinc:?}");
    assert!(!loinc.contains("mood"));
    // The catalogue has no code of RxNorm as verified yet.
    assert_eq!(codes("http://www.nlm.nih.gov/research/umls/rxnorm"), HashSet::new());
    let questionnaire = resources.values().find(|one| one["resourceType"] == "Questionnaire").unwrap();
    assert_eq!(questionnaire["item"][0]["code"][0]["code"], "44250-9");
    let score = resources.values().find(|one| one["valueInteger"] == 8).expect("the score");
    assert_eq!(score["interpretation"][0]["coding"][0]["code"], "mild");
}

fn one_id_in_two_collections_is_two_resources(server: &Server) {
    let member = server.member();
    let id = crate::records::new_id();
    member.put(&format!("/v1/check-ins/{id}"), &json!({"local_date": "2025-03-04"})).expect(201);
    let craving = json!({"occurred_at": "2025-03-04T10:00:00Z", "time_zone": "UTC", "intensity": 3});
    member.put(&format!("/v1/cravings/{id}"), &craving).expect(201);
    assert_eq!(resources(&member).len(), 4, "with the patient and where it comes from");
}
