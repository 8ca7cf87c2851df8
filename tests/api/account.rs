//! `/v1/account`: the profile, and erasing everything.

use serde_json::{Value as Json, json};

use crate::support::client::PASSWORD;
use crate::support::matching::assert_holds;
use crate::support::{Server, both, collections};

both!(
    the_profile_is_changed_by_merge_patch,
    every_mistake_of_a_patch_is_named,
    erasing_takes_the_password_and_everything
);

fn the_profile_is_changed_by_merge_patch(server: &Server) {
    let member = server.member();
    let before = member.get("/v1/account").expect(200).json.clone();
    let patch = json!({"display_name": "Ann", "time_zone": "Asia/Kathmandu", "day_starts_at": "06:00",
        "country": "NP", "locale": "ne"});
    let changed = member.patch("/v1/account", &patch);
    assert_holds(&changed.expect(200).json, &patch);
    for name in ["id", "email", "role", "created_at"] {
        assert_eq!(changed.json[name], before[name], "{name}");
    }
    assert_eq!(member.get("/v1/account").json, changed.json);
    let cleared = member.patch("/v1/account", &json!({"display_name": null, "country": null}));
    assert_holds(&cleared.expect(200).json, &json!({"display_name": null, "country": null, "locale": "ne"}));
    assert_eq!(member.patch("/v1/account", &json!({})).expect(200).json, cleared.json);
    // "Today" follows.
    let today = member.get("/v1/streaks").expect(200).json["time_zone"].clone();
    assert_eq!(today, "Asia/Kathmandu");
    server.counselor().patch("/v1/account", &json!({"display_name": "Dr. Bo"})).expect(200);
}

fn every_mistake_of_a_patch_is_named(server: &Server) {
    let member = server.member();
    let before = member.get("/v1/account").json;
    let bad = json!({"display_name": "", "time_zone": "Mars", "day_starts_at": "06:01", "country": "np",
        "locale": 7, "email": "other@example.org", "role": "counselor",
        "id": crate::records::new_id(), "password": "x"});
    let pointers = [
        "/country",
        "/day_starts_at",
        "/display_name",
        "/email",
        "/id",
        "/locale",
        "/password",
        "/role",
        "/time_zone",
    ];
    let refused = member.patch("/v1/account", &bad);
    assert_eq!(refused.refused(422, "validation_failed").pointers(), pointers);
    for (field, values) in [
        (
            "day_starts_at",
            vec![json!("24:00"), json!("6:00"), json!("-1:00"), json!("00:60"), json!(0), json!(null)],
        ),
        ("time_zone", vec![json!(""), json!("EST 5"), json!(null)]),
        ("display_name", vec![json!("a".repeat(101)), json!("a\u{7}b"), json!([])]),
    ] {
        for value in values {
            let refused = member.patch("/v1/account", &json!({field: value}));
            assert_eq!(
                refused.refused(422, "validation_failed").pointers(),
                [format!("/{field}")],
                "{value}"
            );
        }
    }
    for good in ["00:00", "05:59", "06:00"] {
        assert_eq!(
            member.patch("/v1/account", &json!({"day_starts_at": good})).expect(200).json["day_starts_at"],
            good
        );
    }
    member.patch("/v1/account", &json!({"day_starts_at": "00:00"})).expect(200);
    assert_eq!(member.get("/v1/account").json, before);
}

fn erasing_takes_the_password_and_everything(server: &Server) {
    let member = server.member();
    let record = member.post("/v1/check-ins", &collections::at("/v1/check-ins").full());
    let other_device = member.log_in(member.email(), PASSWORD);
    let erase = |body: &Json| member.request("DELETE", "/v1/account").json(body).send();
    assert_eq!(
        erase(&json!({"password": "not it"})).refused(422, "wrong_password").pointers(),
        ["/password"]
    );
    assert_eq!(erase(&json!({})).refused(422, "validation_failed").pointers(), ["/password"]);
    member.get(&format!("/v1/check-ins/{}", record.id())).expect(200);

    erase(&json!({"password": PASSWORD})).expect(204);
    for client in [&member, &other_device] {
        client.get("/v1/account").refused(401, "invalid_token");
        client.get("/v1/check-ins").refused(401, "invalid_token");
        client.post("/v1/check-ins", &json!({"local_date": "2025-03-04"})).refused(401, "invalid_token");
        let refresh = json!({"refresh_token": client.refresh_token()});
        server.anybody().post("/v1/auth/refresh", &refresh).refused(401, "invalid_token");
    }
    let login = json!({"email": member.email(), "password": PASSWORD});
    server.anybody().post("/v1/auth/login", &login).refused(401, "invalid_credentials");
    // The address is free again, and its next account is another one.
    let next = server.anybody().register(member.email(), "member");
    assert_ne!(next.account_id(), member.account_id());
    assert!(next.get("/v1/check-ins").items().is_empty());
}
