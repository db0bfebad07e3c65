//! Tokens: who a bearer is and what they may do, without the secret that proves it.

use std::collections::BTreeSet;
use std::fmt;

use herald_core::names::{DepartmentId, NAME_LIMIT_CHARS, PersonId, ServiceName};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::record::Change;
use super::{ConfigurationStore, Stamp};
use crate::error::StoreError;

/// Random bytes in the secret of a token.
pub const SECRET_BYTES: usize = 32;

/// What is kept of a token's secret: its BLAKE3 hash, in hex when written.
///
/// A plain hash, not one made slow by salts and rounds as for passwords: those make up for secrets that can be
/// guessed, and a secret of [`SECRET_BYTES`] random bytes cannot be. It is looked up by its hash, so that the
/// time of a comparison tells nothing about the secret.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct TokenHash([u8; 32]);

impl TokenHash {
    /// The hash of a secret.
    #[must_use]
    pub fn of(secret: &[u8; SECRET_BYTES]) -> Self {
        Self(*blake3::hash(secret).as_bytes())
    }
}

impl fmt::Display for TokenHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&blake3::Hash::from_bytes(self.0).to_hex())
    }
}

impl fmt::Debug for TokenHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl From<TokenHash> for String {
    fn from(hash: TokenHash) -> Self {
        hash.to_string()
    }
}

impl TryFrom<String> for TokenHash {
    type Error = String;
    fn try_from(text: String) -> Result<Self, String> {
        let hash = blake3::Hash::from_hex(&text).map_err(|_| format!("`{text}` is not a hash of 64 hex digits"))?;
        Ok(Self(*hash.as_bytes()))
    }
}

/// Whom a token speaks for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub enum TokenOwner {
    /// A person of the directory.
    Person(PersonId),
    /// A program that submits for departments.
    Service {
        /// Its name.
        name: ServiceName,
        /// The departments it speaks for.
        departments: BTreeSet<DepartmentId>,
    },
}

/// A token.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Token {
    /// What it is called in lists and by whoever revokes it: 1 to 64 letters, digits, `-`, `_` and `.`. Not
    /// secret.
    pub id: String,
    /// What it is for, for people to read.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub name: String,
    /// What is kept of its secret.
    pub hash: TokenHash,
    /// Whom it speaks for.
    pub owner: TokenOwner,
    /// Whether its bearer runs this installation.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub admin: bool,
    /// The departments whose policies its bearer may publish.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub author_of: BTreeSet<DepartmentId>,
    /// When it was made.
    pub created_at: Timestamp,
    /// From when on it is worth nothing; without it, never.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expires_at: Option<Timestamp>,
}

impl Token {
    /// Whether it has expired at `now`.
    #[must_use]
    pub fn is_expired(&self, now: Timestamp) -> bool {
        self.expires_at.is_some_and(|expires_at| expires_at <= now)
    }
}

/// A token was not added.
#[derive(Debug, thiserror::Error)]
pub enum TokenError {
    /// The id is not one.
    #[error("`{0}` is not the id of a token; use 1 to {NAME_LIMIT_CHARS} letters, digits, `-`, `_` and `.`")]
    Id(String),
    /// There is a token of this id, or with this secret.
    #[error("there is a token `{0}` already; choose another id, and a new secret")]
    Taken(String),
    /// The name is not one.
    #[error("the name of a token has at most {NAME_LIMIT_CHARS} characters, this one has {0}")]
    Name(usize),
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl ConfigurationStore {
    /// Adds a token. It is no publication: the organisation's revision stays.
    ///
    /// # Errors
    /// [`TokenError`].
    pub fn add_token(&self, token: &Token, stamp: &Stamp<'_>) -> Result<(), TokenError> {
        let is_allowed = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
        if token.id.is_empty() || token.id.len() > NAME_LIMIT_CHARS || !token.id.chars().all(is_allowed) {
            return Err(TokenError::Id(token.id.clone()));
        }
        let name_chars = token.name.chars().count();
        if name_chars > NAME_LIMIT_CHARS {
            return Err(TokenError::Name(name_chars));
        }
        let change = self.begin_change()?;
        let taken = |known: &Token| known.id == token.id || known.hash == token.hash;
        if let Some(known) = change.before.tokens()?.into_iter().find(taken) {
            return Err(TokenError::Taken(known.id));
        }
        change.commit(vec![Change::Token(token.clone())], stamp)?;
        Ok(())
    }

    /// Revokes a token: from the commit on there is no such token. Says whether there was one.
    ///
    /// # Errors
    /// [`StoreError`], when the store cannot be read or written.
    pub fn revoke_token(&self, id: &str, stamp: &Stamp<'_>) -> Result<bool, StoreError> {
        let change = self.begin_change()?;
        let exists = change.before.tokens()?.iter().any(|token| token.id == id);
        if exists {
            change.commit(vec![Change::TokenRevoked { id: id.to_owned() }], stamp)?;
        }
        Ok(exists)
    }
}
