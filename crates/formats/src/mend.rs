//! JSON that is read although it is not quite right: bytes that are no UTF-8, keys that come twice,
//! numbers with more digits than a number of most programs holds.
//!
//! ```text
//! bytes that are no UTF-8    U+FFFD
//! of keys that come twice    the last
//! numbers of over 15 digits  the text of them, if they have a fraction or an exponent, or do not
//!                            fit into 64 bits
//! ```
//!
//! Lines stay what they are, and so does everything else. A record is mended when it cannot be
//! read as it is, or has such numbers; ordinary ones are not looked at.

#![expect(clippy::arithmetic_side_effects, reason = "places in a text in memory")]

use crate::{extent::is_bare, limits};
use std::{collections::HashMap, ops::Range};

/// What is said of an event whose record was mended.
pub(crate) const WHAT: &str = "bytes that are no UTF-8, or keys that come twice";

/// The record as it should have been; `None` if nothing is to be mended, or in more places than
/// [`limits::MENDS_MAX`]. Whoever asks has seen that it is an object from its first brace to its
/// last.
pub(crate) fn mend(json: &[u8]) -> Option<Vec<u8>> {
    let text = String::from_utf8_lossy(json).into_owned().into_bytes();
    let mut reader = Reader { text: &text, at: 0, open: Vec::new(), keys: 0, edits: Vec::new() };
    reader.read();
    if reader.edits.len() > limits::MENDS_MAX {
        return None;
    }
    let mut edits = reader.edits;
    edits.sort_by_key(|edit| edit.range.start);
    let mended = apply(&text, &edits);
    (mended != json).then_some(mended)
}

/// What is to be done with some bytes.
struct Edit {
    range: Range<usize>,
    kind: Kind,
}

#[derive(Clone, Copy)]
enum Kind {
    /// They go, but for the ends of lines.
    Drop,
    /// They become a text.
    Quote,
}

/// The text after the edits, which are in their order. One within another that goes does nothing.
fn apply(text: &[u8], edits: &[Edit]) -> Vec<u8> {
    let mut out = Vec::with_capacity(text.len());
    let mut at = 0;
    let part = |range: Range<usize>| text.get(range).unwrap_or_default();
    for Edit { range, kind } in edits.iter().filter(|edit| !edit.range.is_empty()) {
        if range.start < at {
            continue;
        }
        out.extend_from_slice(part(at..range.start));
        match kind {
            Kind::Drop => out.extend(part(range.clone()).iter().filter(|byte| **byte == b'\n')),
            Kind::Quote => {
                out.push(b'"');
                out.extend_from_slice(part(range.clone()));
                out.push(b'"');
            }
        }
        at = range.end;
    }
    out.extend_from_slice(part(at..text.len()));
    out
}

/// A container that is open: of an object the places of its members by their keys, of an array
/// nothing.
struct Open<'t> {
    members: Option<HashMap<&'t [u8], Range<usize>>>,
    /// The member that is being read: its key and where it starts.
    member: Option<(&'t [u8], usize)>,
}

/// Goes through a text once.
struct Reader<'t> {
    text: &'t [u8],
    at: usize,
    open: Vec<Open<'t>>,
    /// Keys that are held, of all objects that are open.
    keys: usize,
    edits: Vec<Edit>,
}

impl<'t> Reader<'t> {
    fn read(&mut self) {
        while let Some(&byte) = self.text.get(self.at)
            && self.edits.len() <= limits::MENDS_MAX
        {
            let start = self.at;
            self.at += 1;
            match byte {
                b'{' => {
                    let members = Some(HashMap::new());
                    self.open.push(Open { members, member: None });
                }
                b'[' => self.open.push(Open { members: None, member: None }),
                b'}' | b']' => {
                    self.end_member(start);
                    let members = self.open.pop().and_then(|open| open.members);
                    self.keys -= members.map_or(0, |members| members.len());
                }
                b',' => self.end_member(start + 1),
                b'"' => {
                    self.string();
                    self.key(start);
                }
                byte if is_bare(byte) => self.bare(start),
                _ => {}
            }
        }
    }

