//! A YAML text as a tree whose nodes know their lines.

use super::{CollectError, CollectFault};
use crate::{error::shown, limits};
use saphyr_parser::{Event, Parser, ScalarStyle};

/// A value of YAML.
#[derive(Debug)]
pub(super) struct Node {
    /// Where it starts, from 1.
    pub(super) line: u64,
    pub(super) value: Value,
}

#[derive(Debug)]
pub(super) enum Value {
    Null,
    Text(String),
    List(Vec<Node>),
    /// Keys with their values, in the order of the text.
    Map(Vec<(Node, Node)>),
    /// A reference to another part of the text, which is not followed.
    Alias,
}

/// The only document of a text.
pub(super) fn parse(text: &str) -> Result<Node, CollectError> {
    if text.len() > limits::COLLECT_BYTES_MAX {
        return Err(CollectError { line: 1, fault: CollectFault::TooLarge });
    }
    let mut builder = Builder::default();
    let mut parser = Parser::new_from_str(text);
    while let Some(event) = parser.next_event() {
        match event {
            Ok((event, span)) => builder.take(event, span.start.line() as u64)?,
            Err(error) => {
                return Err(broken(error.marker().line() as u64, &shown(error.info())));
            }
        }
    }
    Ok(builder.root.unwrap_or(Node { line: 1, value: Value::Null }))
}

fn broken(line: u64, what: &str) -> CollectError {
    CollectError { line, fault: CollectFault::Yaml { what: what.to_owned() } }
}

/// Makes the tree from the events of a parser.
#[derive(Default)]
struct Builder {
    root: Option<Node>,
    open: Vec<Open>,
}

/// A container that is not closed yet.
struct Open {
    line: u64,
    is_map: bool,
    nodes: Vec<Node>,
}

impl Builder {
    fn take(&mut self, event: Event<'_>, line: u64) -> Result<(), CollectError> {
        let value = match event {
            Event::Scalar(text, style, _, _) => match (style, &*text) {
                (ScalarStyle::Plain, "" | "~" | "null" | "Null" | "NULL") => Value::Null,
                _ => Value::Text(text.into_owned()),
            },
            Event::Alias(_) => Value::Alias,
            Event::MappingStart(..) => return self.open(line, true),
            Event::SequenceStart(..) => return self.open(line, false),
            Event::MappingEnd | Event::SequenceEnd => {
                let Some(open) = self.open.pop() else { return Ok(()) };
                return self.put(open.close());
            }
            Event::Nothing
            | Event::StreamStart
            | Event::StreamEnd
            | Event::DocumentStart(_)
            | Event::DocumentEnd => return Ok(()),
        };
        self.put(Node { line, value })
    }

    fn open(&mut self, line: u64, is_map: bool) -> Result<(), CollectError> {
        if self.open.len() == limits::DEPTH_MAX as usize {
            return Err(broken(line, "it is nested too deep"));
        }
        self.open.push(Open { line, is_map, nodes: Vec::new() });
        Ok(())
    }

    fn put(&mut self, node: Node) -> Result<(), CollectError> {
        match self.open.last_mut() {
            Some(open) => open.nodes.push(node),
            None if self.root.is_some() => {
                return Err(broken(node.line, "a second document begins; one is read"));
            }
            None => self.root = Some(node),
        }
        Ok(())
    }
}

impl Open {
    fn close(self) -> Node {
        if !self.is_map {
            return Node { line: self.line, value: Value::List(self.nodes) };
        }
        let mut nodes = self.nodes.into_iter();
        let mut pairs = Vec::new();
        while let (Some(key), Some(value)) = (nodes.next(), nodes.next()) {
            pairs.push((key, value));
        }
        Node { line: self.line, value: Value::Map(pairs) }
    }
}
