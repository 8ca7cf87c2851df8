//! What mails say: short, kind, plain. None names a condition, a purpose or a person: somebody else may look at
//! the same screen. Refuses nothing; when a mail is no longer worth sending is said here too.

/// What a mail is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// An account waits for its address to be confirmed.
    Registration,
    /// Somebody forgot their password, or says so.
    Reset,
    /// A new password was set by the old one.
    PasswordChanged,
    /// A new password was set by a link.
    PasswordReset,
    /// A second factor is asked for from now on.
    SecondFactorOn,
    /// And no longer.
    SecondFactorOff,
    /// A code on paper stood in for it.
    RecoveryCodeUsed,
}

/// A mail without its address.
pub struct Letter {
    /// Its subject.
    pub subject: &'static str,
    /// Its text, in lines.
    pub text: String,
}

const HOUR: i64 = 3_600;

impl Kind {
    const ALL: [Self; 7] = [
        Self::Registration,
        Self::Reset,
        Self::PasswordChanged,
        Self::PasswordReset,
        Self::SecondFactorOn,
        Self::SecondFactorOff,
        Self::RecoveryCodeUsed,
    ];

    /// What it is called in the database.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Registration => "registration",
            Self::Reset => "reset",
            Self::PasswordChanged => "password_changed",
            Self::PasswordReset => "password_reset",
            Self::SecondFactorOn => "second_factor_on",
            Self::SecondFactorOff => "second_factor_off",
            Self::RecoveryCodeUsed => "recovery_code_used",
        }
    }

    /// The kind that is called so.
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == name)
    }

    /// Seconds after which nobody needs it any more.
    pub(super) const fn worth_sending(self) -> i64 {
        match self {
            Self::Registration => 24 * HOUR,
            Self::Reset => HOUR,
            _ => 72 * HOUR,
        }
    }

    /// The mail of a kind that is the same for everybody; none for one that holds a link.
    #[must_use]
    pub fn notice(self) -> Option<Letter> {
        let (subject, what) = match self {
            Self::Registration | Self::Reset => return None,
            Self::PasswordChanged => (
                "Your password was changed",
                "the password of your account was changed a moment ago, and your other devices were signed out.",
            ),
            Self::PasswordReset => (
                "Your password was changed",
                "a new password was chosen for your account by the link in a mail, and every device was signed out.",
            ),
            Self::SecondFactorOn => (
                "Signing in now takes a code",
                "from now on signing in to your account takes a code of your authenticator as well as the password.",
            ),
            Self::SecondFactorOff => (
                "Signing in no longer takes a code",
                "from now on signing in to your account takes the password alone.",
            ),
            Self::RecoveryCodeUsed => (
                "A recovery code was used",
                "one of your recovery codes was used to sign in to your account. It is not good any more.",
            ),
        };
        Some(Letter::new(
            subject,
            &format!(
                "{what}\n\nIf that was you, there is nothing to do. If it was not, choose a new password \
                 right away with \"forgot password\" in your app."
            ),
        ))
    }
}

impl Letter {
    fn new(subject: &'static str, what: &str) -> Self {
        Self { subject, text: format!("Hello,\n\n{what}\n\nTake care.\n") }
    }

    /// Asks whether an address is that of who gave it.
    #[must_use]
    pub fn confirmation(link: &str) -> Self {
        Self::new(
            "Confirm your address",
            &format!(
                "please confirm that this address is yours, and your account is open:\n\n{link}\n\nThe link is good \
                 for a day. If you did not ask for this, do nothing: nothing is opened without it."
            ),
        )
    }

    /// Says to somebody who has an account that one was asked for.
    #[must_use]
    pub fn known() -> Self {
        Self::new(
            "You have an account already",
            "somebody asked for an account with this address, and there is one already. Sign in as you always do; if \
             you do not know the password any more, \"forgot password\" in your app leads to a new one.\n\nIf it was \
             not you, do nothing: nothing was changed.",
        )
    }

    /// Lets somebody choose a new password.
    #[must_use]
    pub fn reset(link: &str) -> Self {
        Self::new(
            "Choose a new password",
            &format!(
                "here you choose a new password:\n\n{link}\n\nThe link is good for an hour, and once. If you did not \
                 ask for this, do nothing: your password stays as it is."
            ),
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_mail_says_what_the_account_is_for() {
        let links = [Letter::confirmation("LINK"), Letter::known(), Letter::reset("LINK")];
        let letters: Vec<Letter> = Kind::ALL.into_iter().filter_map(Kind::notice).chain(links).collect();
        assert_eq!(letters.len(), 8);
        for Letter { subject, text } in letters {
            let all = format!("{subject}\n{text}").to_lowercase().replace("recovery code", "code");
            for word in
                ["recover", "journal", "sober", "substance", "craving", "counsel", "health", "therapy"]
            {
                assert!(!all.contains(word), "{word} in {all}");
            }
            assert!(text.is_ascii() && subject.is_ascii(), "{text}");
            assert!(text.lines().count() < 14, "{text}");
        }
        for kind in Kind::ALL {
            assert_eq!(Kind::parse(kind.as_str()), Some(kind));
        }
    }
}
