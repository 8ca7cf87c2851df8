//! Every field of every collection at its limits. The document's schema of a field is tried against the
//! server: what it admits is stored and comes back, what it refuses is 422 with the field's pointer. What a
//! schema cannot say (years before 1900, zones that do not exist) is said here.

use chrono::{DateTime, Days, NaiveDate, SubsecRound as _};
use serde_json::{Value as Json, json};

use crate::support::matching::same;
use crate::support::{Answer, Collection, Contract, Server, both, collections};

both!(
    fields_hold_what_their_schema_admits_and_nothing_else,
    every_mistake_is_named_at_once,
    mistakes_of_entries_and_odd_names_are_found,
    text_that_cannot_be_kept_is_malformed,
);

fn fields_hold_what_their_schema_admits_and_nothing_else(server: &Server) {
    let member = server.member();
    let (mut admitted, mut refused) = (0, 0);
    for collection in collections::all() {
        for (field, schema) in collection.fields() {
            let base = member.post(collection.path, &body_for(&collection, field, None));
            // A field that must be there needs a value to begin with.
            let base =
                if base.status == 201 { base } else { member.post(collection.path, &collection.minimal()) };
            let record = collection.item(base.expect(201).id());
            for value in candidates(field, schema) {
                let good = is_good(&collection, field, &value);
                let created = member.post(collection.path, &body_for(&collection, field, Some(&value)));
                let patched = member.patch(&record, &with_answers(json!({field: value}), field));
                judge(&created, good.then_some(201), field, schema, &value);
                judge(&patched, good.then_some(200), field, schema, &value);
                *(if good { &mut admitted } else { &mut refused }) += 1;
            }
        }
    }
    // Neither side of the table may run dry.
    assert!(admitted > 300 && refused > 600, "{admitted} values admitted, {refused} refused");
}

/// The least body, with this field as given (`None` = absent).
fn body_for(collection: &Collection, field: &str, value: Option<&Json>) -> Json {
    let mut body = collection.minimal();
    // Any date will do for the later one of two, so that the rule between them stays out of it.
    for (later, earlier) in [("resumed_on", "used_on"), ("ends_on", "starts_on")] {
        if field == later {
            body[earlier] = json!("1900-01-01");
        }
    }
    let members = body.as_object_mut().unwrap();
    members.remove(field);
    members.extend(value.map(|value| (field.to_owned(), value.clone())));
    with_answers(body, field)
}

/// A body that tries an instrument gets as many answers as that one takes.
fn with_answers(mut body: Json, field: &str) -> Json {
    if field == "instrument"
        && let Some(items) = items_of(&body["instrument"])
    {
        body["answers"] = json!(vec![1; items]);
    }
    body
}

#[track_caller]
fn judge(answer: &Answer, good: Option<u16>, field: &str, schema: &Json, value: &Json) {
    let Some(status) = good else {
        assert_eq!(answer.refused(422, "validation_failed").pointers(), [format!("/{field}")], "{value}");
        return;
    };
    let kept = &answer.expect(status).json[field];
    if value.is_null() {
        // Nothing to report, or the server fills it in.
        return;
    }
    let moment = |value: &Json| DateTime::parse_from_rfc3339(value.as_str()?).ok();
    let came_back = match schema["format"].as_str() {
        Some("date-time") => moment(value).map(|moment| moment.trunc_subsecs(0)) == moment(kept),
        _ if schema["format"] == "uuid" || schema["items"]["format"] == "uuid" => {
            serde_json::from_str::<Json>(&value.to_string().to_lowercase()).unwrap() == *kept
        }
        _ => same(kept, value),
    };
    assert!(came_back, "{field}: {value} came back as {kept}");
}

/// Whether a value is one that the field takes: by its schema, and by what a schema cannot say.
fn is_good(collection: &Collection, field: &str, value: &Json) -> bool {
    let by_schema = Contract::get().complaints(&collection.field_pointer(field), value).is_empty();
    let date = value.as_str().and_then(|text| text.get(..10)).and_then(|text| text.parse::<NaiveDate>().ok());
    let first = NaiveDate::from_ymd_opt(1900, 1, 1).unwrap();
    let ancient = date.is_some_and(|date| date < first);
    // Somewhere on earth it is already tomorrow.
    let last =
        chrono::DateTime::<chrono::Utc>::from(std::time::SystemTime::now()).date_naive() + Days::new(1);
    let to_come = field == "local_date" && date.is_some_and(|date| date > last);
    let unfit = match (field, collection.path) {
        ("instrument_version", _) => value != "1",
        ("answers", _) => value.as_array().is_none_or(|answers| {
            answers.len() != 9
                || answers.iter().any(|answer| answer.as_f64().is_none_or(|answer| answer > 3.0))
        }),
        _ => false,
    };
    let nowhere = field == "time_zone" && value.as_str().is_none_or(|zone| !ZONES.contains(&zone));
    by_schema && !ancient && !to_come && !nowhere && !unfit
}

