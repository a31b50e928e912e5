//! How text splits into words, and what a query for words means.
//!
//! This is the only splitter: the text index, the newest events that it does not hold yet and the
//! reference matcher all read text through [`Words`], so that they cannot disagree.
//!
//! A word is a maximal run of letters and digits, in lower case. Chinese, Japanese and Korean are
//! written without blanks between words, so a run of their letters is cut into overlapping pairs
//! followed by its last letter alone: every letter then begins exactly one word, and any part of
//! the run can be found as a row of pairs.

use std::collections::BTreeSet;
use std::fmt;

/// Bytes of one word. A longer run of letters is cut into several words, so that an encoded blob
/// in a message cannot become an index term of any size. Queries are cut in the same way.
pub const WORD_BYTES_MAX: usize = 1024;

/// The words of a text, in order; the position of a word is its index in this stream.
///
/// [`Words::next_word`] lends each word out of one buffer; the [`Iterator`] gives owned ones.
///
/// ```
/// use eventscope_model::words::Words;
///
/// let words: Vec<String> = Words::new("Back-off 5m0s: pulling IMAGE").collect();
/// assert_eq!(words, ["back", "off", "5m0s", "pulling", "image"]);
/// ```
#[derive(Clone, Debug)]
pub struct Words<'a> {
    rest: &'a str,
    word: String,
    /// The letter of a CJK run that begins the next word.
    run: Option<char>,
}

impl<'a> Words<'a> {
    /// The words of `text`.
    #[must_use]
    pub fn new(text: &'a str) -> Self {
        Self { rest: text, word: String::new(), run: None }
    }

    /// The next word, valid until the next call.
    pub fn next_word(&mut self) -> Option<&str> {
        self.word.clear();
        match self.run.take() {
            Some(letter) => self.pair(letter),
            None => {
                self.rest = self.rest.trim_start_matches(|c: char| !c.is_alphanumeric());
                let first = self.rest.chars().next()?;
                if is_cjk(first) {
                    self.step(first);
                    self.pair(first);
                } else {
                    self.plain();
                }
            }
        }
        Some(&self.word)
    }

    /// The word that a letter of a CJK run begins: with the letter after it, if there is one.
    fn pair(&mut self, letter: char) {
        self.word.push(letter);
        if let Some(next) = self.rest.chars().next().filter(|c| is_cjk(*c)) {
            self.step(next);
            self.word.push(next);
            self.run = Some(next);
        }
    }

    /// A word of other letters and digits.
    fn plain(&mut self) {
        while let Some(letter) = self.rest.chars().next() {
            if !letter.is_alphanumeric() || is_cjk(letter) {
                return;
            }
            let before = self.word.len();
            // One letter (U+0130) becomes a letter and a mark. The mark is dropped: a word must
            // read as itself when it is split again.
            self.word.extend(letter.to_lowercase().filter(|c| c.is_alphanumeric()));
            if self.word.len() > WORD_BYTES_MAX {
                self.word.truncate(before);
                return;
            }
            self.step(letter);
        }
    }

    fn step(&mut self, letter: char) {
        self.rest = self.rest.get(letter.len_utf8()..).unwrap_or_default();
    }
}

impl Iterator for Words<'_> {
    type Item = String;

    fn next(&mut self) -> Option<String> {
        self.next_word().map(str::to_owned)
    }
}

/// Whether a character is a letter of a script that is cut into pairs: Han, Hiragana, Katakana
/// (with the prolonged sound mark and the half width forms) or Hangul.
fn is_cjk(letter: char) -> bool {
    let script = matches!(letter,
        '\u{3005}'..='\u{3007}' | '\u{3021}'..='\u{3029}' | '\u{3038}'..='\u{303B}'
        | '\u{3400}'..='\u{4DBF}' | '\u{4E00}'..='\u{9FFF}' | '\u{F900}'..='\u{FAFF}'
        | '\u{20000}'..='\u{323AF}'
        | '\u{3041}'..='\u{309F}' | '\u{30A0}'..='\u{30FF}' | '\u{31F0}'..='\u{31FF}'
        | '\u{FF66}'..='\u{FF9F}' | '\u{1AFF0}'..='\u{1B16F}'
        | '\u{1100}'..='\u{11FF}' | '\u{3131}'..='\u{318E}' | '\u{A960}'..='\u{A97F}'
        | '\u{AC00}'..='\u{D7FF}' | '\u{FFA0}'..='\u{FFDC}');
    script && letter.is_alphanumeric()
}

/// The single letter of a word that is one CJK letter.
fn lone_letter(word: &str) -> Option<char> {
    let mut letters = word.chars();
    letters.next().filter(|first| is_cjk(*first) && letters.next().is_none())
}

/// The two letters of a word that is a CJK pair.
fn pair_letters(word: &str) -> Option<[char; 2]> {
    let mut letters = word.chars();
    let first = letters.next().filter(|first| is_cjk(*first))?;
    Some([first, letters.next()?])
}

/// What is asked of a text by words: every phrase must occur, in any order.
///
/// Phrases are sorted and each is there once, so equal queries compare equal. Printing gives a
/// text that parses to the same query.
///
/// ```
/// use eventscope_model::words::WordQuery;
///
/// let query = WordQuery::parse("gke-clu* \"OOM killed\"").unwrap();
/// assert_eq!(query.to_string(), "\"gke clu*\" \"oom killed\"");
/// assert!(query.phrases().iter().all(|phrase| phrase.occurs_in("oom-killed in gke-cluster-1")));
/// ```
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct WordQuery {
    phrases: Vec<Phrase>,
}

