//! One test of a filter over one part of the store: which rows pass, as far as its index can tell.

use crate::answer::{Answer, Doubt, Rows};
use crate::work::Work;
use eventscope_model::words::Phrase;
use eventscope_model::{EventType, Severity, State, Timestamp};
use eventscope_scope::{Filter, SeveritySet, Span, Test, TextField, TextTest, TypeSet};
use eventscope_storage::{Field, Overlay, Part, Result, RowSet, Snapshot, Times};

/// A test, or its opposite, and the rows of the part that it was last asked about.
#[derive(Debug)]
pub(crate) struct Operand<'q> {
    /// The test as the filter has it.
    test: &'q Test,
    negated: bool,
    question: Question<'q>,
    /// Whether the rows that answer the question are wanted, or the others.
    wanted: Wanted,
    answer: Answer<'q>,
}

/// A test as it is put to an index.
#[derive(Clone, Copy, Debug)]
enum Question<'q> {
    Severity(SeveritySet),
    Type(TypeSet),
    Resolved,
    Acknowledged,
    /// Only counts above 1 are indexed: the span begins at 2 or later, or is empty.
    Count(Span<u64>),
    Id(Span<u64>),
    Time(Span<Timestamp>),
    Text(Field<'q>, &'q TextTest),
    Uid(&'q [String]),
    Phrase(&'q Phrase, &'q Snapshot),
    /// No index knows.
    Unindexed,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Wanted {
    Answering,
    Others,
}

impl<'q> Operand<'q> {
    /// The operand of a test, or of its opposite. Tests for words have an operand for each phrase:
    /// see [`Operand::phrase`].
    pub(crate) fn new(test: &'q Test, negated: bool) -> Self {
        let (question, flipped) = match test {
            Test::Severity(set) => (Question::Severity(*set), false),
            Test::Type(set) => (Question::Type(*set), false),
            Test::State(state) => (Question::Resolved, *state == State::Triggered),
            Test::Acknowledged => (Question::Acknowledged, false),
            Test::Id(span) => (Question::Id(*span), false),
            Test::Time(span) => (Question::Time(*span), false),
            Test::Count(span) => count(*span),
            Test::Text { field, test } => (text(field, test), false),
            Test::Words(_) => (Question::Unindexed, false),
        };
        let wanted = if negated == flipped { Wanted::Answering } else { Wanted::Others };
        Self { test, negated, question, wanted, answer: Answer::default() }
    }

    /// The operand of one phrase of a test for words, or of its opposite.
    pub(crate) fn phrase(
        test: &'q Test,
        phrase: &'q Phrase,
        negated: bool,
        snapshot: &'q Snapshot,
    ) -> Self {
        let wanted = if negated { Wanted::Others } else { Wanted::Answering };
        let question = Question::Phrase(phrase, snapshot);
        Self { test, negated, question, wanted, answer: Answer::default() }
    }

    /// What is tested, as a filter.
    pub(crate) fn filter(&self) -> Filter {
        let test = match self.question {
            Question::Phrase(phrase, _) => Test::Words(phrase.clone().into()),
            _ => self.test.clone(),
        };
        if self.negated { Filter::Not(test) } else { Filter::Test(test) }
    }

    /// Whether the overlay never changes its rows, the index decides all of them, and they do not
    /// move with the clock: what may be cached and will be asked again.
    pub(crate) fn is_steady(&self) -> bool {
        match self.question {
            Question::Severity(_) | Question::Type(_) | Question::Text(..) => true,
            // The text index may still be behind; what it does not know is not for ever.
            Question::Phrase(_, snapshot) => snapshot.is_text_complete(),
            _ => false,
        }
    }

    /// Whether only the events themselves can decide some rows of the part.
    pub(crate) fn has_doubt(&self) -> bool {
        !self.answer.doubt.is_none()
    }

    /// Whether this is about times, and the part lies outside of them as a whole.
    pub(crate) fn is_outside_time(&self, part: &Part<'_>) -> bool {
        let Question::Time(span) = self.question else { return false };
        let (first, last) = part.time_span();
        match self.wanted {
            Wanted::Answering => last < span.first || span.last < first,
            Wanted::Others => span.first <= first && last <= span.last,
        }
    }

    /// How many values of the index answer, and out of how many.
    #[expect(
        clippy::arithmetic_side_effects,
        reason = "the values that answer are among those of the index"
    )]
    pub(crate) fn values(&self) -> Option<(usize, usize)> {
        match &self.answer.rows {
            Rows::Values(index) => Some((self.answer.values.len(), index.len())),
            Rows::AllBut(index) => Some((index.len() - self.answer.values.len(), index.len())),
            Rows::Present(index) => Some((index.len(), index.len())),
            Rows::Nothing
            | Rows::Everything
            | Rows::Span(..)
            | Rows::Times(..)
            | Rows::Phrase(_) => None,
        }
    }

    /// The bytes of the index that computing the rows touches.
    pub(crate) fn bytes(&self) -> usize {
        self.answer.bytes()
    }

    /// How the rows are found.
    pub(crate) fn access(&self) -> Access {
        match self.question {
            Question::Severity(_) | Question::Type(_) | Question::Text(..) => Access::Index,
            Question::Resolved | Question::Acknowledged | Question::Count(_) => Access::Overlaid,
            Question::Id(_) | Question::Time(_) => Access::Order,
            Question::Uid(_) => Access::Hash,
            Question::Phrase(..) => Access::Words,
            Question::Unindexed => Access::Event,
        }
    }

    /// Asks the index of a part, and gives how many of its rows pass at most.
    pub(crate) fn ask(&mut self, part: &Part<'q>, overlay: Option<&'q Overlay>) -> Result<u32> {
        let answer = &mut self.answer;
        (answer.removed, answer.added, answer.doubt) = (None, None, Doubt::None);
        match self.question {
            Question::Severity(set) => {
                answer.listed(part, Field::Severity, set.iter().map(digit))?;
            }
            Question::Type(set) => {
                answer.listed(part, Field::Type, set.iter().map(EventType::name))?;
            }
            Question::Resolved => {
                answer.listed(part, Field::State, ["resolved"].into_iter())?;
                answer.added = overlay.and_then(Overlay::resolved);
            }
            Question::Acknowledged => {
                answer.listed(part, Field::Acknowledged, ["true"].into_iter())?;
                answer.removed = overlay.and_then(Overlay::unacknowledged);
                answer.added = overlay.and_then(Overlay::acknowledged);
            }
            Question::Count(span) => {
                let holds = |text: &str| text.parse().is_ok_and(|count| span.contains(count));
                answer.scanned(part, Field::Count, holds)?;
                answer.doubt =
                    overlay.and_then(Overlay::recounted).map_or(Doubt::None, Doubt::Rows);
            }
            Question::Id(span) => answer.ids(part, span),
            Question::Time(span) => answer.times(part, span)?,
            Question::Text(field, TextTest::In(values)) => {
                answer.listed(part, field, values.iter().map(String::as_str))?;
            }
            Question::Text(field, TextTest::StartsWith(start)) => {
                answer.starting(part, field, start)?;
            }
            Question::Text(field, TextTest::Exists) => answer.present(part, field)?,
            Question::Text(field, TextTest::Contains(text)) => {
                answer.containing(part, field, text)?;
            }
            Question::Uid(uids) => answer.uids(part, uids)?,
            Question::Phrase(phrase, snapshot) => answer.phrase(snapshot.phrase(part, phrase)?),
            Question::Unindexed => answer.unknown(),
        }
        Ok(self.rows_max(part.len()))
    }

    #[expect(
        clippy::arithmetic_side_effects,
        reason = "spans of one part end where they start or later, and do not overlap"
    )]
    fn rows_max(&self, all: u32) -> u32 {
        let answer = &self.answer;
        match self.wanted {
            // How many rows hold a phrase is known only from above.
            Wanted::Others if answer.is_plain() && !matches!(answer.rows, Rows::Phrase(_)) => {
                all.saturating_sub(answer.len)
            }
            Wanted::Others => all,
            Wanted::Answering => {
                let added = answer.added.map_or(0, RowSet::len);
                let doubtful = match &answer.doubt {
                    Doubt::None => 0,
                    Doubt::All => all,
                    Doubt::Rows(rows) => rows.len(),
                    Doubt::Listed(rows) => rows.len() as u32,
                    Doubt::Spans(spans) => {
                        spans.iter().map(|(first, last)| u32::from(last - first) + 1).sum()
                    }
                };
                answer.len.saturating_add(added).saturating_add(doubtful).min(all)
            }
        }
    }

    /// Keeps the rows in `set` that pass.
    pub(crate) fn keep(&self, set: &mut RowSet, work: &mut Work) -> Result<()> {
        let answer = &self.answer;
        match (self.wanted, &answer.rows) {
            _ if !answer.is_plain() => self.keep_by_set(set, work)?,
            (Wanted::Answering, Rows::Everything) | (Wanted::Others, Rows::Nothing) => {}
            (Wanted::Answering, Rows::Times(times, range)) if set.len() < range.len() as u32 => {
                self.keep_by_time(set, times, work);
            }
            (Wanted::Answering, Rows::Present(index)) => index.present().and_into(set),
            (Wanted::Others, Rows::Present(index)) => index.present().and_not_into(set),
            (Wanted::Others, Rows::Values(index)) | (Wanted::Answering, Rows::AllBut(index)) => {
                answer.values.iter().for_each(|value| index.rows(*value).and_not_into(set));
            }
            (Wanted::Answering, Rows::Values(index)) => match answer.values.as_slice() {
                [value] => index.rows(*value).and_into(set),
                _ => self.keep_by_set(set, work)?,
            },
            (Wanted::Answering, Rows::Phrase(hits)) => hits.and_into(set)?,
            _ => self.keep_by_set(set, work)?,
        }
        Ok(())
    }

    /// Looks at the time of each row in `set`.
    fn keep_by_time(&self, set: &mut RowSet, times: &Times, work: &mut Work) {
        let Question::Time(span) = self.question else { return };
        let mut outside = work.take();
        set.iter().for_each(|row| {
            if !span.contains(times.time(row)) {
                outside.insert(row);
            }
        });
        set.and_not(&outside);
        work.give(outside);
    }

    fn keep_by_set(&self, set: &mut RowSet, work: &mut Work) -> Result<()> {
        let mut answering = work.take();
        match self.wanted {
            Wanted::Answering => {
                self.answer.add_to(&mut answering, work.doubtful, work.span)?;
                set.and(&answering);
            }
            Wanted::Others => {
                self.answer.add_to(&mut answering, work.doubtful.opposite(), work.span)?;
                set.and_not(&answering);
            }
        }
        work.give(answering);
        Ok(())
    }

    /// Adds the rows of the part that pass to `set`. An overlay has rows of other parts of the
    /// window too, which are not added.
    pub(crate) fn add(&self, set: &mut RowSet, work: &mut Work) -> Result<()> {
        if self.wanted == Wanted::Answering && self.answer.is_plain() {
            return self.answer.add_indexed(set, work.span);
        }
        let mut passing = work.take();
        passing.insert_span(work.span.0, work.span.1);
        self.keep(&mut passing, work)?;
        set.or(&passing);
        work.give(passing);
        Ok(())
    }
}

