//! What the data files promise: that they load, that their words are unique, kind and complete, that ids never move,
//! and that the answer is one that client generators digest.

use std::collections::BTreeSet;

use serde_json::Value;
use utoipa::OpenApi;
use uuid::Uuid;

use super::{
    Catalogue, FELLOWSHIPS, HelpLine, HelpLineKind, INSTRUMENTS, SKILL_FAMILIES, TRIGGER_CATEGORIES, Term,
    id_of,
};

fn catalogue() -> &'static Catalogue {
    Catalogue::load().expect("the data files load")
}

/// The answer as a client reads it.
fn answer() -> Value {
    serde_json::from_slice(Catalogue::body()).expect("the body is JSON")
}

/// Every list of the answer that has entries with a slug, by its name.
fn lists_of_entries() -> Vec<(String, Vec<Value>)> {
    let answer = answer();
    let mut lists = Vec::new();
    for (name, value) in answer.as_object().unwrap() {
        let entries = value.as_array().into_iter().flatten().filter(|entry| entry.get("slug").is_some());
        let entries: Vec<Value> = entries.cloned().collect();
        if !entries.is_empty() {
            lists.push((name.clone(), entries));
        }
    }
    lists
}

fn every_help_line() -> impl Iterator<Item = &'static HelpLine> {
    let catalogue = catalogue();
    catalogue.help_lines.iter().flat_map(|country| &country.lines).chain(&catalogue.help_lines_elsewhere)
}

/// The date is one and written like 2026-11-22.
fn is_date(text: &str) -> bool {
    let numbers: Vec<u32> = text.split('-').filter_map(|part| part.parse().ok()).collect();
    text.len() == 10
        && matches!(numbers.as_slice(), [year, month, day] if *year >= 2026 && (1..=12).contains(month) && (1..=31).contains(day))
}

/// The check digit of a LOINC code is the mod 10 (Luhn) digit over the digits before the hyphen, doubling from the right.
fn is_loinc(code: &str) -> bool {
    let Some((digits, check)) = code.split_once('-') else { return false };
    let mut sum = 0;
    for (place, digit) in digits.chars().rev().enumerate() {
        let Some(digit) = digit.to_digit(10) else { return false };
        let weighed = if place % 2 == 0 { digit * 2 } else { digit };
        sum += weighed / 10 + weighed % 10;
    }
    !digits.is_empty() && check == ((10 - sum % 10) % 10).to_string()
}

#[test]
fn all_lists_load_with_their_origin() {
    let catalogue = catalogue();
    assert_eq!(catalogue.version, "2026-11");
    assert_eq!(catalogue.lists.len(), 13);
    for list in &catalogue.lists {
        assert!(is_date(&list.checked_on), "{}: {}", list.list, list.checked_on);
        assert_eq!(list.version.len(), 7, "{}", list.list);
        assert!(!list.source.is_empty() && !list.note.is_empty(), "{}", list.list);
    }
    let sizes = [
        catalogue.triggers.len(),
        catalogue.skills.len(),
        catalogue.fellowships.len(),
        catalogue.meeting_types.len(),
    ];
    assert_eq!(sizes, [35, 34, 21, 23]);
    assert_eq!(
        [catalogue.milestones.len(), catalogue.symptoms.len(), catalogue.instruments.len()],
        [17, 13, 8]
    );
}

#[test]
fn slugs_are_unique_and_ids_derive_from_them() {
    let lists = lists_of_entries();
    assert_eq!(lists.len(), 13);
    let mut ids = BTreeSet::new();
    for (list, entries) in &lists {
        let list = if list == "help_lines_elsewhere" { "help_lines" } else { list };
        for entry in entries {
            let slug = entry["slug"].as_str().unwrap();
            let plain = slug.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_');
            assert!(plain || list == "meeting_types", "{list}/{slug}");
            assert!(!entry["name"].as_str().unwrap().is_empty(), "{list}/{slug}");
            assert_eq!(entry["id"], id_of(list, slug).to_string(), "{list}/{slug}");
            assert!(ids.insert(entry["id"].to_string()), "{list}/{slug} is there twice");
        }
    }
    for country in &catalogue().help_lines {
        let slugs: BTreeSet<_> = country.lines.iter().map(|line| &line.slug).collect();
        assert_eq!(slugs.len(), country.lines.len(), "{}", country.country);
    }
}

