//! The scope of an event as text: its labels as `key = 'value' and ..`, written and read.
//!
//! This is the part of the scope language that labels need: layers of `=` joined by `and`. A key
//! that the language would take for something else is written `label.<key>`, in quotes if it has
//! other characters than `A-Za-z0-9_./:-`. Inside quotes `\` stands before `'`, `"` and `\`.

use crate::Labels;
use std::{borrow::Cow, iter::Peekable, str::Chars};

/// The fields of the scope language, which differ from labels in another case.
const FIELDS: [&str; 14] = [
    "severity",
    "type",
    "category",
    "status",
    "state",
    "acknowledged",
    "name",
    "description",
    "source",
    "uid",
    "id",
    "time",
    "count",
    "text",
];

/// The words of the scope language, in any case.
const WORDS: [&str; 10] =
    ["and", "or", "not", "in", "is", "does", "contains", "starts", "exists", "everywhere"];

/// What stands before the key of a label, in both spellings that the scope language reads.
const LABEL: [&str; 2] = ["label.", "labels."];

/// What stands before the key of a tag.
const TAG: &str = "tag.";

impl Labels {
    /// The labels as a scope expression: sorted by canonical key, empty without labels.
    ///
    /// ```
    /// use eventscope_model::Labels;
    ///
    /// let labels: Labels = [("kube_pod_name", "web-1"), ("build", "89")].into();
    /// assert_eq!(labels.scope(), "build = '89' and kubernetes.pod.name = 'web-1'");
    /// assert_eq!(Labels::from_scope("build = 89"), Some([("build", "89")].into()));
    /// ```
    #[must_use]
    pub fn scope(&self) -> String {
        let mut pairs: Vec<_> = self.canonical().collect();
        pairs.sort_unstable();
        let mut text = String::new();
        for (key, value) in pairs {
            if !text.is_empty() {
                text.push_str(" and ");
            }
            text.push_str(&print_key(key));
            text.push_str(" = ");
            push_quoted(&mut text, value);
        }
        text
    }

    /// The labels that an expression asks for; `None` if it is anything but comparisons by `=`,
    /// joined by `and`.
    #[must_use]
    pub fn from_scope(text: &str) -> Option<Self> {
        let mut reader = Reader { rest: text.chars().peekable() };
        let mut pairs = Vec::new();
        let mut open = reader.skip_white().is_some();
        while open {
            let (pair, more) = reader.layer()?;
            pairs.push(pair);
            open = more;
        }
        Some(Self::from_pairs(pairs))
    }
}

fn print_key(key: &str) -> Cow<'_, str> {
    if key.is_empty() || !key.chars().all(is_key_char) {
        let mut quoted = "label.".to_owned();
        push_quoted(&mut quoted, key);
        return quoted.into();
    }
    let is_prefixed = LABEL.iter().any(|prefix| key.starts_with(prefix));
    if is_prefixed || is_taken(key) { format!("label.{key}").into() } else { key.into() }
}

/// Whether the scope language has another use for a key than as that of a label.
fn is_taken(key: &str) -> bool {
    FIELDS.contains(&key)
        || WORDS.iter().any(|word| word.eq_ignore_ascii_case(key))
        || key.starts_with(TAG)
}

fn push_quoted(text: &mut String, value: &str) {
    text.push('\'');
    for letter in value.chars() {
        if matches!(letter, '\'' | '\\') {
            text.push('\\');
        }
        text.push(letter);
    }
    text.push('\'');
}

fn is_key_char(letter: char) -> bool {
    letter.is_ascii_alphanumeric() || matches!(letter, '_' | '.' | '/' | ':' | '-')
}

struct Reader<'a> {
    rest: Peekable<Chars<'a>>,
}

