//! Reports: the figures of the API on pages, the same bytes for the same journal, cut to a share.

use std::io::Write as _;
use std::process::{Command, Stdio};

use chrono::{Days, NaiveDate};
use serde_json::{Value as Json, json};

use super::{export, import_ours};
use crate::sharing::life::{client, craving, member, offer, pair, scope, share};
use crate::support::{Client, Engine, Server, both};

both!(
    a_report_is_a_tagged_file,
    the_same_journal_is_the_same_bytes,
    what_it_says_is_what_the_api_says,
    nothing_is_said_of_nothing,
    words_of_any_script_and_length_are_kept,
    under_a_share_it_is_cut_and_written_down,
    a_share_that_opens_nothing_of_it_is_refused,
    dates_that_cannot_be_used_are_named,
);

/// The dates of a journal that stands still.
const QUERY: &str = "from=2025-02-01&to=2025-04-30&as_of=2025-04-30";
/// The same, named by nothing but the day.
const RANGE: &str = "from=2025-02-01&to=2025-04-30";

fn on(day: u64) -> String {
    let first: NaiveDate = "2025-02-01".parse().unwrap();
    (first + Days::new(day)).to_string()
}

/// Three months with something of everything.
fn live(member: &Client) {
    let create = |path: &str, body: Json| member.post(path, &body).expect(201).id().to_owned();
    create("/v1/clocks", json!({"substance": "opioids", "started_on": "2024-12-01"}));
    let medication = create(
        "/v1/medications",
        json!({
            "name": "Morning film", "kind": "buprenorphine", "dose_value": "8", "dose_unit": "mg",
            "schedule": "daily", "starts_on": "2025-02-01", "prescriber": "Dr. Žofie Řeháková",
        }),
    );
    let trigger = create("/v1/triggers", json!({"name": "The bridge at night", "category": "environment"}));
    let skill = create("/v1/skills", json!({"name": "Call Sam", "family": "support"}));
    create(
        "/v1/care-episodes",
        json!({"level": "iop", "starts_on": "2025-02-01", "days_per_week": 3, "hours_per_day": 3, "facility": "Riverside"}),
    );
    for day in 0..80 {
        if day % 7 != 3 {
            let check_in = json!({
                "local_date": on(day), "mood": (day * 7) % 11, "anxiety": 9 - day / 10, "sleep_hours": 6.25,
            });
            member.post("/v1/check-ins", &check_in).expect(201);
        }
        if day % 4 == 0 {
            let outcome = if day == 8 { "open" } else { "passed" };
            let more = json!({
                "intensity_after": 2, "outcome": outcome, "trigger_ids": [trigger],
                "skill_ids": if day % 8 == 0 { json!([skill]) } else { json!([]) },
            });
            craving(member, &on(day), 3 + u8::try_from(day % 6).unwrap(), &more);
        }
        if day % 5 == 0 {
            let meeting = json!({"occurred_at": format!("{}T19:00:00Z", on(day)), "time_zone": "UTC", "fellowship": "na"});
            create("/v1/meetings", meeting);
        }
        if day < 30 && day != 7 {
            let dose = json!({
                "medication_id": medication, "occurred_at": format!("{}T08:00:00Z", on(day)), "time_zone": "UTC",
                "status": if day == 9 { "late" } else { "taken" },
            });
            create("/v1/doses", dose);
        }
    }
    let answers = json!({
        "occurred_at": format!("{}T09:00:00Z", on(20)), "time_zone": "UTC", "instrument": "phq9",
        "instrument_version": "1", "answers": [1, 1, 2, 1, 0, 1, 1, 0, 0],
    });
    create("/v1/assessments", answers);
}

fn report(member: &Client, query: &str) -> Vec<u8> {
    member.get(&format!("/v1/report.pdf?{query}")).expect(200).bytes.clone()
}

