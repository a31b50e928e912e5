//! `analyze`: what became of the records, and what is in them: `{imported, query}`.

use crate::answer::Answer;
use crate::imported::Imported;
use serde::{Deserialize, Serialize};

/// An import, and a query over what it brought.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Analyzed {
    /// What became of the records.
    pub imported: Imported,
    /// What is in them.
    pub query: Answer,
}

#[cfg(test)]
mod tests {
    use super::Analyzed;
    use crate::testing::round_trip;

    #[test]
    fn it_is_read_as_it_was_written() {
        let counts = r#""appended":0,"duplicates":0,"updated":0,"rejected":0"#;
        let imported = format!(r#"{{"files":[],"rejects":[],"rejects_left_out":0,{counts}}}"#);
        let lists = r#""facets":{},"facets_rest":{},"histogram":[]"#;
        let query = format!(r#"{{"total":0,"events":[],{lists},"took_us":0}}"#);
        let expected = format!(r#"{{"imported":{imported},"query":{query}}}"#);
        round_trip(&Analyzed::default(), &expected);
    }
}
