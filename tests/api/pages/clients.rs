//! What pages show of clients, to whom, and what is written down about it.

use serde_json::json;

use super::browser::{Browser, text};
use crate::sharing::life::{accept, body, client, craving, days_ago, in_seconds, offer, pair, scope, share};
use crate::support::{Client, Server, both};

both!(
    an_empty_caseload_is_kind,
    an_invitation_is_accepted_or_declined_on_the_page,
    a_client_is_shown_as_far_as_the_share_goes,
    a_look_is_written_down_as_what_it_shows,
    a_share_that_ends_while_somebody_looks_is_a_page,
    the_dates_of_a_page_can_be_chosen,
    a_name_is_text_and_nothing_else,
    a_member_sees_what_their_counselor_sees,
    a_supporter_sees_milestones,
    strangers_find_nothing,
);

fn page(share: &str) -> String {
    format!("/counselor/clients/{share}")
}

/// A member, living by UTC as these tests do, with two weeks of check-ins and cravings.
fn lived(member: &Client) {
    member.patch("/v1/account", &json!({"time_zone": "UTC"})).expect(200);
    for days in 0..14 {
        let on = days_ago(days);
        let mood = 4 + days % 5;
        let check_in = json!({"local_date": on, "mood": mood, "craving": 3, "note": "Marmalade on rye."});
        member.post("/v1/check-ins", &check_in).expect(201);
        craving(member, &on, 5, &json!({"outcome": "passed"}));
    }
}

fn an_empty_caseload_is_kind(server: &Server) {
    let counselor = server.counselor();
    let home = text(Browser::signed_in(server, &counselor).get("/counselor").expect(200));
    assert!(home.contains("It is quiet here") && home.contains(counselor.email()), "{home}");
}

fn an_invitation_is_accepted_or_declined_on_the_page(server: &Server) {
    let (member, counselor) = pair(server);
    let [first, second] = [0, 1].map(|_| offer(&member, &counselor, &json!([scope("cravings", "entries")])));
    let mut browser = Browser::signed_in(server, &counselor);
    let home = text(browser.get("/counselor").expect(200));
    assert!(
        home.contains("Waiting for you") && home.contains("Signed electronically: Ann Example"),
        "{home}"
    );
    let sha256 = member.get(&format!("/v1/shares/{first}")).json["consent"]["sha256"].clone();
    assert!(home.contains(sha256.as_str().unwrap()));
    browser.post(&format!("/counselor/invitations/{first}/accept"), &[]).expect(303);
    browser.post(&format!("/counselor/invitations/{second}/decline"), &[]).expect(303);
    assert_eq!(member.get(&format!("/v1/shares/{first}")).json["status"], "active");
    assert_eq!(member.get(&format!("/v1/shares/{second}")).json["status"], "declined");
    let home = text(browser.get("/counselor").expect(200));
    assert!(!home.contains("Waiting for you") && home.contains(&page(&first)));
    // A member's account may not become a counselor by a form.
    let other = server.member();
    let third = offer(&member, &other, &json!([scope("cravings", "entries")]));
    let mut browser = Browser::signed_in(server, &other);
    let refused = browser.post(&format!("/counselor/invitations/{third}/accept"), &[]);
    assert!(text(refused.expect(403)).contains("Not with this account"));
}

fn a_client_is_shown_as_far_as_the_share_goes(server: &Server) {
    let (member, counselor) = pair(server);
    lived(&member);
    let mut browser = Browser::signed_in(server, &counselor);
    let narrow = share(&member, &counselor, &json!([scope("cravings", "entries")]));
    let shown = text(browser.get(&page(&narrow)).expect(200));
    assert!(shown.contains("When cravings come") && shown.contains("Mood and craving"), "{shown}");
    assert!(shown.contains("42 CFR part 2 prohibits"));
    assert!(shown.contains("Not shared: Trends and insights, Streaks and clocks, Check-ins"), "{shown}");
    assert!(shown.contains("Each time you open this page it is noted"));
    assert!(!shown.contains("Marmalade") && !shown.contains("of the journey"), "{shown}");
    let scopes = json!([scope("check_ins", "entries"), scope("streaks", "summary")]);
    let wider = text(browser.get(&page(&share(&member, &counselor, &scopes))).expect(200));
    assert!(!wider.contains("Marmalade") && !wider.contains("When cravings come"), "{wider}");
    assert!(wider.contains("Mood 5.9 on average"), "{wider}");
    let notes = json!([scope("check_ins", "entries_with_notes")]);
    let notes = share(&member, &counselor, &notes);
    assert!(text(browser.get(&page(&notes)).expect(200)).contains("Marmalade on rye."));
    let brief = text(browser.get(&format!("{}/brief?since={}", page(&narrow), days_ago(6))).expect(200));
    assert!(brief.contains("before the session") && brief.contains("Cravings"), "{brief}");
    // Figures of what is not shared would say zero: the page says nothing.
    let plans = share(&member, &counselor, &json!([scope("plans", "entries")]));
    let closed = text(browser.get(&page(&plans)).expect(200));
    assert!(!closed.contains("Mood and craving") && closed.contains("Not shared: Trends"), "{closed}");
    assert!(
        text(browser.get(&format!("{}/brief", page(&plans))).expect(200))
            .contains("not part of what is shared")
    );
}

