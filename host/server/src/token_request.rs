//! What an administrator asks for when making a token, over HTTP and on the command line alike.

use std::collections::BTreeSet;

use herald_core::names::{DepartmentId, NameError};
use herald_store::configuration::{Token, TokenOwner};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::tokens::TokenText;

/// How many characters of a token's hash make its id, where none is given: enough that two never meet.
const ID_CHARS: usize = 12;

/// A token to be made.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default, expecting = "an object")]
pub struct TokenRequest {
    /// Whom it speaks for: `person:ID` or `service:NAME`.
    #[schema(required = true, example = "service:mes")]
    pub owner: String,
    /// The departments that a service speaks for.
    #[serde(skip_serializing_if = "BTreeSet::is_empty")]
    pub departments: BTreeSet<String>,
    /// Whether its bearer runs this installation.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub admin: bool,
    /// The departments whose policies its bearer may publish.
    #[serde(skip_serializing_if = "BTreeSet::is_empty")]
    pub author_of: BTreeSet<String>,
    /// By which it is listed and revoked; made up if left out.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    /// What it is for.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub name: String,
    /// From when on it is worth nothing: RFC 3339. Without it, never.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, format = DateTime)]
    pub expires_at: Option<Timestamp>,
}

/// A token that cannot be made.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TokenRequestError {
    /// The owner is neither a person nor a service.
    #[error("`{0}` is no owner of a token; write `person:ID` or `service:NAME`")]
    Owner(String),
    /// A person speaks for the departments they belong to.
    #[error("a person speaks for the departments they belong to; leave the departments out, or name a service")]
    DepartmentsOfPerson,
    /// A name in it is none.
    #[error("{error}")]
    Name {
        /// The field.
        field: &'static str,
        /// What is wrong.
        error: NameError,
    },
    /// It would be worth nothing.
    #[error("{0} has passed already")]
    Expired(Timestamp),
}

impl TokenRequestError {
    /// The field it is about, as a JSON pointer.
    #[must_use]
    pub fn field(&self) -> &'static str {
        match self {
            Self::Owner(_) => "/owner",
            Self::DepartmentsOfPerson => "/departments",
            Self::Name { field, .. } => field,
            Self::Expired(_) => "/expires_at",
        }
    }
}

impl TokenRequest {
    /// The token that is asked for, made at `now` with the secret in `text`.
    ///
    /// # Errors
    /// [`TokenRequestError`].
    pub fn token(&self, text: &TokenText, now: Timestamp) -> Result<Token, TokenRequestError> {
        let names = |field: &'static str, names: &BTreeSet<String>| -> Result<BTreeSet<DepartmentId>, _> {
            let read =
                |name: &String| DepartmentId::new(name).map_err(|error| TokenRequestError::Name { field, error });
            names.iter().map(read).collect()
        };
        let wrong_owner = |error| TokenRequestError::Name { field: "/owner", error };
        let owner = match self.owner.split_once(':') {
            Some(("person", _)) if !self.departments.is_empty() => return Err(TokenRequestError::DepartmentsOfPerson),
            Some(("person", person)) => TokenOwner::Person(person.parse().map_err(wrong_owner)?),
            Some(("service", name)) => TokenOwner::Service {
                name: name.parse().map_err(wrong_owner)?,
                departments: names("/departments", &self.departments)?,
            },
            _ => return Err(TokenRequestError::Owner(self.owner.clone())),
        };
        if let Some(end) = self.expires_at.filter(|end| *end <= now) {
            return Err(TokenRequestError::Expired(end));
        }
        let hash = text.hash();
        let id = self.id.clone().unwrap_or_else(|| hash.to_string().chars().take(ID_CHARS).collect());
        let author_of = names("/author_of", &self.author_of)?;
        let Self { name, admin, expires_at, .. } = self.clone();
        Ok(Token { id, name, hash, owner, admin, author_of, created_at: now, expires_at })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_owner_is_a_person_or_a_service() {
        let now: Timestamp = "2026-11-23T00:00:00Z".parse().unwrap();
        let text = TokenText::new(&[7; 32]);
        let made = |owner: &str, departments: &[&str], expires_at| {
            let departments = departments.iter().map(|name| (*name).to_owned()).collect();
            let request = TokenRequest { owner: owner.into(), departments, expires_at, ..TokenRequest::default() };
            request.token(&text, now).map(|token| token.owner).map_err(|error| error.field())
        };
        assert_eq!(made("person:li.lei", &[], None), Ok(TokenOwner::Person("li.lei".parse().unwrap())));
        let departments = BTreeSet::from(["production".parse().unwrap()]);
        let service = TokenOwner::Service { name: "mes".parse().unwrap(), departments };
        assert_eq!(made("service:mes", &["production"], None), Ok(service));
        for (owner, departments, expires_at, field) in [
            ("li.lei", &[][..], None, "/owner"),
            ("contact:acme", &[], None, "/owner"),
            ("person:", &[], None, "/owner"),
            ("person:li.lei", &["production"], None, "/departments"),
            ("service:mes", &["a b"], None, "/departments"),
            ("service:mes", &[], Some(now), "/expires_at"),
        ] {
            assert_eq!(made(owner, departments, expires_at), Err(field), "{owner}");
        }
    }
}