/// How many answers an instrument of the catalogue takes.
fn items_of(instrument: &Json) -> Option<usize> {
    const ITEMS: &[(&str, usize)] = &[
        ("phq9", 9),
        ("phq2", 2),
        ("gad7", 7),
        ("gad2", 2),
        ("barc10", 10),
        ("who5", 5),
        ("bam_r", 17),
        ("cows_total", 1),
    ];
    ITEMS.iter().find(|(slug, _)| instrument == slug).map(|(_, items)| *items)
}

const ZONES: &[&str] = &["America/New_York", "UTC", "Asia/Kathmandu", "Pacific/Kiritimati"];
const NO_ZONES: &[&str] = &["Mars/Base", "america/new_york", "+05:00", "EST 5", "Europe/", "../UTC"];

/// Values on both sides of every limit that a field of this schema can have.
fn candidates(field: &str, schema: &Json) -> Vec<Json> {
    let mut values = vec![
        json!(null),
        json!(true),
        json!(0),
        json!(-1),
        json!(0.5),
        json!(1e300),
        json!(""),
        json!("7"),
        json!(" "),
        json!("x\n"),
        json!([]),
        json!([null]),
        json!([[]]),
        json!({}),
        json!({"a": 1}),
    ];
    if schema["type"].is_string() || schema["type"].is_array() {
        for kind in ["integer", "number"] {
            if is_of(schema, kind) {
                values.extend(numbers(schema));
            }
        }
        if is_of(schema, "boolean") {
            values.extend([json!(false), json!("true"), json!(1)]);
        }
        if is_of(schema, "string") {
            values.extend(texts(field, schema));
        }
        if is_of(schema, "array") {
            let items = &schema["items"];
            let entries = if is_of(items, "integer") { numbers(items) } else { texts(field, items) };
            let most = usize::try_from(schema["maxItems"].as_u64().unwrap()).unwrap();
            let bare = jsonschema::options().should_validate_formats(true).build(items).unwrap();
            // The shortest, so that the longest list of them is no larger than a body may be.
            let admitted = entries.iter().filter(|entry| bare.is_valid(entry));
            let good = admitted.min_by_key(|entry| entry.to_string().len());
            let good = good.expect("an entry that the schema admits");
            values.extend([json!([good, good]), json!([good, null]), good.clone()]);
            values.extend([json!(vec![good; most]), json!(vec![good; most + 1])]);
            values.extend(entries.iter().map(|entry| json!([entry])));
        }
    }
    values
}

fn is_of(schema: &Json, kind: &str) -> bool {
    schema["type"] == kind || schema["type"].as_array().is_some_and(|kinds| kinds.contains(&json!(kind)))
}

fn numbers(schema: &Json) -> Vec<Json> {
    let (min, max) = (schema["minimum"].as_i64().unwrap(), schema["maximum"].as_i64().unwrap());
    let step = schema["multipleOf"].as_f64().unwrap_or(1.0);
    #[expect(clippy::cast_precision_loss, reason = "limits are small")]
    let (least, most) = (min as f64, max as f64);
    vec![
        json!(min),
        json!(max),
        json!(min - 1),
        json!(max + 1),
        json!(most),
        json!(least + step),
        json!(most - step),
        json!(most + step),
        json!(least + step / 2.0),
        json!(least + 0.1),
        json!(-0.0),
        json!(u64::MAX),
        json!(i64::MIN),
        json!(9_007_199_254_740_993_i64),
    ]
}

