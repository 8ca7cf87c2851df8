//! Making, listing and ending shares on the member's side; finding, accepting and declining them on the
//! recipient's.
//!
//! Refuses with every mistake named: a time of expiry that is past, one's own address, scopes that cannot be. A
//! share that is not this account's to see looks like a missing one.

use std::ops::Deref;

use chrono::DateTime;
use serde_json::{Map, Value as Json};

use super::consent::{self, Consent};
use super::ledger;
use super::scope::Grants;
use super::share::{Invitation, Share, ShareBody, Words};
use super::store::{self, ACTIVE, DECLINED, PENDING, REVOKED, ShareRow};
use super::{Sharing, access};
use crate::auth::{Account, Person, Role, people};
use crate::clock;
use crate::db::Conn;
use crate::db::types::{Id, Time};
use crate::error::{Code, Error, Result};
use crate::fields::patterns::EMAIL;
use crate::fields::{Field, Kind, Mistakes, Need, Value, read};
use crate::http::idempotency::{IdempotencyKey, Replay, store::once};

/// The flat members of POST `/v1/shares`; `scopes` is read by [`Grants::read`].
pub const FIELDS: &[Field] = &[
    Field::required("recipient_email", Kind::Formed(&EMAIL), "Who is to read; an account may come later."),
    Field::default(
        "recipient_role",
        &[COUNSELOR, SUPPORTER],
        COUNSELOR,
        "A counselor sees what the scopes say; a supporter, somebody close, sees milestones only.",
    ),
    Field::optional("recipient_organization", Kind::Name, "Where the recipient works."),
    Field::optional(
        "purpose",
        Kind::Name,
        "What it is for; \"at the request of the person\" when not given.",
    ),
    Field::optional("question", Kind::Name, "What the member would like to talk about; stands in the brief."),
    Field {
        name: "expires_at",
        kind: Kind::Moment,
        need: Need::Required,
        about: "When the consent ends by itself; any moment to come.",
    },
    Field::required("signature_name", Kind::Name, "The member's name, as an electronic signature."),
];

const COUNSELOR: &str = "counselor";
/// Somebody close, who sees milestones only.
pub const SUPPORTER: &str = "supporter";

/// Somebody who asks, whatever has proven it.
pub trait Asking: Deref<Target = Account> + Clone + Send + Sync + 'static {}

impl<T: Deref<Target = Account> + Clone + Send + Sync + 'static> Asking for T {}

/// What a member asks for, without a mistake.
struct Asked {
    email: String,
    role: String,
    organization: Option<String>,
    purpose: String,
    question: Option<String>,
    expires_at: Time,
    signature: String,
    grants: Grants,
}

impl Asked {
    fn read(mut body: Map<String, Json>, now: Time, own_address: impl Fn(&str) -> bool) -> Result<Self> {
        let mut mistakes = Mistakes::default();
        let (scopes, moment) = (body.remove("scopes"), body.get("expires_at").cloned());
        let values = read::body(FIELDS, &body, &mut mistakes);
        let text = |name: &str| {
            let index = FIELDS.iter().position(|field| field.name == name)?;
            values.get(index).and_then(Value::text).map(str::to_owned)
        };
        let role = text("recipient_role").unwrap_or_default();
        let grants = Grants::read(scopes.as_ref(), role == SUPPORTER, &mut mistakes);
        let email = text("recipient_email").unwrap_or_default();
        if own_address(&email) {
            mistakes.add("recipient_email", "own_address", "is your own address");
        }
        // To the microsecond, which a record's moments are not: a short share should not end before it begins.
        let expires_at = moment.as_ref().and_then(Json::as_str);
        let expires_at = expires_at.and_then(|text| DateTime::parse_from_rfc3339(text).ok());
        let expires_at = Time(expires_at.map_or(0, |at| at.timestamp_micros()));
        if expires_at <= now && mistakes.is_empty_at("expires_at") {
            mistakes.add("expires_at", "not_in_future", "must be a moment to come");
        }
        mistakes.into_result()?;
        Ok(Self {
            email,
            role,
            organization: text("recipient_organization"),
            purpose: text("purpose")
                .map_or_else(|| Ok(consent::texts()?.at_request.clone()), Ok::<_, Error>)?,
            question: text("question"),
            expires_at,
            signature: text("signature_name").unwrap_or_default(),
            grants,
        })
    }
}

