//! The text of a consent, with every element of 42 CFR 2.31, and the notice that goes with each answer. Both come
//! from one versioned data file; what was signed is kept with its version and hash.

use std::collections::BTreeMap;
use std::sync::OnceLock;

use serde::Deserialize;

use super::scope::{Grants, SharedScope};
use crate::db::seal::sha256;
use crate::db::types::{Id, Time};
use crate::error::{Error, Result};
use crate::journal::Collection;

/// The data file.
#[derive(Deserialize)]
pub struct Texts {
    /// Of the text; each consent keeps its own.
    pub version: String,
    /// The short notice of 42 CFR 2.32.
    pub notice: String,
    /// The purpose when none is given.
    pub at_request: String,
    text: Vec<String>,
    details: BTreeMap<String, String>,
    figures: BTreeMap<String, String>,
    dates: BTreeMap<String, String>,
}

/// Who consents to what.
pub struct Consent<'a> {
    /// Names the share, for its revocation.
    pub share: Id,
    /// The person's name or address.
    pub person: &'a str,
    /// The recipient's address.
    pub recipient: &'a str,
    /// Where the recipient works.
    pub organization: Option<&'a str>,
    /// What it is for.
    pub purpose: &'a str,
    /// What is shared.
    pub grants: &'a Grants,
    /// When it ends.
    pub expires_at: Time,
    /// The electronic signature.
    pub signature: &'a str,
    /// When it was signed.
    pub signed_at: Time,
}

/// The texts of the present version.
pub fn texts() -> Result<&'static Texts> {
    static TEXTS: OnceLock<Option<Texts>> = OnceLock::new();
    let texts = TEXTS.get_or_init(|| serde_json::from_str(include_str!("data/consent.json")).ok());
    texts.as_ref().ok_or_else(|| Error::internal("sharing/data/consent.json cannot be read"))
}

impl Consent<'_> {
    /// The text to be signed. Names are put in last and once, so that a name cannot pass for a part of the text.
    pub fn text(&self) -> Result<String> {
        let texts = texts()?;
        let recipient = match self.organization {
            Some(organization) => format!("{} ({organization})", self.recipient),
            None => self.recipient.to_owned(),
        };
        let scopes: Vec<String> = self.grants.0.iter().map(|grant| texts.line(grant)).collect();
        let share = self.share.to_string();
        let day = |time: Time| time.utc().format("%-d %B %Y, %H:%M UTC").to_string();
        let (expires, date) = (day(self.expires_at), day(self.signed_at));
        let blanks = [
            ("person", self.person),
            ("recipient", &recipient),
            ("scopes", &scopes.join("\n")),
            ("purpose", self.purpose),
            ("share", &share),
            ("expires", &expires),
            ("signature", self.signature),
            ("date", &date),
        ];
        Ok(fill(&texts.text.join("\n"), &blanks))
    }
}

/// The hash of a text, in hexadecimal.
#[must_use]
pub fn hash(text: &str) -> String {
    let digit = |half: u8| char::from_digit(half.into(), 16);
    sha256(text.as_bytes()).iter().flat_map(|byte| [digit(byte >> 4), digit(byte & 15)]).flatten().collect()
}

impl Texts {
    /// One thing that is shared, in words.
    fn line(&self, grant: &SharedScope) -> String {
        let text =
            |texts: &BTreeMap<String, String>, name: &str| texts.get(name).cloned().unwrap_or_default();
        let figure = self.figures.get(&grant.collection);
        let dated = Collection::named(&grant.collection).is_some_and(|known| known.dated_by.is_some());
        let dates = match (grant.from, grant.to) {
            _ if figure.is_none() && !dated => "undated",
            (None, None) => "none",
            (Some(_), None) => "from",
            (None, Some(_)) => "to",
            (Some(_), Some(_)) => "both",
        };
        let bound = |date: Option<chrono::NaiveDate>| date.map(|date| date.to_string()).unwrap_or_default();
        let (from, to) = (bound(grant.from), bound(grant.to));
        let dates = fill(&text(&self.dates, dates), &[("from", &from), ("to", &to)]);
        let entries = || {
            let name = grant.collection.replace('_', " ");
            format!("- {name}: {}; {dates}", text(&self.details, &grant.detail))
        };
        figure.map_or_else(entries, |figure| format!("- {figure}; {dates}"))
    }
}

/// Fills `{blanks}` in one pass: what is put in is not looked at again.
fn fill(template: &str, blanks: &[(&str, &str)]) -> String {
    let mut out = String::with_capacity(template.len() * 2);
    let mut rest = template;
    while let Some((before, after)) = rest.split_once('{') {
        out.push_str(before);
        let blank = after.split_once('}').and_then(|(name, after)| {
            let (_, value) = blanks.iter().find(|(known, _)| *known == name)?;
            Some((value, after))
        });
        let (value, after) = blank.unwrap_or((&"{", after));
        out.push_str(value);
        rest = after;
    }
    out + rest
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_text_has_every_element_and_no_blank() {
        let grants = Grants(vec![
            SharedScope {
                collection: "cravings".to_owned(),
                detail: "entries".to_owned(),
                from: Some("2026-01-01".parse().unwrap()),
                to: None,
            },
            SharedScope {
                collection: "clocks".to_owned(),
                detail: "summary".to_owned(),
                from: None,
                to: None,
            },
            SharedScope {
                collection: "insights".to_owned(),
                detail: "summary".to_owned(),
                from: None,
                to: None,
            },
        ]);
        let share = Id(crate::clock::new_random_id());
        let consent = Consent {
            share,
            person: "Ann {signature}",
            recipient: "c@example.org",
            organization: Some("Riverside"),
            purpose: "treatment",
            grants: &grants,
            expires_at: Time(1_798_000_000_000_000),
            signature: "Ann Example",
            signed_at: Time(1_795_000_000_000_000),
        };
        let text = consent.text().unwrap();
        for part in [
            "Person whose records these are: Ann {signature}\n",
            "Who discloses: Ann {signature}, through",
            "Recipient: c@example.org (Riverside)\n",
            "- cravings: entries without free text and names; from 2026-01-01 on\n",
            "- clocks: figures such as counts and averages, no entries; all of them\n",
            "- trends and insights: figures about the whole journal, no entries; all dates, also those to come\n",
            "Purpose: treatment\n",
            &format!("DELETE /v1/shares/{share}."),
            "this consent ends on 23 December 2026, 04:26 UTC",
            "Signed electronically: Ann Example\n",
            "Date: 18 November 2026, 11:06 UTC",
        ] {
            assert!(text.contains(part), "{part:?} is not in:\n{text}");
        }
        assert_eq!(text.matches('{').count(), 2, "{text}");
        assert_eq!(hash("abc"), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    }
}
