//! The fields that the design gives each collection, written down once more by hand: neither the server nor
//! its document may drift from them together.

use serde_json::{Value as Json, json};

use crate::support::collections;

/// A field and what it holds; `*` = must be given. `name|name` is a choice, `[…]` a list.
type Fields = &'static [(&'static str, &'static str)];

const CATEGORIES: &str = "negative_emotion|physical_state|positive_emotion|testing_control|urge_or_cue|\
    conflict|social_pressure|positive_social|environment*";
const FAMILIES: &str = "cbt|dbt|support|body|meaning*";
const FELLOWSHIPS: &str = "aa|na|ca|cma|ha|ma|smart|recovery_dharma|refuge_recovery|lifering|\
    women_for_sobriety|celebrate_recovery|mara|dual_recovery|al_anon|nar_anon|families_anonymous|\
    therapy_group|iop_session|alumni|other*";

const DESIGN: &[(&str, Fields)] = &[
    (
        "/v1/check-ins",
        &[
            ("local_date", "date*"),
            ("slot", "day|morning|evening"),
            ("mood", "0-10"),
            ("anxiety", "0-10"),
            ("stress", "0-10"),
            ("energy", "0-10"),
            ("pain", "0-10"),
            ("craving", "0-10"),
            ("commitment", "0-10"),
            ("sleep_hours", "quarters"),
            ("sleep_quality", "0-10"),
            ("substance_free", "flag"),
            ("intention", "text"),
            ("gratitude", "text"),
            ("note", "text"),
        ],
    ),
    (
        "/v1/cravings",
        &[
            ("occurred_at", "moment*"),
            ("time_zone", "string*"),
            ("local_date", "date"),
            ("intensity", "0-10*"),
            ("intensity_after", "0-10"),
            ("duration_minutes", "integer"),
            ("clock_id", "id"),
            ("trigger_ids", "[id]"),
            ("skill_ids", "[id]"),
            ("halt", "[hungry|angry|lonely|tired]"),
            ("place", "text"),
            ("company", "text"),
            ("outcome", "open|passed|used"),
            ("note", "text"),
        ],
    ),
    ("/v1/triggers", &[("name", "text*"), ("category", CATEGORIES), ("archived", "flag"), ("note", "text")]),
    ("/v1/skills", &[("name", "text*"), ("family", FAMILIES), ("archived", "flag"), ("note", "text")]),
    (
        "/v1/meetings",
        &[
            ("occurred_at", "moment*"),
            ("time_zone", "string*"),
            ("local_date", "date"),
            ("fellowship", FELLOWSHIPS),
            ("format", "in_person|online|hybrid|phone"),
            ("name", "text"),
            ("meeting_types", "[string]"),
            ("duration_minutes", "integer"),
            ("role", "attended|shared|chaired|service"),
            ("helpfulness", "0-10"),
            ("note", "text"),
        ],
    ),
    (
        "/v1/clocks",
        &[
            ("substance", "string*"),
            ("label", "text"),
            ("started_on", "date*"),
            ("reset_policy", "reset|keep_and_count"),
            ("daily_cost", "string"),
            ("currency", "string"),
            ("archived", "flag"),
        ],
    ),
    (
        "/v1/lapses",
        &[
            ("clock_id", "id*"),
            ("used_on", "date*"),
            ("used_at", "moment"),
            ("resumed_on", "date"),
            ("kind", "lapse|return_to_use|overdose"),
            ("trigger_ids", "[id]"),
            ("amount", "text"),
            ("note", "text"),
        ],
    ),
];

#[test]
fn collections_have_the_fields_of_the_design() {
    for (path, fields) in DESIGN {
        let collection = collections::at(path);
        let mut documented: Vec<String> = collection
            .fields()
            .map(|(name, schema)| format!("{name}: {}", describe(schema, collection.requires(name))))
            .collect();
        let mut designed: Vec<String> =
            fields.iter().map(|(name, kind)| format!("{name}: {}", kind.replace(' ', ""))).collect();
        documented.sort();
        designed.sort();
        assert_eq!(documented, designed, "{path}");
    }
}

/// A schema in the words of the table.
fn describe(schema: &Json, required: bool) -> String {
    let kinds: Vec<&str> = match &schema["type"] {
        Json::String(kind) => vec![kind],
        kinds => kinds.as_array().expect("types").iter().filter_map(Json::as_str).collect(),
    };
    assert_eq!(required, !kinds.contains(&"null"), "what must be given is not null: {schema}");
    let choices = schema["enum"].as_array();
    let words = |choices: &Vec<Json>| choices.iter().filter_map(Json::as_str).collect::<Vec<_>>().join("|");
    let kind = match (kinds[0], schema["format"].as_str()) {
        ("string", Some("date")) => "date".to_owned(),
        ("string", Some("date-time")) => "moment".to_owned(),
        ("string", Some("uuid")) => "id".to_owned(),
        ("string", _) if choices.is_some() => choices.map(words).unwrap_or_default(),
        ("string", _) if schema["maxLength"] == 20_000 => "text".to_owned(),
        ("string", _) => "string".to_owned(),
        ("integer", _) if schema["minimum"] == 0 && schema["maximum"] == 10 => "0-10".to_owned(),
        ("integer", _) if schema["minimum"] == 0 => "integer".to_owned(),
        ("number", _)
            if [&schema["minimum"], &schema["maximum"], &schema["multipleOf"]]
                == [&json!(0), &json!(24), &json!(0.25)] =>
        {
            "quarters".to_owned()
        }
        ("boolean", _) => "flag".to_owned(),
        ("array", _) => format!("[{}]", describe(&schema["items"], true).trim_end_matches('*')),
        _ => format!("unknown {schema}"),
    };
    if required { format!("{kind}*") } else { kind }
}
