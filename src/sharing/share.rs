//! One share, opened: what it says, whether it is in force, and how it is shown to its two sides.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::scope::{Grants, SharedScope};
use super::store::{ACTIVE, PENDING, ShareRow};
use crate::db::seal::{DataKey, Place};
use crate::db::types::{Id, Time};
use crate::error::{Error, Result};

/// A share with its words.
pub struct Share {
    /// As it is kept.
    pub row: ShareRow,
    /// Its words, opened.
    pub words: Words,
    /// What it opens.
    pub grants: Grants,
}

/// Names and words of a share; sealed under its member's key.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Words {
    /// The recipient's address, as the member wrote it.
    pub email: String,
    /// The name of the account that accepted.
    pub recipient_name: Option<String>,
    /// Where the recipient works.
    pub organization: Option<String>,
    /// What the share is for.
    pub purpose: String,
    /// What the member would like to talk about.
    pub question: Option<String>,
    /// The consent, as it was signed.
    pub consent_text: String,
    /// By whom.
    pub signed_name: String,
    /// What the columns beside these words said when they were sealed ([`ShareRow::terms`]).
    pub terms: String,
}

/// A share, as its member sees it.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Share)]
pub struct ShareBody {
    id: Id,
    /// `pending`, `active`, `declined`, `revoked` or `expired`.
    #[schema(value_type = String, example = "pending")]
    status: String,
    recipient: ShareRecipient,
    purpose: String,
    /// What the member would like to talk about; stands in the brief.
    question: Option<String>,
    scopes: Vec<SharedScope>,
    expires_at: Time,
    created_at: Time,
    #[schema(value_type = Option<String>, format = "date-time")]
    accepted_at: Option<Time>,
    #[schema(value_type = Option<String>, format = "date-time")]
    revoked_at: Option<Time>,
    consent: SignedConsent,
}

/// Who may read.
#[derive(Debug, Serialize, ToSchema)]
pub struct ShareRecipient {
    email: String,
    /// The name of the account that accepted, if it has one.
    name: Option<String>,
    organization: Option<String>,
    /// `counselor` or `supporter`.
    #[schema(example = "counselor")]
    role: String,
}

/// A consent as it was signed.
#[derive(Debug, Serialize, ToSchema)]
pub struct SignedConsent {
    /// Of the text.
    version: String,
    text: String,
    /// Of the text, in hexadecimal.
    sha256: String,
    signed_name: String,
    signed_at: Time,
}

/// A share, as its recipient sees it.
#[derive(Debug, Serialize, ToSchema)]
pub struct Invitation {
    /// The share's id.
    id: Id,
    /// `pending` or `active`.
    #[schema(example = "pending")]
    status: String,
    /// Who shares: their name, or their address.
    name: String,
    /// What the recipient is to be: `counselor` or `supporter`.
    #[schema(example = "counselor")]
    role: String,
    organization: Option<String>,
    purpose: String,
    scopes: Vec<SharedScope>,
    expires_at: Time,
    created_at: Time,
    #[schema(value_type = Option<String>, format = "date-time")]
    accepted_at: Option<Time>,
    consent: SignedConsent,
}

/// What every answer under a share says of the consent it is given under.
#[derive(Debug, Serialize, ToSchema)]
pub struct ConsentNote {
    share_id: Id,
    purpose: String,
    /// What the member would like to talk about.
    question: Option<String>,
    scopes: Vec<SharedScope>,
    expires_at: Time,
}

impl Words {
    /// Seals them for their share.
    pub fn seal(&self, key: &DataKey, share: Id) -> Result<Vec<u8>> {
        key.seal(place(share), &serde_json::to_string(self).map_err(Error::internal)?)
    }
}

const fn place(share: Id) -> Place<'static> {
    Place { table: "shares", column: "words", row: share }
}

impl ShareRow {
    /// The status to show.
    #[must_use]
    pub fn status(&self, now: Time) -> &str {
        let lives = [PENDING, ACTIVE].contains(&self.status.as_str());
        if lives && self.expires_at <= now { "expired" } else { &self.status }
    }

    /// Who may read what until when, as it is sealed with the words: whoever can write to the database, and has no key,
    /// cannot change what was signed.
    #[must_use]
    pub fn terms(&self) -> String {
        let recipient = self.recipient_id.map_or_else(|| "nobody yet".to_owned(), |id| id.0.to_string());
        format!("{} {} {recipient} {}", self.recipient_role, self.expires_at.0, self.scopes)
    }

    /// Whether it allows reading.
    #[must_use]
    pub fn is_in_force(&self, now: Time) -> bool {
        self.status(now) == ACTIVE
    }
}

impl Share {
    /// Opens a share with its member's key. Refuses one that is not as it was signed and accepted.
    pub fn open(row: ShareRow, key: &DataKey) -> Result<Self> {
        let words = key.open(place(row.share_id), &row.words)?;
        let words: Words = serde_json::from_str(&words).map_err(Error::internal)?;
        if words.terms != row.terms() {
            return Err(Error::internal("a share does not say what was signed"));
        }
        let grants = Grants(serde_json::from_str(&row.scopes).map_err(Error::internal)?);
        Ok(Self { row, words, grants })
    }

    /// Its id.
    #[must_use]
    pub const fn id(&self) -> Id {
        self.row.share_id
    }

    fn consent(&self) -> SignedConsent {
        SignedConsent {
            version: self.row.consent_version.clone(),
            text: self.words.consent_text.clone(),
            sha256: self.row.consent_sha256.clone(),
            signed_name: self.words.signed_name.clone(),
            signed_at: self.row.created_at,
        }
    }

    /// What goes with every answer under it.
    #[must_use]
    pub fn note(&self) -> ConsentNote {
        ConsentNote {
            share_id: self.id(),
            purpose: self.words.purpose.clone(),
            question: self.words.question.clone(),
            scopes: self.grants.0.clone(),
            expires_at: self.row.expires_at,
        }
    }

    /// For its member.
    #[must_use]
    pub fn body(&self, now: Time) -> ShareBody {
        let revoked = self.row.status == super::store::REVOKED;
        ShareBody {
            id: self.id(),
            status: self.row.status(now).to_owned(),
            recipient: ShareRecipient {
                email: self.words.email.clone(),
                name: self.words.recipient_name.clone(),
                organization: self.words.organization.clone(),
                role: self.row.recipient_role.clone(),
            },
            purpose: self.words.purpose.clone(),
            question: self.words.question.clone(),
            scopes: self.grants.0.clone(),
            expires_at: self.row.expires_at,
            created_at: self.row.created_at,
            accepted_at: self.row.accepted_at,
            revoked_at: self.row.ended_at.filter(|_| revoked),
            consent: self.consent(),
        }
    }

    /// For its recipient; `name` is the member's.
    #[must_use]
    pub fn invitation(&self, name: &str, now: Time) -> Invitation {
        Invitation {
            id: self.id(),
            status: self.row.status(now).to_owned(),
            name: name.to_owned(),
            role: self.row.recipient_role.clone(),
            organization: self.words.organization.clone(),
            purpose: self.words.purpose.clone(),
            scopes: self.grants.0.clone(),
            expires_at: self.row.expires_at,
            created_at: self.row.created_at,
            accepted_at: self.row.accepted_at,
            consent: self.consent(),
        }
    }
}
