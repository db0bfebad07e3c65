//! What the tests of every store share: an exported journal is checked by its own lines, as an outsider would.

use serde_json::{Value, json};

/// What an exported journal holds.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Exported {
    /// The hash of the last header.
    pub(crate) head: String,
    /// How many records there are.
    pub(crate) records: usize,
    /// How many were erased.
    pub(crate) erased: usize,
}

/// Checks the lines of a journal that was exported from its beginning: the chain of headers, and every record
/// against its digest.
pub(crate) fn check_export(text: &str) -> Exported {
    let mut found = Exported { head: "0".repeat(64), ..Exported::default() };
    let mut header = Value::Null;
    for line in text.lines() {
        let value: Value = serde_json::from_str(line).unwrap();
        if value.get("prev").is_some() {
            assert_eq!(value["prev"], found.head);
            found.head = blake3::hash(line.as_bytes()).to_hex().to_string();
            header = value;
            continue;
        }
        assert_eq!(value["seq"], header["seq"]);
        if value["erased"] == true {
            found.erased += 1;
            continue;
        }
        let salt = value["salt"].as_str().unwrap();
        let salt: Vec<u8> =
            (0..16).map(|byte| u8::from_str_radix(&salt[byte * 2..byte * 2 + 2], 16).unwrap()).collect();
        let record = line.split_once(r#""record":"#).unwrap().1.strip_suffix('}').unwrap();
        let digest = blake3::hash(&[&salt, record.as_bytes()].concat()).to_hex().to_string();
        let index = usize::try_from(value["index"].as_u64().unwrap()).unwrap();
        assert_eq!(header["records"][index], json!([digest, record.len()]));
        found.records += 1;
    }
    found
}
