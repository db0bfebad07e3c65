//! What will be written down as it is, with its JSON.

use std::fmt;
use std::ops::Deref;
use std::sync::Arc;

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::value::{RawValue, to_raw_value};

/// A value that nobody changes any more. Messages and decisions make up most of a record: whoever makes one encodes it
/// too, on a thread of their own, so that a partition's writer has only to copy the text.
#[derive(Clone)]
pub struct Encoded<T> {
    value: Arc<T>,
    /// `None` when it was read back or made in place of what did not fit; then it is encoded when it is written.
    json: Option<Arc<RawValue>>,
}

impl<T: Serialize> Encoded<T> {
    /// Encodes `value`.
    #[must_use]
    pub fn new(value: impl Into<Arc<T>>) -> Self {
        let value = value.into();
        let json = to_raw_value(&*value).ok().map(Arc::from);
        Self { value, json }
    }
}

impl<T> Encoded<T> {
    /// The value, shared.
    #[must_use]
    pub fn value(&self) -> &Arc<T> {
        &self.value
    }
}

/// A value that is not encoded before it is written, if it is.
impl<T> From<T> for Encoded<T> {
    fn from(value: T) -> Self {
        Self { value: Arc::new(value), json: None }
    }
}

impl<T> Deref for Encoded<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.value
    }
}

impl<T: PartialEq> PartialEq for Encoded<T> {
    fn eq(&self, other: &Self) -> bool {
        self.value == other.value
    }
}

impl<T: fmt::Debug> fmt::Debug for Encoded<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.value.fmt(f)
    }
}

impl<T: Serialize> Serialize for Encoded<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match &self.json {
            Some(json) => json.serialize(serializer),
            None => self.value.serialize(serializer),
        }
    }
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Encoded<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        T::deserialize(deserializer).map(Self::from)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::event::Event;
    use crate::record::Record;

    fn check<T: Clone + fmt::Debug + PartialEq + Serialize + for<'de> Deserialize<'de>>(value: &T) {
        let (plain, encoded) = (Encoded::from(value.clone()), Encoded::new(value.clone()));
        assert_eq!(plain, encoded);
        let text = serde_json::to_string(&plain).unwrap();
        assert_eq!(serde_json::to_string(&encoded).unwrap(), text);
        assert_eq!(serde_json::to_value(&encoded).unwrap(), serde_json::to_value(&plain).unwrap());
        assert_eq!(serde_json::from_str::<Encoded<T>>(&text).unwrap(), plain);
    }

    #[test]
    fn it_is_written_the_same_encoded_or_not() {
        let records = include_str!("record/records-v1.ndjson").lines();
        let records = records.map(|line| serde_json::from_str::<Record>(line).unwrap());
        let mut decisions = 0;
        for event in records.flat_map(|record| record.events) {
            match event {
                Event::Submitted { message, .. } | Event::Resubmitted { message, .. } => check(&*message),
                Event::Decided { decision } => {
                    decisions += 1;
                    check(&*decision);
                }
                _ => {}
            }
        }
        assert!(decisions > 1);
    }
}
