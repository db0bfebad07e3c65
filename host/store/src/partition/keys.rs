//! Keys of the projections: binary encodings whose order as bytes is the order in which a table is read.
//!
//! | part | encoding |
//! | --- | --- |
//! | case | its sixteen bytes, which begin with the moment of submission in milliseconds |
//! | number, sequence | big-endian |
//! | name | its text and a zero byte, which no name contains: no name sorts into another's range |
//! | moment | microseconds since 1970 as a big-endian number, its sign bit flipped |
//! | moment, newest first | the same with every bit flipped |
//! | several texts of any length | a BLAKE3 digest, see [`digest`] |

use herald_core::decision::BundleId;
use herald_core::ids::CaseId;
use jiff::Timestamp;

use super::Position;

/// The length of a digest of texts.
pub(super) const DIGEST_BYTES: usize = 32;

/// Ends a name.
pub(super) const NAME_END: &[u8] = &[0];

/// Sorts after every moment: stands for none.
pub(super) const NO_MOMENT: [u8; 8] = [0xff; 8];

const SIGN: u64 = 1 << 63;

/// A moment to be looked back at: the microsecond it lies in.
pub(super) fn moment(at: Timestamp) -> [u8; 8] {
    (at.as_microsecond().cast_unsigned() ^ SIGN).to_be_bytes()
}

/// A moment to be waited for: the first whole microsecond that is not before it, so that nothing fires early.
pub(super) fn due(at: Timestamp) -> [u8; 8] {
    let floor = at.as_microsecond();
    // jiff rounds towards zero, which is already up for a moment before 1970.
    let is_whole = Timestamp::from_microsecond(floor).is_ok_and(|whole| whole >= at);
    (floor.saturating_add(i64::from(!is_whole)).cast_unsigned() ^ SIGN).to_be_bytes()
}

/// The moment a key says; `None` when the bytes are none.
pub(super) fn read_moment(bytes: [u8; 8]) -> Option<Timestamp> {
    Timestamp::from_microsecond((u64::from_be_bytes(bytes) ^ SIGN).cast_signed()).ok()
}

/// Turns a moment into one that sorts newest first, and back.
pub(super) fn newest_first(moment: [u8; 8]) -> [u8; 8] {
    moment.map(|byte| !byte)
}

/// The key of a row: its case and its number there.
pub(super) fn row(case: CaseId, number: u32) -> [u8; 20] {
    let mut key = [0; 20];
    put(&mut key, &[case.as_bytes(), &number.to_be_bytes()]);
    key
}

/// The key of a record among those of its case.
pub(super) fn in_case(case: CaseId, position: Position) -> [u8; 28] {
    let mut key = [0; 28];
    put(&mut key, &[case.as_bytes(), &self::position(position)]);
    key
}

/// A position in the journal.
pub(super) fn position(position: Position) -> [u8; 12] {
    let mut key = [0; 12];
    put(&mut key, &[&position.sequence.to_be_bytes(), &position.index.to_be_bytes()]);
    key
}

/// The key of a revision of a bundle.
pub(super) fn revision(bundle: &BundleId, revision: u32) -> Vec<u8> {
    let BundleId { department, name } = bundle;
    [department.as_str().as_bytes(), NAME_END, name.as_str().as_bytes(), NAME_END, &revision.to_be_bytes()].concat()
}

/// The key of a request in the order of their age.
pub(super) fn request_by_time(at: Timestamp, digest: &[u8; DIGEST_BYTES]) -> [u8; 8 + DIGEST_BYTES] {
    let mut key = [0; 8 + DIGEST_BYTES];
    put(&mut key, &[&moment(at), digest]);
    key
}

/// A moment and where something lies in the journal.
pub(super) fn moment_and_position(at: Timestamp, position: Position) -> [u8; 20] {
    let mut key = [0; 20];
    put(&mut key, &[&moment(at), &self::position(position)]);
    key
}

/// One digest for several texts. Lengths are hashed too, so that no two lists of texts are alike.
pub(super) fn digest(texts: &[&str]) -> [u8; DIGEST_BYTES] {
    let mut hasher = blake3::Hasher::new();
    for text in texts {
        hasher.update(&(text.len() as u64).to_be_bytes()).update(text.as_bytes());
    }
    *hasher.finalize().as_bytes()
}

/// The first key after all those that begin with `prefix`; `None` when there is none.
pub(super) fn after_prefix(prefix: &[u8]) -> Option<Vec<u8>> {
    let last = prefix.iter().rposition(|byte| *byte != 0xff)?;
    let mut end = prefix.get(..=last)?.to_vec();
    *end.last_mut()? += 1;
    Some(end)
}

/// Fills `key` with `parts`, which are as long together.
fn put(key: &mut [u8], parts: &[&[u8]]) {
    for (byte, value) in key.iter_mut().zip(parts.iter().copied().flatten()) {
        *byte = *value;
    }
}

/// Takes a key apart again, front to back. Every step is `None` when the bytes are not what they should be.
pub(super) struct Parts<'a>(pub(super) &'a [u8]);

