//! The second factor: shown beside the password at every sign-in once it is active.
//!
//! It waits until a first code shows that the person's authenticator has it, and only then counts. Refuses to
//! begin or to end it for somebody who merely holds a device that signed in long ago: the password is asked for.

use super::answers::{RecoveryCodes, SecondFactor, SecondFactorSetup};
use super::bodies::{self, Given};
use super::profile::ended;
use super::store::{self, FactorRow, Proof};
use super::totp::{self, Given as Shown};
use super::{Account, Auth, place};
use crate::clock;
use crate::db::Conn;
use crate::db::seal::{DataKey, Place};
use crate::db::types::Id;
use crate::error::{Code, Error, Result};
use crate::mail::{self, Kind};

/// Seconds after a sign-in during which the password need not be given again.
const FRESH: i64 = 600;
/// Codes on paper that somebody is given.
const CODES: usize = 10;

impl Auth {
    /// Whether the account has a second factor.
    pub(super) async fn second_factor(&self, account: &Account) -> Result<SecondFactor> {
        let id = account.id;
        self.db
            .snapshot(async |conn| {
                let factor = store::second_factor(conn, id).await?;
                let left = store::recovery_codes_left(conn, id).await?;
                Ok(SecondFactor {
                    active: factor.is_some_and(|row| row.active_at.is_some()),
                    recovery_codes_left: left,
                })
            })
            .await
    }

    /// Makes a secret, which waits for its first code.
    pub(super) async fn begin_second_factor(
        &self,
        account: &Account,
        mut given: Given,
    ) -> Result<SecondFactorSetup> {
        given.finish()?;
        let (id, session) = (account.id, account.session_id);
        let began = self.db.read(async |conn| store::session_began(conn, id, session).await).await?;
        let fresh = began.ok_or_else(ended)?.plus_seconds(FRESH) >= clock::now().into();
        if given.text("password").is_some() {
            let tries = self.prove_own(account, &given, "password").await?;
            self.db.write(async move |conn| store::forget_failures(conn, &tries).await).await?;
        } else if !fresh {
            return Err(bodies::refused(
                Code::WrongPassword,
                "password",
                "is needed: this device signed in more than ten minutes ago",
            ));
        }
        let profile = self.profile(account).await?;
        let secret = totp::new_secret()?;
        let sealed = account.key.seal(secret_place(id), &secret)?;
        let row = FactorRow { account_id: id, secret: sealed, active_at: None, last_step: 0 };
        if !self.db.write(async move |conn| store::begin_second_factor(conn, &row).await).await? {
            return Err(Error::of(Code::TotpActive));
        }
        Ok(SecondFactorSetup { otpauth_uri: totp::uri(&secret, &profile.email), secret: secret.to_string() })
    }

    /// Makes the waiting secret count, shown by a first code; answers the codes on paper, once.
    pub(super) async fn confirm_second_factor(
        &self,
        account: &Account,
        mut given: Given,
    ) -> Result<RecoveryCodes> {
        given.finish()?;
        let id = account.id;
        let row = self.db.read(async |conn| store::second_factor(conn, id).await).await?;
        let row =
            row.ok_or_else(|| Error::new(Code::NotFound, "no second factor waits for its first code"))?;
        if row.active_at.is_some() {
            return Err(Error::of(Code::TotpActive));
        }
        let now = clock::now();
        let secret = account.key.open(secret_place(id), &row.secret)?;
        let step = match Shown::read(id, given.required("code")?) {
            Shown::Digits(digits) => totp::step_of(&secret, &digits, now.timestamp()),
            Shown::Paper(_) => None,
        };
        let step = step.ok_or_else(wrong_code)?;
        let codes = (0..CODES).map(|_| totp::new_code()).collect::<Result<Vec<String>>>()?;
        let hashes: Vec<[u8; 32]> = codes.iter().map(|code| totp::code_hash(id, code)).collect();
        let notice = self.notice(Kind::SecondFactorOn, self.profile(account).await?.email, now.into())?;
        let activate = async move |conn: &Conn<'_>| {
            if !store::activate_second_factor(conn, &row, step, &hashes, now.into()).await? {
                // Begun anew a moment ago by another request: the code was of a secret that is gone.
                return Err(wrong_code());
            }
            mail::queue(conn, &notice).await
        };
        self.db.write(activate).await?;
        self.post.wake();
        Ok(RecoveryCodes { recovery_codes: codes })
    }

    /// Takes the second factor away: with the password and a code, if it is active.
    pub(super) async fn remove_second_factor(&self, account: &Account, mut given: Given) -> Result<()> {
        given.finish()?;
        let tries = self.prove_own(account, &given, "password").await?;
        let (id, now) = (account.id, clock::now().into());
        let shown = self.shown(&account.key, given.text("code")).await;
        let in_body = |error: Error| match error {
            Error::Problem(problem) if [Code::TotpRequired, Code::InvalidTotp].contains(&problem.code) => {
                wrong_code()
            }
            other => other,
        };
        let proof = shown.map_err(in_body)?;
        let notice = match proof {
            // One that was only begun.
            Proof::Nothing => None,
            _ => Some(self.notice(Kind::SecondFactorOff, self.profile(account).await?.email, now)?),
        };
        let remove = async move |conn: &Conn<'_>| {
            store::spend(conn, id, proof, now).await?;
            store::forget_failures(conn, &tries).await?;
            if let Some(notice) = &notice {
                mail::queue(conn, notice).await?;
            }
            store::remove_second_factor(conn, id, now).await
        };
        let none = || Error::new(Code::NotFound, "this account has no second factor");
        self.db.write(remove).await.map_err(in_body)?.then_some(()).ok_or_else(none)?;
        self.post.wake();
        Ok(())
    }

    /// What a code beside a right password proves; `spend` has the last word. Refuses none where one is needed
    /// (`totp_required`) and six digits that are not those of now (`invalid_totp`).
    pub(super) async fn shown(&self, key: &DataKey, code: Option<&str>) -> Result<Proof> {
        let id = key.account();
        let row = self.db.read(async |conn| store::second_factor(conn, id).await).await?;
        let Some(row) = row.filter(|row| row.active_at.is_some()) else { return Ok(Proof::Nothing) };
        match Shown::read(id, code.ok_or_else(|| Error::of(Code::TotpRequired))?) {
            Shown::Paper(hash) => Ok(Proof::Paper(hash)),
            Shown::Digits(digits) => {
                let secret = key.open(secret_place(id), &row.secret)?;
                let step = totp::step_of(&secret, &digits, clock::now().timestamp());
                step.map(Proof::Step).ok_or_else(|| Error::of(Code::InvalidTotp))
            }
        }
    }
}

/// 422 `wrong_code`.
fn wrong_code() -> Error {
    bodies::refused(Code::WrongCode, "code", "is not a code of this account's, or was used before")
}

const fn secret_place(account: Id) -> Place<'static> {
    place("second_factors", "secret", account)
}
