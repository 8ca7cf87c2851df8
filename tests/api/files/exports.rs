//! Exports: complete, in one state, the same after an import elsewhere.

use serde_json::{Value as Json, json};
use uuid::Uuid;

use super::{count, export, import_ours, journals};
use crate::sharing::life::{client, pair, scope, share};
use crate::support::collections;
use crate::support::{Client, Engine, Server, both};

both!(
    an_export_has_everything_as_the_api_shows_it,
    an_export_comes_in_again_elsewhere,
    an_export_is_a_file,
    an_empty_journal_is_a_file_too,
    shares_and_disclosures_are_in_it,
);

fn an_export_has_everything_as_the_api_shows_it(server: &Server) {
    let member = server.member();
    journals::live(&member, 1);
    let file = export(&member);
    assert_eq!((&file["format"], &file["version"]), (&json!("recovery-journal"), &json!(1)));
    assert_eq!(file["account"], member.get("/v1/account").expect(200).json);
    let mut greatest = 0;
    for collection in collections::all() {
        let mut shown = member.get(&format!("{}?limit=200", collection.path)).expect(200).items().to_vec();
        shown.sort_by_key(|record| record["id"].as_str().unwrap().to_owned());
        assert_eq!(file["collections"][collection.name()], json!(shown), "{}", collection.path);
        greatest = shown.iter().filter_map(|record| record["revision"].as_i64()).fold(greatest, i64::max);
    }
    assert!(file["journal"]["revision"].as_i64().unwrap() >= greatest);
}

/// The export without what belongs to the account: when it was made, whose it is, and the ids of days'
/// check-ins, which are worked out from the account.
fn of_nobody(mut file: Json) -> Json {
    let account: Uuid = file["account"]["id"].as_str().unwrap().parse().unwrap();
    file["exported_at"].take();
    file["account"].take();
    let check_ins = file["collections"]["check_ins"].as_array_mut().unwrap();
    for check_in in &mut *check_ins {
        let name = format!(
            "check-in/{}/{}",
            check_in["local_date"].as_str().unwrap(),
            check_in["slot"].as_str().unwrap()
        );
        if check_in["id"] == json!(Uuid::new_v5(&account, name.as_bytes())) {
            check_in["id"] = json!(name);
        }
    }
    check_ins.sort_by_key(|check_in| check_in["id"].as_str().unwrap().to_owned());
    file
}

/// Out of one journal, into another, and out of that one: the same, twice.
fn goes_round(from: &Client, to: &Client, seed: u64) {
    journals::live(from, seed);
    let file = export(from);
    let rows: usize =
        file["collections"].as_object().unwrap().values().map(|list| list.as_array().unwrap().len()).sum();
    let tried = import_ours(to, "dry_run=true", &file);
    assert_eq!((count(&tried, "created"), count(&tried, "invalid")), (rows as u64, 0), "{seed}: {tried:?}");
    assert_eq!(export(to)["journal"]["revision"], 1, "a dry run writes nothing");
    let report = import_ours(to, "", &file);
    assert_eq!(count(&report, "created"), rows as u64, "{seed}");
    let copy = export(to);
    assert_eq!(of_nobody(copy.clone()), of_nobody(file.clone()), "{seed}");
    let again = import_ours(to, "", &file);
    assert_eq!((count(&again, "unchanged"), count(&again, "created")), (rows as u64, 0), "{seed}");
    assert_eq!(of_nobody(export(to)), of_nobody(copy), "{seed}: importing twice changes nothing");
    let date = &file["collections"]["check_ins"].as_array().unwrap();
    let natural = date.iter().any(|check_in| {
        let path = format!("/v1/days/{}/check-in?slot=", check_in["local_date"].as_str().unwrap());
        to.get(&(path + check_in["slot"].as_str().unwrap())).status == 200
    });
    assert!(natural, "{seed}: a day's check-in is found by its date in the new journal");
}

fn an_export_comes_in_again_elsewhere(server: &Server) {
    for seed in 10..14 {
        goes_round(&server.member(), &server.member(), seed);
    }
}

#[test]
fn engines_understand_each_other() {
    let Some(engine) = Engine::postgres() else { return };
    let (sqlite, postgres) = (Server::start(Engine::sqlite(), &[]), Server::start(engine, &[]));
    goes_round(&sqlite.member(), &postgres.member(), 20);
    goes_round(&postgres.member(), &sqlite.member(), 21);
}

fn an_export_is_a_file(server: &Server) {
    let member = server.member();
    for (path, media_type) in [
        ("/v1/export.json", "application/json"),
        ("/v1/export.zip", "application/zip"),
        ("/v1/export.fhir.json", "application/fhir+json"),
    ] {
        let file = member.get(path);
        let name = file.expect(200).header("content-disposition").unwrap();
        let date = chrono::DateTime::parse_from_rfc2822(file.header("date").unwrap()).unwrap();
        let zone = chrono_tz::Tz::America__New_York;
        let today = date.with_timezone(&zone).date_naive();
        let wanted = format!(
            "attachment; filename=\"recovery-journal-{today}.{}\"",
            path.trim_start_matches("/v1/export.")
        );
        assert_eq!(name, wanted);
        assert_eq!(file.header("content-type"), Some(media_type));
        let head = member.request("HEAD", path).try_send().unwrap();
        assert_eq!((head.status, head.bytes.len()), (200, 0));
        member.get(&format!("{path}?pretty=true")).refused(400, "invalid_parameter");
    }
}

fn an_empty_journal_is_a_file_too(server: &Server) {
    let (member, other) = (server.member(), server.member());
    let file = export(&member);
    assert_eq!(file["journal"]["revision"], 1);
    assert_eq!(count(&import_ours(&other, "", &file), "created"), 0);
    assert_eq!(export(&other)["journal"]["revision"], 1);
}

fn shares_and_disclosures_are_in_it(server: &Server) {
    let (member, counselor) = pair(server);
    let craving = json!({"occurred_at": "2025-03-04T10:00:00Z", "time_zone": "UTC", "intensity": 3});
    member.post("/v1/cravings", &craving).expect(201);
    let id = share(&member, &counselor, &json!([scope("cravings", "entries")]));
    share(&member, &counselor, &json!([scope("check_ins", "summary")]));
    for path in ["cravings", "meetings"] {
        counselor.get(&client(&id, path));
    }
    let file = export(&member);
    assert_eq!(file["shares"], json!(member.get("/v1/shares").items()));
    assert_eq!(file["disclosures"], json!(member.get("/v1/disclosures").items()));
    assert_eq!(
        (file["shares"].as_array().unwrap().len(), file["disclosures"].as_array().unwrap().len()),
        (2, 2)
    );
    let other = server.member();
    assert_eq!(count(&import_ours(&other, "", &file), "created"), 1);
    assert_eq!(other.get("/v1/shares").items().len(), 0, "a consent is not imported");
    let bundle = member.get("/v1/export.fhir.json").expect(200).json.clone();
    let consents = bundle["entry"].as_array().unwrap().iter().map(|entry| &entry["resource"]);
    let consents: Vec<&Json> = consents.filter(|one| one["resourceType"] == "Consent").collect();
    assert_eq!(consents.len(), 2);
    assert!(consents.iter().all(|one| one["status"] == "active" && one["policyRule"]["text"].is_string()));
}
