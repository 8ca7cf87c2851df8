//! The first page: a counselor's clients in one look, what waits to be accepted, and a member's own shares.

use askama::Template;
use chrono::{DateTime, Utc};

use super::charts::Spark;
use super::routes::Frame;
use crate::sharing::answers::{Invitation, OwnShare};
use crate::sharing::caseload::{Caseload, Client};
use crate::sharing::words;

/// What carries the most weight; it is marked as such.
const HEAVY: [&str; 4] = ["phq9_item_9", "open_lapse", "lapse_recorded", "craving_8_twice_in_3_days"];

/// The page.
#[derive(Template)]
#[template(path = "counselor/home.html")]
pub struct Home {
    pub frame: Frame,
    /// Their address, to be told to clients.
    pub email: String,
    /// Clients of a counselor; none for a member.
    pub clients: Option<Vec<Row>>,
    /// What waits.
    pub pending: Vec<Offer>,
    /// Milestones that somebody close shares with this account.
    pub close: Vec<Offer>,
    /// A member's own shares; none for a counselor.
    pub own: Option<Vec<Own>>,
}

/// A client.
pub struct Row {
    pub share_id: String,
    pub name: String,
    pub last_entry: String,
    pub clock: Option<(String, &'static str)>,
    pub mood: Option<Spark>,
    pub craving: Option<Spark>,
    pub meetings: Option<usize>,
    pub flags: Vec<Reason>,
    pub expires: String,
}

/// A flag.
pub struct Reason {
    pub heavy: bool,
    pub text: String,
}

/// Something that was offered.
pub struct Offer {
    pub id: String,
    pub name: String,
    pub role: String,
    pub organization: Option<String>,
    pub purpose: String,
    pub expires: String,
    pub version: String,
    pub text: String,
    pub sha256: String,
}

/// A share of the member who looks.
pub struct Own {
    pub id: String,
    pub to: String,
    pub status: String,
    pub purpose: String,
    pub things: String,
    pub expires: String,
}

impl Row {
    fn of(client: Client) -> Self {
        let last_entry = match (client.silent_days, client.last_entry_on) {
            (Some(0), _) => "today".to_owned(),
            (Some(1), _) => "yesterday".to_owned(),
            (Some(days), Some(on)) => format!("{} ({days} days)", words::short(on)),
            _ => "none yet".to_owned(),
        };
        let clock = client.clock.map(|clock| {
            let days = words::count(clock.current_days, "day");
            (words::name(&clock.substance), clock.status, days)
        });
        let clock = clock.map(|(substance, status, days)| match status.as_str() {
            "running" => (format!("{substance}: {days}"), ""),
            _ => (substance, "return to use, not ended yet"),
        });
        let heavy = |code: &str| HEAVY.contains(&code);
        let flags = client.flags.into_iter();
        let strongest =
            client.craving_14.iter().map(|craving| i32::try_from((*craving)?).ok().map(f64::from));
        let strongest: Vec<Option<f64>> = strongest.collect();
        Self {
            last_entry,
            clock,
            mood: Spark::of(&client.mood_14, "Mood"),
            craving: Spark::of(&strongest, "Craving"),
            meetings: client.meetings_this_week,
            flags: flags
                .map(|flag| Reason { heavy: heavy(&flag.code), text: words::sentence(&flag.reason) })
                .collect(),
            expires: day(client.expires_at.utc()),
            share_id: client.share_id.to_string(),
            name: client.name,
        }
    }
}

impl Offer {
    fn of(invitation: Invitation) -> Self {
        let Invitation { id, name, role, organization, purpose, expires_at, consent, .. } = invitation;
        let expires = day(expires_at);
        let (version, text, sha256) = (consent.version, consent.text, consent.sha256);
        Self { id, name, role, organization, purpose, expires, version, text, sha256 }
    }
}

impl Own {
    fn of(share: OwnShare) -> Self {
        let things: Vec<String> = share.scopes.iter().map(|scope| words::thing(&scope.collection)).collect();
        let to = share.recipient.name.unwrap_or(share.recipient.email);
        Self {
            id: share.id,
            to: share.recipient.organization.map_or_else(|| to.clone(), |place| format!("{to}, {place}")),
            status: share.status,
            purpose: share.purpose,
            things: words::listed(&things),
            expires: day(share.expires_at),
        }
    }
}

impl Home {
    /// Puts the page together.
    pub fn of(
        frame: Frame,
        email: String,
        caseload: Option<Caseload>,
        invitations: Vec<Invitation>,
        own: Option<Vec<OwnShare>>,
    ) -> Self {
        let (pending, accepted): (Vec<_>, Vec<_>) =
            invitations.into_iter().partition(|invitation| invitation.status == "pending");
        let close = accepted.into_iter().filter(|invitation| invitation.role == "supporter");
        Self {
            frame,
            email,
            clients: caseload.map(|caseload| caseload.items.into_iter().map(Row::of).collect()),
            pending: pending.into_iter().map(Offer::of).collect(),
            close: close.map(Offer::of).collect(),
            own: own.map(|own| own.into_iter().map(Own::of).collect()),
        }
    }
}

/// The day of a moment.
pub fn day(at: DateTime<Utc>) -> String {
    at.date_naive().format("%-d %b %Y").to_string()
}
