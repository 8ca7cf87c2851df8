//! What the recipient of a share sees, for its member: the row of the caseload and every list and figure that is
//! open, made by the same code, before the share is accepted and as long as it is there. Nothing is disclosed by
//! it to anybody.

use std::sync::Arc;

use futures_util::try_join;
use serde::Serialize;
use serde_json::Value as Json;
use utoipa::openapi::RefOr;
use utoipa::openapi::schema::{AdditionalProperties, ObjectBuilder, Schema};
use utoipa::{PartialSchema, ToSchema};

use super::access::{Shown, Wanted};
use super::caseload::Client;
use super::offers::SUPPORTER;
use super::share::Share;
use super::{Sharing, brief, routes, store};
use crate::auth::{Account, Person, people};
use crate::db::Conn;
use crate::db::types::Id;
use crate::error::{Error, Result};

/// `GET /v1/shares/{id}/preview`
#[derive(Serialize, ToSchema)]
pub struct SharePreview {
    /// The member's row in the caseload of a counselor; null for a supporter.
    client: Option<Client>,
    /// Every list and figure that is open, as it is when no parameter is given.
    answers: Vec<PreviewedAnswer>,
}

/// An answer that the recipient would get.
#[derive(Serialize, ToSchema)]
pub struct PreviewedAnswer {
    /// Below `/v1/clients/{share_id}`.
    #[schema(example = "cravings")]
    path: String,
    /// As that path answers.
    #[schema(value_type = ClientAnswer)]
    body: Json,
}

/// The schema of an answer that is described at its own path.
pub struct ClientAnswer;

impl PartialSchema for ClientAnswer {
    fn schema() -> RefOr<Schema> {
        ObjectBuilder::new()
            .description(Some("An answer under a share; its path describes it."))
            .additional_properties(Some(AdditionalProperties::FreeForm(true)))
            .into()
    }
}

impl ToSchema for ClientAnswer {}

impl Sharing {
    /// Everything that the recipient of a share sees.
    pub async fn preview(&self, member: &Account, id: Id) -> Result<SharePreview> {
        self.db
            .snapshot(async |conn| {
                let (share, person) = self.own(conn, member, id).await?;
                let mut answers = Vec::new();
                for readable in routes::readables().filter(|readable| !readable.route.path.ends_with("{id}"))
                {
                    let Some(wanted) = Wanted::of(&readable, String::new(), String::new()) else { continue };
                    if share.grants.allow(wanted.subject).is_some() {
                        let body = self.under(conn, &share, &person, &wanted).await?.body;
                        let body = serde_json::from_slice(&body).map_err(Error::internal)?;
                        answers.push(PreviewedAnswer { path: wanted.path, body });
                    }
                }
                let client = match share.row.recipient_role.as_str() {
                    SUPPORTER => None,
                    _ => Some(self.client(conn, share, Arc::new(person)).await?),
                };
                Ok(SharePreview { client, answers })
            })
            .await
    }

    /// The brief of a share, as its recipient sees it.
    pub async fn previewed_brief(&self, member: &Account, id: Id, query: &str) -> Result<Shown> {
        self.db
            .snapshot(async |conn| {
                let (share, person) = self.own(conn, member, id).await?;
                let wanted = Wanted::of(&brief::readable(), query.to_owned(), String::new())
                    .ok_or_else(Error::not_found)?;
                self.under(conn, &share, &person, &wanted).await
            })
            .await
    }

    pub(super) async fn own(&self, conn: &Conn<'_>, member: &Account, id: Id) -> Result<(Share, Person)> {
        let own = [member.id];
        let (row, mut people) =
            try_join!(store::find(conn, member.id, id), people(conn, &self.keyring, &own))?;
        let (row, person) = row.zip(people.pop()).ok_or_else(Error::not_found)?;
        Ok((Share::open(row, &person.key)?, person))
    }

    /// An answer under a share, whether or not the share is in force.
    pub(super) async fn under(
        &self,
        conn: &Conn<'_>,
        share: &Share,
        person: &Person,
        wanted: &Wanted,
    ) -> Result<Shown> {
        if share.grants.allow(wanted.subject).is_none() {
            return Err(Error::of(crate::error::Code::NotShared));
        }
        let revision = crate::journal::store::revision(conn, &person.key).await?;
        Ok(Shown::of(self.made(conn, share, person, wanted, revision).await?.body))
    }
}
