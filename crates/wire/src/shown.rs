//! `show`: events with their histories, and their panels: `{events:[{.., history}], panels:[..]}`.

use crate::panel::Panel;
use eventscope::{Event, HistoryEntry};
use serde::{Deserialize, Serialize};

/// All that is known of some events.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Shown {
    /// The events, in the order in which they were asked for.
    pub events: Vec<ShownEvent>,
    /// For each event the rows of the details panel, under the names that people read.
    pub panels: Vec<Panel>,
}

/// An event with its history.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ShownEvent {
    /// The event.
    #[serde(flatten)]
    pub event: Event,
    /// What happened to it since it was appended, oldest first.
    pub history: Vec<HistoryEntry>,
}

#[cfg(test)]
mod tests {
    use super::{Shown, ShownEvent};
    use crate::panel::Panel;
    use eventscope::{
        AlertDetails, Details, Draft, EventId, EventType, Options, Remark, Store, Targets,
        Timestamp,
    };

    #[test]
    fn it_is_read_as_it_was_written() {
        let store = Store::in_memory(Options::default()).unwrap();
        let at = |second: i64| Timestamp::from_unix(1_795_424_940 + second).unwrap();
        let details = AlertDetails { segment: Some("a".to_owned()), ..AlertDetails::default() };
        let draft = Draft::new(EventType::Alert, "prometheus", "HighCpu")
            .time(at(0))
            .label("host.hostName", "gke-1")
            .tag("build", "89")
            .resolved(at(120))
            .details(Details::Alert(details));
        store.append(vec![draft]).unwrap();
        let all = Targets::parse("everywhere").unwrap();
        let changed = store.acknowledge(&all, &Remark::by("aya").note("known")).unwrap();
        store.undo(changed.change.unwrap(), &Remark::default()).unwrap();
        store.acknowledge(&all, &Remark::by("aya")).unwrap();
        let event = store.event(EventId(1)).unwrap();
        let history = store.history(EventId(1)).unwrap();
        assert_eq!(history.len(), 3);
        let panel = Panel::of(&event, at(0), |time| time.to_string());
        let json = serde_json::to_string(&panel).unwrap();
        let shown = ShownEvent { event: event.clone(), history };
        let shown =
            Shown { events: vec![shown], panels: vec![serde_json::from_str(&json).unwrap()] };
        let json = serde_json::to_string(&shown).unwrap();
        assert_eq!(serde_json::from_str::<Shown>(&json).unwrap(), shown, "{json}");
        let event = serde_json::to_string(&event).unwrap();
        let start = format!("{{\"events\":[{},\"history\":[", event.trim_end_matches('}'));
        let start = start.trim_end_matches(",\"history\":[");
        assert!(json.starts_with(start), "{json}\n{start}");
    }
}