impl Reader<'_> {
    /// One `key = value`, and whether `and` follows it; `None` if it is something else.
    fn layer(&mut self) -> Option<((String, String), bool)> {
        let key = self.key()?;
        self.skip_white();
        self.rest.next_if_eq(&'=')?;
        let value = match self.skip_white()? {
            quote @ ('\'' | '"') => self.quoted(quote)?,
            _ => self.run(|letter| !letter.is_whitespace() && !",()".contains(letter))?,
        };
        let more = self.skip_white().is_some();
        if more && !self.run(is_key_char)?.eq_ignore_ascii_case("and") {
            return None;
        }
        self.skip_white();
        Some(((key, value), more))
    }

    fn key(&mut self) -> Option<String> {
        let word = self.run(is_key_char)?;
        let Some(key) = LABEL.iter().find_map(|prefix| word.strip_prefix(prefix)) else {
            return Some(word).filter(|word| !is_taken(word));
        };
        match self.rest.peek() {
            Some(&quote @ ('\'' | '"')) if key.is_empty() => self.quoted(quote),
            _ => Some(key.to_owned()).filter(|key| !key.is_empty()),
        }
    }

    /// The next character that is no white space, left where it is.
    fn skip_white(&mut self) -> Option<char> {
        while self.rest.next_if(|letter| letter.is_whitespace()).is_some() {}
        self.rest.peek().copied()
    }

    /// At least one character of a kind.
    fn run(&mut self, belongs: impl Fn(char) -> bool) -> Option<String> {
        let mut text = String::new();
        while let Some(letter) = self.rest.next_if(|letter| belongs(*letter)) {
            text.push(letter);
        }
        Some(text).filter(|text| !text.is_empty())
    }

    fn quoted(&mut self, quote: char) -> Option<String> {
        self.rest.next();
        let mut text = String::new();
        loop {
            match self.rest.next()? {
                '\\' => {
                    let escaped = self.rest.next_if(|letter| "'\"\\".contains(*letter));
                    text.push(escaped.unwrap_or('\\'));
                }
                letter if letter == quote => return Some(text),
                letter => text.push(letter),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::Labels;
    use proptest::prelude::*;

    #[track_caller]
    fn prints(pairs: &[(&str, &str)], text: &str) {
        let labels: Labels = pairs.iter().copied().collect();
        assert_eq!(labels.scope(), text);
        assert_eq!(Labels::from_scope(text), Some(labels));
    }

    #[test]
    fn labels_go_there_and_back() {
        prints(&[], "");
        prints(&[("b", "2"), ("a", "x y")], "a = 'x y' and b = '2'");
        prints(&[("a", r#"it's "\" "#)], r#"a = 'it\'s "\\" '"#);
        prints(&[("name", "n"), ("And", "")], "label.And = '' and label.name = 'n'");
        prints(
            &[("tag.x", "1"), ("\u{1f600} k", "2")],
            "label.tag.x = '1' and label.'\u{1f600} k' = '2'",
        );
        prints(&[("labels.x", "1"), ("Tag.x", "2")], "Tag.x = '2' and label.labels.x = '1'");
        prints(&[("Severity", "1"), ("severity", "2")], "Severity = '1' and label.severity = '2'");
    }

    #[test]
    fn aliases_are_printed_in_their_dot_form() {
        let labels: Labels = [("kube_pod_name", "p"), ("container.id", "c")].into();
        assert_eq!(labels.scope(), "container.id = 'c' and kubernetes.pod.name = 'p'");
    }

    #[test]
    fn other_spellings_are_read_and_other_expressions_are_not() {
        let labels: Labels = [("a", "1"), ("b", "2")].into();
        assert_eq!(Labels::from_scope(" a=1 AND b = \"2\" "), Some(labels.clone()));
        assert_eq!(Labels::from_scope("labels.a = 1 and labels.'b' = 2"), Some(labels));
        for text in [
            "a",
            "a = ",
            "a = '1",
            "a = 1 or b = 2",
            "a != 1",
            "severity = 4",
            "a = 1 and",
            "label. = 1",
        ] {
            assert_eq!(Labels::from_scope(text), None, "{text}");
        }
    }

    proptest! {
        #[test]
        fn every_label_goes_there_and_back(
            pairs in prop::collection::vec(("[a-z.]{1,6}|\\PC{1,6}", "\\PC{0,8}"), 0..6),
        ) {
            let labels: Labels = pairs.into_iter().collect();
            prop_assert_eq!(Labels::from_scope(&labels.scope()), Some(labels));
        }

        #[test]
        fn no_text_panics(text in "\\PC*|([a-c='\"\\\\ ]|and|label\\.)*") {
            let _ = Labels::from_scope(&text);
        }
    }
}
