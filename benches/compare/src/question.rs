//! The questions, as `questions.json` gives them: each once as an expression of eventscope, and
//! once as a tree of conditions that the peers turn into queries of their own.

use crate::Result;
use crate::events::Meta;
use serde::{Deserialize, Serialize};

/// All questions, and the change that is made to many events at once.
#[derive(Debug, Deserialize)]
pub(crate) struct Questions {
    pub(crate) questions: Vec<Question>,
    /// Which events are acknowledged in one durable commit.
    pub(crate) acknowledge: Question,
}

/// What is asked: always the total and the newest 50 events, sometimes more.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub(crate) struct Question {
    pub(crate) name: String,
    pub(crate) expression: String,
    /// The same as the expression; `None` for all events.
    #[serde(rename = "where")]
    pub(crate) condition: Option<Condition>,
    /// `severity`, `type`, or the key of a label.
    #[serde(default)]
    pub(crate) facets: Vec<String>,
    /// Nanoseconds of a bucket.
    #[serde(default)]
    pub(crate) histogram: Option<i64>,
    /// How many matching events are newer than the page.
    #[serde(default)]
    pub(crate) skip: usize,
    /// The last of the skipped events, by its time and id: the page is of older ones.
    #[serde(default)]
    pub(crate) before: Option<(i64, u64)>,
}

/// A condition on one event. An event without a label meets none that is about that label, and so
/// meets all their negations.
#[derive(Clone, Debug, Deserialize, Serialize, PartialEq, Eq)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Condition {
    And(Vec<Self>),
    Or(Vec<Self>),
    Not(Box<Self>),
    Severity(Vec<u8>),
    Type(Vec<String>),
    State(String),
    Acknowledged(bool),
    /// This time or later: nanoseconds, as text because a placeholder stands for them.
    Since(String),
    LabelIn(String, Vec<String>),
    LabelContains(String, String),
    LabelStartsWith(String, String),
    LabelExists(String),
    Word(String),
    /// Words that stand one right after the other, joined by blanks.
    Phrase(String),
    WordPrefix(String),
}

/// The questions with the values of these events in the places of `{rare_pod}`, `{hour_ago}` and
/// `{hour_ago_nanos}`.
pub(crate) fn questions(meta: &Meta) -> Result<Questions> {
    let text = include_str!("../questions.json")
        .replace("{rare_pod}", &meta.rare_pod)
        .replace("{hour_ago}", &meta.hour_ago)
        .replace("{hour_ago_nanos}", &meta.hour_ago_nanos.to_string());
    Ok(serde_json::from_str(&text)?)
}

#[cfg(test)]
mod tests {
    use super::{Condition, questions};
    use crate::events::Meta;

    #[test]
    fn placeholders_are_filled_and_expressions_parse() {
        let meta = Meta {
            rare_pod: String::from("pod-1"),
            hour_ago: String::from("2026-11-23T01:00:00Z"),
            hour_ago_nanos: 17,
            ..Meta::default()
        };
        let questions = questions(&meta).unwrap();
        let text = format!("{questions:?}");
        assert!(!text.contains("{rare") && !text.contains("{hour"), "{text}");
        for question in questions.questions.iter().chain([&questions.acknowledge]) {
            assert!(eventscope::parse(&question.expression).is_ok(), "{}", question.expression);
            let everything = question.condition.is_none();
            assert_eq!(everything, question.expression == "everywhere", "{}", question.name);
        }
    }

    #[test]
    fn a_condition_reads_as_it_is_written() {
        let text = r#"{"and":[{"not":{"label_in":["k",["a"]]}},{"severity":[0,1]}]}"#;
        let label = Condition::LabelIn(String::from("k"), vec![String::from("a")]);
        let not = Condition::Not(Box::new(label));
        let and = Condition::And(vec![not, Condition::Severity(vec![0, 1])]);
        assert_eq!(serde_json::from_str::<Condition>(text).unwrap(), and);
        assert_eq!(serde_json::to_string(&and).unwrap(), text);
    }
}
