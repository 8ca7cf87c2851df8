//! Fields: what a member of a body is, said once.
//!
//! A [`Field`] has a name, a [`Kind`], whether it is needed, and a sentence about it. From this description
//! come the reading of JSON with every mistake named at once (`read`), equality (`value`), the SQL columns
//! and their sealing (`columns`), the JSON of answers (`write`) and the OpenAPI schema (`openapi`).
//! Collections of the journal and the bodies of account requests are lists of fields.

pub mod columns;
pub mod openapi;
pub mod patterns;
pub mod read;
pub mod value;
pub mod write;

pub use patterns::Pattern;
pub use read::{Mistakes, read};
pub use value::Value;

/// What a member can hold. Free text and names are sealed at rest; everything else is a typed column.
#[derive(Debug, Clone, Copy)]
pub enum Kind {
    /// A whole number within bounds; `7.0` is 7.
    Integer {
        /// Least value.
        min: i64,
        /// Greatest value.
        max: i64,
    },
    /// Whole numbers within bounds.
    Integers {
        /// Least entry.
        min: i64,
        /// Greatest entry.
        max: i64,
    },
    /// A number in steps of a quarter, from 0.
    Quarters {
        /// Greatest value.
        max: i64,
    },
    /// true or false.
    Flag,
    /// One of a closed list.
    Choice(&'static [&'static str]),
    /// Any of a closed list.
    Choices(&'static [&'static str]),
    /// A short text of a fixed form.
    Formed(&'static Pattern),
    /// Short texts of a fixed form.
    FormedList(&'static Pattern),
    /// Free text, sealed.
    Text,
    /// A name: free text with something in it, sealed.
    Name,
    /// Free texts, sealed.
    Texts,
    /// The id of another record, which need not be there (yet).
    Reference,
    /// The ids of other records.
    References,
    /// A civil date, from 1900 on.
    Date,
    /// A moment with its offset from UTC, to the second.
    Moment,
    /// An IANA time zone name.
    TimeZone,
    /// A time of day in whole minutes, `HH:MM`.
    TimeOfDay {
        /// Latest, in minutes after midnight.
        max: i64,
    },
    /// An amount that is not negative, as a decimal string with any number of decimals.
    Amount,
}

/// Whether a member must be there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Need {
    /// Absent or null is a mistake.
    Required,
    /// Absent or null means: what the listed meeting says that the record names; without one it is a mistake.
    Copied,
    /// Absent or null means: nothing to report.
    Optional,
    /// Absent or null means: the server fills this value in.
    Default(&'static str),
    /// Absent or null means: the server works it out from the other members.
    Computed,
    /// The server works it out from the other members, always: what is sent is ignored.
    Derived,
}

/// One member.
#[derive(Debug, Clone, Copy)]
pub struct Field {
    /// Member name, and column name.
    pub name: &'static str,
    /// What it holds.
    pub kind: Kind,
    /// Whether it must be there.
    pub need: Need,
    /// One sentence for people: what it means, its unit.
    pub about: &'static str,
}

/// Most characters (code points) of one free text.
pub const TEXT_MAX: usize = 20_000;
/// Most entries of one list.
pub const LIST_MAX: usize = 200;

impl Field {
    /// A member that must be there.
    #[must_use]
    pub const fn required(name: &'static str, kind: Kind, about: &'static str) -> Self {
        Self { name, kind, need: Need::Required, about }
    }

    /// The same member, which need not be given where a listed meeting says it.
    #[must_use]
    pub const fn or_copied(self) -> Self {
        Self { need: Need::Copied, ..self }
    }

    /// A member that may be absent.
    #[must_use]
    pub const fn optional(name: &'static str, kind: Kind, about: &'static str) -> Self {
        Self { name, kind, need: Need::Optional, about }
    }

    /// A choice that the server makes when the caller makes none.
    #[must_use]
    pub const fn default(
        name: &'static str,
        choices: &'static [&'static str],
        default: &'static str,
        about: &'static str,
    ) -> Self {
        Self { name, kind: Kind::Choice(choices), need: Need::Default(default), about }
    }

    /// A member that the server works out when it is not given.
    #[must_use]
    pub const fn computed(name: &'static str, kind: Kind, about: &'static str) -> Self {
        Self { name, kind, need: Need::Computed, about }
    }

    /// A member that only the server writes.
    #[must_use]
    pub const fn derived(name: &'static str, kind: Kind, about: &'static str) -> Self {
        Self { name, kind, need: Need::Derived, about }
    }

    /// A self-rating from 0 to 10.
    #[must_use]
    pub const fn rating(name: &'static str, about: &'static str) -> Self {
        Self::optional(name, Kind::Integer { min: 0, max: 10 }, about)
    }

    /// Whether a client may set it. What only the server works out is ignored where a client sends it back.
    #[must_use]
    pub const fn is_settable(&self) -> bool {
        !matches!(self.need, Need::Derived)
    }

    /// Whether words are kept here: sealed at rest, and shown to others only with the notes.
    #[must_use]
    pub const fn is_text(&self) -> bool {
        matches!(self.kind, Kind::Text | Kind::Name | Kind::Texts)
    }
}
