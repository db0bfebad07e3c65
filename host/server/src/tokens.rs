//! Bearer tokens: how they are made, and whom one stands for.
//!
//! A token is shown once, when it is made; the store keeps the hash of its secret. Finding who asks is one
//! lookup in a map in memory, which is swapped as a whole when a token is added or revoked.

use std::collections::HashMap;
use std::fmt;
use std::sync::Arc;

use arc_swap::ArcSwap;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use herald_core::access::Requester;
use herald_core::target::Actor;
use herald_store::configuration::{SECRET_BYTES, Token, TokenHash, TokenOwner};
use jiff::Timestamp;

use crate::http::limits::Bucket;

/// What every token begins with, so that scanners for leaked secrets can find one.
pub const TOKEN_PREFIX: &str = "hrl_";

/// A new token, to be shown once. Its debug form hides it.
pub struct TokenText {
    text: String,
    hash: TokenHash,
}

impl TokenText {
    /// The token with these random bytes as its secret.
    #[must_use]
    pub fn new(secret: &[u8; SECRET_BYTES]) -> Self {
        let text = format!("{TOKEN_PREFIX}{}", URL_SAFE_NO_PAD.encode(secret));
        Self { text, hash: TokenHash::of(secret) }
    }

    /// The text that goes behind `Bearer`.
    #[must_use]
    pub fn reveal(&self) -> &str {
        &self.text
    }

    /// What is kept of it.
    #[must_use]
    pub fn hash(&self) -> TokenHash {
        self.hash
    }
}

impl fmt::Debug for TokenText {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("TokenText(…)")
    }
}

/// The hash of what a request presents as its token; `None` when it is none.
fn hash(text: &str) -> Option<TokenHash> {
    let encoded = text.strip_prefix(TOKEN_PREFIX)?;
    let mut secret = [0; SECRET_BYTES];
    let length = URL_SAFE_NO_PAD.decode_slice(encoded, &mut secret).ok()?;
    (length == SECRET_BYTES).then(|| TokenHash::of(&secret))
}

/// What the owner of a token may do.
#[must_use]
pub fn requester(token: &Token) -> Requester {
    let (actor, speaks_for) = match &token.owner {
        TokenOwner::Person(person) => (Actor::Person(person.clone()), Default::default()),
        TokenOwner::Service { name, departments } => (Actor::Service(name.clone()), departments.clone()),
    };
    Requester { actor, admin: token.admin, author_of: token.author_of.clone(), speaks_for }
}

/// Whom a token stands for.
#[derive(Debug)]
pub struct Principal {
    /// The owner, as idempotency keys and limits know them: `person:li.lei`, `service:mes`.
    pub id: String,
    /// What they may do.
    pub requester: Requester,
    /// When the token ends.
    pub expires_at: Option<Timestamp>,
    /// How much they may ask for; shared by all tokens of one owner.
    pub(crate) bucket: Arc<Bucket>,
}

/// All tokens in force.
#[derive(Debug, Default)]
pub struct TokenTable(ArcSwap<HashMap<TokenHash, Arc<Principal>>>);

impl TokenTable {
    /// Puts these tokens in force, and no others. Owners who stay keep what they used up of their rate limit.
    pub fn replace(&self, tokens: &[Token]) {
        let before = self.0.load();
        let mut buckets: HashMap<String, Arc<Bucket>> =
            before.values().map(|principal| (principal.id.clone(), Arc::clone(&principal.bucket))).collect();
        let table = tokens.iter().map(|token| {
            let requester = requester(token);
            let id = requester.actor.to_string();
            let bucket = Arc::clone(buckets.entry(id.clone()).or_default());
            (token.hash, Arc::new(Principal { id, requester, expires_at: token.expires_at, bucket }))
        });
        self.0.store(Arc::new(table.collect()));
    }

    /// Whom `text` stands for at `now`, if it is a token in force.
    #[must_use]
    pub fn find(&self, text: &str, now: Timestamp) -> Option<Arc<Principal>> {
        let table = self.0.load();
        let principal = table.get(&hash(text)?)?;
        principal.expires_at.is_none_or(|end| now < end).then(|| Arc::clone(principal))
    }

    /// Whether there is none at all, as on a first start.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.load().is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn token(text: &TokenText, expires_at: Option<Timestamp>) -> Token {
        Token {
            id: text.hash().to_string(),
            name: String::new(),
            hash: text.hash(),
            owner: TokenOwner::Person("li.lei".parse().unwrap()),
            admin: false,
            author_of: Default::default(),
            created_at: Timestamp::UNIX_EPOCH,
            expires_at,
        }
    }

    #[test]
    fn a_token_stands_for_its_owner_until_it_ends() {
        let (first, second) = (TokenText::new(&[1; 32]), TokenText::new(&[2; 32]));
        assert_eq!(first.reveal().len(), TOKEN_PREFIX.len() + 43);
        assert!(!format!("{first:?}").contains(first.reveal()));
        let end: Timestamp = "2026-11-23T00:00:00Z".parse().unwrap();
        let table = TokenTable::default();
        table.replace(&[token(&first, Some(end)), token(&second, None)]);
        let before = end - jiff::SignedDuration::from_secs(1);
        let principal = table.find(first.reveal(), before).unwrap();
        assert_eq!(principal.id, "person:li.lei");
        assert!(table.find(first.reveal(), end).is_none(), "an ended token is none");
        let other = table.find(second.reveal(), end).unwrap();
        assert!(Arc::ptr_eq(&principal.bucket, &other.bucket), "two tokens of one owner share a limit");
        table.replace(&[token(&second, None)]);
        assert!(table.find(first.reveal(), before).is_none(), "a revoked token is none");
        assert!(Arc::ptr_eq(&principal.bucket, &table.find(second.reveal(), end).unwrap().bucket));
        for text in ["", "hrl_", "hrl_!", &second.reveal()[4..], &format!("{}A", second.reveal())] {
            assert!(table.find(text, before).is_none(), "{text}");
        }
    }
}
