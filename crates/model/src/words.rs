//! How text splits into words, and what a query for words means.
//!
//! This is the only splitter: the text index, the newest events that it does not hold yet and the
//! reference matcher all read text through [`Words`], so that they cannot disagree.
//!
//! A word is a maximal run of letters and digits with the marks that belong to them. Words are
//! compared as people read them: in the compatibility form of Unicode (NFKC), so that it does not
//! matter how an accent was typed or how wide a letter is; with case folded in full (`ß` is `ss`,
//! `ς` is `σ`); and without what is not read: soft hyphens, characters of no width, vowel points of
//! Hebrew and Arabic.
//!
//! Chinese, Japanese, Korean, Thai, Lao, Khmer and Burmese are written without blanks between
//! words, so a run of their letters is cut into overlapping pairs followed by its last letter
//! alone: every letter then begins exactly one word, and any part of the run is found as a row of
//! pairs.

use caseless::Caseless;
use std::collections::BTreeSet;
use std::fmt;
use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::is_combining_mark;

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
    /// A stretch of the text that holds other letters than those of ASCII, folded, and how many
    /// bytes of it were read.
    folded: String,
    read: usize,
    /// The letter of a run of pairs that begins the next word.
    run: Option<char>,
}

impl<'a> Words<'a> {
    /// The words of `text`.
    #[must_use]
    pub fn new(text: &'a str) -> Self {
        Self { rest: text, word: String::new(), folded: String::new(), read: 0, run: None }
    }

    /// The next word, valid until the next call.
    pub fn next_word(&mut self) -> Option<&str> {
        self.word.clear();
        while self.word.is_empty() {
            if self.run.is_some() || self.read < self.folded.len() {
                self.next_folded();
            } else {
                self.next_plain()?;
            }
        }
        Some(&self.word)
    }

    /// Reads a word of ASCII letters and digits only, or else folds the stretch that comes next.
    /// `None` at the end of the text.
    fn next_plain(&mut self) -> Option<()> {
        let bytes = self.rest.as_bytes();
        let start = bytes.iter().position(|b| b.is_ascii_alphanumeric() || !b.is_ascii());
        self.rest = self.rest.get(start?..)?;
        let bytes = self.rest.as_bytes();
        let end = bytes.iter().position(|b| !b.is_ascii_alphanumeric()).unwrap_or(bytes.len());
        if bytes.get(end).is_none_or(u8::is_ascii) {
            let (word, rest) = self.rest.split_at_checked(end.min(WORD_BYTES_MAX))?;
            self.word.push_str(word);
            self.word.make_ascii_lowercase();
            self.rest = rest;
            return Some(());
        }
        // Nothing across a blank or a sign of ASCII folds together.
        let end = self.rest.find(|c: char| c.is_ascii() && !c.is_ascii_alphanumeric());
        let (stretch, rest) = self.rest.split_at_checked(end.unwrap_or(self.rest.len()))?;
        self.read = 0;
        fold_into(stretch, &mut self.folded);
        self.rest = rest;
        Some(())
    }

    /// Reads the next word of the folded stretch, or leaves none at its end.
    fn next_folded(&mut self) {
        if let Some(letter) = self.run.take() {
            return self.pair(letter);
        }
        while let Some(letter) = self.peek() {
            if is_paired(letter) {
                self.step(letter);
                return self.pair(letter);
            }
            if letter.is_alphanumeric() {
                return self.unpaired();
            }
            self.step(letter);
        }
    }

    /// The word that a letter of a run of pairs begins: with the letter after it, if there is one.
    fn pair(&mut self, letter: char) {
        self.word.push(letter);
        if let Some(next) = self.peek().filter(|c| is_paired(*c)) {
            self.step(next);
            self.word.push(next);
            self.run = Some(next);
        }
    }

