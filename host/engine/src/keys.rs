//! Idempotency keys that are being worked on: the same key twice at once is refused, not carried out twice.
//!
//! What was answered is in the store; this is only about requests under way, and is gone with the process.

use std::collections::HashSet;
use std::sync::{Arc, Mutex, PoisonError};

use crate::request::RequestIdentity;

/// What tells requests apart: principal, path, key.
type Identity = (String, String, String);

/// The keys under way. As many as there are requests at once.
#[derive(Clone, Default)]
pub(crate) struct KeysInFlight(Arc<Mutex<HashSet<Identity>>>);

/// A key under way, until it is dropped: with the answer, wherever that is given up.
pub(crate) struct KeyGuard {
    keys: KeysInFlight,
    identity: Identity,
}

impl KeysInFlight {
    /// Takes the key of a request, unless it is taken.
    pub(crate) fn take(&self, request: &RequestIdentity) -> Option<KeyGuard> {
        let identity = (request.principal.clone(), request.path.clone(), request.key.clone());
        let mut keys = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        keys.insert(identity.clone()).then(|| KeyGuard { keys: self.clone(), identity })
    }
}

impl Drop for KeyGuard {
    fn drop(&mut self) {
        self.keys.0.lock().unwrap_or_else(PoisonError::into_inner).remove(&self.identity);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(principal: &str, path: &str, key: &str) -> RequestIdentity {
        let (principal, path, key) = (principal.to_owned(), path.to_owned(), key.to_owned());
        RequestIdentity { principal, path, key, body_digest: String::new() }
    }

    #[test]
    fn a_key_is_taken_once_within_its_scope_and_free_again_afterwards() {
        let keys = KeysInFlight::default();
        let guard = keys.take(&key("a", "/v1/messages", "1")).unwrap();
        let cases = [
            ("a", "/v1/messages", "1", false),
            ("b", "/v1/messages", "1", true),
            ("a", "/v1/tasks", "1", true),
            ("a", "/v1/messages", "2", true),
        ];
        for (principal, path, name, free) in cases {
            assert_eq!(keys.take(&key(principal, path, name)).is_some(), free, "{principal} {path} {name}");
        }
        drop(guard);
        assert!(keys.take(&key("a", "/v1/messages", "1")).is_some());
    }
}
