//! What a question asks for that no event can answer: a label that none has, a `*` that is no
//! wildcard.

use crate::failure::{Failure, Result};
use crate::print::Printer;
use crate::spelling::Nearest;
use eventscope::{Comparison, Expr, FacetKey, Key, Operator, ScopeLabels, Store, TextField, Value};
use eventscope_wire::{Warning, WarningKind};
use std::collections::BTreeSet;

/// Keys that one question is checked for; the rest of a longer one is asked as it is.
const KEYS_MAX: usize = 64;
/// Keys of the store that a misspelled one is compared with, those of the most events first.
const COMPARED_MAX: usize = 20_000;

/// A warning as one sentence for people.
fn line(warning: &Warning) -> String {
    match &warning.suggestion {
        Some(meant) => format!("{}; did you mean `{meant}`?", warning.message),
        None => warning.message.clone(),
    }
}

/// What is odd about an expression and about keys that are counted or shown. Nothing is in an empty
/// store.
pub(crate) fn check<'a>(
    store: &Store,
    exprs: impl IntoIterator<Item = &'a Expr>,
    keys: impl IntoIterator<Item = &'a FacetKey>,
) -> Result<Vec<Warning>> {
    let mut asked = Asked::default();
    exprs.into_iter().for_each(|expr| asked.add(expr));
    for key in keys {
        asked.fields.extend(match key {
            FacetKey::Label(key) => Some(TextField::Label(key.clone())),
            FacetKey::Tag(key) => Some(TextField::Tag(key.clone())),
            _ => None,
        });
    }
    let mut warnings = Vec::new();
    let mut unknown = BTreeSet::new();
    for field in asked.fields.iter().take(KEYS_MAX) {
        let is_known = match field {
            TextField::Label(key) => store.has_label(key)?,
            TextField::Tag(key) => store.has_tag(key)?,
            _ => true,
        };
        if !is_known {
            warnings.push(unknown_key(store, field)?);
            unknown.insert(field);
        }
    }
    for comparison in asked.starred.iter().take(KEYS_MAX) {
        let Key::Text(field) = comparison.key() else { continue };
        if !unknown.contains(field) {
            warnings.extend(no_wildcard(store, comparison)?);
        }
    }
    if !warnings.is_empty() && store.count(&eventscope::parse("everywhere")?)? == 0 {
        warnings.clear();
    }
    Ok(warnings)
}

/// What is odd about a question besides: words are looked for in every event, since the text index
/// is one of another version. That is no reason to refuse anything.
pub(crate) fn outdated<'a>(
    store: &Store,
    exprs: impl IntoIterator<Item = &'a Expr>,
) -> Option<Warning> {
    (store.outdated_text_files() > 0 && exprs.into_iter().any(has_words)).then(|| Warning {
        kind: WarningKind::OutdatedTextIndex,
        message: "another version made the text index, so words are looked for in every event; \
                  `eventscope verify` makes it again, as the next import does"
            .to_owned(),
        suggestion: None,
    })
}

fn has_words(expr: &Expr) -> bool {
    match expr {
        Expr::Everywhere(_) => false,
        Expr::Not(inner) => has_words(inner),
        Expr::And(children) | Expr::Or(children) => children.iter().any(has_words),
        Expr::Comparison(comparison) => matches!(comparison.key(), Key::Words),
    }
}

/// Patterns of scope labels that no label of the store matches. In an empty store they may all come
/// to match.
pub(crate) fn unmatched(store: &Store, scope: &ScopeLabels) -> Result<Vec<Warning>> {
    let single = |pattern: String| Some((ScopeLabels::only([&pattern]).ok()?, pattern));
    let mut open: Vec<_> = scope.patterns().filter_map(single).collect();
    store.each_label("", |key, _| open.retain(|(pattern, _)| !pattern.admit(key)))?;
    if open.is_empty() || store.count(&eventscope::parse("everywhere")?)? == 0 {
        return Ok(Vec::new());
    }
    let warning = |(_, pattern): (ScopeLabels, String)| Warning {
        kind: WarningKind::UnmatchedPattern,
        message: format!("no event has a label that `{pattern}` matches"),
        suggestion: None,
    };
    Ok(open.into_iter().map(warning).collect())
}

/// Tells warnings to whoever reads standard error.
pub(crate) fn tell(warnings: &[Warning], out: &Printer) {
    for warning in warnings {
        out.warn(&format!("warning: {}", line(warning)));
    }
}

