//! What a link in a mail opens: an account that waited for its address to be confirmed, and a new password.
//!
//! Whoever asks for a mail is answered the same at the same time, whatever the address: nothing is looked up until
//! the mail is written (`letters`). Refuses links that were used, are over or were never made.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value as Json};
use uuid::Uuid;
use zeroize::Zeroizing;

use super::answers::{Profile, SignedIn};
use super::bodies::{self, CONFIRM_REGISTRATION, CONFIRM_RESET, Given, REGISTER};
use super::sign_in::Newcomer;
use super::store::{self, AccountRow};
use super::{Auth, Caller, passwords};
use crate::clock;
use crate::db::seal::{DataKey, Keyring, Secret, open_under, random, seal_under};
use crate::db::types::Id;
use crate::error::{Code, Error, Result};
use crate::mail::{self, Contents, Kind};

/// Seconds for which an account waits to be confirmed.
const WAITS: i64 = 24 * 3_600;
/// Seconds for which a link may choose a new password.
pub const RESET: i64 = 3_600;
const SEALED_FOR: &[u8] = b"an account that waits";
const REGISTRATION: &str = "registration";

/// An account that waits: a registration whose password is a hash already.
#[derive(Serialize, Deserialize)]
struct Waiting {
    members: Map<String, Json>,
    password_hash: String,
}

/// What makes a link to a new password work: whose, and a secret.
pub struct ResetToken {
    /// Whose password it is.
    pub account: Id,
    secret: Secret,
}

impl ResetToken {
    /// A new one.
    pub fn new(account: Id) -> Result<Self> {
        Ok(Self { account, secret: Secret::new(random()?) })
    }

    /// What is kept of it.
    pub fn hash(&self, keyring: &Keyring) -> [u8; 32] {
        keyring.link_hash("reset", &self.secret)
    }

    /// As it stands in the link.
    pub fn text(&self) -> String {
        URL_SAFE_NO_PAD.encode([self.account.0.as_bytes().as_slice(), self.secret.as_slice()].concat())
    }

    fn parse(text: &str) -> Option<Self> {
        let bytes: [u8; 48] = decoded(text)?;
        let (account, secret) = bytes.split_first_chunk::<16>()?;
        Some(Self { account: Id(Uuid::from_bytes(*account)), secret: Secret::new(secret.try_into().ok()?) })
    }
}

impl Auth {
    /// Keeps an account until its address is confirmed, and asks for that by a mail. It is not looked whether
    /// somebody has the address: who writes the mail does.
    pub(super) async fn ask_for_confirmation(&self, given: &Given, password_hash: String) -> Result<()> {
        let text = |name: &str| Some((name.to_owned(), Json::from(given.text(name)?)));
        let mut members: Map<String, Json> = REGISTER.iter().filter_map(|field| text(field.name)).collect();
        members.insert("password".to_owned(), "kept as a hash".into());
        let plain = serde_json::to_vec(&Waiting { members, password_hash }).map_err(Error::internal)?;
        let secret = Secret::new(random()?);
        let hash = self.keyring.link_hash(REGISTRATION, &secret);
        let sealed = seal_under(&secret, SEALED_FOR, &plain)?;
        let now = clock::now().into();
        let token = Some(URL_SAFE_NO_PAD.encode(secret.as_slice()));
        let contents = Contents { to: given.required("email")?.to_owned(), token };
        let mail = self.post.sealed(Kind::Registration, &contents, now)?;
        self.db
            .write(async move |conn| {
                store::keep_registration(conn, &hash, &sealed, now, now.plus_seconds(WAITS)).await?;
                mail::queue(conn, &mail).await
            })
            .await?;
        self.post.wake();
        Ok(())
    }

    /// Opens the account that waited for a link, and signs it in.
    pub(super) async fn confirm_registration(&self, mut given: Given) -> Result<SignedIn> {
        given.finish()?;
        let secret: [u8; 32] = decoded(given.required("token")?).ok_or_else(invalid_link)?;
        let secret = Secret::new(secret);
        let (hash, now) = (self.keyring.link_hash(REGISTRATION, &secret), clock::now().into());
        let sealed = self.db.read(async |conn| store::registration(conn, &hash, now).await).await?;
        let plain = open_under(&secret, SEALED_FOR, &sealed.ok_or_else(invalid_link)?)?;
        let Waiting { members, password_hash } = serde_json::from_slice(&plain).map_err(Error::internal)?;
        let mut waiting = Given::whole(REGISTER, &members);
        waiting.finish()?;
        let Newcomer { opening, key, token } =
            self.newcomer(Id(clock::new_random_id()), &waiting, &password_hash)?;
        let row = opening.account.clone();
        self.db
            .write(async move |conn| {
                if !store::end_registration(conn, &hash).await? {
                    return Err(invalid_link());
                }
                store::register(conn, std::slice::from_ref(&opening)).await
            })
            .await?;
        self.signed_in(row, &key, &token, now)
    }

