//! `post`: the event as the store has taken it, `{event}`.

use eventscope::Event;
use serde::{Deserialize, Serialize};

/// An event that was posted.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Posted {
    /// The event.
    pub event: Event,
}

#[cfg(test)]
mod tests {
    use super::Posted;
    use crate::testing::round_trip;
    use eventscope::{Draft, EventId, Options, Store};

    #[test]
    fn it_is_read_as_it_was_written() {
        let store = Store::in_memory(Options::default()).unwrap();
        store.append(vec![Draft::custom("Deployed").label("a", "b").description("c")]).unwrap();
        let event = store.event(EventId(1)).unwrap();
        let expected = format!(r#"{{"event":{}}}"#, serde_json::to_string(&event).unwrap());
        round_trip(&Posted { event }, &expected);
    }
}