/// A member's shares, the newest first.
pub async fn of_member(conn: &Conn<'_>, member: &Account) -> Result<Vec<ShareBody>> {
    let now = clock::now().into();
    let rows = store::all(conn, &member.key).await?;
    rows.into_iter().map(|row| Ok(Share::open(row, &member.key)?.body(now))).collect()
}

impl Sharing {
    /// Makes a share: pending until its recipient accepts.
    pub async fn create(
        &self,
        member: &impl Asking,
        body: Map<String, Json>,
        key: Option<IdempotencyKey>,
    ) -> Result<Replay> {
        let now: Time = clock::now().into();
        let person = self.person(member.id).await?;
        let own = self.keyring.email_hash(&person.email);
        let asked = Asked::read(body, now, |email| self.keyring.email_hash(email) == own)?;
        let share = self.signed(&person, asked, now)?;
        let answer =
            Replay { status: 201, body: serde_json::to_string(&share.body(now)).map_err(Error::internal)? };
        let (member, row, keyring) = (member.clone(), share.row, self.keyring.clone());
        self.db
            .write(async move |conn| {
                once(conn, &member.key, key.as_ref(), now, async |conn| {
                    ledger::store::begin(conn, keyring.disclosures(), row.account_id).await?;
                    // One after the other, so that they are counted.
                    ledger::store::take(conn, &[row.account_id]).await?;
                    store::create(conn, &row).await?;
                    Ok(answer.clone())
                })
                .await
            })
            .await
    }

    /// Writes the consent and puts the share together.
    fn signed(&self, person: &Person, asked: Asked, now: Time) -> Result<Share> {
        let id = Id(clock::new_random_id());
        let consent = Consent {
            share: id,
            person: person.name(),
            recipient: &asked.email,
            organization: asked.organization.as_deref(),
            purpose: &asked.purpose,
            grants: &asked.grants,
            expires_at: asked.expires_at,
            signature: &asked.signature,
            signed_at: now,
        };
        let text = consent.text()?;
        let email_hash = self.keyring.email_hash(&asked.email).to_vec();
        let sha256 = consent::hash(&text);
        let mut words = Words {
            email: asked.email,
            recipient_name: None,
            organization: asked.organization,
            purpose: asked.purpose,
            question: asked.question,
            consent_text: text,
            signed_name: asked.signature,
            terms: String::new(),
        };
        let mut row = ShareRow {
            account_id: person.id,
            share_id: id,
            status: PENDING.to_owned(),
            recipient_role: asked.role,
            recipient_id: None,
            email_hash,
            scopes: serde_json::to_string(&asked.grants.0).map_err(Error::internal)?,
            created_at: now,
            expires_at: asked.expires_at,
            accepted_at: None,
            ended_at: None,
            consent_version: consent::texts()?.version.clone(),
            consent_sha256: sha256,
            words: Vec::new(),
        };
        words.terms = row.terms();
        row.words = words.seal(&person.key, id)?;
        Ok(Share { row, words, grants: asked.grants })
    }

    /// A member's shares, the newest first.
    pub async fn shares(&self, member: &Account) -> Result<Vec<ShareBody>> {
        self.db.read(async |conn| of_member(conn, member).await).await
    }

    /// One of a member's shares.
    pub async fn share(&self, member: &Account, id: Id) -> Result<Share> {
        let row = self.db.read(async |conn| store::find(conn, member.id, id).await).await?;
        Share::open(row.ok_or_else(Error::not_found)?, &member.key)
    }

    /// Revokes a share: from the commit of this on, nothing is read under it.
    pub async fn revoke(&self, member: &Account, id: Id) -> Result<()> {
        self.end(member.id, id, REVOKED).await
    }

    async fn end(&self, member: Id, id: Id, status: &'static str) -> Result<()> {
        let now = clock::now().into();
        self.db
            .write(async move |conn| {
                // Reads of this journal take the same row first: each is before this or finds it done.
                ledger::store::take(conn, &[member]).await?;
                let row = store::find(conn, member, id).await?.ok_or_else(Error::not_found)?;
                store::end(conn, &row, status, now).await
            })
            .await
    }