    /// Asks for a mail by which a new password may be chosen.
    pub(super) async fn ask_for_reset(&self, mut given: Given) -> Result<()> {
        given.finish()?;
        let contents = Contents { to: given.required("email")?.to_owned(), token: None };
        let mail = self.post.sealed(Kind::Reset, &contents, clock::now().into())?;
        self.db.write(async move |conn| mail::queue(conn, &mail).await).await?;
        self.post.wake();
        Ok(())
    }

    /// Sets a new password by a link, and ends every session.
    pub(super) async fn confirm_reset(&self, mut given: Given) -> Result<()> {
        let Some(text) = given.text("token") else { return given.finish() };
        let token = ResetToken::parse(text).ok_or_else(invalid_link)?;
        let (account, hash, now) = (token.account, token.hash(&self.keyring), clock::now().into());
        let (row, key) = self.resettable(account, &hash).await?;
        let profile = Profile::open(row, &key)?;
        let words = passwords::own_words(&profile.email, profile.display_name.as_deref());
        self.judge_password(&mut given, "new_password", words).await?;
        given.finish()?;
        let password = Zeroizing::new(given.required("new_password")?.to_owned());
        let password_hash = passwords::sealed(&key, &self.hasher.hash(password).await?)?;
        let email = self.keyring.email_hash(&profile.email);
        let notice = self.notice(Kind::PasswordReset, profile.email, now)?;
        self.db
            .write(async move |conn| {
                if !store::reset_password(conn, account, &hash, &email, &password_hash, now).await? {
                    return Err(invalid_link());
                }
                mail::queue(conn, &notice).await
            })
            .await?;
        self.sessions.forget_account(account);
        self.post.wake();
        Ok(())
    }

    /// The account whose password a link may choose.
    async fn resettable(&self, account: Id, hash: &[u8; 32]) -> Result<(AccountRow, DataKey)> {
        let now = clock::now().into();
        let found = self
            .db
            .snapshot(async |conn| {
                let may = store::may_reset(conn, account, hash, now).await?;
                Ok(if may { store::accounts_with_keys(conn, &[account]).await? } else { Vec::new() })
            })
            .await?;
        self.open(found.into_iter().next().ok_or_else(invalid_link)?)
    }

    /// The same as [`confirm_registration`](Self::confirm_registration) for a page, which signs nobody in.
    pub async fn confirm_on_page(&self, caller: Caller, token: &str) -> Result<()> {
        self.throttle.admit(caller.0)?;
        let members = Map::from_iter([("token".to_owned(), token.into())]);
        let signed_in = self.confirm_registration(Given::whole(CONFIRM_REGISTRATION, &members)).await?;
        let bearer = self.tokens.check(&signed_in.access_token, clock::now().into());
        let bearer = bearer.ok_or_else(|| Error::internal("a token that is not ours"))?;
        self.end_session(bearer.account, bearer.session).await.map(drop)
    }

    /// Sets a new password on a page.
    pub async fn reset_on_page(&self, caller: Caller, token: &str, password: &str) -> Result<()> {
        self.throttle.admit(caller.0)?;
        let members = [("token", token), ("new_password", password)];
        let members = members.into_iter().map(|(name, text)| (name.to_owned(), text.into())).collect();
        self.confirm_reset(Given::whole(CONFIRM_RESET, &members)).await
    }
}

/// 422 `invalid_link`.
fn invalid_link() -> Error {
    bodies::refused(Code::InvalidLink, "token", "is not one that we sent, was used, or is over")
}

fn decoded<const N: usize>(text: &str) -> Option<[u8; N]> {
    let mut bytes = [0; N];
    let length = URL_SAFE_NO_PAD.decode_slice(text, &mut bytes).ok()?;
    (length == N).then_some(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::new_random_id;

    #[test]
    fn a_link_is_read_as_it_was_written() {
        let token = ResetToken::new(Id(new_random_id())).unwrap();
        let read = ResetToken::parse(&token.text()).unwrap();
        assert!(read.account == token.account && read.secret == token.secret);
        let [own, other] = [1, 2].map(|byte| Keyring::from_master(&Secret::new([byte; 32])).unwrap());
        assert_eq!(read.hash(&own), token.hash(&own));
        assert_ne!(read.hash(&own), read.hash(&other), "only who has the master key makes one that fits");
        for bad in ["", "x", &token.text()[1..], &format!("{}A", token.text()), &"ä".repeat(32)] {
            assert!(ResetToken::parse(bad).is_none(), "{bad}");
        }
    }
}
