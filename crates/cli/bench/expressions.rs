//! Which expressions are measured: those of a file, else a fair set made of what the store holds.

use crate::failure::{Failure, Result};
use eventscope::{Request, Store};
use std::fs;
use std::path::Path;

/// Labels that expressions are made of: those that most events have.
const LABELS: usize = 4;
/// Values of one `in`.
const LISTED: usize = 20;
/// Letters of a beginning.
const BEGINNING: usize = 3;

/// The expressions of a file, one a line; empty lines and those that begin with `#` are none.
pub(crate) fn read(path: &Path) -> Result<Vec<String>> {
    let text = fs::read_to_string(path)
        .map_err(|error| Failure::caused(&format!("cannot read {}", path.display()), &error))?;
    let lines = text.lines().map(str::trim).filter(|line| !line.is_empty());
    let expressions: Vec<String> =
        lines.filter(|line| !line.starts_with('#')).map(str::to_owned).collect();
    if expressions.is_empty() {
        return Err(Failure::new(format!("{} holds no expression", path.display())));
    }
    Ok(expressions)
}

/// Expressions over severities, types and states, and over the labels that most events have: a
/// frequent and a rare value, a list, a beginning, a part, presence, absence, two labels, a word,
/// and the last hour of the store.
pub(crate) fn derive(store: &Store) -> Result<Vec<String>> {
    let mut all = vec![
        "everywhere".to_owned(),
        "severity in (high, medium)".to_owned(),
        "type = kubernetes and severity = warning".to_owned(),
        "type = alert and state = triggered and acknowledged = false".to_owned(),
        "type != docker and not severity in (info)".to_owned(),
    ];
    let mut frequent = Vec::new();
    for (key, _) in store.labels("")?.into_iter().take(LABELS) {
        let values = store.values(&key, "")?;
        let (Some((most, _)), Some((least, _))) = (values.first(), values.last()) else { continue };
        let key = format!("label.{}", quoted(&key));
        all.push(format!("{key} = {}", quoted(most)));
        all.push(format!("{key} = {}", quoted(least)));
        let listed: Vec<String> =
            values.iter().take(LISTED).map(|(value, _)| quoted(value)).collect();
        all.push(format!("{key} in ({})", listed.join(", ")));
        let beginning: String = most.chars().take(BEGINNING).collect();
        all.push(format!("{key} starts with {}", quoted(&beginning)));
        all.push(format!("not {key} contains {}", quoted(&beginning)));
        all.push(format!("{key} exists"));
        frequent.push(format!("{key} = {}", quoted(most)));
    }
    if let [one, two, ..] = frequent.as_slice() {
        all.push(format!("{one} and {two}"));
        all.push(format!("{one} or {two}"));
        all.push(format!("{one} and severity in (high, medium, low)"));
    }
    let newest = store.query(&Request::everything().newest(1))?.events;
    if let Some(newest) = newest.first() {
        let from = newest.time.saturating_add(-3_600_000_000_000);
        all.push(format!("time >= '{from}' and severity in (high, medium)"));
        let words = newest.name.split(|letter: char| !letter.is_alphanumeric());
        if let Some(word) = words.max_by_key(|word| word.len()).filter(|word| !word.is_empty()) {
            all.push(format!("text = {}", quoted(word)));
        }
    }
    Ok(all)
}

/// A text as a value or a key of an expression.
fn quoted(text: &str) -> String {
    format!("'{}'", text.replace('\\', "\\\\").replace('\'', "\\'"))
}

#[cfg(test)]
mod tests {
    use super::{derive, read};
    use eventscope::{Draft, Options, Request, Store};
    use std::fs;

    #[test]
    fn what_is_derived_can_be_asked() {
        let store = Store::in_memory(Options::default()).unwrap();
        assert_eq!(derive(&store).unwrap().len(), 5);
        let drafts: Vec<_> = (0..30)
            .map(|n| {
                Draft::custom("it's down").label("odd 'key\\'", format!("v'{n}")).label("b", "x")
            })
            .collect();
        store.append(drafts).unwrap();
        let all = derive(&store).unwrap();
        assert_eq!(all.len(), 5 + 2 * 6 + 3 + 2);
        for expression in &all {
            store.query(&Request::parse(expression).unwrap()).unwrap();
        }
        let total =
            |expression: &str| store.query(&Request::parse(expression).unwrap()).unwrap().total;
        assert_eq!(total(&all[5]), 30);
    }

    #[test]
    fn a_file_has_an_expression_a_line() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("e.txt");
        fs::write(&path, "# mine\n\n severity = 3 \ntype = alert\r\n").unwrap();
        assert_eq!(read(&path).unwrap(), ["severity = 3", "type = alert"]);
        fs::write(&path, "# nothing\n").unwrap();
        assert!(read(&path).is_err());
        assert!(read(&folder.path().join("absent")).is_err());
    }
}
