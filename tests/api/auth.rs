//! `/v1/auth/…`: opening an account, signing in, exchanging tokens, signing out, devices, passwords.

use std::collections::HashSet;
use std::thread;

use serde_json::{Value as Json, json};

use crate::support::client::PASSWORD;
use crate::support::matching::assert_holds;
use crate::support::{Answer, Client, Server, both};

both!(
    a_person_registers_and_signs_in,
    one_address_is_one_account,
    registration_names_every_mistake,
    passwords_are_judged_by_strength_alone,
    a_wrong_password_and_an_unknown_address_look_the_same,
    tokens_are_exchanged_and_rotate,
    parallel_refreshes_get_one_successor,
    a_stolen_refresh_token_ends_the_session,
    signing_out_ends_the_session_at_once,
    devices_are_listed_and_ended_one_by_one,
    a_new_password_ends_the_other_sessions,
);

fn registration(more: &Json) -> Json {
    let email = format!("{}@example.org", uuid::Uuid::new_v4().simple());
    let mut body = json!({"email": email, "password": PASSWORD, "time_zone": "Europe/Berlin"});
    body.as_object_mut().unwrap().extend(more.as_object().cloned().unwrap_or_default());
    body
}

fn refresh(server: &Server, token: &str) -> Answer {
    server.anybody().post("/v1/auth/refresh", &json!({"refresh_token": token}))
}

fn a_person_registers_and_signs_in(server: &Server) {
    let anybody = server.anybody();
    let more = json!({"role": "member", "display_name": "Ann 🌱", "country": "US", "locale": "pt-BR",
        "device_name": "Phone"});
    let body = registration(&more);
    let registered = anybody.post("/v1/auth/register", &body);
    assert_holds(&registered.expect(201).json, &json!({"token_type": "Bearer", "expires_in": 600}));
    assert_holds(
        &registered.json["account"],
        &json!({"email": body["email"], "role": "member", "display_name": "Ann 🌱",
            "time_zone": "Europe/Berlin", "day_starts_at": "00:00", "country": "US", "locale": "pt-BR"}),
    );
    let id = uuid::Uuid::parse_str(registered.json["account"]["id"].as_str().unwrap()).unwrap();
    assert_eq!(id.get_version_num(), 4, "the id of an account does not say when it was made");
    let member = anybody.signed_in(registered.json.clone());
    assert_eq!(member.get("/v1/account").expect(200).json, registered.json["account"]);

    let again = anybody.log_in(member.email(), PASSWORD);
    assert_eq!(again.session["account"], member.session["account"]);
    assert_ne!(again.session["refresh_token"], member.session["refresh_token"]);
    // An address has no upper and lower case.
    anybody.log_in(&member.email().to_uppercase(), PASSWORD);

    let bare = anybody.post("/v1/auth/register", &registration(&json!({})));
    let defaults = json!({"role": "member", "display_name": null, "country": null, "locale": "en"});
    assert_holds(&bare.expect(201).json["account"], &defaults);
}

fn one_address_is_one_account(server: &Server) {
    let body = registration(&json!({}));
    let email = body["email"].as_str().unwrap().to_owned();
    // All at once: one of them is first. (Too many hashes at a time: a busy machine says 503.)
    let answers: Vec<Answer> = thread::scope(|scope| {
        let register = || server.anybody().post("/v1/auth/register", &body);
        let tries: Vec<_> = (0..6).map(|_| scope.spawn(register)).collect();
        tries.into_iter().map(|one| one.join().unwrap()).filter(|answer| answer.status != 503).collect()
    });
    assert_eq!(answers.iter().filter(|answer| answer.status == 201).count(), 1, "{answers:?}");
    for answer in answers.iter().filter(|answer| answer.status != 201) {
        answer.refused(409, "email_taken");
    }
    let mut shouted = body.clone();
    shouted["email"] = json!(email.to_uppercase());
    server.anybody().post("/v1/auth/register", &shouted).refused(409, "email_taken");
    server.anybody().log_in(&email, PASSWORD);
}

