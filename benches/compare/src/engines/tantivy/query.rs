//! Conditions as queries of tantivy.

use super::fields::Fields;
use crate::Result;
use crate::question::Condition;
use std::ops::Bound;
use tantivy::Term;
use tantivy::query::{
    AllQuery, BooleanQuery, ExistsQuery, InvertedIndexRangeQuery, Occur, PhraseQuery, Query,
    RangeQuery, RegexQuery, TermQuery, TermSetQuery,
};
use tantivy::schema::{Field, IndexRecordOption};

/// Where texts that begin alike are looked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Beginnings {
    /// Among the terms, whose documents are gathered.
    Terms,
    /// In the column, whose values are compared document by document.
    Column,
}

/// The query of a condition; `None` stands for all events.
pub(super) fn query(
    condition: Option<&Condition>,
    fields: &Fields,
    beginnings: Beginnings,
) -> Result<Box<dyn Query>> {
    match condition {
        Some(condition) => built(condition, fields, beginnings),
        None => Ok(Box::new(AllQuery)),
    }
}

/// Whether there are several ways to look for it.
pub(super) fn has_beginnings(condition: &Condition) -> bool {
    match condition {
        Condition::And(children) | Condition::Or(children) => children.iter().any(has_beginnings),
        Condition::Not(child) => has_beginnings(child),
        Condition::LabelStartsWith(..) => true,
        _ => false,
    }
}

fn built(condition: &Condition, fields: &Fields, beginnings: Beginnings) -> Result<Box<dyn Query>> {
    let nested = |child: &Condition| built(child, fields, beginnings);
    let word = |word: &str| Term::from_field_text(fields.text, word);
    Ok(match condition {
        Condition::And(children) => {
            let mut clauses = Vec::new();
            for child in children {
                clauses.push(match child {
                    Condition::Not(child) => (Occur::MustNot, nested(child)?),
                    child => (Occur::Must, nested(child)?),
                });
            }
            if clauses.iter().all(|(occur, _)| *occur == Occur::MustNot) {
                clauses.push((Occur::Must, Box::new(AllQuery)));
            }
            Box::new(BooleanQuery::new(clauses))
        }
        Condition::Or(children) => {
            let children = children.iter().map(nested).collect::<Result<Vec<_>>>()?;
            Box::new(BooleanQuery::union(children))
        }
        Condition::Not(child) => Box::new(BooleanQuery::new(vec![
            (Occur::Must, Box::new(AllQuery)),
            (Occur::MustNot, nested(child)?),
        ])),
        Condition::Severity(levels) => any(fields.severity, levels.iter().map(u8::to_string)),
        Condition::Type(names) => any(fields.event_type, names.iter().cloned()),
        Condition::State(name) => any(fields.state, [name.clone()]),
        Condition::Acknowledged(is) => {
            let term = Term::from_field_bool(fields.acknowledged, *is);
            Box::new(TermQuery::new(term, IndexRecordOption::Basic))
        }
        Condition::Since(nanos) => {
            let from = Term::from_field_i64(fields.time, nanos.parse()?);
            Box::new(RangeQuery::new(Bound::Included(from), Bound::Unbounded))
        }
        Condition::LabelIn(key, values) => any(fields.label(key)?, values.iter().cloned()),
        Condition::LabelContains(key, text) => {
            let pattern = format!(".*{}.*", escaped(text));
            Box::new(RegexQuery::from_pattern(&pattern, fields.label(key)?)?)
        }
        Condition::LabelStartsWith(key, text) => beginning(fields.label(key)?, text, beginnings),
        Condition::LabelExists(key) => Box::new(ExistsQuery::new(fields.name(key)?, false)),
        Condition::Word(text) => Box::new(TermQuery::new(word(text), IndexRecordOption::Basic)),
        Condition::Phrase(words) => {
            Box::new(PhraseQuery::new(words.split(' ').map(word).collect()))
        }
        Condition::WordPrefix(text) => beginning(fields.text, text, Beginnings::Terms),
    })
}

fn any(field: Field, values: impl IntoIterator<Item = String>) -> Box<dyn Query> {
    let mut terms: Vec<Term> =
        values.into_iter().map(|value| Term::from_field_text(field, &value)).collect();
    match (terms.len(), terms.pop()) {
        (1, Some(term)) => Box::new(TermQuery::new(term, IndexRecordOption::Basic)),
        (_, last) => Box::new(TermSetQuery::new(terms.into_iter().chain(last))),
    }
}

fn beginning(field: Field, text: &str, beginnings: Beginnings) -> Box<dyn Query> {
    let from = Bound::Included(Term::from_field_text(field, text));
    let to = Bound::Excluded(Term::from_field_text(field, &format!("{text}\u{10ffff}")));
    match beginnings {
        Beginnings::Terms => Box::new(InvertedIndexRangeQuery::new(from, to)),
        Beginnings::Column => Box::new(RangeQuery::new(from, to)),
    }
}

/// A text as a pattern that matches it alone.
fn escaped(text: &str) -> String {
    let mut pattern = String::new();
    for letter in text.chars() {
        if r"\.+*?()|[]{}^$".contains(letter) {
            pattern.push('\\');
        }
        pattern.push(letter);
    }
    pattern
}

#[cfg(test)]
mod tests {
    use super::escaped;

    #[test]
    fn a_pattern_matches_its_text_alone() {
        assert_eq!(escaped("a.b-c_d/1"), r"a\.b-c_d/1");
    }
}
