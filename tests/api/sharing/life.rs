//! A member, a counselor and the shares between them, as the tests need them.

use serde_json::{Value as Json, json};

use crate::support::{Answer, Client, Server};

/// A moment so many seconds from now, in RFC 3339.
pub fn in_seconds(seconds: i64) -> String {
    let at = recovery_journal::clock::now() + chrono::TimeDelta::seconds(seconds);
    at.to_rfc3339_opts(chrono::SecondsFormat::Micros, true)
}

/// A date so many days before today in UTC.
pub fn days_ago(days: i64) -> String {
    (recovery_journal::clock::now().date_naive() - chrono::TimeDelta::days(days)).to_string()
}

/// The body of a share with a counselor.
pub fn body(recipient: &Client, scopes: &Json) -> Json {
    json!({
        "recipient_email": recipient.email(), "recipient_role": "counselor", "purpose": "Counseling",
        "scopes": scopes, "expires_at": in_seconds(86_400), "signature_name": "Ann Example",
    })
}

/// One scope.
pub fn scope(collection: &str, detail: &str) -> Json {
    json!({"collection": collection, "detail": detail})
}

/// A share that waits for the recipient.
pub fn offer(member: &Client, recipient: &Client, scopes: &Json) -> String {
    member.post("/v1/shares", &body(recipient, scopes)).expect(201).id().to_owned()
}

/// A share that is in force.
pub fn share(member: &Client, recipient: &Client, scopes: &Json) -> String {
    let id = offer(member, recipient, scopes);
    accept(recipient, &id).expect(200);
    id
}

/// Accepts an invitation.
pub fn accept(recipient: &Client, id: &str) -> Answer {
    recipient.request("POST", &format!("/v1/invitations/{id}/accept")).send()
}

/// The path of something of a client's.
pub fn client(share: &str, below: &str) -> String {
    format!("/v1/clients/{share}/{below}")
}

/// A member whose days are those of UTC, as those of the tests are.
pub fn member(server: &Server) -> Client {
    let member = server.member();
    member.patch("/v1/account", &json!({"time_zone": "UTC"})).expect(200);
    member
}

/// A member and a counselor.
pub fn pair(server: &Server) -> (Client, Client) {
    (member(server), server.counselor())
}

/// A craving on a date.
pub fn craving(member: &Client, date: &str, intensity: u8, more: &Json) -> String {
    let mut body = json!({
        "occurred_at": format!("{date}T12:00:00Z"), "time_zone": "UTC", "local_date": date, "intensity": intensity,
    });
    for (name, value) in more.as_object().into_iter().flatten() {
        body[name] = value.clone();
    }
    member.post("/v1/cravings", &body).expect(201).id().to_owned()
}
