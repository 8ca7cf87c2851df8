//! Short texts of a fixed form: what they look like, for the check, for the reader of an error and for
//! OpenAPI.

/// A form that a short text has.
#[derive(Debug)]
pub struct Pattern {
    /// The same rule as `matches`, as a regular expression for OpenAPI.
    pub regex: &'static str,
    /// The rule.
    pub matches: fn(&str) -> bool,
    /// What is expected, to follow "must be".
    pub words: &'static str,
}

/// An open vocabulary's entry, such as a substance.
pub static SLUG: Pattern = Pattern {
    regex: "^[a-z0-9_]{1,40}$",
    matches: |text| is_made_of(text, 1, 40, |c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_'),
    words: "1 to 40 of a-z, 0-9 and _",
};

/// A Meeting Guide type code; unknown ones are kept.
pub static MEETING_CODE: Pattern = Pattern {
    regex: "^[A-Za-z0-9_-]{1,20}$",
    matches: |text| is_made_of(text, 1, 20, |c| c.is_ascii_alphanumeric() || c == '_' || c == '-'),
    words: "Meeting Guide codes such as O or 12x12",
};

/// A version of something that is published, such as a questionnaire.
pub static VERSION: Pattern = Pattern {
    regex: r"^[A-Za-z0-9._-]{1,20}$",
    matches: |text| is_made_of(text, 1, 20, |c| c.is_ascii_alphanumeric() || "._-".contains(c)),
    words: "a version such as 1",
};

/// What a dose is counted in.
pub static UNIT: Pattern = Pattern {
    regex: "^[A-Za-z0-9%/._-]{1,20}$",
    matches: |text| is_made_of(text, 1, 20, |c| c.is_ascii_alphanumeric() || "%/._-".contains(c)),
    words: "a unit such as mg, mcg or mg/ml",
};

/// An ISO 4217 currency code.
pub static CURRENCY: Pattern = Pattern {
    regex: "^[A-Z]{3}$",
    matches: |text| is_made_of(text, 3, 3, |c| c.is_ascii_uppercase()),
    words: "an ISO 4217 code such as USD",
};

/// An ISO 3166-1 country code.
pub static COUNTRY: Pattern = Pattern {
    regex: "^[A-Z]{2}$",
    matches: |text| is_made_of(text, 2, 2, |c| c.is_ascii_uppercase()),
    words: "an ISO 3166-1 code such as US",
};

/// A BCP 47 language tag, in its plain forms.
pub static LOCALE: Pattern = Pattern {
    regex: "^[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8})*$",
    matches: |text| {
        let mut parts = text.split('-');
        parts.next().is_some_and(|part| is_made_of(part, 2, 3, |c| c.is_ascii_alphabetic()))
            && parts.all(|part| is_made_of(part, 2, 8, |c| c.is_ascii_alphanumeric()))
    },
    words: "a language tag such as en or pt-BR",
};

/// An e-mail address: one @, something on both sides, no space or control character. Whether it receives
/// mail is for a mail to find out.
pub static EMAIL: Pattern = Pattern {
    regex: r"^[^@\s]{1,64}@[^@\s]{1,189}$",
    matches: |text| {
        let bad = |c: char| c == '@' || c.is_whitespace() || c.is_control();
        text.split_once('@').is_some_and(|(local, domain)| {
            (1..=64).contains(&local.chars().count())
                && (1..=189).contains(&domain.chars().count())
                && !local.contains(bad)
                && !domain.contains(bad)
        })
    },
    words: "an e-mail address such as ann@example.org",
};

/// A name for a device, shown in the list of sessions.
pub static SHORT: Pattern = Pattern {
    regex: r"^.{1,100}$",
    matches: |text| (1..=100).contains(&text.chars().count()) && !text.contains(char::is_control),
    words: "1 to 100 characters on one line",
};

/// A secret that is looked at elsewhere (a password, a token); bounded here so that nobody hashes a novel.
pub static SECRET: Pattern = Pattern {
    regex: r"^[\s\S]{1,512}$",
    matches: |text| (1..=512).contains(&text.len()),
    words: "1 to 512 bytes",
};

fn is_made_of(text: &str, least: usize, most: usize, allowed: impl Fn(char) -> bool) -> bool {
    (least..=most).contains(&text.len()) && text.chars().all(allowed)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn forms_are_told_apart() {
        for (pattern, good, bad) in [
            (&SLUG, &["opioids", "a", "x_1"][..], &["", "Opioids", "two words", "ü"][..]),
            (&CURRENCY, &["USD"], &["usd", "US", "USDX", "ÜSD"]),
            (&COUNTRY, &["US"], &["us", "USA"]),
            (&LOCALE, &["en", "pt-BR", "zh-Hant-TW"], &["", "e", "en-", "en_US", "-en"]),
            (&EMAIL, &["a@b", "ann+x@example.org"], &["ann", "@b", "a@", "a@b@c", "a b@c", "a@b\n"]),
            (&MEETING_CODE, &["12x12", "LGBTQ"], &["", "a b"]),
            (&VERSION, &["1", "2024-1"], &["", "1 2"]),
            (&UNIT, &["mg", "mg/ml", "%"], &["", "two words"]),
        ] {
            for text in good {
                assert!((pattern.matches)(text), "{text:?} is {}", pattern.words);
            }
            for text in bad {
                assert!(!(pattern.matches)(text), "{text:?} is not {}", pattern.words);
            }
        }
    }
}
