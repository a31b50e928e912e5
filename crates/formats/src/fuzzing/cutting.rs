//! Cutting: an event that has fields over their limits fits afterwards, or is too large as a whole.

use crate::cut;
use eventscope_model::{AlertDetails, Details, Draft, EventType, Invalid};

/// Makes a draft of some bytes, four for each field that is added, and cuts it: it fits then, what
/// fitted is as it was, and nothing is left to be cut.
pub fn cut(bytes: &[u8]) {
    let mut draft = Draft::new(EventType::Alert, "fuzz", "a name");
    for step in bytes.chunks_exact(4).take(1024) {
        add(&mut draft, [step[0], step[1], step[2], step[3]]);
    }
    let before = draft.clone();
    let was_cut = cut::fit(&mut draft);
    let is_told = draft.tags.get(cut::TAG) != before.tags.get(cut::TAG);
    assert!(was_cut || draft == before, "changed in silence");
    assert!(!was_cut || is_told || before.tags.get(cut::TAG).is_some(), "cut in silence");
    if before.check().is_ok() {
        assert!(!was_cut, "what fits was cut");
    }
    match draft.check() {
        Ok(()) => {}
        Err(invalid) => assert!(is_of_whole(&invalid), "{invalid}"),
    }
    let again = draft.clone();
    cut::fit(&mut draft);
    assert_eq!(draft.labels, again.labels, "labels are cut again");
    assert_eq!(draft.name, again.name);
    assert_eq!(draft.description, again.description);
}

fn is_of_whole(invalid: &Invalid) -> bool {
    matches!(invalid, Invalid::TooLarge { field: "event", .. })
}

/// Adds to one field a text of a length and a letter that the bytes say.
fn add(draft: &mut Draft, [field, key, length, letter]: [u8; 4]) {
    let letters = ["a", "\u{e9}", "\u{6771}", "\u{1f600}", ", ", "\n"];
    let unit = letters[usize::from(letter) % letters.len()];
    let text = unit.repeat(usize::from(length) * usize::from(letter % 32 + 1));
    match field % 8 {
        0 => draft.name.push_str(&text),
        1 => draft.description.push_str(&text),
        2 => draft.labels.insert(format!("{key}"), text),
        3 => draft.tags.insert(format!("{key}"), text),
        4 => draft.labels.insert(text, format!("{key}")),
        5 => draft.tags.insert(text, format!("{key}")),
        6 => {
            let pairs = (0..length).map(|number| (format!("{key}-{number}"), "x".to_owned()));
            for (key, value) in pairs {
                draft.labels.insert(key.clone(), value.clone());
                draft.tags.insert(key, value);
            }
        }
        _ => {
            let details =
                draft.details.get_or_insert_with(|| Details::Alert(AlertDetails::default()));
            if let Details::Alert(alert) = details {
                alert.trigger = Some(text.clone());
                alert.condition = Some(text);
                alert.metrics.extend((0..length).map(|number| format!("m{number}")));
            }
        }
    }
}
