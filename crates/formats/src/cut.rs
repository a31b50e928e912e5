//! Makes an event fit that has a field over its limit: the field is cut or left out, and the event
//! says so.
//!
//! ```text
//! name           cut; what it was goes on in the description
//! description    cut
//! labels         one whose key or value is too long is left out, as a cut one would match wrongly;
//!                so are the last of too many, and the longest of an event that is too long
//! tags           values are cut; one whose key is too long, and the last of too many, are left
//!                out, and so are the longest of an event that is too long, before its labels
//! metrics        the last of too many are left out
//! details        the texts of an event that is too long are cut
//! ```
//!
//! The tag `eventscope.cut` names what was cut or left out. It is no part of the identity. An event
//! that does not fit after that is rejected.

use crate::{limits::CUT_NAMES_BYTES_MAX, mend};
use eventscope_model::{Details, Draft, Labels, limits};

/// The tag that names what was cut.
pub(crate) const TAG: &str = "eventscope.cut";

/// What is said of the last row of a table that no line end follows.
pub(crate) const LAST_ROW: &str = "the end of the last row";

/// Whether a tag begins with what is said of a record as it is read, and not of the event of a
/// store that was exported.
pub(crate) fn is_said_here(tag: &str) -> bool {
    [LAST_ROW, mend::WHAT].iter().any(|what| tag.starts_with(what))
}

/// Says that something of an event is not as it was written.
pub(crate) fn mark(draft: &mut Draft, what: &str) {
    let said = draft.tags.get(TAG).map(|before| format!("{before}, {what}"));
    draft.tags.insert(TAG, said.unwrap_or_else(|| what.to_owned()));
}

/// Bytes of that tag that are kept free for it.
const TAG_BYTES_MAX: usize = 2 * CUT_NAMES_BYTES_MAX;

/// What stands where a text was cut.
const MARK: &str = "..";

/// Cuts what is over its limit. Tells whether there was anything.
pub(crate) fn fit(draft: &mut Draft) -> bool {
    let mut names = Names::default();
    let before = draft.tags.get(TAG).map(str::to_owned);
    if draft.name.len() > limits::NAME_BYTES_MAX {
        let whole = std::mem::take(&mut draft.name);
        draft.name = cut(&whole, limits::NAME_BYTES_MAX);
        draft.description = [whole.as_str(), draft.description.as_str()].join("\n");
        names.add("name");
    }
    if draft.description.len() > limits::DESCRIPTION_BYTES_MAX {
        draft.description = cut(&draft.description, limits::DESCRIPTION_BYTES_MAX);
        names.add("description");
    }
    if let Some(Details::Alert(alert)) = &mut draft.details
        && alert.metrics.len() > limits::METRICS_MAX
    {
        alert.metrics.truncate(limits::METRICS_MAX);
        names.add("metrics");
    }
    fit_labels(&mut draft.labels, &mut names);
    fit_tags(&mut draft.tags, &mut names);
    if draft.bytes() > limits::EVENT_BYTES_MAX {
        draft.details.iter_mut().for_each(|details| fit_details(details, &mut names));
    }
    if draft.bytes() > limits::EVENT_BYTES_MAX {
        // The tag that says what was left out has to fit too.
        let most = limits::EVENT_BYTES_MAX.saturating_sub(TAG_BYTES_MAX);
        let bytes = draft.bytes();
        let bytes = leave_out_longest(&mut draft.tags, bytes, most, &mut names);
        leave_out_longest(&mut draft.labels, bytes, most, &mut names);
    }
    let Some(names) = names.text() else { return false };
    while draft.tags.len() >= limits::TAGS_MAX && draft.tags.get(TAG).is_none() {
        let last = draft.tags.iter().next_back().map(|(key, _)| key.to_owned());
        last.and_then(|key| draft.tags.remove(&key));
    }
    let all = before.into_iter().chain([names]).collect::<Vec<_>>();
    draft.tags.insert(TAG, cut(&all.join(", "), limits::LABEL_VALUE_BYTES_MAX));
    true
}

