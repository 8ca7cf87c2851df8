//! Opening an account, signing in, exchanging tokens, signing out.
//!
//! Refuses an address that is taken, a password that is easy to guess, and a wrong password and an unknown
//! address alike.

use serde_json::{Map, Value as Json};
use uuid::Uuid;
use zeroize::Zeroizing;

use super::answers::{Profile, SignedIn};
use super::bodies::{Given, REGISTER};
use super::refresh::Token;
use super::store::{self, AccountRow, Opening, Proof, Refreshed, SessionRow};
use super::tokens::Bearer;
use super::{Account, Auth, device_name_place, passwords, place, totp};
use crate::clock;
use crate::config::Registration;
use crate::db::seal::{DataKey, Secret, random};
use crate::db::types::{Id, Time};
use crate::error::{Code, Error, Result};
use crate::mail::{self, Kind};

/// An account about to be opened.
pub(super) struct Newcomer {
    pub opening: Opening,
    pub key: DataKey,
    pub token: Token,
}

impl Auth {
    /// Opens an account and signs it in; or, where addresses have to be confirmed first, answers none and asks
    /// for that by a mail.
    pub(super) async fn register(&self, mut given: Given) -> Result<Option<SignedIn>> {
        let email = given.text("email").unwrap_or_default().to_owned();
        let words = passwords::own_words(&email, given.text("display_name"));
        self.judge_password(&mut given, "password", words).await?;
        let invitation = given.text("invitation_code").map(|code| totp::code_hash(Id(Uuid::nil()), code));
        let invitation = match self.registration {
            Registration::Invite if invitation.is_none() => {
                given.refuse("invitation_code", ("required", "must be given: it takes an invitation"));
                None
            }
            Registration::Invite => invitation,
            Registration::Open | Registration::Verified => None,
        };
        given.finish()?;
        let password = Zeroizing::new(given.required("password")?.to_owned());
        let password_hash = self.hasher.hash(password).await?;
        if self.registration == Registration::Verified {
            self.ask_for_confirmation(&given, password_hash).await?;
            return Ok(None);
        }

        let id = Id(clock::new_random_id());
        let Newcomer { opening, key, token } = self.newcomer(id, &given, &password_hash)?;
        let row = opening.account.clone();
        let now = row.created_at;
        self.db
            .write(async move |conn| {
                if let Some(code) = &invitation {
                    store::admit(conn, code, &opening.email, now).await?;
                }
                store::register(conn, std::slice::from_ref(&opening)).await
            })
            .await?;
        self.signed_in(row, &key, &token, now).map(Some)
    }

    /// An account to be opened from inside the program, for journals that nobody lived: with a hash made before (by
    /// [`hash_password`](Self::hash_password)), because thousands may share it. `members` is as in a
    /// registration; its password is not looked at.
    pub fn unlived(
        &self,
        account_id: Id,
        members: &Map<String, Json>,
        password_hash: &str,
    ) -> Result<(Account, Opening)> {
        let mut given = Given::whole(REGISTER, members);
        given.finish()?;
        let Newcomer { opening, key, token } = self.newcomer(account_id, &given, password_hash)?;
        Ok((Account::new(opening.account.clone(), key, token.session)?, opening))
    }

    /// The hash of a password as accounts keep it.
    pub async fn hash_password(&self, password: &str) -> Result<String> {
        self.hasher.hash(Zeroizing::new(password.to_owned())).await
    }

    /// Makes everything that a new account consists of.
    pub(super) fn newcomer(&self, account_id: Id, given: &Given, password_hash: &str) -> Result<Newcomer> {
        let now = clock::now().into();
        let (key, wrapped) = self.keyring.new_data_key(account_id)?;
        let seal = |column, text: &str| key.seal(place("accounts", column, account_id), text);
        let email = given.required("email")?;
        let account = AccountRow {
            account_id,
            role: given.required("role")?.to_owned(),
            email: seal("email", email)?,
            display_name: given.text("display_name").map(|name| seal("display_name", name)).transpose()?,
            time_zone: given.required("time_zone")?.to_owned(),
            day_starts_at: 0,
            country: given.text("country").map(str::to_owned),
            locale: given.required("locale")?.to_owned(),
            password_hash: passwords::sealed(&key, password_hash)?,
            created_at: now,
            updated_at: now,
        };
        let email = self.keyring.email_hash(email);
        let (session, token) = new_session(&key, given.text("device_name"), now)?;
        Ok(Newcomer { opening: Opening { account, wrapped, email, session, revision: 1 }, key, token })
    }

