//! The fields of a text file, and the splitter as tantivy sees it.

use eventscope_model::words::Words;
use tantivy::schema::{Field, IndexRecordOption, Schema, TextFieldIndexing, TextOptions};
use tantivy::tokenizer::{Token, TokenStream, Tokenizer, TokenizerManager};

/// The name of the splitter in the schema.
const SPLITTER: &str = "words";

/// The fields of every text file.
#[derive(Clone, Debug)]
pub(super) struct Fields {
    pub(super) schema: Schema,
    /// The text of row n is in document n.
    pub(super) rows: Field,
    /// The n-th value of all dictionaries is in document n.
    pub(super) values: Field,
}

impl Fields {
    pub(super) fn new() -> Self {
        // Nobody asks for scores, so there are no lengths of fields.
        let indexing = TextFieldIndexing::default()
            .set_tokenizer(SPLITTER)
            .set_index_option(IndexRecordOption::WithFreqsAndPositions)
            .set_fieldnorms(false);
        let options = TextOptions::default().set_indexing_options(indexing);
        let mut builder = Schema::builder();
        let rows = builder.add_text_field("rows", options.clone());
        let values = builder.add_text_field("values", options);
        Self { schema: builder.build(), rows, values }
    }
}

/// The only splitter, under its name.
pub(super) fn splitters() -> TokenizerManager {
    let manager = TokenizerManager::default();
    manager.register(SPLITTER, Splitter::default());
    manager
}

/// Splits text as [`Words`] does.
#[derive(Clone, Debug, Default)]
struct Splitter {
    token: Token,
}

impl Tokenizer for Splitter {
    type TokenStream<'a> = Split<'a>;

    fn token_stream<'a>(&'a mut self, text: &'a str) -> Split<'a> {
        self.token.reset();
        Split { words: Words::new(text), token: &mut self.token }
    }
}

#[derive(Debug)]
struct Split<'a> {
    words: Words<'a>,
    token: &'a mut Token,
}

impl TokenStream for Split<'_> {
    fn advance(&mut self) -> bool {
        let Some(word) = self.words.next_word() else { return false };
        self.token.text.clear();
        self.token.text.push_str(word);
        // A fresh token stands one before the first position.
        self.token.position = self.token.position.wrapping_add(1);
        true
    }

    fn token(&self) -> &Token {
        self.token
    }

    fn token_mut(&mut self) -> &mut Token {
        self.token
    }
}
