//! `/v1/catalogue`: the built-in vocabularies, for everybody.

use serde_json::Value as Json;
use uuid::Uuid;

use crate::support::{Server, both, collections};

both!(anybody_may_read_and_keep_it, its_words_are_the_ones_that_records_take);

fn anybody_may_read_and_keep_it(server: &Server) {
    let read = server.anybody().get("/v1/catalogue");
    let etag = read.expect(200).etag();
    assert!(etag.starts_with('"'), "a strong tag: {etag}");
    let cache = read.header("cache-control").unwrap_or_default();
    assert!(cache.contains("max-age") && !cache.contains("no-store"), "cacheable: {cache}");
    let again = server.anybody().request("GET", "/v1/catalogue").header("If-None-Match", etag).send();
    assert!(again.expect(304).bytes.is_empty());
    assert_eq!(server.member().get("/v1/catalogue").expect(200).bytes, read.bytes, "the same for everybody");
    // A token that is no good does not matter where none is needed.
    assert_eq!(server.anybody().with_token("x").get("/v1/catalogue").expect(200).bytes, read.bytes);
}

fn its_words_are_the_ones_that_records_take(server: &Server) {
    let catalogue = server.anybody().get("/v1/catalogue").json;
    let slugs = |list: &str| -> Vec<String> {
        let entries = catalogue[list].as_array().unwrap_or_else(|| panic!("no {list}"));
        entries.iter().map(|entry| entry["slug"].as_str().expect("a slug").to_owned()).collect()
    };
    for (list, path, field) in [
        ("trigger_categories", "/v1/triggers", "category"),
        ("skill_families", "/v1/skills", "family"),
        ("fellowships", "/v1/meetings", "fellowship"),
    ] {
        let collection = collections::at(path);
        let (_, schema) = collection.fields().find(|(name, _)| *name == field).unwrap();
        let choices: Vec<&str> = schema["enum"].as_array().unwrap().iter().filter_map(Json::as_str).collect();
        assert_eq!(slugs(list), choices, "{list}");
    }
    for (list, some) in [
        ("triggers", &["boredom", "payday", "medication_gap"][..]),
        ("skills", &["urge_surfing", "dear_man", "grounding_54321"]),
        ("milestones", &["hours_24", "days_90", "months_18"]),
        ("instruments", &["phq9", "bam_r"]),
        ("symptoms", &["muscle_bone_ache", "paranoia"]),
    ] {
        let known = slugs(list);
        for slug in some {
            assert!(known.iter().any(|known| known == slug), "{slug} is not among {list}: {known:?}");
        }
    }
    // Ids come from slugs, so that offline clients may refer to them, and no two are the same.
    let mut ids = Vec::new();
    for list in ["triggers", "skills", "fellowships", "milestones", "symptoms"] {
        for entry in catalogue[list].as_array().unwrap() {
            let id = Uuid::parse_str(entry["id"].as_str().unwrap()).unwrap();
            assert_eq!(id.get_version_num(), 5, "{entry}");
            ids.push(id);
        }
    }
    let count = ids.len();
    ids.sort_unstable();
    ids.dedup();
    assert_eq!(ids.len(), count);
    let american =
        catalogue["help_lines"].as_array().unwrap().iter().find(|country| country["country"] == "US");
    assert!(american.is_some_and(|country| country.to_string().contains("988")), "{american:?}");
}