    /// Signs in with address and password. One hash, whether the address is known or not. A second factor is
    /// looked at after a right password only, and a wrong one counts as a wrong password does.
    pub(super) async fn login(&self, mut given: Given) -> Result<SignedIn> {
        given.finish()?;
        let email = self.keyring.email_hash(given.required("email")?);
        let found = self.db.read(async |conn| store::find_by_email(conn, &email).await).await?;
        let found = found.map(|found| self.open_at(found, &email)).transpose()?;
        let kept = found.as_ref().map(|(row, key)| passwords::opened(key, &row.password_hash)).transpose()?;
        let verdict = self.check_password(email, kept.as_deref(), given.required("password")?).await?;
        let wrong = || Error::of(Code::InvalidCredentials);
        let (row, key) = found.filter(|_| verdict.right).ok_or_else(wrong)?;

        let proof = self.shown(&key, given.text("totp_code")).await?;

        let now = clock::now().into();
        let (session, token) = new_session(&key, given.text("device_name"), now)?;
        let notice = match proof {
            Proof::Paper(_) => {
                let to = Profile::open(row.clone(), &key)?.email;
                Some(self.notice(Kind::RecoveryCodeUsed, to, now)?)
            }
            Proof::Nothing | Proof::Step(_) => None,
        };
        let told = notice.is_some();
        let verified = row.password_hash.clone();
        let rehashed = verdict.rehashed.map(|hash| passwords::sealed(&key, &hash)).transpose()?;
        let kept = rehashed.unwrap_or_else(|| verified.clone());
        let begun = self
            .db
            .write(async move |conn| {
                let begun = store::sign_in(conn, &session, &verified, &kept, &email, proof).await?;
                if let (true, Some(notice)) = (begun, &notice) {
                    mail::queue(conn, notice).await?;
                }
                Ok(begun)
            })
            .await?;
        if told {
            self.post.wake();
        }
        if begun { self.signed_in(row, &key, &token, now) } else { Err(wrong()) }
    }

    /// Exchanges a refresh token for new tokens.
    pub(super) async fn refresh(&self, mut given: Given) -> Result<SignedIn> {
        let token = self.refresh_token(&mut given)?;
        let now = clock::now().into();
        let (account, session) = (token.account, token.session);
        let fresh = Secret::new(random()?);
        let refreshed =
            self.db.write(async move |conn| store::refresh(conn, &token, fresh.clone(), now).await).await?;
        match refreshed {
            Refreshed::Renewed(found, secret) => {
                let (row, key) = self.open(*found)?;
                self.signed_in(row, &key, &Token { account, session, secret }, now)
            }
            Refreshed::Ended => {
                self.sessions.forget(session);
                Err(Error::new(Code::InvalidToken, "the session has ended; sign in again"))
            }
        }
    }

    /// Ends the session of a refresh token; it may have ended before.
    pub(super) async fn logout(&self, mut given: Given) -> Result<()> {
        let Token { account, session, .. } = self.refresh_token(&mut given)?;
        self.end_session(account, session).await.map(drop)
    }

    /// Ends a session; `false` when the account has none with this id.
    pub(super) async fn end_session(&self, account: Id, session: Id) -> Result<bool> {
        let ended = self.db.write(async move |conn| store::end_session(conn, account, session).await).await?;
        self.sessions.forget(session);
        Ok(ended)
    }

    /// Notes a mistake when the new password in `name` is not acceptable.
    pub(super) async fn judge_password(
        &self,
        given: &mut Given,
        name: &str,
        words: Vec<String>,
    ) -> Result<()> {
        if let Some(password) = given.text(name) {
            let password = Zeroizing::new(password.to_owned());
            if let Some(fault) = self.hasher.fault(password, words).await? {
                given.refuse(name, fault);
            }
        }
        Ok(())
    }

    fn refresh_token(&self, given: &mut Given) -> Result<Token> {
        given.finish()?;
        let text = given.required("refresh_token")?;
        let token = self.keyring.refresh_tokens().find_map(|key| Token::parse(text, key));
        token.ok_or_else(|| Error::of(Code::InvalidToken))
    }

    pub(super) fn signed_in(
        &self,
        row: AccountRow,
        key: &DataKey,
        token: &Token,
        now: Time,
    ) -> Result<SignedIn> {
        let bearer = Bearer { account: token.account, session: token.session };
        let access_token = self.tokens.issue(bearer, now)?;
        let refresh_token = token.text(self.keyring.refresh_token());
        Ok(SignedIn::new(access_token, refresh_token, Profile::open(row, key)?))
    }
}

/// A new session of the key's account, and its first refresh token.
fn new_session(key: &DataKey, device_name: Option<&str>, now: Time) -> Result<(SessionRow, Token)> {
    let (account, session) = (key.account(), Id(clock::new_random_id()));
    let token = Token { account, session, secret: Secret::new(random()?) };
    let seal = |name: &str| key.seal(device_name_place(session), name);
    let device_name = device_name.map(seal).transpose()?;
    Ok((SessionRow::begin(account, session, device_name, &token.secret, now), token))
}