    /// A word of other letters, digits and what belongs to them.
    fn unpaired(&mut self) {
        while let Some(letter) = self.peek() {
            if is_paired(letter) || !(letter.is_alphanumeric() || is_combining_mark(letter)) {
                return;
            }
            if self.word.len().saturating_add(letter.len_utf8()) > WORD_BYTES_MAX {
                return;
            }
            self.word.push(letter);
            self.step(letter);
        }
    }

    fn peek(&self) -> Option<char> {
        self.folded.get(self.read..)?.chars().next()
    }

    fn step(&mut self, letter: char) {
        self.read = self.read.saturating_add(letter.len_utf8());
    }
}

impl Iterator for Words<'_> {
    type Item = String;

    fn next(&mut self) -> Option<String> {
        self.next_word().map(str::to_owned)
    }
}

/// Puts a text in the form in which words are compared.
fn fold_into(text: &str, folded: &mut String) {
    folded.clear();
    for letter in text.chars() {
        match fold_alone(letter) {
            Some(letter) => folded.push(letter),
            None => return fold_together(text, folded),
        }
    }
}

/// The same for a text of any letters.
fn fold_together(text: &str, folded: &mut String) {
    folded.clear();
    let mut before = None;
    let parts = text.nfkd().filter(|c| !is_left_out(*c)).default_case_fold();
    // One letter (U+0130) becomes a letter and a dot. The dot is dropped, as if it were typed with
    // the letter that most keyboards have.
    let parts = parts.filter(|c| before.replace(*c) != Some('i') || *c != '\u{307}');
    folded.extend(parts.nfc());
}

/// What a letter becomes whatever stands beside it, for those of which texts are mostly made: the
/// long way takes ten times as long. No mark that could combine with others is among them.
fn fold_alone(letter: char) -> Option<char> {
    let moved = |by: i32| (letter as u32).checked_add_signed(by).and_then(char::from_u32);
    match letter {
        'a'..='z' | '0'..='9' => Some(letter),
        'A'..='Z' => Some(letter.to_ascii_lowercase()),
        // Signs and letters of Chinese, Japanese and Korean, and full width forms of ASCII.
        '\u{3001}'..='\u{3029}'
        | '\u{3041}'..='\u{3096}'
        | '\u{30A1}'..='\u{30FE}'
        | '\u{4E00}'..='\u{9FFF}'
        | '\u{AC00}'..='\u{D7A3}' => Some(letter),
        '\u{3000}' => Some(' '),
        '\u{FF01}'..='\u{FF5E}' => moved(-0xFEE0).map(|letter| letter.to_ascii_lowercase()),
        // Latin letters with accents, and Cyrillic ones.
        '\u{E0}'..='\u{F6}' | '\u{F8}'..='\u{FF}' | '\u{430}'..='\u{45F}' => Some(letter),
        '\u{C0}'..='\u{D6}' | '\u{D8}'..='\u{DE}' | '\u{410}'..='\u{42F}' => moved(0x20),
        '\u{400}'..='\u{40F}' => moved(0x50),
        _ => None,
    }
}

