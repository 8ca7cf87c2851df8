//! The account itself: reading it, changing it, its sessions, its password, and erasing it.
//!
//! Refuses to change the password or to erase without the current password.

use std::sync::Arc;

use zeroize::Zeroizing;

use super::answers::{LoginSession, LoginSessionList, Profile};
use super::bodies::{self, Given};
use super::store::{self, AccountChanges, AccountRow, TriesOf};
use super::{Account, Auth, erasure, passwords, place};
use crate::clock;
use crate::db::Conn;
use crate::db::types::Id;
use crate::error::{Code, Error, Result};
use crate::fields::Value;
use crate::mail::{self, Kind};

/// The account as its owner sees it, inside a read of more.
pub async fn profile(conn: &Conn<'_>, account: &Account) -> Result<Profile> {
    Profile::open(store::account(conn, account.id).await?.ok_or_else(ended)?, &account.key)
}

impl Auth {
    /// The account that signs in with an address, for who runs the server: no password is asked for.
    pub async fn find(&self, email: &str) -> Result<Option<Account>> {
        let email = self.keyring.email_hash(email);
        let found = self.db.read(async |conn| store::find_by_email(conn, &email).await).await?;
        let account = found.map(|found| self.open_at(found, &email)).transpose()?;
        account.map(|(row, key)| Account::new(row, key, Id(uuid::Uuid::nil()))).transpose()
    }

    /// The account as its owner sees it.
    pub(super) async fn profile(&self, account: &Account) -> Result<Profile> {
        Profile::open(self.row(account).await?, &account.key)
    }

    /// Changes what the merge patch names.
    pub(super) async fn update(&self, account: &Account, mut given: Given) -> Result<Profile> {
        given.finish()?;
        let id = account.id;
        let text = |name: &str| given.text(name).map(str::to_owned);
        // Named and null clears.
        let clearable = |name: &str| given.value(name).map(|value| value.text().map(str::to_owned));
        let seal = |name: String| account.key.seal(place("accounts", "display_name", id), &name);
        let changes = AccountChanges {
            display_name: match clearable("display_name") {
                Some(Some(name)) => Some(Some(seal(name)?)),
                cleared_or_kept => cleared_or_kept.map(|_| None),
            },
            time_zone: text("time_zone"),
            day_starts_at: given
                .value("day_starts_at")
                .and_then(Value::int)
                .and_then(|minutes| minutes.try_into().ok()),
            country: clearable("country"),
            locale: text("locale"),
            updated_at: Some(clock::now().into()),
        };
        let row = self.db.write(async move |conn| store::update_account(conn, id, &changes).await).await?;
        self.sessions.forget_account(id);
        Profile::open(row.ok_or_else(ended)?, &account.key)
    }

    /// The signed-in devices.
    pub(super) async fn login_sessions(&self, account: &Account) -> Result<LoginSessionList> {
        let now = clock::now().into();
        let rows = self.db.read(async |conn| store::sessions_of(conn, account.id, now).await).await?;
        let open = |row| LoginSession::open(row, &account.key, account.session_id);
        Ok(LoginSessionList { items: rows.into_iter().map(open).collect::<Result<_>>()? })
    }

    /// Sets a new password and ends the other sessions.
    pub(super) async fn change_password(&self, account: &Account, mut given: Given) -> Result<()> {
        let row = self.row(account).await?;
        let profile = Profile::open(row.clone(), &account.key)?;
        let words = passwords::own_words(&profile.email, profile.display_name.as_deref());
        self.judge_password(&mut given, "new_password", words).await?;
        given.finish()?;
        let tries = self.prove(account, &row, &given, "current_password").await?;
        let password = Zeroizing::new(given.required("new_password")?.to_owned());
        let password_hash = passwords::sealed(&account.key, &self.hasher.hash(password).await?)?;
        let email = self.keyring.email_hash(&profile.email);
        let (id, session, now) = (account.id, account.session_id, clock::now().into());
        let notice = self.notice(Kind::PasswordChanged, profile.email, now)?;
        self.db
            .write(async move |conn| {
                store::change_password(conn, id, session, &email, &password_hash, now).await?;
                store::forget_failures(conn, &tries).await?;
                mail::queue(conn, &notice).await
            })
            .await?;
        self.sessions.forget_account(id);
        self.post.wake();
        Ok(())
    }

    /// Erases the account and everything in it.
    pub(super) async fn erase(&self, account: &Account, mut given: Given) -> Result<()> {
        given.finish()?;
        let row = self.row(account).await?;
        let profile = Profile::open(row.clone(), &account.key)?;
        let tries = self.prove(account, &row, &given, "password").await?;
        let email = self.keyring.email_hash(&profile.email);
        let (id, now, keyring) = (account.id, clock::now().into(), Arc::clone(&self.keyring));
        self.db
            .write(async move |conn| {
                erasure::store::erase(conn, &keyring, id, &email, now).await?;
                store::forget_failures(conn, &tries).await
            })
            .await?;
        self.sessions.forget_account(id);
        Ok(())
    }

    /// The same for somebody whose row was not read yet.
    pub(super) async fn prove_own(&self, account: &Account, given: &Given, name: &str) -> Result<TriesOf> {
        self.prove(account, &self.row(account).await?, given, name).await
    }

    /// Checks the account's own password, in the member `name` of the body: 422 `wrong_password`. The tries of who is
    /// signed in are counted apart from those at the address, which anybody can make: nobody is kept from changing
    /// their password by a stranger who guesses it. The caller forgets them.
    async fn prove(&self, account: &Account, row: &AccountRow, given: &Given, name: &str) -> Result<TriesOf> {
        let tries = self.keyring.tries_of(account.id);
        let kept = passwords::opened(&account.key, &row.password_hash)?;
        let verdict = self.check_password(tries, Some(&kept), given.required(name)?).await?;
        let wrong = || bodies::refused(Code::WrongPassword, name, "is not the password of this account");
        verdict.right.then_some(tries).ok_or_else(wrong)
    }

    async fn row(&self, account: &Account) -> Result<AccountRow> {
        let found = self.db.read(async |conn| store::account(conn, account.id).await).await?;
        found.ok_or_else(ended)
    }
}

/// Erased a moment ago by another session.
pub(super) fn ended() -> Error {
    Error::new(Code::InvalidToken, "the session has ended")
}