/// Cuts the texts of details, which say again what the event says.
fn fit_details(details: &mut Details, names: &mut Names) {
    let texts: Vec<&mut Option<String>> = match details {
        Details::Alert(it) => vec![
            &mut it.trigger,
            &mut it.entity,
            &mut it.alert_name,
            &mut it.condition,
            &mut it.scope,
            &mut it.segment,
        ],
        Details::Policy(it) => {
            vec![&mut it.summary, &mut it.rule, &mut it.image, &mut it.container_name]
        }
        Details::Scan(_) => Vec::new(),
    };
    for text in texts.into_iter().flatten() {
        if text.len() > limits::LABEL_VALUE_BYTES_MAX {
            *text = cut(text, limits::LABEL_VALUE_BYTES_MAX);
            names.add("details");
        }
    }
}

fn fit_labels(labels: &mut Labels, names: &mut Names) {
    let fits = |key: &str, value: &str| {
        (1..=limits::KEY_BYTES_MAX).contains(&key.len())
            && value.len() <= limits::LABEL_VALUE_BYTES_MAX
    };
    if labels.len() <= limits::LABELS_MAX && labels.iter().all(|(key, value)| fits(key, value)) {
        return;
    }
    let mut kept: Vec<(String, String)> = Vec::new();
    for (key, value) in labels.iter() {
        if fits(key, value) && kept.len() < limits::LABELS_MAX {
            kept.push((key.to_owned(), value.to_owned()));
        } else {
            names.add(key);
        }
    }
    *labels = Labels::from_pairs(kept);
}

fn fit_tags(tags: &mut Labels, names: &mut Names) {
    let is_long = |(_, value): &(&str, &str)| value.len() > limits::LABEL_VALUE_BYTES_MAX;
    let is_key = |key: &str| (1..=limits::KEY_BYTES_MAX).contains(&key.len());
    let fit = tags.len() <= limits::TAGS_MAX && tags.iter().all(|pair| is_key(pair.0));
    if fit && !tags.iter().any(|pair| is_long(&pair)) {
        return;
    }
    let mut kept: Vec<(String, String)> = Vec::new();
    for pair @ (key, value) in tags.iter() {
        if is_long(&pair) {
            names.add(key);
        }
        if is_key(key) && kept.len() < limits::TAGS_MAX {
            kept.push((key.to_owned(), cut(value, limits::LABEL_VALUE_BYTES_MAX)));
        } else {
            names.add(key);
        }
    }
    *tags = Labels::from_pairs(kept);
}

/// Leaves out the longest pairs until an event of so many bytes has no more than it may have, or
/// there are none; gives its bytes then.
fn leave_out_longest(
    pairs: &mut Labels,
    mut bytes: usize,
    bytes_max: usize,
    names: &mut Names,
) -> usize {
    while bytes > bytes_max {
        let others = pairs.iter().filter(|(key, _)| *key != TAG);
        let Some((key, value)) = others.max_by_key(|(_, value)| value.len()) else { break };
        bytes = bytes.saturating_sub(key.len()).saturating_sub(value.len());
        let key = key.to_owned();
        pairs.remove(&key);
        names.add(&key);
    }
    bytes
}

/// A text of at most so many bytes, with a mark at its end if it is not whole.
fn cut(text: &str, bytes_max: usize) -> String {
    if text.len() <= bytes_max {
        return text.to_owned();
    }
    let end = text.floor_char_boundary(bytes_max.saturating_sub(MARK.len()));
    [text.get(..end).unwrap_or_default(), MARK].concat()
}

/// The names of what was cut, with commas between, up to a limit.
#[derive(Default)]
struct Names {
    text: String,
    any: bool,
}

