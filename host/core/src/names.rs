//! Names that people write: of persons, departments, channels, kinds and the rest.
//!
//! A name is an identifier, not a title: it appears in targets (`role:production/head`), addresses of the
//! API and file names. Titles for people to read are separate fields and free text.

use std::fmt;

use compact_str::CompactString;

use crate::text::as_text;

/// The most characters a name may have.
pub const NAME_LIMIT_CHARS: usize = 64;

/// Why a text is no name.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NameError {
    /// Nothing was written.
    #[error("a {what} may not be empty")]
    Empty {
        /// What the text was to name.
        what: &'static str,
    },
    /// More than [`NAME_LIMIT_CHARS`] characters.
    #[error("the {what} `{text}…` is longer than {NAME_LIMIT_CHARS} characters")]
    TooLong {
        /// What the text was to name.
        what: &'static str,
        /// Its beginning.
        text: String,
    },
    /// A character outside letters, digits, `.`, `-` and `_`.
    #[error(
        "the {what} `{text}` contains `{character}`; letters (of any script), digits, `.`, `-` and `_` are allowed"
    )]
    Character {
        /// What the text was to name.
        what: &'static str,
        /// The text.
        text: String,
        /// The first character that is not allowed.
        character: char,
    },
}

pub(crate) fn check(what: &'static str, text: &str) -> Result<(), NameError> {
    if text.is_empty() {
        return Err(NameError::Empty { what });
    }
    if text.chars().count() > NAME_LIMIT_CHARS {
        return Err(NameError::TooLong { what, text: text.chars().take(NAME_LIMIT_CHARS).collect() });
    }
    let allowed = |c: &char| c.is_alphanumeric() || matches!(c, '.' | '-' | '_');
    match text.chars().find(|c| !allowed(c)) {
        Some(character) => Err(NameError::Character { what, text: text.to_owned(), character }),
        None => Ok(()),
    }
}

macro_rules! names {
    ($($(#[$doc:meta])* $name:ident = $what:literal;)*) => {$(
        $(#[$doc])*
        ///
        /// 1 to [`NAME_LIMIT_CHARS`] letters (of any script), digits, `.`, `-`, `_`. Up to 24 bytes lie in the name itself:
        /// to clone one touches nothing that another thread has.
        #[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(CompactString);

        impl $name {
            /// The name, if `text` is one.
            ///
            /// # Errors
            /// [`NameError`] says what a name may not contain.
            pub fn new(text: &str) -> Result<Self, NameError> {
                check($what, text)?;
                Ok(Self(text.into()))
            }

            /// The name as written.
            #[must_use]
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl std::str::FromStr for $name {
            type Err = NameError;
            fn from_str(text: &str) -> Result<Self, NameError> {
                Self::new(text)
            }
        }

        impl std::borrow::Borrow<str> for $name {
            fn borrow(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "{:?}", &*self.0)
            }
        }

        as_text!($name);
    )*};
}

names! {
    /// A person in the directory: `li.lei`.
    PersonId = "person";
    /// A department: `production`. [`ORGANISATION`](crate::organisation::ORGANISATION) stands for the whole.
    DepartmentId = "department";
    /// A role within a department: the `head` of `production/head`.
    RoleName = "role";
    /// An external contact: `acme`.
    ContactId = "contact";
    /// A service that submits messages with a token of its own: `mes`.
    ServiceName = "service";
    /// A registered channel: `inbox`, `group`.
    ChannelName = "channel";
    /// A kind of message: `equipment-fault`.
    KindName = "kind";
    /// A calendar: `cn-office`.
    CalendarName = "calendar";
    /// A policy bundle within its department: `complaint`.
    BundleName = "bundle";
    /// A stage of an approval: `legal`, `channel.bulletin`.
    StageName = "stage";
}
