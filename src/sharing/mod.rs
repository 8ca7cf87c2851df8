//! Sharing: a member lets a counselor or a loved one read a described part of their journal, sees who read what,
//! and ends it when they like.
//!
//! | file | what it does |
//! |---|---|
//! | `scope` | what a share opens, as the member writes it and as the journal's store enforces it |
//! | `consent` | the text that is signed, and the notice on every answer, from a versioned data file |
//! | `share`, `offers`, `store` | shares and invitations: their shapes, what is done with them, their SQL |
//! | `access` | reading under a share: check, read and disclosure are one |
//! | `ledger`, `disclosures` | who read what, chained so that a change or a gap shows; the member's list of it |
//! | `verify` | the command that looks at every ledger |
//! | `milestones` | what a supporter may see |
//! | `caseload`, `glance`, `flags`, `brief`, `preview` | a counselor's clients in one look, why to look, what to know before a session |
//! | `visit` | several reads of one client in one look, for a page or a report |
//! | `answers`, `words` | what pages and reports show of the answers, and how people write it |
//! | `routes` | all of it over HTTP; the routes of a client are made from what the owner's are made from |
//!
//! Refuses by default: what a share does not name is not read, what is not in force looks like what never was,
//! and nothing is shown before its disclosure is on disk.

pub mod access;
pub(crate) mod answers;
pub mod brief;
pub mod caseload;
pub mod consent;
pub mod disclosures;
pub mod flags;
pub mod glance;
mod ledger;
pub mod milestones;
pub mod offers;
pub mod preview;
pub mod routes;
pub mod scope;
pub mod share;
mod store;
pub mod verify;
pub mod visit;
pub(crate) mod words;

use std::sync::Arc;

use crate::db::Db;
use crate::db::seal::Keyring;
use crate::journal::routes::derived::Derived;

/// What sharing works with, made once at the start.
#[derive(Clone)]
pub struct Sharing {
    db: Db,
    keyring: Arc<Keyring>,
    derived: Arc<Derived>,
}

impl Sharing {
    /// Puts it together.
    #[must_use]
    pub const fn new(db: Db, keyring: Arc<Keyring>, derived: Arc<Derived>) -> Self {
        Self { db, keyring, derived }
    }
}