/// How the rows that pass a test are found.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Access {
    /// In the dictionary of a field and the stored rows of its values.
    Index,
    /// In the same way, with the changes since then laid over.
    Overlaid,
    /// By their place in the order of ids or times.
    Order,
    /// By the hash of the uid, confirmed on the event.
    Hash,
    /// In the text index; by reading events where it does not know them yet.
    Words,
    /// By reading the events that the rest of the filter leaves.
    Event,
}

/// Counts: 1 is not indexed, so a span that holds it is asked for by what it leaves out.
fn count(span: Span<u64>) -> (Question<'static>, bool) {
    if !span.contains(1) {
        return (Question::Count(span), false);
    }
    let above = Span { first: span.last.saturating_add(1), last: u64::MAX };
    let none = Span { first: u64::MAX, last: 0 };
    (Question::Count(if span.last == u64::MAX { none } else { above }), true)
}

fn text<'q>(field: &'q TextField, test: &'q TextTest) -> Question<'q> {
    let field = match field {
        TextField::Name => Field::Name,
        TextField::Source => Field::Source,
        TextField::Label(key) => Field::Label(key),
        TextField::Tag(key) => Field::Tag(key),
        TextField::Uid => {
            return match test {
                TextTest::In(uids) => Question::Uid(uids),
                TextTest::Exists | TextTest::Contains(_) | TextTest::StartsWith(_) => {
                    Question::Unindexed
                }
            };
        }
        TextField::Description => return Question::Unindexed,
    };
    Question::Text(field, test)
}

/// A severity as its index has it.
fn digit(severity: Severity) -> &'static str {
    match severity {
        Severity::Emergency => "0",
        Severity::Alert => "1",
        Severity::Critical => "2",
        Severity::Error => "3",
        Severity::Warning => "4",
        Severity::Notice => "5",
        Severity::Informational => "6",
        Severity::Debug => "7",
    }
}