impl Names {
    fn add(&mut self, name: &str) {
        self.any = true;
        let room = CUT_NAMES_BYTES_MAX.saturating_sub(self.text.len());
        if name.len() < room && !self.text.split(", ").any(|own| own == name) {
            let comma = if self.text.is_empty() { "" } else { ", " };
            self.text.extend([comma, name]);
        }
    }

    fn text(self) -> Option<String> {
        self.any.then_some(self.text)
    }
}

#[cfg(test)]
mod tests {
    use super::{TAG, fit};
    use eventscope_model::{Draft, EventType, Labels, limits};

    fn draft() -> Draft {
        Draft::new(EventType::Custom, "test", "a name")
    }

    #[test]
    fn what_fits_is_left_as_it_is() {
        let mut whole = draft().description("x");
        assert!(!fit(&mut whole));
        assert_eq!(whole, draft().description("x"));
    }

    #[test]
    fn a_long_name_goes_on_in_the_description() {
        let mut long = draft().description("more");
        long.name = "é".repeat(600);
        assert!(fit(&mut long));
        assert!(long.name.starts_with("éé") && long.name.ends_with("é.."));
        assert!(long.name.len() <= limits::NAME_BYTES_MAX);
        assert_eq!(long.description, format!("{}\nmore", "é".repeat(600)));
        assert_eq!(long.tags.get(TAG), Some("name"));
        assert_eq!(long.check(), Ok(()));
    }

    #[test]
    fn labels_go_and_tags_are_cut() {
        let mut long = draft();
        let value = "v".repeat(limits::LABEL_VALUE_BYTES_MAX + 1);
        long.labels = [("a", "1"), ("b", value.as_str())].into();
        long.labels.insert("k".repeat(limits::KEY_BYTES_MAX + 1), "x");
        long.tags = [("note", value.as_str())].into();
        assert!(fit(&mut long));
        assert_eq!(long.labels, Labels::from([("a", "1")]));
        assert_eq!(long.tags.get("note").map(str::len), Some(limits::LABEL_VALUE_BYTES_MAX));
        let said = long.tags.get(TAG).unwrap();
        assert!(said.starts_with("b, kkk") && said.ends_with(", note"), "{said}");
        assert_eq!(long.check(), Ok(()));
    }

    #[test]
    fn of_too_many_the_last_go() {
        let many = |count: usize| -> Labels {
            (0..count).map(|n| (format!("{n:04}"), "x".to_owned())).collect()
        };
        let mut full = draft();
        (full.labels, full.tags) = (many(limits::LABELS_MAX + 2), many(limits::TAGS_MAX + 2));
        assert!(fit(&mut full));
        assert_eq!(full.labels.len(), limits::LABELS_MAX);
        assert_eq!(full.check(), Ok(()));
        assert_eq!(full.tags.get(TAG), Some("0512, 0513, 0064, 0065"));
    }

    #[test]
    fn an_event_that_is_too_long_for_its_tags_loses_the_longest_and_keeps_its_labels() {
        let mut long = draft();
        let value = |bytes: usize| "v".repeat(bytes);
        long.tags = (0..64_usize).map(|n| (format!("{n:02}"), value(4_030 + n))).collect();
        long.labels = (0..9_usize).map(|n| (format!("{n}"), value(4_000))).collect();
        assert!(fit(&mut long));
        assert_eq!(long.check(), Ok(()));
        assert!(long.labels.len() == 9 && long.tags.get("00").is_some());
        let again = long.clone();
        assert!(!fit(&mut long) && long == again);
    }

    #[test]
    fn an_event_that_is_too_long_loses_its_longest_labels() {
        let mut long = draft().description("d".repeat(60_000));
        let pairs = (0..100_usize).map(|n| (format!("{n:02}"), "v".repeat(2_000 + n)));
        long.labels = pairs.collect();
        assert!(fit(&mut long));
        assert_eq!(long.check(), Ok(()));
        assert!(long.labels.get("00").is_some() && long.labels.get("99").is_none());
    }
}