fn registration_names_every_mistake(server: &Server) {
    let anybody = server.anybody();
    let bad = json!({"email": "ann", "password": 7, "time_zone": "Mars", "role": "admin",
        "display_name": "", "country": "usa", "locale": "_", "device_name": "a\nb", "surprise": true,
        "id": crate::records::new_id()});
    let refused = anybody.post("/v1/auth/register", &bad);
    let pointers = [
        "/country",
        "/device_name",
        "/display_name",
        "/email",
        "/id",
        "/locale",
        "/password",
        "/role",
        "/surprise",
        "/time_zone",
    ];
    assert_eq!(refused.refused(422, "validation_failed").pointers(), pointers);
    let nothing = anybody.post("/v1/auth/register", &json!({}));
    assert_eq!(nothing.refused(422, "validation_failed").pointers(), ["/email", "/password", "/time_zone"]);
    for role in ["admin", "supporter", "owner", "Member", ""] {
        let refused = anybody.post("/v1/auth/register", &registration(&json!({"role": role})));
        assert_eq!(refused.refused(422, "validation_failed").pointers(), ["/role"], "{role}");
    }
    for email in ["@b", "a@", "a b@c", "a@b@c", "a@b\n", &format!("{}@b", "a".repeat(65))] {
        let refused = anybody.post("/v1/auth/register", &registration(&json!({"email": email})));
        assert_eq!(refused.refused(422, "validation_failed").pointers(), ["/email"], "{email}");
    }
    for path in ["/v1/auth/login", "/v1/auth/refresh", "/v1/auth/logout"] {
        let refused = anybody.post(path, &json!({"surprise": 1}));
        assert!(refused.refused(422, "validation_failed").pointers().contains(&"/surprise"), "{refused:?}");
    }
}

fn passwords_are_judged_by_strength_alone(server: &Server) {
    let register = |password: &str| {
        server.anybody().post(
            "/v1/auth/register",
            &registration(&json!({"password": password, "display_name": "Bartholomew"})),
        )
    };
    for good in
        ["seven quiet mornings", "żółta łódź płynie 🌊 dal", &"correct horse battery ".repeat(5)[..100]]
    {
        register(good).expect(201);
    }
    for weak in
        ["short 7!", "password123", "aaaaaaaaaaaaaaaa", "Bartholomew1", "1234567890123456", "recoveryjournal"]
    {
        let refused = register(weak);
        assert_eq!(refused.refused(422, "weak_password").pointers(), ["/password"], "{weak}");
    }
    // 128 code points are enough for everybody; 129, and more than 512 bytes, are refused.
    let words = "velvet anchor seven lanterns under quiet orange water ".repeat(4);
    register(&words[..128]).expect(201);
    for long in [&words[..129], &"🌊".repeat(200)] {
        let refused = register(long);
        assert_eq!((refused.status, refused.pointers()), (422, vec!["/password"]), "{refused:?}");
    }
    // Byte for byte: no trimming, no folding.
    let body = registration(&json!({"password": " Seven quiet mornings "}));
    server.anybody().post("/v1/auth/register", &body).expect(201);
    for other in ["Seven quiet mornings", " seven quiet mornings ", " Seven quiet mornings"] {
        let login = json!({"email": body["email"], "password": other});
        server.anybody().post("/v1/auth/login", &login).refused(401, "invalid_credentials");
    }
    server.anybody().log_in(body["email"].as_str().unwrap(), " Seven quiet mornings ");
}

fn a_wrong_password_and_an_unknown_address_look_the_same(server: &Server) {
    let member = server.member();
    let try_in = |email: &str| {
        server.anybody().post("/v1/auth/login", &json!({"email": email, "password": "not the right one"}))
    };
    let (wrong, unknown) = (try_in(member.email()), try_in("nobody@example.org"));
    let said = |answer: &Answer| {
        let mut problem = answer.refused(401, "invalid_credentials").json.clone();
        problem["request_id"] = Json::Null;
        problem
    };
    assert_eq!(said(&wrong), said(&unknown));
    assert_eq!(wrong.header_names(), unknown.header_names());
}

fn tokens_are_exchanged_and_rotate(server: &Server) {
    let member = server.member();
    let second = refresh(server, member.refresh_token());
    assert_eq!(second.expect(200).json["account"], member.session["account"]);
    assert_ne!(second.json["refresh_token"], member.session["refresh_token"]);
    let renewed = member.signed_in(second.json.clone());
    renewed.get("/v1/account").expect(200);
    member.get("/v1/account").expect(200);
    // The answer may have been lost: the same again gives the same successor.
    let again = refresh(server, member.refresh_token());
    assert_eq!(again.expect(200).json["refresh_token"], second.json["refresh_token"]);
    let third = refresh(server, renewed.refresh_token());
    assert_ne!(third.expect(200).json["refresh_token"], second.json["refresh_token"]);
    for bad in ["x", "", &"A".repeat(107), member.token.as_deref().unwrap(), &member.refresh_token()[1..]] {
        let answer = refresh(server, bad);
        if bad.is_empty() {
            answer.refused(422, "validation_failed")
        } else {
            answer.refused(401, "invalid_token")
        };
    }
    assert_eq!(renewed.get("/v1/auth/sessions").items().len(), 1, "a refresh is no new device");
}

