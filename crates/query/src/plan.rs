//! How a filter would be answered: what EXPLAIN shows.

#![expect(
    clippy::arithmetic_side_effects,
    reason = "counts of parts and rows, and columns of a text"
)]

use crate::error::Result;
use crate::operand::Access;
use crate::select::Selector;
use crate::tree::{Kind, Node};
use eventscope_scope::Filter;
use eventscope_storage::Snapshot;
use std::fmt;

/// How a filter would be answered from one state of the store.
///
/// The `Display` shows it as a table for people: one line for each step, and what is pruned.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Plan {
    /// The outermost step.
    pub step: Step,
    /// What becomes of the parts of the store.
    pub parts: Parts,
}

/// One step: a test, or several steps put together.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Step {
    /// What is done.
    pub operator: Operator,
    /// How many rows of the parts that are computed pass at most, as their indexes know it.
    pub rows: u64,
    /// The steps that are put together, the one with the fewest rows first.
    pub children: Vec<Step>,
}

/// What a step does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Operator {
    /// Takes every event.
    All,
    /// Takes none.
    Nothing,
    /// Takes the events that all children take.
    And,
    /// Takes the events that one of the children takes.
    Or,
    /// Takes the events that pass a test.
    Test {
        /// The test, as an expression.
        test: String,
        /// How the rows are found.
        access: Access,
        /// How many values pass, in the dictionaries of all parts that are computed.
        values: u64,
        /// How many values those dictionaries have.
        dictionary: u64,
        /// The bytes of sets of rows that are touched. What words touch is not known beforehand.
        bytes: u64,
    },
}

/// What becomes of the parts of the store.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Parts {
    /// All parts.
    pub total: usize,
    /// Parts that lie outside of the times that are asked for.
    pub outside_time: usize,
    /// Other parts whose indexes rule the filter out.
    pub without_value: usize,
    /// Parts whose rows are computed.
    pub computed: usize,
    /// Amended events, which are matched one by one in all parts.
    pub amended: u64,
}

/// Tells how a filter would be answered: asks the indexes as [`execute`](crate::execute()) does,
/// but computes no rows.
///
/// # Errors
/// When the filter is nested too deep, or the store cannot be read.
pub fn plan(filter: &Filter, snapshot: &Snapshot) -> Result<Plan> {
    let mut selector = Selector::new(filter, snapshot)?;
    let mut parts = Parts::default();
    for part in snapshot.parts() {
        parts.total += 1;
        if let Some(amended) = snapshot.overlay(part.window()).and_then(|o| o.amended()) {
            let rows = part.first_row()..=part.last_row();
            parts.amended += amended.iter().filter(|row| rows.contains(row)).count() as u64;
        }
        if selector.ask(&part)? > 0 {
            parts.computed += 1;
            selector.sum();
        } else if selector.conjuncts().any(|node| node.is_outside_time(&part)) {
            parts.outside_time += 1;
        } else {
            parts.without_value += 1;
        }
    }
    let mut children: Vec<Step> = selector.conjuncts().map(step).collect();
    children.sort_by_key(|child| child.rows);
    let step = match children.len() {
        0 => Step { operator: Operator::All, rows: selector.summed(), children },
        1 => children.remove(0),
        _ => Step { operator: Operator::And, rows: selector.summed(), children },
    };
    Ok(Plan { step, parts })
}

impl Plan {
    /// All tests, each with its step.
    #[must_use]
    pub fn tests(&self) -> Vec<&Step> {
        let mut tests = Vec::new();
        self.step.collect_tests(&mut tests);
        tests
    }

    /// The bytes of sets of rows that are touched, over all tests.
    #[must_use]
    pub fn bytes(&self) -> u64 {
        let bytes = |step: &Step| match step.operator {
            Operator::Test { bytes, .. } => bytes,
            _ => 0,
        };
        self.tests().into_iter().map(bytes).sum()
    }
}

fn step(node: &Node<'_>) -> Step {
    let (operator, children) = match &node.kind {
        Kind::All => (Operator::All, [].as_slice()),
        Kind::Nothing => (Operator::Nothing, [].as_slice()),
        Kind::And(children) => (Operator::And, children.as_slice()),
        Kind::Or(children) => (Operator::Or, children.as_slice()),
        Kind::Operand(operand) => {
            let operator = Operator::Test {
                test: operand.filter().to_string(),
                access: operand.access(),
                values: node.summed.values,
                dictionary: node.summed.dictionary,
                bytes: node.summed.bytes,
            };
            (operator, [].as_slice())
        }
    };
    let mut children: Vec<Step> = children.iter().map(step).collect();
    children.sort_by_key(|child| child.rows);
    Step { operator, rows: node.summed.rows, children }
}

impl fmt::Display for Plan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.step.write(f, self.step.width(0).min(WIDTH_MAX), 0)?;
        let Parts { total, outside_time, without_value, computed, amended } = self.parts;
        write!(f, "{total} parts: {outside_time} outside the time range, ")?;
        write!(f, "{without_value} without a value, {computed} computed")?;
        match amended {
            0 => Ok(()),
            _ => write!(f, "; {} amended events read", grouped(amended)),
        }
    }
}

/// Columns of the left side of a plan; a longer test pushes its right side out.
const WIDTH_MAX: usize = 60;
/// Columns by which a child stands further right.
const INDENT: usize = 2;

impl Step {
    fn collect_tests<'a>(&'a self, tests: &mut Vec<&'a Step>) {
        if let Operator::Test { .. } = self.operator {
            tests.push(self);
        }
        self.children.iter().for_each(|child| child.collect_tests(tests));
    }

    fn name(&self) -> &str {
        match &self.operator {
            Operator::All => "everything",
            Operator::Nothing => "nothing",
            Operator::And => "and",
            Operator::Or => "or",
            Operator::Test { test, .. } => test,
        }
    }

    fn width(&self, indent: usize) -> usize {
        let children = self.children.iter().map(|child| child.width(indent + INDENT));
        children.fold(indent + self.name().chars().count(), usize::max)
    }

    fn write(&self, f: &mut fmt::Formatter<'_>, width: usize, indent: usize) -> fmt::Result {
        let name_width = width.saturating_sub(indent);
        write!(f, "{:indent$}{:name_width$}  up to {}", "", self.name(), grouped(self.rows))?;
        if let Operator::Test { access, values, dictionary, .. } = &self.operator {
            write!(f, ", {access}")?;
            if *dictionary > 0 {
                write!(f, ", {} of {} values", grouped(*values), grouped(*dictionary))?;
            }
        }
        f.write_str("\n")?;
        self.children.iter().try_for_each(|child| child.write(f, width, indent + INDENT))
    }
}

impl fmt::Display for Access {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Index => "by index",
            Self::Overlaid => "by index and changes",
            Self::Order => "by order",
            Self::Hash => "by hash",
            Self::Words => "by text index",
            Self::Event => "event by event",
        })
    }
}

/// A number with commas between its thousands.
fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::with_capacity(digits.len() * 4 / 3);
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}