fn a_look_is_written_down_as_what_it_shows(server: &Server) {
    let (member, counselor) = pair(server);
    lived(&member);
    let scopes = json!([scope("cravings", "entries"), scope("check_ins", "entries_with_notes")]);
    let id = share(&member, &counselor, &scopes);
    let mut browser = Browser::signed_in(server, &counselor);
    let before = member.get("/v1/disclosures").items().len();
    let shown = browser.get(&format!("{}?days=14", page(&id)));
    let list = member.get("/v1/disclosures");
    let all = &list.items()[..list.items().len() - before];
    let mut paths: Vec<&str> = all.iter().map(|row| row["path"].as_str().unwrap()).collect();
    paths.sort_unstable();
    assert_eq!(
        paths,
        ["brief", "check-ins", "insights/heatmap", "insights/skills", "insights/triggers", "trends"],
        "what is not shared is not asked for"
    );
    for row in all {
        assert_eq!((&row["outcome"], &row["share_id"]), (&json!("allowed"), &json!(id)));
        assert_eq!(row["request_id"].as_str(), shown.header("x-request-id"), "one look");
    }
    let rows = all.iter().find(|row| row["path"] == "check-ins").unwrap();
    assert_eq!(rows["records"], 14);
    // The same figures as the API gives, from the same code.
    let trends = counselor.get(&client(&id, &format!("trends?from={}", days_ago(13))));
    let mean = trends.json["ratings"]["mood"]["mean"].as_f64().unwrap();
    assert!(text(&shown).contains(&format!("Mood {mean:.1} on average")), "{mean}");
}

fn a_share_that_ends_while_somebody_looks_is_a_page(server: &Server) {
    let (member, counselor) = pair(server);
    lived(&member);
    let mut browser = Browser::signed_in(server, &counselor);
    let revoked = share(&member, &counselor, &json!([scope("cravings", "entries")]));
    browser.get(&page(&revoked)).expect(200);
    member.delete(&format!("/v1/shares/{revoked}")).expect(204);
    for path in [page(&revoked), format!("{}?days=90", page(&revoked)), format!("{}/brief", page(&revoked))] {
        let gone = browser.get(&path);
        assert!(text(gone.expect(404)).contains("may have expired, been revoked"), "{gone:?}");
    }
    let denied = member.get("/v1/disclosures").items()[0].clone();
    assert_eq!((&denied["outcome"], &denied["records"]), (&json!("denied"), &json!(0)));
    let mut short = body(&counselor, &json!([scope("cravings", "entries")]));
    short["expires_at"] = json!(in_seconds(3));
    let short = member.post("/v1/shares", &short).expect(201).id().to_owned();
    accept(&counselor, &short).expect(200);
    browser.get(&page(&short)).expect(200);
    std::thread::sleep(std::time::Duration::from_secs(3));
    browser.get(&page(&short)).expect(404);
    assert!(!text(browser.get("/counselor").expect(200)).contains(&page(&short)));
}

fn the_dates_of_a_page_can_be_chosen(server: &Server) {
    let (member, counselor) = pair(server);
    lived(&member);
    let id = share(&member, &counselor, &json!([scope("cravings", "entries")]));
    let mut browser = Browser::signed_in(server, &counselor);
    for days in [14, 30, 90] {
        let shown = text(browser.get(&format!("{}?days={days}", page(&id))).expect(200));
        assert!(shown.contains(&format!("?days={days}\" aria-current=\"page\"")), "{shown}");
    }
    let custom = format!("{}?from={}&to={}", page(&id), days_ago(9), days_ago(5));
    let shown = text(browser.get(&custom).expect(200));
    assert_eq!(
        shown.matches("<tr><th scope=\"row\">").count(),
        5 + 5,
        "5 days, 5 hours of the week: {shown}"
    );
    for (query, status) in [("from=2026-02-30", 400), ("days=0", 400), ("nonsense=1", 400)] {
        let refused = browser.get(&format!("{}?{query}", page(&id)));
        assert!(text(refused.expect(status)).contains("These dates cannot be used"));
    }
    browser.get(&format!("{}?from={}&to={}", page(&id), days_ago(1), days_ago(5))).expect(400);
}

