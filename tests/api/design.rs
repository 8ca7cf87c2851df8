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
            ("duration_minutes", "0-10080"),
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
            ("duration_minutes", "0-1440"),
            ("role", "attended|shared|chaired|service"),
            ("helpfulness", "0-10"),
            ("meeting_list_id", "id"),
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
    (
        "/v1/sessions",
        &[
            ("occurred_at", "moment*"),
            ("time_zone", "string*"),
            ("local_date", "date"),
            ("kind", "individual|group|family|psychiatry|medication_management|iop|other*"),
            ("modality", "cbt|dbt|mi|other"),
            ("planned_minutes", "0-1440"),
            ("attended_minutes", "0-1440"),
            ("status", "attended|missed|cancelled"),
            ("helpfulness", "0-10"),
            ("homework", "text"),
            ("homework_done", "flag"),
            ("care_episode_id", "id"),
            ("note", "text"),
        ],
    ),
    (
        "/v1/care-episodes",
        &[
            ("level", "detox|inpatient|iop|outpatient|sober_living|aftercare*"),
            ("starts_on", "date*"),
            ("ends_on", "date"),
            ("facility", "text"),
            ("days_per_week", "1-7"),
            ("hours_per_day", "quarters"),
        ],
    ),
    (
        "/v1/medications",
        &[
            ("name", "text*"),
            (
                "kind",
                "methadone|buprenorphine|buprenorphine_naloxone|naltrexone_oral|naltrexone_xr|naloxone_kit|other*",
            ),
            ("route", "string"),
            ("dose_value", "string"),
            ("dose_unit", "string"),
            ("schedule", "daily|every_n_days|weekly|monthly|as_needed*"),
            ("every_n_days", "1-365"),
            ("starts_on", "date*"),
            ("ends_on", "date"),
            ("expires_on", "date"),
            ("prescriber", "text"),
            ("note", "text"),
        ],
    ),
    (
        "/v1/doses",
        &[
            ("medication_id", "id*"),
            ("occurred_at", "moment*"),
            ("time_zone", "string*"),
            ("local_date", "date"),
            ("status", "taken|late|missed|held_by_clinic|observed_at_clinic*"),
            ("note", "text"),
        ],
    ),
    (
        "/v1/withdrawal-logs",
        &[
            ("occurred_at", "moment*"),
            ("time_zone", "string*"),
            ("local_date", "date"),
            ("agitation", "0-4"),
            ("anxiety", "0-4"),
            ("depression", "0-4"),
            ("diarrhea", "0-4"),
            ("insomnia", "0-4"),
            ("muscle_bone_ache", "0-4"),
            ("cramps", "0-4"),
            ("nausea", "0-4"),
            ("vomiting", "0-4"),
            ("sweating", "0-4"),
            ("chills", "0-4"),
            ("hallucinations", "0-4"),
            ("paranoia", "0-4"),
            ("hours_since_last_use", "0-8784"),
            ("note", "text"),
        ],
    ),
    (
        "/v1/assessments",
        &[
            ("occurred_at", "moment*"),
            ("time_zone", "string*"),
            ("local_date", "date"),
            ("instrument", "phq9|phq2|gad7|gad2|barc10|who5|bam_r|cows_total*"),
            ("instrument_version", "string*"),
            ("answers", "[0-100]*"),
        ],
    ),
    (
        "/v1/contacts",
        &[
            ("name", "text*"),
            ("role", "sponsor|peer|family|counselor|prescriber|other*"),
            ("phone", "text"),
            ("call_order", "1-100"),
            ("note", "text"),
        ],
    ),
    (
        "/v1/plans",
        &[
            ("warning_signs", "[text]"),
            ("high_risk_situations", "[text]"),
            ("skill_ids", "[id]"),
            ("contact_ids", "[id]"),
            ("places_to_avoid", "[text]"),
            ("reasons", "[text]"),
            ("note", "text"),
        ],
    ),
    (
        "/v1/goals",
        &[
            ("kind", "meetings_per_week|check_ins_per_week|sessions_per_week|meetings_in_90_days*"),
            ("target", "1-1000*"),
            ("starts_on", "date*"),
            ("ends_on", "date"),
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
        ("integer", _) => format!("{}-{}", schema["minimum"], schema["maximum"]),
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