impl WordQuery {
    /// Reads a query: words between white space, `"quoted phrases"`, and a trailing `*` that makes
    /// the last word a prefix. A word that splits into several (`back-off`) is a phrase of them.
    ///
    /// # Errors
    /// [`NoWords`] when nothing in the text is a word.
    pub fn parse(text: &str) -> Result<Self, NoWords> {
        let mut phrases = BTreeSet::new();
        let mut rest = text;
        while !rest.is_empty() {
            let (bare, quoted) = rest.split_once('"').unwrap_or((rest, ""));
            phrases.extend(bare.split_whitespace().filter_map(Phrase::parse));
            // A quote that is never closed runs to the end.
            let (phrase, after) = quoted.split_once('"').unwrap_or((quoted, ""));
            let end = if after.starts_with('*') { Match::Prefix } else { Match::Whole };
            phrases.extend(Phrase::parse_as(phrase, end));
            rest = after;
        }
        if phrases.is_empty() {
            return Err(NoWords);
        }
        Ok(Self { phrases: phrases.into_iter().collect() })
    }

    /// The phrases, sorted; there is at least one.
    #[must_use]
    pub fn phrases(&self) -> &[Phrase] {
        &self.phrases
    }
}

/// The query for one phrase.
impl From<Phrase> for WordQuery {
    fn from(phrase: Phrase) -> Self {
        Self { phrases: vec![phrase] }
    }
}

/// The phrases, separated by blanks.
impl fmt::Display for WordQuery {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (nth, phrase) in self.phrases.iter().enumerate() {
            let gap = if nth == 0 { "" } else { " " };
            write!(f, "{gap}{phrase}")?;
        }
        Ok(())
    }
}

/// Words that must stand one right after the other.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Phrase {
    words: Vec<String>,
    last: Match,
}

/// How the last word of a phrase is compared; the words before it are always compared whole.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Match {
    /// The word of the text is this word.
    Whole,
    /// The word of the text begins with this word.
    Prefix,
}

impl Phrase {
    /// The words, at least one, as [`Words`] gives them.
    #[must_use]
    pub fn words(&self) -> &[String] {
        &self.words
    }

    /// How the last word is compared.
    #[must_use]
    pub fn last(&self) -> Match {
        self.last
    }

    /// Whether the phrase occurs in a text.
    ///
    /// # Cost
    /// At worst the words of the text times the words of the phrase.
    #[must_use]
    pub fn occurs_in(&self, text: &str) -> bool {
        let mut words = Words::new(text);
        // For each place where the phrase may have begun: which of its words are still to come.
        // The earliest place stands first and is the only one that can be complete.
        let mut begun: Vec<&[String]> = Vec::new();
        while let Some(word) = words.next_word() {
            begun.push(&self.words);
            begun.retain_mut(|to_come| {
                let Some((own, rest)) = to_come.split_first() else { return false };
                *to_come = rest;
                self.fits(own, rest.is_empty(), word)
            });
            if begun.first().is_some_and(|to_come| to_come.is_empty()) {
                return true;
            }
        }
        false
    }

    fn fits(&self, own: &str, last: bool, word: &str) -> bool {
        match self.last {
            Match::Prefix if last => word.starts_with(own),
            Match::Prefix | Match::Whole => word == own,
        }
    }

    fn parse(text: &str) -> Option<Self> {
        Self::parse_as(text, Match::Whole)
    }

    /// The phrase of a text whose end may have been marked as a prefix from outside.
    fn parse_as(text: &str, end: Match) -> Option<Self> {
        let open = text.trim_end_matches('*');
        let starred = open.len() < text.len() || end == Match::Prefix;
        let mut words: Vec<String> = Words::new(open).collect();
        let last = words.last()?;
        let Some(letter) = lone_letter(last) else {
            let in_pairs = pair_letters(last).is_some();
            let prefix = starred && !in_pairs && open.ends_with(char::is_alphanumeric);
            return Some(Self { words, last: if prefix { Match::Prefix } else { Match::Whole } });
        };
        // The text ends in a run of CJK letters. The run may go on in the text that is searched:
        // its last letter alone would bind it to the end of a run there, and is left out. A run of
        // one letter begins some word wherever it occurs.
        let before = words.len().checked_sub(2).and_then(|at| words.get(at));
        let ends_a_pair = before.and_then(|word| pair_letters(word)).map(|[_, second]| second);
        if ends_a_pair == Some(letter) {
            words.pop();
            return Some(Self { words, last: Match::Whole });
        }
        Some(Self { words, last: Match::Prefix })
    }

    /// The text that the words were split from, up to what lies between them: CJK pairs are put
    /// together again, and the others stand apart.
    fn pieces(&self) -> Vec<String> {
        let mut pieces = Vec::new();
        let mut words = self.words.iter();
        while let Some(word) = words.next() {
            let mut piece = word.clone();
            let mut open = pair_letters(word).is_some();
            while open {
                // A pair is followed by the next pair of its run, by the last letter of the run
                // alone, or by nothing at the end of the phrase.
                let next = words.next().and_then(|word| pair_letters(word));
                open = next.is_some();
                piece.extend(next.map(|[_, second]| second));
            }
            pieces.push(piece);
        }
        pieces
    }
}

/// One word as it is, several in double quotes; `*` after a prefix.
impl fmt::Display for Phrase {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let pieces = self.pieces();
        let quote = if pieces.len() > 1 { "\"" } else { "" };
        let star = if self.last == Match::Prefix { "*" } else { "" };
        write!(f, "{quote}{}{star}{quote}", pieces.join(" "))
    }
}

/// A query without a single word.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NoWords;

impl fmt::Display for NoWords {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("nothing to search for: no letter or digit in the text")
    }
}

impl std::error::Error for NoWords {}

#[cfg(test)]
mod tests;