    /// Goes behind the quote that ends a string.
    fn string(&mut self) {
        while let Some(&byte) = self.text.get(self.at) {
            self.at += if byte == b'\\' { 2 } else { 1 };
            if byte == b'"' {
                return;
            }
        }
    }

    /// Takes a string for the key of a member, if an object is open and waits for one.
    fn key(&mut self, start: usize) {
        let key = self.text.get(start..self.at).unwrap_or_default();
        if let Some(Open { members: Some(_), member: member @ None }) = self.open.last_mut() {
            *member = Some((key, start));
        }
    }

    /// Ends the member that is being read, before a brace or behind a comma. If one before it has
    /// its key, that one goes, with the comma behind it.
    fn end_member(&mut self, end: usize) {
        let Some(open) = self.open.last_mut() else { return };
        let (Some(members), Some((key, start))) = (&mut open.members, open.member.take()) else {
            return;
        };
        // Of more keys than that nobody is told that they come again.
        if self.keys >= limits::MENDS_MAX && !members.contains_key(key) {
            return;
        }
        match members.insert(key, start..end) {
            Some(range) => self.edits.push(Edit { range, kind: Kind::Drop }),
            None => self.keys += 1,
        }
    }

    fn bare(&mut self, start: usize) {
        let rest = self.text.get(start..).unwrap_or_default();
        let range = start..start + rest.iter().take_while(|byte| is_bare(**byte)).count();
        self.at = range.end;
        if is_long(self.text.get(range.clone()).unwrap_or_default()) {
            self.edits.push(Edit { range, kind: Kind::Quote });
        }
    }
}

/// Whether a number loses digits where it is read as most programs do.
pub(crate) fn is_long(number: &[u8]) -> bool {
    const DOUBLE_DIGITS: usize = 15;
    let is_part = |byte: &u8| matches!(byte, b'0'..=b'9' | b'.' | b'e' | b'E' | b'+' | b'-');
    let digits = number.iter().filter(|byte| byte.is_ascii_digit()).count();
    if digits <= DOUBLE_DIGITS || !number.iter().all(is_part) {
        return false;
    }
    let text = str::from_utf8(number).unwrap_or_default();
    let is_integer = number.iter().all(|byte| byte.is_ascii_digit() || *byte == b'-');
    !is_integer || (text.parse::<i64>().is_err() && text.parse::<u64>().is_err())
}

#[cfg(test)]
mod tests {
    use super::mend;

    fn mended(json: &[u8]) -> Option<String> {
        mend(json).map(|json| String::from_utf8(json).unwrap())
    }

    #[test]
    fn what_is_right_is_left_alone() {
        assert_eq!(mended(br#"{"a":1714644000.12345678ta9}"#), None);
        for json in [r#"{"a":1,"b":[1.5,{"c":"d"}]}"#, "{}", "{\"time\":1705000000123456789}"] {
            assert_eq!(mended(json.as_bytes()), None, "{json}");
        }
    }

    #[test]
    fn bytes_keys_and_numbers_are_mended_and_lines_stay() {
        let json = b"{\"a\":\"x\xff\",\n\"b\":{\"k\":1,\n\"k\":2},\"n\":[1714644000.123456789]}\n";
        let expected =
            "{\"a\":\"x\u{fffd}\",\n\"b\":{\n\"k\":2},\"n\":[\"1714644000.123456789\"]}\n";
        assert_eq!(mended(json).as_deref(), Some(expected));
        assert_eq!(
            mended(b"{\"n\":123456789012345678901,\"e\":1.7146440001234567e9}").as_deref(),
            Some("{\"n\":\"123456789012345678901\",\"e\":\"1.7146440001234567e9\"}")
        );
    }
}