    /// What an account is offered, and what it has accepted and still holds; the newest first.
    pub async fn invitations(&self, recipient: &Account) -> Result<Vec<Invitation>> {
        let now = clock::now().into();
        let person = self.person(recipient.id).await?;
        let email_hash = self.keyring.email_hash(&person.email);
        let found = self
            .db
            .snapshot(async |conn| {
                let mut whose = store::offered(conn, &email_hash).await?;
                whose.extend(store::received(conn, recipient.id).await?);
                access::opened(conn, &self.keyring, &whose).await
            })
            .await?;
        // What another account has accepted, that had this address before, is not this one's.
        let shown = found.iter().filter(|(share, _)| match share.row.status(now) {
            PENDING => self.keyring.email_hash(&share.words.email) == email_hash,
            ACTIVE => share.row.recipient_id == Some(recipient.id),
            _ => false,
        });
        let mut shown: Vec<(Time, Invitation)> = shown
            .map(|(share, member)| (share.row.created_at, share.invitation(member.name(), now)))
            .collect();
        shown.sort_by_key(|(created_at, _)| std::cmp::Reverse(*created_at));
        Ok(shown.into_iter().map(|(_, invitation)| invitation).collect())
    }

    /// Accepts what an account is offered; accepting again changes nothing.
    pub async fn accept(&self, recipient: &impl Asking, id: Id) -> Result<Invitation> {
        let now: Time = clock::now().into();
        let own = self.person(recipient.id).await?;
        let email_hash = self.keyring.email_hash(&own.email);
        let (keyring, recipient) = (self.keyring.clone(), recipient.clone());
        self.db
            .write(async move |conn| {
                let member = offer(conn, &email_hash, recipient.id, id).await?;
                let (mut share, person) = access::opened(conn, &keyring, &[(member, id)])
                    .await?
                    .pop()
                    .ok_or_else(Error::not_found)?;
                if share.row.recipient_role == COUNSELOR && recipient.role != Role::Counselor {
                    return Err(Error::new(Code::WrongRole, "this was offered to a counselor"));
                }
                match share.row.status(now) {
                    PENDING if keyring.email_hash(&share.words.email) == email_hash => {
                        share.row.recipient_id = Some(recipient.id);
                        share.words.terms = share.row.terms();
                        share.words.recipient_name.clone_from(&own.display_name);
                        let words = share.words.seal(&person.key, id)?;
                        store::accept(conn, &share.row, recipient.id, words, now).await?;
                        ACTIVE.clone_into(&mut share.row.status);
                        share.row.accepted_at = Some(now);
                    }
                    ACTIVE if share.row.recipient_id == Some(recipient.id) => {}
                    _ => return Err(Error::not_found()),
                }
                Ok(share.invitation(person.name(), now))
            })
            .await
    }

    /// Declines what an account is offered, or gives back what it has accepted.
    pub async fn decline(&self, recipient: &Account, id: Id) -> Result<()> {
        let own = self.person(recipient.id).await?;
        let email_hash = self.keyring.email_hash(&own.email);
        let recipient = recipient.id;
        let member = self.db.snapshot(async |conn| offer(conn, &email_hash, recipient, id).await).await?;
        self.end(member, id, DECLINED).await
    }

    pub(super) async fn person(&self, id: Id) -> Result<Person> {
        let found = self.db.read(async |conn| people(conn, &self.keyring, &[id]).await).await?;
        found.into_iter().next().ok_or_else(|| Error::of(Code::InvalidToken))
    }
}

/// Whose share is offered to an address, or was accepted by an account, under this id.
async fn offer(conn: &Conn<'_>, email_hash: &[u8], recipient: Id, id: Id) -> Result<Id> {
    if let Some(member) = store::received_from(conn, recipient, id).await? {
        return Ok(member);
    }
    let offered = store::offered(conn, email_hash).await?;
    let found = offered.into_iter().find(|(_, share)| *share == id).map(|(member, _)| member);
    found.ok_or_else(Error::not_found)
}