fn a_name_is_text_and_nothing_else(server: &Server) {
    let (member, counselor) = pair(server);
    let evil = "<script>alert(1)</script>\"'><img src=x onerror=alert(2)>";
    member.patch("/v1/account", &json!({"display_name": evil})).expect(200);
    lived(&member);
    let note = json!({"local_date": days_ago(0), "slot": "evening", "note": evil});
    member.post("/v1/check-ins", &note).expect(201);
    member
        .post("/v1/clocks", &json!({"substance": "alcohol", "label": evil, "started_on": days_ago(9)}))
        .expect(201);
    let scopes = json!([
        scope("check_ins", "entries_with_notes"),
        scope("clocks", "entries_with_notes"),
        scope("streaks", "summary"),
    ]);
    let mut asked = body(&counselor, &scopes);
    for text in ["purpose", "question", "recipient_organization", "signature_name"] {
        asked[text] = json!(evil);
    }
    let id = member.post("/v1/shares", &asked).expect(201).id().to_owned();
    let mut browser = Browser::signed_in(server, &counselor);
    // Every page is looked at for scripts by the browser itself; here the name must still be there.
    assert!(text(browser.get("/counselor").expect(200)).contains("&#60;script&#62;"));
    accept(&counselor, &id).expect(200);
    for path in ["/counselor".to_owned(), page(&id), format!("{}/brief", page(&id))] {
        let shown = text(browser.get(&path).expect(200));
        assert!(shown.contains("&#60;script&#62;alert(1)") && !shown.contains("<img"), "{shown}");
    }
}

fn a_member_sees_what_their_counselor_sees(server: &Server) {
    let (member, counselor) = pair(server);
    lived(&member);
    let id = share(&member, &counselor, &json!([scope("cravings", "entries"), scope("insights", "summary")]));
    let mut own = Browser::signed_in(server, &member);
    let home = text(own.get("/counselor").expect(200));
    assert!(
        home.contains("What others see of you") && home.contains(&format!("/counselor/preview/{id}")),
        "{home}"
    );
    let before = member.get("/v1/disclosures").items().len();
    let theirs = text(own.get(&format!("/counselor/preview/{id}")).expect(200));
    own.get(&format!("/counselor/preview/{id}/brief")).expect(200);
    assert_eq!(member.get("/v1/disclosures").items().len(), before, "a look at oneself is no disclosure");
    let shown = text(Browser::signed_in(server, &counselor).get(&page(&id)).expect(200));
    let part = |text: &str| {
        let from = text.find("<section").unwrap();
        text[from..text.find("<footer class=\"consentbox").unwrap()].replace("/preview/", "/clients/")
    };
    assert_eq!(part(&theirs), part(&shown), "the same, to the letter");
    member.delete(&format!("/v1/shares/{id}")).expect(204);
    own.get(&format!("/counselor/preview/{id}")).expect(200);
    let mut other = Browser::signed_in(server, &server.member());
    other.get(&format!("/counselor/preview/{id}")).expect(404);
}

fn a_supporter_sees_milestones(server: &Server) {
    let (member, close) = (server.member(), server.member());
    member.post("/v1/clocks", &json!({"substance": "alcohol", "started_on": days_ago(40)})).expect(201);
    let mut asked = body(&close, &json!([scope("milestones", "summary")]));
    asked["recipient_role"] = json!("supporter");
    let id = member.post("/v1/shares", &asked).expect(201).id().to_owned();
    let mut browser = Browser::signed_in(server, &close);
    browser.post(&format!("/counselor/invitations/{id}/accept"), &[]).expect(303);
    assert!(text(browser.get("/counselor").expect(200)).contains("Milestones shared with you"));
    let shown = text(browser.get(&page(&id)).expect(200));
    assert!(shown.contains("30 days") && !shown.to_lowercase().contains("alcohol"), "{shown}");
}

fn strangers_find_nothing(server: &Server) {
    let (member, counselor) = pair(server);
    lived(&member);
    let id = share(&member, &counselor, &json!([scope("cravings", "entries")]));
    let pending = offer(&member, &counselor, &json!([scope("cravings", "entries")]));
    for stranger in [server.counselor(), server.member()] {
        let mut browser = Browser::signed_in(server, &stranger);
        let mut told = Vec::new();
        for id in [&id, &pending, "3f2b7a1c-9e10-4c0e-9d8e-5f0c3a526a55", "nonsense"] {
            for path in [page(id), format!("{}/brief", page(id)), format!("/counselor/preview/{id}")] {
                let page = text(browser.get(&path).expect(404));
                told.push(page.split("If you ask").next().unwrap().to_owned());
            }
            browser.post(&format!("/counselor/invitations/{id}/accept"), &[]).expect(404);
            browser.post(&format!("/counselor/invitations/{id}/decline"), &[]).expect(404);
        }
        told.dedup();
        assert_eq!(told.len(), 1, "not there and not theirs look the same");
    }
    let mut own = Browser::signed_in(server, &counselor);
    own.get(&page(&pending)).expect(404);
    own.get(&page(&id)).expect(200);
}
