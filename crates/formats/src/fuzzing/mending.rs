//! Mending: what comes out is right, says the same and is not mended again.

use crate::{
    extent::{Extent, Lists, Progress},
    limits,
    mend::{self, is_long},
};
use serde::Deserialize;
use serde_json::{Value, value::RawValue};
use std::collections::BTreeMap;

/// Mends the object that some bytes begin with: its lines and its end stay, nothing is left to be
/// mended, and if it could be read before, it says what it said.
pub fn mend(bytes: &[u8]) {
    let mut extent = Extent::new(Lists::Closed);
    let Ok(Progress::Complete(end)) = extent.advance(bytes) else { return };
    let json = &bytes[..end];
    let Some(mended) = mend::mend(json) else { return };
    let mut again = Extent::new(Lists::Closed);
    let whole = Progress::Complete(mended.len());
    assert_eq!(again.advance(&mended), Ok(whole), "it ends elsewhere");
    assert!(!again.has_long_numbers() && str::from_utf8(&mended).is_ok());
    assert_eq!(lines(&mended), lines(json), "other lines");
    assert_eq!(mend::mend(&mended), None, "it is mended again");
    let most = json.len().saturating_mul(3).saturating_add(2 * limits::MENDS_MAX);
    assert!(mended.len() <= most, "{} bytes of {}", mended.len(), json.len());
    if let Ok(before) = serde_json::from_slice::<&RawValue>(json) {
        let after = serde_json::from_slice(&mended).expect("still JSON");
        assert_eq!(meaning(before), meaning(after));
    }
}

fn lines(bytes: &[u8]) -> usize {
    bytes.iter().filter(|byte| **byte == b'\n').count()
}

/// What JSON says, with long numbers as texts; of keys that come twice the last counts.
fn meaning(json: &RawValue) -> Value {
    match json.get().as_bytes().first() {
        Some(b'{') => {
            let members = BTreeMap::<String, &RawValue>::deserialize(json).unwrap_or_default();
            members.into_iter().map(|(key, value)| (key, meaning(value))).collect()
        }
        Some(b'[') => {
            let elements = Vec::<&RawValue>::deserialize(json).unwrap_or_default();
            elements.into_iter().map(meaning).collect()
        }
        Some(b'-' | b'0'..=b'9') if is_long(json.get().as_bytes()) => json.get().into(),
        _ => serde_json::from_str(json.get()).unwrap_or_default(),
    }
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_promises_of_mending_are_kept() {
        for json in [
            "{\"a\":\"x\",\n\"b\":{\"k\":1,\n\"k\":2},\"n\":[1714644000.123456789]}",
            "{\"a\":1,\"a\":2,\"a\":{\"b\":1,\"b\":12345678901234567890123},\"c\":[]}",
            "{\"a\":1,\"\\u0061\":2}",
        ] {
            super::mend(json.as_bytes());
        }
        super::mend(b"{\"a\":\"\xff\xfe\",\"\xff\":1,\"\xfe\":2}");
    }
}
