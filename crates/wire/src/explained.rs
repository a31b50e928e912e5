//! `query --explain`: how a query would be answered, `{explain}`.

use serde::{Deserialize, Serialize};

/// The plan of a query.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Explained {
    /// The plan as people read it, over several lines.
    pub explain: String,
}

#[cfg(test)]
mod tests {
    use super::Explained;
    use crate::testing::round_trip;

    #[test]
    fn it_is_read_as_it_was_written() {
        round_trip(&Explained { explain: "a\n  b".to_owned() }, r#"{"explain":"a\n  b"}"#);
    }
}