/// Lets nothing be changed by an expression that cannot mean what it says.
pub(crate) fn refuse(warnings: &[Warning]) -> Result<()> {
    match warnings {
        [] => Ok(()),
        _ => {
            let mut lines: Vec<String> = warnings.iter().map(line).collect();
            lines.push("nothing was changed; --force goes on all the same".to_owned());
            Err(Failure::several(lines))
        }
    }
}

/// What an expression asks for.
#[derive(Debug, Default)]
struct Asked<'a> {
    fields: BTreeSet<TextField>,
    /// Comparisons with whole values of which one holds a `*`.
    starred: Vec<&'a Comparison>,
}

impl<'a> Asked<'a> {
    fn add(&mut self, expr: &'a Expr) {
        match expr {
            Expr::Everywhere(_) => {}
            Expr::Not(inner) => self.add(inner),
            Expr::And(children) | Expr::Or(children) => {
                children.iter().for_each(|child| self.add(child));
            }
            Expr::Comparison(comparison) => {
                let Key::Text(field) = comparison.key() else { return };
                self.fields.insert(field.clone());
                let has_star =
                    |value: &Value| matches!(value, Value::Text(text) if text.contains('*'));
                if comparison.values().iter().any(has_star) {
                    self.starred.push(comparison);
                }
            }
        }
    }
}

fn unknown_key(store: &Store, field: &TextField) -> Result<Warning> {
    let (thing, key) = match field {
        TextField::Tag(key) => ("tag", key.as_str()),
        TextField::Label(key) => ("label", key.as_str()),
        TextField::Name | TextField::Description | TextField::Source | TextField::Uid => {
            ("field", "")
        }
    };
    let mut nearest = Nearest::to(key);
    let mut compared = 0_usize;
    eventscope_scope::field_names().for_each(|name| nearest.lend(name));
    store.each_label("", |key, _| {
        compared = compared.saturating_add(1);
        if compared <= COMPARED_MAX {
            nearest.lend(key);
        }
    })?;
    let message = format!("no event has a {thing} `{key}`");
    Ok(Warning { kind: WarningKind::UnknownKey, message, suggestion: nearest.found() })
}

/// The warning about a `*` in a value that no event has.
fn no_wildcard(store: &Store, comparison: &Comparison) -> Result<Option<Warning>> {
    let operator = match comparison.operator().negated() {
        Some(positive) if is_negative(comparison.operator()) => positive,
        _ => comparison.operator(),
    };
    let values = comparison.values().iter().filter_map(|value| match value {
        Value::Text(text) if text.contains('*') => Some(text),
        _ => None,
    });
    for text in values {
        let key = key(comparison);
        let single = match operator {
            Operator::In => Operator::Equal,
            other => other,
        };
        let Ok(asked) = Comparison::new(&key, single, &[text]) else { continue };
        if store.count(&Expr::Comparison(asked))? > 0 {
            continue;
        }
        let message = format!("`*` is no wildcard here: nothing {} `{text}`", verb(single));
        let suggestion = meant(&key, text, is_negative(comparison.operator()));
        let kind = WarningKind::NoWildcard;
        return Ok(Some(Warning { kind, message, suggestion }));
    }
    Ok(None)
}

fn verb(operator: Operator) -> &'static str {
    match operator {
        Operator::Contains => "contains",
        Operator::StartsWith => "starts with",
        _ => "is called",
    }
}

fn is_negative(operator: Operator) -> bool {
    matches!(
        operator,
        Operator::NotEqual | Operator::NotIn | Operator::NotContains | Operator::NotStartsWith
    )
}

/// The comparison that a value with a `*` at its end, or around it, stands for elsewhere.
fn meant(key: &str, text: &str, is_negative: bool) -> Option<String> {
    let inner = text.trim_matches('*');
    if inner.is_empty() || inner.contains('*') {
        return None;
    }
    let operator = match (text.starts_with('*'), is_negative) {
        (false, false) => Operator::StartsWith,
        (false, true) => Operator::NotStartsWith,
        (true, false) => Operator::Contains,
        (true, true) => Operator::NotContains,
    };
    Comparison::new(key, operator, &[inner]).ok().map(|comparison| comparison.to_string())
}

/// The key of a comparison as expressions write it.
fn key(comparison: &Comparison) -> String {
    let quoted = |key: &str| key.replace('\\', "\\\\").replace('\'', "\\'");
    match comparison.key() {
        Key::Text(TextField::Label(key)) => format!("label.'{}'", quoted(key)),
        Key::Text(TextField::Tag(key)) => format!("tag.'{}'", quoted(key)),
        Key::Text(TextField::Name) => "name".to_owned(),
        Key::Text(TextField::Description) => "description".to_owned(),
        Key::Text(TextField::Source) => "source".to_owned(),
        _ => "uid".to_owned(),
    }
}
