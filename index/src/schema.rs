//! Fields of the tantivy schema.

use std::sync::Arc;

use tantivy::schema::{FAST, Field, IndexRecordOption, STRING, Schema, TextFieldIndexing, TextOptions};
use tantivy::tokenizer::TokenizerManager;
use tantivy::{TantivyDocument, Term};

use crate::Product;
use crate::cards::CardsPlugin;
use crate::lexicon::Lexicon;
use crate::terms::{GramTokenizer, TermTokenizer};
use crate::text::FIELD_SEPARATOR;

/// Changes whenever a generation of an older program cannot be read any more.
pub(crate) const SCHEMA_VERSION: u32 = 4;

/// Names of the fast fields, for programs that read the index with tantivy's own collectors.
pub mod fast {
    /// Primary key.
    pub const ID: &str = "id";
    /// Whole won.
    pub const PRICE: &str = "price";
    /// Unix milliseconds.
    pub const OPENS_AT: &str = "opens_at";
    /// Unix milliseconds.
    pub const CLOSES_AT: &str = "closes_at";
    /// Number of wishes when the document was written.
    pub const WISH_COUNT: &str = "wish_count";
    /// 1 when units were left when the document was written, else 0.
    pub const IN_STOCK: &str = "in_stock";
    /// Fingerprint of all but the live values.
    pub const DIGEST: &str = "digest";
    /// Exact category; indexed as well.
    pub const CATEGORY: &str = "category";
    /// Name of the selling mall.
    pub const MALL: &str = "mall";
}

#[derive(Debug, Clone)]
pub(crate) struct Fields {
    pub(crate) schema: Schema,
    id: Field,
    price: Field,
    opens_at: Field,
    closes_at: Field,
    wish_count: Field,
    in_stock: Field,
    digest: Field,
    category: Field,
    name: Field,
    image: Field,
    mall: Field,
    terms: Field,
    grams: Field,
}

impl Fields {
    pub(crate) fn new() -> Self {
        let mut schema = Schema::builder();
        let indexed = |tokenizer, option| {
            let indexing = TextFieldIndexing::default().set_tokenizer(tokenizer).set_index_option(option);
            TextOptions::default().set_indexing_options(indexing.set_fieldnorms(false))
        };
        Self {
            id: schema.add_i64_field(fast::ID, FAST),
            price: schema.add_i64_field(fast::PRICE, FAST),
            opens_at: schema.add_i64_field(fast::OPENS_AT, FAST),
            closes_at: schema.add_i64_field(fast::CLOSES_AT, FAST),
            wish_count: schema.add_i64_field(fast::WISH_COUNT, FAST),
            in_stock: schema.add_i64_field(fast::IN_STOCK, FAST),
            digest: schema.add_u64_field(fast::DIGEST, FAST),
            category: schema.add_text_field(fast::CATEGORY, STRING | FAST),
            name: schema.add_text_field("name", TextOptions::default()),
            image: schema.add_text_field("image", TextOptions::default()),
            mall: schema.add_text_field(fast::MALL, FAST),
            terms: schema.add_text_field("terms", indexed("terms", IndexRecordOption::Basic)),
            grams: schema.add_text_field("grams", indexed("grams", IndexRecordOption::WithFreqsAndPositions)),
            schema: schema.build(),
        }
    }

    /// Keeps the fields that only lists show.
    pub(crate) fn cards_plugin(&self) -> Arc<CardsPlugin> {
        Arc::new(CardsPlugin { name: self.name, image: self.image })
    }

    pub(crate) fn tokenizers(lexicon: Arc<Lexicon>) -> TokenizerManager {
        let tokenizers = TokenizerManager::default();
        tokenizers.register("terms", TermTokenizer::new(lexicon));
        tokenizers.register("grams", GramTokenizer::default());
        tokenizers
    }

    pub(crate) fn term(&self, term: &str) -> Term {
        Term::from_field_text(self.terms, term)
    }

    pub(crate) fn gram(&self, gram: &str) -> Term {
        Term::from_field_text(self.grams, gram)
    }

    pub(crate) fn category(&self, category: &str) -> Term {
        Term::from_field_text(self.category, category)
    }

    pub(crate) fn document(&self, product: &Product<impl AsRef<str>>) -> TantivyDocument {
        let mut document = TantivyDocument::new();
        document.add_i64(self.id, product.id);
        document.add_i64(self.price, product.price);
        document.add_i64(self.opens_at, product.opens_at);
        document.add_i64(self.closes_at, product.closes_at);
        document.add_i64(self.wish_count, product.wish_count);
        document.add_i64(self.in_stock, i64::from(product.in_stock));
        document.add_u64(self.digest, product.digest());
        document.add_text(self.category, product.category.as_ref());
        document.add_text(self.name, product.name.as_ref());
        document.add_text(self.image, product.image.as_ref());
        document.add_text(self.mall, product.mall.as_ref());
        let text = product.searchable_text();
        document.add_text(self.terms, &text);
        document.add_text(self.grams, &text);
        document
    }
}

impl<T: AsRef<str>> Product<T> {
    /// All that is searched, name first, with a separator that no match crosses.
    pub fn searchable_text(&self) -> String {
        let brand = self.brand.as_ref().map_or("", AsRef::as_ref);
        let fields = [self.name.as_ref(), brand, self.mall.as_ref(), self.category.as_ref()];
        let mut text = String::with_capacity(fields.iter().map(|field| field.len() + 1).sum());
        for (index, field) in fields.into_iter().enumerate() {
            if index > 0 {
                text.push(FIELD_SEPARATOR);
            }
            text.push_str(field);
        }
        text
    }
}