/// What a report says, in the order in which it is drawn, with single spaces. None where nothing can read it.
fn text(pdf: &[u8]) -> Option<String> {
    let reader = Command::new("pdftotext")
        .args(["-raw", "-nopgbrk", "-", "-"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn();
    let Ok(mut reader) = reader else {
        assert!(std::env::var_os("CI").is_none(), "pdftotext (poppler-utils) is not installed");
        eprintln!("NOT CHECKED: pdftotext (poppler-utils) is not installed");
        return None;
    };
    reader.stdin.take().unwrap().write_all(pdf).unwrap();
    let said = String::from_utf8(reader.wait_with_output().unwrap().stdout).unwrap();
    Some(said.split_whitespace().collect::<Vec<_>>().join(" "))
}

#[track_caller]
fn says(pdf: &[u8], wanted: &[&str], never: &[&str]) {
    let Some(said) = text(pdf) else { return };
    for words in wanted {
        assert!(said.contains(words), "not said: {words}\n{said}");
    }
    for words in never {
        assert!(!said.contains(words), "said: {words}\n{said}");
    }
}

fn a_report_is_a_tagged_file(server: &Server) {
    let member = member(server);
    live(&member);
    let file = member.get(&format!("/v1/report.pdf?{QUERY}"));
    assert_eq!(file.expect(200).header("content-type"), Some("application/pdf"));
    let name = "attachment; filename=\"recovery-journal-report-2025-02-01-to-2025-04-30.pdf\"";
    assert_eq!(file.header("content-disposition"), Some(name));
    let has = |part: &str| file.bytes.windows(part.len()).any(|bytes| bytes == part.as_bytes());
    assert!(file.bytes.starts_with(b"%PDF-1.7") && has("/StructTreeRoot") && has("/Lang(en)"));
    assert!(has("pdfuaid:part>1<") && has("Recovery journal report, 1 February 2025 to 30 April 2025"));
    // Its date is that of what it reports.
    assert!(has("D:20250430000000"));
    assert!(file.bytes.len() < 250_000, "{} bytes", file.bytes.len());
}

fn the_same_journal_is_the_same_bytes(server: &Server) {
    let (one, other) = (member(server), member(server));
    live(&one);
    let first = report(&one, QUERY);
    assert!(first == report(&one, QUERY), "two runs differ");
    import_ours(&other, "", &export(&one)).expect(200);
    assert!(first == report(&other, QUERY), "the same journal elsewhere differs");
    let output = server.run(&[
        "export",
        "--account",
        one.email(),
        "--format",
        "pdf",
        "--from",
        "2025-02-01",
        "--to",
        "2025-04-30",
        "--output",
        "-",
    ]);
    assert!(output.status.success() && output.stdout.starts_with(b"%PDF-"), "{output:?}");
    // It was made on another day.
    let today = one.get(&format!("/v1/report.pdf?{RANGE}")).expect(200).bytes.clone();
    assert!(output.stdout == today, "the command's file differs");
    let refused = server.run(&["export", "--account", one.email(), "--from", "2025-02-01", "--output", "-"]);
    assert_eq!(refused.status.code(), Some(1));
}

#[test]
fn engines_make_the_same_report() {
    let Some(engine) = Engine::postgres() else { return };
    let (sqlite, postgres) = (Server::start(Engine::sqlite(), &[]), Server::start(engine, &[]));
    let (one, other) = (member(&sqlite), member(&postgres));
    live(&one);
    import_ours(&other, "", &export(&one)).expect(200);
    assert!(report(&one, QUERY) == report(&other, QUERY));
}

/// A number as pages write it.
fn written(number: &Json) -> String {
    let text = format!("{:.2}", number.as_f64().unwrap());
    text.trim_end_matches('0').trim_end_matches('.').replace('-', "\u{2212}")
}

fn plus(number: &Json) -> String {
    let sign = if number.as_f64().unwrap() > 0.0 { "+" } else { "" };
    format!("{sign}{}", written(number))
}

fn what_it_says_is_what_the_api_says(server: &Server) {
    let member = member(server);
    live(&member);
    let pdf = report(&member, QUERY);
    let ask = |path: &str| member.get(&format!("/v1/{path}")).expect(200).json.clone();
    let trends = ask(&format!("trends?{QUERY}&bucket=week"));
    let coverage = &trends["coverage"];
    let mut wanted = vec![format!("Check-ins on {} of {} days", coverage["with_check_in"], coverage["days"])];
    for (name, shown) in
        [("mood", "Mood 0 10"), ("anxiety", "Anxiety 0 10"), ("sleep_hours", "Sleep hours 0 12")]
    {
        let rating = &trends["ratings"][name];
        let direction = &rating["direction"];
        assert_eq!(direction["status"], "ok");
        let per_week = match plus(&direction["per_week"]).as_str() {
            "0" => String::new(),
            slope => format!(", {slope} a week"),
        };
        assert_eq!(rating["previous"]["status"], "needs_more");
        wanted.push(format!(
            "{shown} {} {} {}, {} {}{per_week} needs 5 days in both, has {}",
            rating["n"],
            written(&rating["mean"]),
            written(&rating["min"]),
            written(&rating["max"]),
            direction["word"].as_str().unwrap(),
            rating["previous"]["have"],
        ));
    }
    let cravings = &trends["cravings"];
    wanted.push(format!(
        "{} cravings in these dates, {} of 10 on average: {} passed, {} with use, {} not closed. Of those that are over, {} % passed",
        cravings["n"],
        written(&cravings["mean_intensity"]),
        cravings["passed"],
        cravings["used"],
        cravings["open"],
        written(&cravings["passed_share"]),
    ));
    let streaks = ask("streaks?as_of=2025-04-30");
    let clock = &streaks["clocks"][0];
    wanted.push(format!(
        "Opioids 1 Dec 2024 {} {} {} of {} days",
        clock["current_days"], clock["longest_days"], clock["substance_free_days"], clock["journey_days"]
    ));
    let trigger = &ask(&format!("insights/triggers?{QUERY}"))["triggers"][0];
    wanted.push(format!(
        "The bridge at night {} {} % {}",
        trigger["count"],
        written(&trigger["share"]),
        written(&trigger["mean_intensity"])
    ));
    let skills = ask(&format!("insights/skills?{QUERY}"));
    for (name, relief) in [("Without any skill", &skills["baseline"]), ("Call Sam", &skills["skills"][0])] {
        wanted.push(format!("{name} {} {}", relief["n"], written(&relief["median_relief"])));
    }
    let doses = &ask(&format!("insights/adherence?{QUERY}"))["medications"][0];
    wanted.push(format!(
        "Dr. Žofie Řeháková {} of {} ({} %) {} late, {} missed, longest gap {} days",
        doses["covered_days"],
        doses["scheduled_days"],
        written(&doses["percent"]),
        doses["late"],
        doses["missed"],
        doses["longest_gap_days"]
    ));
    let meetings = ask(&format!("insights/meetings?{QUERY}"));
    assert_eq!(meetings["fellowships"], json!([{"fellowship": "na", "count": 16, "share": 100.0}]));
    wanted.push(format!("{} meetings in these dates: Narcotics Anonymous 16 (100 %)", meetings["n"]));
    wanted.extend(
        ["Intensive outpatient 1 February 2025, still on Riverside 3 days, 3 h a day", "7 of 27 Mild"]
            .map(str::to_owned),
    );
    wanted.push("Nothing is written down for these dates about withdrawal.".to_owned());
    says(&pdf, &wanted.iter().map(String::as_str).collect::<Vec<_>>(), &["Not shared", "null"]);
}

fn nothing_is_said_of_nothing(server: &Server) {
    let member = server.member();
    let pdf = report(&member, "");
    says(&pdf, &["Nothing is written down for these dates yet.", "Page 1 of 1", "(90 days)"], &["Clocks"]);
}

fn words_of_any_script_and_length_are_kept(server: &Server) {
    let member = member(server);
    let long = "Donaudampfschiff".repeat(1_000);
    let names = ["超長い薬", "👩‍👩‍👧 pill", "Лекарство", "Φάρμακο", "\u{202e}turned", "דוא", "ยา", &long];
    for name in names {
        let body = json!({"name": name, "kind": "other", "schedule": "as_needed", "starts_on": "2025-02-01"});
        member.post("/v1/medications", &body).expect(201);
    }
    let pdf = report(&member, QUERY);
    let Some(said) = text(&pdf) else { return };
    for name in ["超長い薬", "👩‍👩‍👧 pill", "Лекарство", "Φάρμακο", "turned", "ยา"]
    {
        assert!(said.contains(name), "{name}\n{}", &said[..600]);
    }
    let letters: String = said.chars().filter(|letter| !letter.is_whitespace()).collect();
    let kept = letters.matches("Donaudampfschiff").count();
    // Some of them go over the foot of a page and its head.
    assert!(kept > 960, "{kept} of 1000");
}

fn under_a_share_it_is_cut_and_written_down(server: &Server) {
    let (member, counselor) = pair(server);
    live(&member);
    let narrow =
        share(&member, &counselor, &json!([scope("check_ins", "summary"), scope("medications", "entries")]));
    let path = format!("report.pdf?{QUERY}");
    let before = member.get("/v1/disclosures").items().len();
    let file = counselor.get(&client(&narrow, &path));
    assert_eq!(file.expect(200).header("content-type"), Some("application/pdf"));
    says(
        &file.bytes,
        &[
            "Mood 0 10",
            "Buprenorphine (name not shared)",
            "not shared",
            "Not shared, and therefore not in this report: clocks, cravings, triggers, skills, levels of care and \
             sessions, meetings, questionnaires and withdrawal.",
            "42 CFR part 2",
            "Counseling",
        ],
        &[
            "Morning film",
            "Žofie",
            "The bridge",
            "Call Sam",
            "Narcotics",
            "Opioids",
            "Riverside",
            "cravings in",
        ],
    );
    let disclosed = member.get("/v1/disclosures").items().to_vec();
    let found: Vec<(&str, &str)> = disclosed[..disclosed.len() - before]
        .iter()
        .map(|one| (one["path"].as_str().unwrap(), one["outcome"].as_str().unwrap()))
        .collect();
    assert_eq!(found, [("medications", "allowed"), ("trends", "allowed")]);
    let all = ["check_ins", "cravings", "medications", "doses", "care_episodes", "assessments", "meetings"];
    let all = all.map(|name| scope(name, "entries_with_notes"));
    let whole = [&all[..], &[scope("streaks", "summary"), scope("insights", "summary")]].concat();
    let whole = share(&member, &counselor, &json!(whole));
    let file = counselor.get(&client(&whole, &path));
    says(
        &file.expect(200).bytes,
        &["Morning film", "Žofie", "Opioids 1 Dec 2024", "Riverside", "cravings in"],
        &["therefore not in this report"],
    );
    // Names of triggers are their own collection, and not shared.
    says(&file.bytes, &["One without a name"], &["The bridge"]);
    member.delete(&format!("/v1/shares/{whole}")).expect(204);
    counselor.get(&client(&whole, &path)).refused(404, "not_found");
}

fn a_share_that_opens_nothing_of_it_is_refused(server: &Server) {
    let (member, counselor) = pair(server);
    let closed =
        share(&member, &counselor, &json!([scope("milestones", "summary"), scope("plans", "entries")]));
    counselor.get(&client(&closed, "report.pdf")).refused(403, "not_shared");
    let denied = &member.get("/v1/disclosures").items()[0].clone();
    assert_eq!((&denied["outcome"], &denied["records"]), (&json!("denied"), &json!(0)));
    let pending = offer(&member, &counselor, &json!([scope("insights", "summary")]));
    counselor.get(&client(&pending, "report.pdf")).refused(404, "not_found");
}

fn dates_that_cannot_be_used_are_named(server: &Server) {
    let member = server.member();
    for (query, pointer) in [
        ("from=2025-05-01&to=2025-04-30", "?from"),
        ("from=1920-01-01", "?from"),
        ("to=never", "?to"),
        ("bucket=day", "?bucket"),
        ("from=2999-01-01", "?from"),
    ] {
        let answer = member.get(&format!("/v1/report.pdf?{query}"));
        let problem = answer.refused(422, "validation_failed");
        assert_eq!(problem.json["errors"][0]["pointer"], pointer, "{query}");
    }
}