fn parallel_refreshes_get_one_successor(server: &Server) {
    let member = server.member();
    let answers: Vec<Answer> = thread::scope(|scope| {
        let tries: Vec<_> =
            (0..50).map(|_| scope.spawn(|| refresh(server, member.refresh_token()))).collect();
        tries.into_iter().map(|one| one.join().unwrap()).collect()
    });
    let successors: HashSet<&str> =
        answers.iter().map(|answer| answer.expect(200).json["refresh_token"].as_str().unwrap()).collect();
    assert_eq!(successors.len(), 1);
    member.get("/v1/account").expect(200);
    refresh(server, successors.into_iter().next().unwrap()).expect(200);
}

fn a_stolen_refresh_token_ends_the_session(server: &Server) {
    let member = server.member();
    let other_device = member.log_in(member.email(), PASSWORD);
    let second = refresh(server, member.refresh_token()).expect(200).json.clone();
    let third = refresh(server, second["refresh_token"].as_str().unwrap()).expect(200).json.clone();
    // Two steps back: somebody has a copy.
    refresh(server, member.refresh_token()).refused(401, "invalid_token");
    refresh(server, third["refresh_token"].as_str().unwrap()).refused(401, "invalid_token");
    member.signed_in(third).get("/v1/account").refused(401, "invalid_token");
    other_device.get("/v1/account").expect(200);
    refresh(server, other_device.refresh_token()).expect(200);
}

fn signing_out_ends_the_session_at_once(server: &Server) {
    let member = server.member();
    let other = member.log_in(member.email(), PASSWORD);
    member.get("/v1/account").expect(200);
    let body = json!({"refresh_token": member.refresh_token()});
    assert!(server.anybody().post("/v1/auth/logout", &body).expect(204).bytes.is_empty());
    member.get("/v1/account").refused(401, "invalid_token");
    refresh(server, member.refresh_token()).refused(401, "invalid_token");
    server.anybody().post("/v1/auth/logout", &body).expect(204);
    server.anybody().post("/v1/auth/logout", &json!({"refresh_token": "x"})).refused(401, "invalid_token");
    other.get("/v1/account").expect(200);
}

fn devices_are_listed_and_ended_one_by_one(server: &Server) {
    let phone = server.member();
    let login = json!({"email": phone.email(), "password": PASSWORD, "device_name": "Kitchen tablet"});
    let tablet = phone.signed_in(server.anybody().post("/v1/auth/login", &login).expect(200).json.clone());
    server.member();
    let list = |client: &Client| client.get("/v1/auth/sessions").expect(200).items().to_vec();
    let devices = list(&phone);
    assert_eq!(devices.len(), 2, "one's own only");
    let named: Vec<&Json> =
        devices.iter().filter(|device| device["device_name"] == "Kitchen tablet").collect();
    assert_eq!((named.len(), &named[0]["current"]), (1, &json!(false)));
    assert_eq!(devices.iter().filter(|device| device["current"] == true).count(), 1);
    let path = format!("/v1/auth/sessions/{}", named[0]["id"].as_str().unwrap());
    tablet.get("/v1/account").expect(200);
    phone.delete(&path).expect(204);
    tablet.get("/v1/account").refused(401, "invalid_token");
    refresh(server, tablet.refresh_token()).refused(401, "invalid_token");
    assert_eq!(list(&phone).len(), 1);
    phone.delete(&path).refused(404, "not_found");
    for bad in ["x", &crate::records::new_id()] {
        phone.delete(&format!("/v1/auth/sessions/{bad}")).refused(404, "not_found");
    }
}

fn a_new_password_ends_the_other_sessions(server: &Server) {
    let phone = server.member();
    let tablet = phone.log_in(phone.email(), PASSWORD);
    tablet.get("/v1/account").expect(200);
    let change = |current: &str, new: &str| {
        phone.post("/v1/auth/password", &json!({"current_password": current, "new_password": new}))
    };
    let new = "eleven slow rivers in november";
    let wrong = change("not the right one", new);
    assert_eq!(wrong.refused(422, "wrong_password").pointers(), ["/current_password"]);
    assert_eq!(change(PASSWORD, "password123").refused(422, "weak_password").pointers(), ["/new_password"]);
    let surprise = json!({"current_password": PASSWORD, "surprise": 1});
    let refused = phone.post("/v1/auth/password", &surprise);
    assert_eq!(refused.refused(422, "validation_failed").pointers(), ["/new_password", "/surprise"]);
    tablet.get("/v1/account").expect(200);

    change(PASSWORD, new).expect(204);
    phone.get("/v1/account").expect(200);
    refresh(server, phone.refresh_token()).expect(200);
    tablet.get("/v1/account").refused(401, "invalid_token");
    refresh(server, tablet.refresh_token()).refused(401, "invalid_token");
    let old = json!({"email": phone.email(), "password": PASSWORD});
    server.anybody().post("/v1/auth/login", &old).refused(401, "invalid_credentials");
    server.anybody().log_in(phone.email(), new);
}
