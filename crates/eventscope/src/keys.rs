//! Whether anything is known under a key, and how many events an expression means.

use crate::error::Result;
use crate::store::Store;
use eventscope_query as query;
use eventscope_scope::Expr;

impl Store {
    /// Whether any event that there is has a label, under its key in either spelling.
    ///
    /// # Errors
    /// [`Error::Storage`](crate::Error::Storage) when the store cannot be read.
    pub fn has_label(&self, key: &str) -> Result<bool> {
        Ok(query::has_key(&self.open_snapshot()?, &query::FacetKey::label(key))?)
    }

    /// Whether any event that there is has a tag.
    ///
    /// # Errors
    /// [`Error::Storage`](crate::Error::Storage) when the store cannot be read.
    pub fn has_tag(&self, key: &str) -> Result<bool> {
        Ok(query::has_key(&self.open_snapshot()?, &query::FacetKey::Tag(key.to_owned()))?)
    }

    /// Files of the text index that another version of this library has made. As long as there are
    /// any, words are looked for in every event they stand for, which is slow. A store that is
    /// opened with [`Indexing::Never`](crate::Indexing::Never) leaves them as they are, any other
    /// makes them again.
    #[must_use]
    pub fn outdated_text_files(&self) -> u64 {
        self.storage().outdated_text_files()
    }

    /// How many events match an expression now.
    ///
    /// # Errors
    /// As [`Store::query`].
    pub fn count(&self, expr: &Expr) -> Result<u64> {
        Ok(self.query(&crate::Request::new(expr.clone()).newest(0))?.total)
    }
}
