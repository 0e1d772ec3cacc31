//! The texts that lists show of products, as a component of each segment beside those of tantivy.
//!
//! A page shows documents from all over a segment. tantivy keeps stored fields in compressed blocks, one of which it would
//! unpack for nearly every document; here each is a look into a mapped file: first the texts of all documents, each the
//! length of the name, the name and the address of the picture; then where each of them ends.

use std::any::Any;
use std::io::{self, Write};

use tantivy::directory::{OwnedBytes, TerminatingWrite, WritePtr};
use tantivy::index::SegmentComponent;
use tantivy::indexer::doc_id_mapping::{DocIdMapping, MappingType};
use tantivy::schema::document::ErasedDocument;
use tantivy::schema::{Field, Schema, Value};
use tantivy::{DocId, PluginMergeContext, PluginWriter, PluginWriterContext, SegmentPlugin};
use tantivy::{Segment, SegmentReader, TantivyDocument, TantivyError};

const EXTENSION: &str = "cards";
/// Of the length of a name.
const LENGTH_BYTES: usize = size_of::<u32>();
/// Of where a document ends.
const END_BYTES: usize = size_of::<u64>();

/// The texts of one segment.
#[derive(Debug)]
pub(crate) struct Cards {
    texts: OwnedBytes,
    ends: OwnedBytes,
}

impl Cards {
    pub(crate) fn open(reader: &SegmentReader) -> tantivy::Result<Self> {
        let bytes = reader.open_read(SegmentComponent::Custom(EXTENSION.to_owned()))?.read_bytes()?;
        let ends = reader.max_doc() as usize * END_BYTES;
        let texts = bytes.len().checked_sub(ends).ok_or_else(damaged)?;
        let (texts, ends) = bytes.split(texts);
        Ok(Self { texts, ends })
    }

    #[cfg(test)]
    pub(crate) fn none() -> Self {
        Self { texts: OwnedBytes::empty(), ends: OwnedBytes::empty() }
    }

    /// Name and address of the picture.
    pub(crate) fn of(&self, doc: DocId) -> tantivy::Result<(&str, &str)> {
        let text = || {
            let text = self.texts.get(self.start(doc)?..self.end(doc)?)?;
            let (length, text) = text.split_first_chunk()?;
            let (name, image) = text.split_at_checked(u32::from_le_bytes(*length) as usize)?;
            Some((str::from_utf8(name).ok()?, str::from_utf8(image).ok()?))
        };
        text().ok_or_else(damaged)
    }

    fn start(&self, doc: DocId) -> Option<usize> {
        doc.checked_sub(1).map_or(Some(0), |before| self.end(before))
    }

    fn end(&self, doc: DocId) -> Option<usize> {
        let end = self.ends.get(doc as usize * END_BYTES..)?.first_chunk()?;
        usize::try_from(u64::from_le_bytes(*end)).ok()
    }
}

fn damaged() -> TantivyError {
    io::Error::new(io::ErrorKind::InvalidData, "a file of cards is damaged: rebuild the index").into()
}

/// Writes the texts of each segment as it is written, and joins them as segments are merged.
pub(crate) struct CardsPlugin {
    pub(crate) name: Field,
    pub(crate) image: Field,
}

impl SegmentPlugin for CardsPlugin {
    fn extensions(&self) -> &[&str] {
        &[EXTENSION]
    }

    fn create_writer(&self, context: &PluginWriterContext<'_>) -> tantivy::Result<Box<dyn PluginWriter>> {
        Ok(Box::new(CardsWriter { name: self.name, image: self.image, file: CardsFile::create(context.segment)? }))
    }

    fn merge(&self, context: PluginMergeContext<'_>) -> tantivy::Result<()> {
        if let MappingType::Shuffled = context.doc_id_mapping.mapping_type() {
            return Err(TantivyError::InternalError("documents are merged in an order of their own".to_owned()));
        }
        let mut file = CardsFile::create(context.target_segment)?;
        for reader in context.readers {
            let cards = Cards::open(reader)?;
            for doc in reader.doc_ids_alive() {
                let (name, image) = cards.of(doc)?;
                file.add(name, image)?;
            }
        }
        Ok(file.finish()?)
    }
}

struct CardsWriter {
    name: Field,
    image: Field,
    file: CardsFile,
}

impl PluginWriter for CardsWriter {
    fn add_document(&mut self, _: DocId, document: &dyn ErasedDocument, _: &Schema) -> tantivy::Result<()> {
        let document = document.as_any().downcast_ref::<TantivyDocument>();
        let text = |field| document.and_then(|document| document.get_first(field)?.as_str()).unwrap_or_default();
        Ok(self.file.add(text(self.name), text(self.image))?)
    }

    fn serialize(self: Box<Self>, _: &Segment, _: Option<&DocIdMapping>) -> tantivy::Result<()> {
        Ok(self.file.finish()?)
    }

    fn mem_usage(&self) -> usize {
        self.file.ends.capacity() * END_BYTES
    }

    fn as_any(&self) -> &dyn Any {
        self
    }

    fn as_any_mut(&mut self) -> &mut dyn Any {
        self
    }
}

struct CardsFile {
    file: WritePtr,
    ends: Vec<u64>,
}

impl CardsFile {
    fn create(segment: &Segment) -> tantivy::Result<Self> {
        let file = segment.open_write(SegmentComponent::Custom(EXTENSION.to_owned()))?;
        Ok(Self { file, ends: Vec::new() })
    }

    fn add(&mut self, name: &str, image: &str) -> io::Result<()> {
        let length = u32::try_from(name.len()).map_err(io::Error::other)?;
        let start = self.ends.last().copied().unwrap_or(0);
        self.ends.push(start + (LENGTH_BYTES + name.len() + image.len()) as u64);
        self.file.write_all(&length.to_le_bytes())?;
        self.file.write_all(name.as_bytes())?;
        self.file.write_all(image.as_bytes())
    }

    fn finish(mut self) -> io::Result<()> {
        for end in &self.ends {
            self.file.write_all(&end.to_le_bytes())?;
        }
        self.file.terminate()
    }
}