fn texts(field: &str, schema: &Json) -> Vec<Json> {
    let mut values: Vec<Json> = Vec::new();
    if let Some(choices) = schema["enum"].as_array() {
        let words = choices.iter().filter_map(Json::as_str);
        values.extend(choices.iter().cloned());
        values.extend(words.flat_map(|word| [json!(format!("{word}x")), json!(word.to_uppercase())]));
    }
    if let Some(most) = schema["maxLength"].as_u64() {
        let most = usize::try_from(most).unwrap();
        // Long words are slow to seal in a debug build: the widest sign stands for all.
        let signs: &[&str] = if most > 1_000 { &["🌱"] } else { &["a", "1", "é", "🌱"] };
        for sign in signs {
            values.extend([json!(sign.repeat(most)), json!(sign.repeat(most + 1))]);
        }
    }
    let listed: &[&str] = match schema["format"].as_str() {
        Some("date") => &[
            "1900-01-01",
            "1899-12-31",
            "0001-01-01",
            "2024-02-29",
            "2025-02-29",
            "2025-13-01",
            "2025-00-10",
            "2025-1-1",
            "2025-01-01 ",
            "2025-01-01T00:00:00Z",
            "20250101",
            "2025-W01-1",
            "10000-01-01",
            "9999-12-31",
        ],
        Some("date-time") => &[
            "2025-11-02T21:40:00-05:00",
            "2025-11-02T21:40:00Z",
            "2025-11-02T21:40:59.999999Z",
            "2025-11-02T21:40:00+14:00",
            "1900-01-02T00:00:00Z",
            "1800-01-01T00:00:00Z",
            "2025-11-02T21:40:00",
            "2025-11-02T21:40Z",
            "2025-11-02",
            "2025-11-02T24:00:00Z",
            "2025-02-29T00:00:00Z",
            "1762119600",
            "2025-11-02T21:40:00 -05:00",
            "2025-11-02T21:40:00-0500",
            "2025-11-02T21:40:00-05",
        ],
        Some("uuid") => &[
            "0199c2a4-7b1e-7c3a-9f00-3a5d2e8b4c11",
            "0199C2A4-7B1E-7C3A-9F00-3A5D2E8B4C11",
            "00000000-0000-0000-0000-000000000000",
            "0199c2a47b1e7c3a9f003a5d2e8b4c11",
            "{0199c2a4-7b1e-7c3a-9f00-3a5d2e8b4c11}",
            "0199c2a4-7b1e-7c3a-9f00-3a5d2e8b4c1",
            "0199c2a4-7b1e-7c3a-9f00-3a5d2e8b4c1g",
            "urn:uuid:0199c2a4-7b1e-7c3a-9f00-3a5d2e8b4c11",
        ],
        _ => &[
            "a",
            "A",
            "opioids",
            "two words",
            "kebab-case",
            "USD",
            "usd",
            "US",
            "USDX",
            "0",
            "00.10",
            "12.50",
            "12.",
            ".5",
            "-1",
            "+1",
            "1e3",
            "1,5",
            "12.5.0",
            "٣",
            "12x12",
            "LGBTQ",
            "ü",
            "\u{a0}",
            "a_1",
            "<b>",
            "'; --",
            "\u{202e}x",
        ],
    };
    values.extend(listed.iter().map(|text| json!(text)));
    if field == "time_zone" {
        values.extend(ZONES.iter().chain(NO_ZONES).map(|text| json!(text)));
    }
    if schema["pattern"].is_string() {
        values.extend([20, 21, 40, 41].map(|length| json!("a".repeat(length))));
    }
    values
}

fn every_mistake_is_named_at_once(server: &Server) {
    let member = server.member();
    for collection in collections::all() {
        let mut body = json!({"surprise": 1, "id_": null});
        let mut wanted = vec!["/id_".to_owned(), "/surprise".to_owned()];
        for (field, _) in collection.fields() {
            body[field] = json!({"not": "this"});
            wanted.push(format!("/{field}"));
        }
        wanted.sort();
        let id = crate::records::new_id();
        let record = member.post(collection.path, &collection.minimal());
        for answer in [
            member.post(collection.path, &body),
            member.put(&collection.item(&id), &body),
            member.patch(&collection.item(record.id()), &body),
        ] {
            assert_eq!(answer.refused(422, "validation_failed").pointers(), wanted, "{answer:?}");
            for error in answer.json["errors"].as_array().unwrap() {
                assert!(error["message"].as_str().is_some_and(|text| text.len() > 5), "{error}");
            }
        }
        let nothing = member.post(collection.path, &json!({}));
        let mut missing: Vec<String> = collection
            .fields()
            .filter(|(field, _)| collection.requires(field))
            .map(|(field, _)| format!("/{field}"))
            .collect();
        missing.sort();
        if missing.is_empty() {
            nothing.expect(201);
            continue;
        }
        assert_eq!(nothing.refused(422, "validation_failed").pointers(), missing);
        for error in nothing.json["errors"].as_array().unwrap() {
            assert_eq!(error["code"], "required");
        }
    }
}

fn mistakes_of_entries_and_odd_names_are_found(server: &Server) {
    let member = server.member();
    let mut body = collections::at("/v1/cravings").minimal();
    body["a/b~c"] = json!(1);
    let answer = member.post("/v1/cravings", &body);
    assert_eq!(answer.refused(422, "validation_failed").pointers(), ["/a~1b~0c"]);

    let mut body = collections::at("/v1/lapses").minimal();
    body["used_on"] = json!("2025-03-02");
    body["resumed_on"] = json!("2025-03-01");
    assert_eq!(
        member.post("/v1/lapses", &body).refused(422, "validation_failed").pointers(),
        ["/resumed_on"]
    );
    body["resumed_on"] = json!("2025-03-02");
    let lapse = member.post("/v1/lapses", &body);
    let path = format!("/v1/lapses/{}", lapse.expect(201).id());
    // The rule holds between what is sent and what is there.
    let later = member.patch(&path, &json!({"used_on": "2025-03-03"}));
    assert_eq!(later.refused(422, "validation_failed").pointers(), ["/resumed_on"]);
    member.patch(&path, &json!({"used_on": "2025-03-03", "resumed_on": null})).expect(200);
}

fn text_that_cannot_be_kept_is_malformed(server: &Server) {
    let member = server.member();
    for collection in collections::all() {
        let mut body = collection.full();
        for text in ["\0", "a\0b"] {
            let Some((field, _)) = collection.fields().find(|(name, _)| *name == "note" || *name == "label")
            else {
                continue;
            };
            body[field] = json!(text);
            member.post(collection.path, &body).refused(400, "malformed_json");
        }
        assert!(member.get(collection.path).items().is_empty());
    }
}