#[test]
fn ids_never_move() {
    let pinned = [
        ("triggers", "boredom", "6c1f9f50-c766-5146-85e8-d60e5832062b"),
        ("skills", "urge_surfing", "92f2a60d-0b5f-5d88-ac79-8b6b575ba946"),
        ("instruments", "phq9", "0b87a515-92e7-5d3d-9ce6-b5c1662cb2e7"),
    ];
    for (list, slug, id) in pinned {
        assert_eq!(id_of(list, slug).to_string(), id, "{list}/{slug}");
    }
}

#[test]
fn triggers_and_skills_are_found_by_id() {
    let catalogue = catalogue();
    let trigger = catalogue.trigger(id_of("triggers", "boredom")).unwrap();
    assert_eq!((trigger.slug.as_str(), trigger.category.as_str()), ("boredom", "negative_emotion"));
    let skill = catalogue.skill(id_of("skills", "urge_surfing")).unwrap();
    assert_eq!((skill.slug.as_str(), skill.family.as_str()), ("urge_surfing", "cbt"));
    assert!(catalogue.trigger(skill.id).is_none());
    assert!(catalogue.skill(Uuid::nil()).is_none());
}

#[test]
fn the_closed_lists_equal_the_data_files() {
    let slugs =
        |terms: &'static [Term]| -> Vec<&str> { terms.iter().map(|term| term.slug.as_str()).collect() };
    assert_eq!(slugs(&catalogue().trigger_categories), TRIGGER_CATEGORIES);
    assert_eq!(slugs(&catalogue().skill_families), SKILL_FAMILIES);
    assert_eq!(slugs(&catalogue().fellowships), FELLOWSHIPS);
    let mut instruments: Vec<&str> =
        catalogue().instruments.iter().map(|known| known.slug.as_str()).collect();
    // A new version of an instrument is an entry of its own.
    instruments.dedup();
    assert_eq!(instruments, INSTRUMENTS);
}

#[test]
fn every_category_and_family_is_known_and_used() {
    let categories: BTreeSet<_> =
        catalogue().triggers.iter().map(|trigger| trigger.category.as_str()).collect();
    assert_eq!(categories, TRIGGER_CATEGORIES.iter().copied().collect());
    let families: BTreeSet<_> = catalogue().skills.iter().map(|skill| skill.family.as_str()).collect();
    assert_eq!(families, SKILL_FAMILIES.iter().copied().collect());
}

#[test]
fn milestones_are_named_after_what_they_count() {
    let mut after = ("", 0);
    for milestone in &catalogue().milestones {
        let unit = serde_json::to_value(milestone.unit).unwrap();
        assert_eq!(milestone.slug, format!("{}_{}", unit.as_str().unwrap(), milestone.count));
        let (row, days) = match milestone.slug.split_once('_').unwrap().0 {
            "hours" => ("clock", milestone.count / 24),
            "days" => ("clock", milestone.count),
            "months" => ("clock", milestone.count * 30),
            "years" => ("clock", milestone.count * 365),
            _ => ("meetings", milestone.count),
        };
        assert!(row != after.0 || days > after.1, "{} is out of order", milestone.slug);
        after = (row, days);
    }
    let repeating: Vec<_> =
        catalogue().milestones.iter().filter(|m| m.then_every > 0).map(|m| m.slug.as_str()).collect();
    assert_eq!(repeating, ["years_2", "meetings_100"]);
}

