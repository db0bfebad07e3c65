//! Every way to change a journal behind its back, and where verification and reading notice it.

use super::*;

/// Replaces `old` in the header of frame `sequence`.
fn rewrite(journal: &mut JournalWriter<'_>, sequence: u64, old: &str, new: &str) {
    let text = String::from_utf8(header(journal, sequence)).unwrap();
    assert!(text.contains(old), "`{old}` is not in {text}");
    journal.frames.insert(sequence, text.replacen(old, new, 1).as_bytes()).unwrap();
}

/// One way of tampering with a journal of five frames, and where it must be noticed.
struct Tampering {
    name: &'static str,
    change: fn(&mut JournalWriter<'_>),
    noticed: &'static str,
}

const TAMPERINGS: &[Tampering] = &[
    Tampering {
        name: "a payload's byte",
        change: |journal| flip(journal, (3, 1), SALT_BYTES + 2),
        noticed: "frame 3, record 1: the payload or its salt was changed",
    },
    Tampering {
        name: "a salt's byte",
        change: |journal| flip(journal, (3, 0), 0),
        noticed: "frame 3, record 0: the payload or its salt was changed",
    },
    Tampering {
        name: "a byte moved from the payload into the salt's place",
        change: |journal| {
            let row = payload(journal, (3, 1));
            journal.payloads.insert((3, 1), &row[1..]).unwrap();
        },
        noticed: "frame 3, record 1: the payload or its salt was changed",
    },
    Tampering {
        name: "a row too short for a salt",
        change: |journal| drop(journal.payloads.insert((3, 1), [1].as_slice()).unwrap()),
        noticed: "frame 3, record 1: the payload or its salt was changed",
    },
    Tampering {
        name: "two payloads swapped",
        change: |journal| {
            let (first, second) = (payload(journal, (5, 0)), payload(journal, (5, 2)));
            journal.payloads.insert((5, 0), second.as_slice()).unwrap();
            journal.payloads.insert((5, 2), first.as_slice()).unwrap();
        },
        noticed: "frame 5, record 0: the payload or its salt was changed",
    },
    Tampering {
        name: "a payload in the middle removed",
        change: |journal| drop(journal.payloads.remove((4, 1)).unwrap()),
        noticed: "frame 4, record 1: the payload is missing, and was not erased",
    },
    Tampering {
        name: "the last payload removed",
        change: |journal| drop(journal.payloads.remove((5, 3)).unwrap()),
        noticed: "frame 5, record 3: the payload is missing, and was not erased",
    },
    Tampering {
        name: "a payload added",
        change: |journal| {
            let row = payload(journal, (2, 0));
            journal.payloads.insert((2, 1), row.as_slice()).unwrap();
        },
        noticed: "frame 2, record 1: there is a payload that the header does not know",
    },
    Tampering {
        name: "a header's time",
        change: |journal| rewrite(journal, 3, "14:13:23Z", "14:13:22Z"),
        noticed: "frame 4: the frame before has another hash than this header says: one of the two was changed",
    },
    Tampering {
        name: "a header's digest",
        change: |journal| {
            let digest = Digest::of_payload(&salt(3, 0), b"record 0 of frame 3").to_string();
            rewrite(journal, 3, &digest, &Digest::NONE.to_string());
        },
        noticed: "frame 3, record 0: the payload or its salt was changed",
    },
    Tampering {
        name: "a header's length",
        change: |journal| rewrite(journal, 3, ",19]", ",18]"),
        noticed: "frame 3, record 0: the payload or its salt was changed",
    },
    Tampering {
        name: "a header's previous hash",
        change: |journal| {
            let previous = Digest::of_header(&header(journal, 2)).to_string();
            rewrite(journal, 3, &previous, &Digest::NONE.to_string());
        },
        noticed: "frame 3: the frame before has another hash than this header says: one of the two was changed",
    },
    Tampering {
        name: "a header's form",
        change: |journal| rewrite(journal, 3, "{", "["),
        noticed: "frame 3: the header cannot be read",
    },
    Tampering {
        name: "a header's space, which changes nothing but its bytes",
        change: |journal| rewrite(journal, 3, "{", "{ "),
        noticed: "frame 4: the frame before has another hash than this header says: one of the two was changed",
    },
    Tampering {
        name: "a field that the format does not have",
        change: |journal| rewrite(journal, 3, "{", r#"{"x":1,"#),
        noticed: "frame 3: the header cannot be read",
    },
    Tampering {
        name: "a header's format",
        change: |journal| rewrite(journal, 3, r#""v":1"#, r#""v":2"#),
        noticed: "frame 3: the header has format 2, and this program reads formats up to 1",
    },
    Tampering {
        name: "a frame removed",
        change: |journal| drop(journal.frames.remove(3).unwrap()),
        noticed: "frame 3: the frame is missing",
    },
    Tampering {
        name: "the first frame removed",
        change: |journal| drop(journal.frames.remove(1).unwrap()),
        noticed: "frame 1: the frame is missing",
    },
    Tampering {
        name: "the last frame removed, its end being known",
        change: |journal| drop(journal.frames.remove(LAST).unwrap()),
        noticed: "frame 5: the frame is missing",
    },
    Tampering {
        name: "two frames swapped",
        change: |journal| {
            let (third, fourth) = (header(journal, 3), header(journal, 4));
            journal.frames.insert(3, fourth.as_slice()).unwrap();
            journal.frames.insert(4, third.as_slice()).unwrap();
        },
        noticed: "frame 3: the header bears another frame's number",
    },
    Tampering {
        name: "a frame removed and the later ones renumbered",
        change: |journal| {
            rewrite(journal, 4, r#""seq":4"#, r#""seq":3"#);
            let fourth = header(journal, 4);
            journal.frames.insert(3, fourth.as_slice()).unwrap();
            journal.frames.remove(4).unwrap();
        },
        noticed: "frame 3: the frame before has another hash than this header says: one of the two was changed",
    },
];

#[test]
fn tampering_is_noticed_where_it_happened() {
    for Tampering { name, change, noticed } in TAMPERINGS {
        let database = store();
        tamper(&database, change);
        let report = verify(&database, 1..=LAST, |_| {}).unwrap();
        let mismatch = report.mismatch.unwrap_or_else(|| panic!("{name}: not noticed"));
        assert_eq!(mismatch.to_string(), *noticed, "{name}");
        assert_eq!(report.frames, mismatch.sequence - 1, "{name}");
        assert_eq!(report.head.sequence, report.frames, "{name}");
    }
}

/// A replay must stop at tampered frames too, or it would apply what nobody decided.
#[test]
fn tampered_frames_are_not_read() {
    for Tampering { name, change, noticed } in TAMPERINGS {
        let database = store();
        tamper(&database, change);
        match reader(&database).read(1) {
            Err(StoreError::Corrupt(message)) => assert_eq!(message, *noticed, "{name}"),
            Err(StoreError::NewerFormat { what, .. }) => assert_eq!(what, "frame 3", "{name}"),
            Err(error) => panic!("{name}: {error}"),
            // Without a known end, a journal cut off at its end reads like one that ended there.
            Ok(frames) => assert_eq!(frames.len() as u64, LAST - 1, "{name}"),
        }
    }
}
