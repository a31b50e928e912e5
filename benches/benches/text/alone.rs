//! tantivy alone: the same documents, with their text, `key=value` pairs, time and stored form.

use eventscope_model::Draft;
use eventscope_model::words::Words;
use eventscope_testkit::generate::Generator;
use eventscope_testkit::native::write_line;
use tantivy::collector::{Count, TopDocs};
use tantivy::query::{BooleanQuery, PhrasePrefixQuery, PhraseQuery, Query, TermQuery};
use tantivy::schema::{
    FAST, Field, IndexRecordOption, STORED, STRING, Schema, TextFieldIndexing, TextOptions,
};
use tantivy::tokenizer::{Token, TokenStream, Tokenizer};
use tantivy::{Index, IndexWriter, Order, Searcher, TantivyDocument, Term};

/// What tantivy's writer may use.
const WRITER_BYTES: usize = 256 * 1024 * 1024;

pub(crate) struct Alone {
    searcher: Searcher,
    fields: Fields,
    pub(crate) bytes: u64,
}

#[derive(Clone, Copy)]
struct Fields {
    text: Field,
    pair: Field,
    time: Field,
    stored: Field,
}

impl Alone {
    pub(crate) fn filled(events: usize) -> Self {
        let mut schema = Schema::builder();
        let indexing = TextFieldIndexing::default()
            .set_tokenizer("words")
            .set_index_option(IndexRecordOption::WithFreqsAndPositions);
        let text = TextOptions::default().set_indexing_options(indexing);
        let fields = Fields {
            text: schema.add_text_field("text", text),
            pair: schema.add_text_field("pair", STRING),
            time: schema.add_i64_field("time", FAST),
            stored: schema.add_bytes_field("stored", STORED),
        };
        let index = Index::create_in_ram(schema.build());
        index.tokenizers().register("words", Splitter::default());
        let mut writer: IndexWriter = index.writer_with_num_threads(2, WRITER_BYTES).unwrap();
        for draft in Generator::new(1).take(events) {
            writer.add_document(document(&draft, fields)).unwrap();
        }
        writer.commit().unwrap();
        writer.wait_merging_threads().unwrap();
        let searcher = index.reader().unwrap().searcher();
        let bytes = searcher.space_usage().unwrap().total().get_bytes();
        Self { searcher, fields, bytes }
    }

    /// A word, a phrase in quotes or a beginning with `*`, and pairs that must be there.
    pub(crate) fn query(&self, words: &str, pairs: &[&str]) -> Box<dyn Query> {
        let term = |word: &str| Term::from_field_text(self.fields.text, word);
        let phrase: Vec<Term> = words.trim_matches('"').split(' ').map(term).collect();
        let words: Box<dyn Query> = match words.strip_suffix('*') {
            Some(start) => {
                let mut query = PhrasePrefixQuery::new(vec![term(start)]);
                query.set_max_expansions(1_000_000);
                Box::new(query)
            }
            None if phrase.len() > 1 => Box::new(PhraseQuery::new(phrase)),
            None => Box::new(TermQuery::new(term(words), IndexRecordOption::Basic)),
        };
        if pairs.is_empty() {
            return words;
        }
        let pair = |pair: &&str| -> Box<dyn Query> {
            let term = Term::from_field_text(self.fields.pair, pair);
            Box::new(TermQuery::new(term, IndexRecordOption::Basic))
        };
        let all = std::iter::once(words).chain(pairs.iter().map(pair)).collect();
        Box::new(BooleanQuery::intersection(all))
    }

    /// The total, and how many of the newest 50 documents were fetched.
    pub(crate) fn ask(&self, query: &dyn Query) -> (u64, usize) {
        let newest = TopDocs::with_limit(50).order_by_fast_field::<i64>("time", Order::Desc);
        let (total, newest) = self.searcher.search(query, &(Count, newest)).unwrap();
        let fetched = newest.iter().map(|(_, place)| self.searcher.doc::<TantivyDocument>(*place));
        (total as u64, fetched.filter(Result::is_ok).count())
    }
}

fn document(draft: &Draft, fields: Fields) -> TantivyDocument {
    let mut document = TantivyDocument::default();
    let values = draft.labels.iter().map(|(_, value)| value);
    for text in [draft.name.as_str(), &draft.description, &draft.source].into_iter().chain(values) {
        document.add_text(fields.text, text);
    }
    for (key, value) in draft.labels.iter() {
        document.add_text(fields.pair, format!("{key}={value}"));
    }
    document.add_text(fields.pair, format!("severity={}", draft.severity));
    document.add_text(fields.pair, format!("type={}", draft.event_type.name()));
    document.add_i64(fields.time, draft.time.map_or(0, |time| time.nanos()));
    let mut line = Vec::new();
    write_line(draft, &mut line).unwrap();
    document.add_bytes(fields.stored, &line);
    document
}

/// The splitter of the store, so that both find the same words.
#[derive(Clone, Default)]
struct Splitter(Token);

impl Tokenizer for Splitter {
    type TokenStream<'a> = Split<'a>;

    fn token_stream<'a>(&'a mut self, text: &'a str) -> Split<'a> {
        self.0.reset();
        Split(Words::new(text), &mut self.0)
    }
}

struct Split<'a>(Words<'a>, &'a mut Token);

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
