//! What the tests of all documents do.

use serde::{Serialize, de::DeserializeOwned};
use std::fmt::Debug;

/// A document is written as expected, and read as what was written.
pub(crate) fn round_trip<T>(document: &T, expected: &str)
where
    T: Serialize + DeserializeOwned + PartialEq + Debug,
{
    let json = serde_json::to_string(document).unwrap();
    assert_eq!(json, expected);
    assert_eq!(serde_json::from_str::<T>(&json).unwrap(), *document, "{json}");
}