impl<'a> Parts<'a> {
    pub(super) fn name(&mut self) -> Option<&'a str> {
        let end = self.0.iter().position(|byte| *byte == 0)?;
        let (name, rest) = self.0.split_at_checked(end)?;
        self.0 = rest.get(1..)?;
        std::str::from_utf8(name).ok()
    }

    pub(super) fn case(&mut self) -> Option<CaseId> {
        self.bytes().map(CaseId::from_bytes)
    }

    pub(super) fn number(&mut self) -> Option<u32> {
        self.bytes().map(u32::from_be_bytes)
    }

    pub(super) fn revision(&mut self) -> Option<(BundleId, u32)> {
        let (department, name) = (self.name()?.parse().ok()?, self.name()?.parse().ok()?);
        Some((BundleId { department, name }, self.number()?))
    }

    pub(super) fn position(&mut self) -> Option<Position> {
        Some(Position { sequence: u64::from_be_bytes(self.bytes()?), index: self.number()? })
    }

    pub(super) fn bytes<const N: usize>(&mut self) -> Option<[u8; N]> {
        let (bytes, rest) = self.0.split_first_chunk::<N>()?;
        self.0 = rest;
        Some(*bytes)
    }

    /// `value`, if nothing is left over.
    pub(super) fn end<T>(self, value: T) -> Option<T> {
        self.0.is_empty().then_some(value)
    }
}

#[cfg(test)]
mod tests {
    use herald_core::ids::Shard;

    use super::*;

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    #[test]
    fn moments_sort_as_time_does() {
        let moments = [
            Timestamp::MIN,
            at("1969-12-31T23:59:59.999998Z"),
            at("1969-12-31T23:59:59.999999Z"),
            Timestamp::UNIX_EPOCH,
            at("1970-01-01T00:00:00.000001Z"),
            at("2026-11-23T06:00:00Z"),
            at("2026-11-23T06:00:00.000001Z"),
            at("9999-12-30T22:00:00Z"),
        ];
        for pair in moments.windows(2) {
            let (early, late) = (pair[0], pair[1]);
            assert!(moment(early) < moment(late), "{early} {late}");
            assert!(due(early) < due(late), "{early} {late}");
            assert!(due(late) < NO_MOMENT, "{late}");
            assert!(newest_first(moment(early)) > newest_first(moment(late)), "{early} {late}");
        }
        for moment_ in moments {
            assert_eq!(read_moment(moment(moment_)), Some(moment_));
            assert_eq!(read_moment(newest_first(newest_first(moment(moment_)))), Some(moment_));
        }
    }

    #[test]
    fn what_is_waited_for_is_never_early() {
        // (due, the moment that its key says)
        let cases = [
            ("2026-11-23T06:00:00.000001Z", "2026-11-23T06:00:00.000001Z"),
            ("2026-11-23T06:00:00.000001001Z", "2026-11-23T06:00:00.000002Z"),
            ("2026-11-23T06:00:00.000001999Z", "2026-11-23T06:00:00.000002Z"),
            ("1969-12-31T23:59:59.9999985Z", "1969-12-31T23:59:59.999999Z"),
        ];
        for (given, says) in cases {
            assert_eq!(read_moment(due(at(given))), Some(at(says)), "{given}");
        }
    }

    #[test]
    fn rows_sort_by_case_then_number() {
        let shard = |number| Shard::of_digest(number);
        let first = CaseId::new(at("2026-11-23T06:00:00Z"), shard(1000), u64::MAX);
        let second = CaseId::new(at("2026-11-23T06:00:00.001Z"), shard(3), 0);
        let keys = [row(first, 1), row(first, 255), row(first, 256), row(first, u32::MAX), row(second, 1)];
        assert!(keys.is_sorted());
        let position = |sequence, index| Position { sequence, index };
        let keys = [
            in_case(first, position(1, 70_000)),
            in_case(first, position(2, 0)),
            in_case(first, position(256, 1)),
            in_case(second, position(1, 0)),
        ];
        assert!(keys.is_sorted());
        for key in keys {
            let mut parts = Parts(&key);
            let (case, position) = (parts.case().unwrap(), parts.position().unwrap());
            assert_eq!(parts.end(in_case(case, position)), Some(key));
        }
    }

    #[test]
    fn a_name_never_sorts_into_the_range_of_another() {
        let mut names = ["li", "li.lei", "li-lei", "liu", "李雷", "李", "z"];
        names.sort_unstable();
        let keyed = |name: &str| [name.as_bytes(), NAME_END].concat();
        for pair in names.windows(2) {
            let end = after_prefix(&keyed(pair[0])).unwrap();
            assert!(end <= keyed(pair[1]), "{pair:?}");
            let mut parts = Parts(&end);
            assert_eq!(parts.name(), None, "{pair:?}");
        }
        assert_eq!(Parts(&keyed("李雷")).name(), Some("李雷"));
    }

    #[test]
    fn a_prefix_ends_before_the_next_one() {
        let cases: [(&[u8], Option<&[u8]>); 4] =
            [(b"a\0", Some(b"a\x01")), (&[1, 0xff], Some(&[2])), (&[0xff, 0xff], None), (&[], None)];
        for (prefix, end) in cases {
            assert_eq!(after_prefix(prefix).as_deref(), end, "{prefix:?}");
        }
    }

    #[test]
    fn digests_keep_texts_apart() {
        let lists: [&[&str]; 5] = [&["ab", "c"], &["a", "bc"], &["abc"], &["abc", ""], &["", "abc"]];
        for (index, left) in lists.iter().enumerate() {
            for right in &lists[..index] {
                assert_ne!(digest(left), digest(right), "{left:?} {right:?}");
            }
        }
    }
}
