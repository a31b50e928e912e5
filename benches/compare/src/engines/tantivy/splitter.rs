//! Text split into words as eventscope does it.

use eventscope_model::words::Words;
use tantivy::tokenizer::{Token, TokenStream, Tokenizer};

/// The splitter of eventscope, so that both find the same words.
#[derive(Clone, Default)]
pub(super) struct Splitter(Token);

impl Tokenizer for Splitter {
    type TokenStream<'a> = Split<'a>;

    fn token_stream<'a>(&'a mut self, text: &'a str) -> Split<'a> {
        self.0.reset();
        Split(Words::new(text), &mut self.0)
    }
}

pub(super) struct Split<'a>(Words<'a>, &'a mut Token);

impl TokenStream for Split<'_> {
    fn advance(&mut self) -> bool {
        let Some(word) = self.0.next_word() else { return false };
        self.1.text.clear();
        self.1.text.push_str(word);
        self.1.position = self.1.position.wrapping_add(1);
        true
    }

    fn token(&self) -> &Token {
        self.1
    }

    fn token_mut(&mut self) -> &mut Token {
        self.1
    }
}