#[test]
fn instruments_agree_with_themselves() {
    for instrument in &catalogue().instruments {
        let code = instrument.slug.as_str();
        let mut counted: Vec<u32> = instrument.unscored_items.clone();
        for score in &instrument.scores {
            let items = u32::try_from(score.items.len()).unwrap();
            assert_eq!(score.min, items * instrument.answer_min * score.multiply_by, "{code}");
            assert_eq!(score.max, items * instrument.answer_max * score.multiply_by, "{code}");
            let mut next = score.min;
            for band in &score.bands {
                assert_eq!(band.from, next, "{code}/{}/{} leaves a hole or overlaps", score.slug, band.slug);
                assert!(band.from <= band.to, "{code}/{}/{}", score.slug, band.slug);
                next = band.to + 1;
            }
            assert_eq!(next, score.max + 1, "{code}/{}", score.slug);
            counted.extend(&score.items);
        }
        counted.sort_unstable();
        assert_eq!(
            counted,
            (1..=instrument.item_count).collect::<Vec<_>>(),
            "{code} counts each item once or never"
        );
        let is_total = instrument.scores.len() == 1;
        assert_eq!(is_total, instrument.scores[0].slug == "total", "{code}");
        assert!(catalogue().instrument(code, &instrument.version).is_some());
    }
    assert!(catalogue().instrument("phq9", "0").is_none());
}

#[test]
fn wording_is_shipped_only_where_the_rights_allow_it() {
    let with_text: Vec<_> =
        catalogue().instruments.iter().filter(|i| i.item_text).map(|i| i.slug.as_str()).collect();
    assert_eq!(with_text, ["phq9", "phq2", "gad7", "gad2", "barc10"]);
    for instrument in &catalogue().instruments {
        let texts: Vec<_> =
            instrument.items.iter().filter(|item| !item.text.is_empty()).map(|item| item.number).collect();
        let shipped = if instrument.item_text { instrument.item_count } else { 0 };
        assert_eq!(texts, (1..=shipped).collect::<Vec<_>>(), "{}", instrument.slug);
        for option in &instrument.answers {
            assert!(
                (instrument.answer_min..=instrument.answer_max).contains(&option.value),
                "{}",
                instrument.slug
            );
        }
    }
}

#[test]
fn loinc_codes_have_a_right_check_digit() {
    assert!(is_loinc("44261-6") && !is_loinc("44261-7") && !is_loinc("44216-6") && !is_loinc("442616"));
    let mut codes = vec!["72514-3"];
    for instrument in &catalogue().instruments {
        codes.extend(instrument.items.iter().map(|item| item.loinc.as_str()));
        codes.extend(instrument.scores.iter().map(|score| score.loinc.as_str()));
    }
    codes.retain(|code| !code.is_empty());
    assert_eq!(codes.len(), 1 + 9 + 2 + 7 + 2 + 3);
    for code in codes {
        assert!(is_loinc(code), "{code}");
    }
    assert_eq!(catalogue().external_code("pain").unwrap().codes, ["72514-3"]);
    assert_eq!(catalogue().external_code("buprenorphine_naloxone").unwrap().codes, ["1819", "7242"]);
    assert!(catalogue().external_code("other").is_none());
}

#[test]
fn opioids_are_known_as_such() {
    for (substance, expected) in [
        ("opioids", true),
        ("fentanyl", true),
        ("alcohol", false),
        ("gambling", false),
        ("my own word", false),
    ] {
        assert_eq!(catalogue().is_opioid(substance), expected, "{substance}");
    }
}

