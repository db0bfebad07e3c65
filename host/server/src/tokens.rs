//! Bearer tokens: how they are made, how they are kept, and whom they stand for.
//!
//! A token is shown once, when it is made. What is kept is its BLAKE3 digest: a token has 256 random bits, so
//! that a fast digest is as good as a slow one, and a lookup by digest tells an attacker's clock nothing about
//! the token. Finding who asks is one lookup in a map in memory.

use std::collections::HashMap;
use std::fmt;
use std::sync::Arc;

use arc_swap::ArcSwap;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use herald_core::access::Requester;
use jiff::Timestamp;

use crate::http::limits::Bucket;

/// What every token begins with, so that scanners for leaked secrets can find one.
pub const TOKEN_PREFIX: &str = "hrl_";
/// Random bytes in a token.
const TOKEN_BYTES: usize = 32;

/// A new token, to be shown once. Its debug form hides it.
pub struct TokenText(String);

impl TokenText {
    /// The token made of these random bytes.
    #[must_use]
    pub fn new(random: [u8; TOKEN_BYTES]) -> Self {
        Self(format!("{TOKEN_PREFIX}{}", URL_SAFE_NO_PAD.encode(random)))
    }

    /// The text that goes behind `Bearer`.
    #[must_use]
    pub fn reveal(&self) -> &str {
        &self.0
    }

    /// What is kept of it.
    #[must_use]
    pub fn digest(&self) -> TokenDigest {
        digest(&self.0)
    }
}

impl fmt::Debug for TokenText {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("TokenText(…)")
    }
}

/// BLAKE3 of a token.
pub type TokenDigest = [u8; 32];

/// The digest of what a request presents as its token.
#[must_use]
pub fn digest(token: &str) -> TokenDigest {
    *blake3::hash(token.as_bytes()).as_bytes()
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

/// All tokens in force, swapped as a whole.
#[derive(Debug, Default)]
pub struct TokenTable(ArcSwap<HashMap<TokenDigest, Arc<Principal>>>);

impl TokenTable {
    /// Puts other tokens in force. Owners who stay keep what they used up of their rate limit.
    pub fn replace(&self, tokens: impl IntoIterator<Item = (TokenDigest, Requester, Option<Timestamp>)>) {
        let before = self.0.load();
        let mut buckets: HashMap<String, Arc<Bucket>> =
            before.values().map(|principal| (principal.id.clone(), Arc::clone(&principal.bucket))).collect();
        let table = tokens.into_iter().map(|(digest, requester, expires_at)| {
            let id = requester.actor.to_string();
            let bucket = Arc::clone(buckets.entry(id.clone()).or_default());
            (digest, Arc::new(Principal { id, requester, expires_at, bucket }))
        });
        self.0.store(Arc::new(table.collect()));
    }

    /// Whom `token` stands for at `now`, if it is in force.
    #[must_use]
    pub fn find(&self, token: &str, now: Timestamp) -> Option<Arc<Principal>> {
        let table = self.0.load();
        let principal = table.get(&digest(token))?;
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
    use herald_core::target::Actor;

    use super::*;

    #[test]
    fn a_token_stands_for_its_owner_until_it_ends() {
        let (first, second) = (TokenText::new([1; 32]), TokenText::new([2; 32]));
        assert_eq!(first.reveal().len(), TOKEN_PREFIX.len() + 43);
        assert!(!format!("{first:?}").contains(first.reveal()));
        let owner = || Requester::plain(Actor::Person("li.lei".parse().unwrap()));
        let end: Timestamp = "2026-11-23T00:00:00Z".parse().unwrap();
        let table = TokenTable::default();
        table.replace([(first.digest(), owner(), Some(end)), (second.digest(), owner(), None)]);
        let before = end - jiff::SignedDuration::from_secs(1);
        let principal = table.find(first.reveal(), before).unwrap();
        assert_eq!(principal.id, "person:li.lei");
        assert!(table.find(first.reveal(), end).is_none(), "an ended token is none");
        let other = table.find(second.reveal(), end).unwrap();
        assert!(Arc::ptr_eq(&principal.bucket, &other.bucket), "two tokens of one owner share a limit");
        assert!(table.find("hrl_", before).is_none());
        table.replace([(second.digest(), owner(), None)]);
        assert!(table.find(first.reveal(), before).is_none(), "a revoked token is none");
        assert!(Arc::ptr_eq(&principal.bucket, &table.find(second.reveal(), end).unwrap().bucket));
    }
}
