//! Shares as consents: what a person has signed, for whom, and whether it still holds.

use serde_json::{Value as Json, json};
use uuid::Uuid;

use super::{concept, derived, words};
use crate::db::types::Id;
use crate::error::{Error, Result};
use crate::sharing::share::ShareBody;

/// What kind of consent it is, in the words of FHIR.
const SCOPE: &str = "http://terminology.hl7.org/CodeSystem/consentscope";

/// The consent and its id.
pub fn of(share: &ShareBody, patient: &str) -> Result<(Uuid, Json)> {
    let share = serde_json::to_value(share).map_err(Error::internal)?;
    let text = |pointer: &str| share.pointer(pointer).and_then(Json::as_str).and_then(words);
    let id =
        text("/id").and_then(|id| Id::parse(&id)).ok_or_else(|| Error::internal("a share without id"))?;
    let status = match text("/status").as_deref() {
        Some("active") => "active",
        Some("pending") => "proposed",
        Some("declined") => "rejected",
        _ => "inactive",
    };
    let recipient = [text("/recipient/name"), text("/recipient/organization"), text("/recipient/email")];
    let recipient = recipient.into_iter().flatten().collect::<Vec<_>>().join(", ");
    let scopes = share.get("scopes").and_then(Json::as_array).into_iter().flatten();
    let open = scopes.filter_map(|scope| scope.get("collection").and_then(Json::as_str));
    let mut open: Vec<&str> = open.collect();
    open.dedup();
    let consent = json!({
        "resourceType": "Consent",
        "identifier": [{"system": "urn:ietf:rfc:3986", "value": format!("urn:uuid:{id}")}],
        "status": status,
        "scope": {"coding": [{"system": SCOPE, "code": "patient-privacy"}]},
        "category": [concept("share")],
        "patient": {"reference": patient},
        "dateTime": text("/consent/signed_at"),
        "performer": [{"reference": patient}],
        "policyRule": {"text": text("/consent/text")},
        "provision": {
            "type": "permit",
            "period": {"start": text("/created_at"), "end": text("/expires_at")},
            "actor": [{"role": concept(&text("/recipient/role").unwrap_or_default()), "reference": {"display": recipient}}],
            "purpose": text("/purpose").map(|purpose| json!([{"system": super::CODES, "display": purpose}])),
            "code": open.into_iter().map(concept).collect::<Vec<_>>(),
        },
    });
    Ok((derived(id, "shares"), consent))
}