#[test]
fn each_country_has_its_emergency_number_first() {
    assert_eq!(catalogue().help_lines.len(), 4 + 27);
    for country in &catalogue().help_lines {
        let code = country.country.as_str();
        assert!(code.len() == 2 && code.chars().all(|c| c.is_ascii_uppercase()), "{code}");
        let emergency = &country.lines[0];
        assert_eq!(emergency.kind, HelpLineKind::Emergency, "{code}");
        assert!(!emergency.phone.is_empty(), "{code}");
        assert!(
            country.lines.iter().all(|line| !line.phone.is_empty() || !line.text_to.is_empty()),
            "{code}"
        );
    }
    for line in every_help_line() {
        assert!(is_date(&line.checked_on), "{}", line.slug);
        let dialled = |c: char| c.is_ascii_digit() || c == ' ' || c == '-';
        assert!(line.phone.chars().chain(line.text_to.chars()).all(dialled), "{}", line.slug);
    }
}

#[test]
fn help_lines_of_a_country_and_elsewhere() {
    let slugs = |country: &str| -> Vec<&str> {
        catalogue().help_lines(country).iter().map(|l| l.slug.as_str()).collect()
    };
    assert_eq!(
        slugs("US"),
        ["us_emergency", "us_988", "us_crisis_text_line", "us_never_use_alone", "us_samhsa"]
    );
    assert_eq!(slugs("ie"), ["eu_emergency", "samaritans"]);
    assert_eq!(slugs("GB"), ["gb_emergency", "samaritans", "gb_nhs_111"]);
    for country in ["", "ZZ", "USA", "\u{212a}"] {
        let lines = catalogue().help_lines(country);
        assert_eq!(slugs(country), ["elsewhere_emergency"]);
        assert!(!lines[0].description.contains(|c: char| c.is_ascii_digit()) && lines[0].phone.is_empty());
        assert_eq!(lines[0].how_to_reach(), lines[0].description);
    }
    let reach: Vec<_> = catalogue().help_lines("US").iter().take(3).map(HelpLine::how_to_reach).collect();
    assert_eq!(reach, ["call 911", "call or text 988", "text HOME to 741741"]);
}

#[test]
fn the_body_is_the_catalogue_and_the_tag_is_strong() {
    assert_eq!(answer(), serde_json::to_value(Catalogue::builtin()).unwrap());
    assert_eq!(Catalogue::body().as_ptr(), Catalogue::body().as_ptr());
    let tag = Catalogue::etag();
    assert_eq!(tag.len(), 66);
    assert!(tag.starts_with('"') && tag.ends_with('"') && tag[1..65].chars().all(|c| c.is_ascii_hexdigit()));
    let mut nulls = String::from_utf8(Catalogue::body().to_vec()).unwrap();
    nulls.retain(|c| !c.is_whitespace());
    assert!(!nulls.contains(":null") && !nulls.contains(":\"\""));
}

#[test]
fn every_schema_is_named_and_none_is_a_choice() {
    #[derive(OpenApi)]
    #[openapi(components(schemas(Catalogue)))]
    struct Document;

    fn walk(value: &Value, top: bool) {
        match value {
            Value::Object(members) => {
                for refused in ["oneOf", "anyOf", "allOf", "additionalProperties"] {
                    assert!(!members.contains_key(refused), "{value}");
                }
                assert!(top || members.get("properties").is_none(), "an object without a name: {value}");
                assert!(!members.get("type").is_some_and(Value::is_array), "nullable: {value}");
                let within = members.get("properties").and_then(Value::as_object);
                within
                    .into_iter()
                    .flat_map(|properties| properties.values())
                    .for_each(|value| walk(value, false));
                members.get("items").into_iter().for_each(|value| walk(value, false));
            }
            _ => panic!("not a schema: {value}"),
        }
    }

    let document = serde_json::to_value(Document::openapi()).unwrap();
    let schemas = document["components"]["schemas"].as_object().unwrap();
    assert_eq!(schemas.len(), 23);
    for schema in schemas.values() {
        walk(schema, true);
    }
    assert_eq!(schemas["BuiltInTrigger"]["properties"]["id"]["format"], "uuid");
    assert_eq!(schemas["BuiltInTrigger"]["required"], serde_json::json!(["id", "slug", "category", "name"]));
}