/// Whether a character does not count: it has no width, joins or separates the forms of letters,
/// chooses between them, or says how Hebrew and Arabic are spoken; or it encloses a letter.
fn is_left_out(letter: char) -> bool {
    if letter < '\u{AD}' {
        return false;
    }
    matches!(letter,
        // No width, or a form only: what Unicode calls default ignorable.
        '\u{AD}' | '\u{34F}' | '\u{61C}' | '\u{115F}'..='\u{1160}' | '\u{17B4}'..='\u{17B5}'
        | '\u{180B}'..='\u{180F}' | '\u{200B}'..='\u{200F}' | '\u{202A}'..='\u{202E}'
        | '\u{2060}'..='\u{206F}' | '\u{3164}' | '\u{FE00}'..='\u{FE0F}' | '\u{FEFF}' | '\u{FFA0}'
        | '\u{FFF0}'..='\u{FFF8}' | '\u{1BCA0}'..='\u{1BCA3}' | '\u{1D173}'..='\u{1D17A}'
        | '\u{E0000}'..='\u{E0FFF}'
        // Points and accents of Hebrew.
        | '\u{591}'..='\u{5BD}' | '\u{5BF}' | '\u{5C1}'..='\u{5C2}' | '\u{5C4}'..='\u{5C5}'
        | '\u{5C7}'
        // Vowels of Arabic and signs of recitation; not the hamza and the madda of a letter.
        | '\u{610}'..='\u{61A}' | '\u{64B}'..='\u{652}' | '\u{656}'..='\u{65F}' | '\u{670}'
        | '\u{6D6}'..='\u{6DC}' | '\u{6DF}'..='\u{6E4}' | '\u{6E7}'..='\u{6E8}'
        | '\u{6EA}'..='\u{6ED}' | '\u{8CA}'..='\u{8E1}' | '\u{8E3}'..='\u{8FF}'
        // What encloses a letter, as a key cap does.
        | '\u{488}'..='\u{489}' | '\u{1ABE}' | '\u{20DD}'..='\u{20E0}' | '\u{20E2}'..='\u{20E4}'
        | '\u{A670}'..='\u{A672}')
}

/// Whether a character is a letter, or a mark at one, of a script that is cut into pairs since it
/// is written without blanks: Han, Hiragana, Katakana (with the prolonged sound mark), Hangul;
/// Thai, Lao, Burmese, Khmer.
fn is_paired(letter: char) -> bool {
    if letter < '\u{E00}' {
        return false;
    }
    let east = matches!(letter,
        '\u{3005}'..='\u{3007}' | '\u{3021}'..='\u{3029}' | '\u{3038}'..='\u{303B}'
        | '\u{3400}'..='\u{4DBF}' | '\u{4E00}'..='\u{9FFF}' | '\u{F900}'..='\u{FAFF}'
        | '\u{20000}'..='\u{323AF}'
        | '\u{3041}'..='\u{309F}' | '\u{30A0}'..='\u{30FF}' | '\u{31F0}'..='\u{31FF}'
        | '\u{1AFF0}'..='\u{1B16F}'
        | '\u{1100}'..='\u{11FF}' | '\u{3131}'..='\u{318E}' | '\u{A960}'..='\u{A97F}'
        | '\u{AC00}'..='\u{D7FF}');
    let south = matches!(letter,
        '\u{E00}'..='\u{EFF}' | '\u{1000}'..='\u{109F}' | '\u{1780}'..='\u{17FF}'
        | '\u{A9E0}'..='\u{A9FE}' | '\u{AA60}'..='\u{AA7F}');
    (east && (letter.is_alphanumeric() || is_combining_mark(letter)))
        || (south && (letter.is_alphabetic() || is_combining_mark(letter)))
}

/// Whether the last word of a text may go on behind it.
fn ends_in_a_word(text: &str) -> bool {
    let mut folded = String::new();
    fold_into(text, &mut folded);
    folded.ends_with(|c: char| c.is_alphanumeric() || is_combining_mark(c))
}

/// The single letter of a word that is one letter of a run of pairs.
fn lone_letter(word: &str) -> Option<char> {
    let mut letters = word.chars();
    letters.next().filter(|first| is_paired(*first) && letters.next().is_none())
}

/// The two letters of a word that is a pair.
fn pair_letters(word: &str) -> Option<[char; 2]> {
    let mut letters = word.chars();
    let first = letters.next().filter(|first| is_paired(*first))?;
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
            let prefix = starred && !in_pairs && ends_in_a_word(open);
            return Some(Self { words, last: if prefix { Match::Prefix } else { Match::Whole } });
        };
        // The text ends in a run of pairs. The run may go on in the text that is searched:
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

    /// The text that the words were split from, up to what lies between them: pairs are put
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
