//! Live values: what changes thousands of times a second in a sale, and is therefore kept beside the documents.
//!
//! They are known by id, so that no merge concerns them. A log in the generation's folder makes them durable:
//!
//! ```text
//! frame    length of the body u32, CRC-32 of the body u32, body
//! body     sequence number u64, length of the position u32, position, then entries
//! entry    id i64, wish count i64, state u8 (0 sold out, 1 in stock, 2 forgotten: the document has it)
//! ```
//!
//! All numbers are little-endian. A frame that was torn by a crash is cut off when the log is opened.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

use rustc_hash::FxHashMap;

use crate::IndexError;

pub(crate) const LOG_FILE: &str = "live.log";

/// Values of a product that change without its document.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Live {
    /// Number of members who wish for it.
    pub wish_count: i64,
    /// Whether units are left.
    pub in_stock: bool,
}

/// Live values that are newer than the documents, by id.
pub(crate) type LiveMap = FxHashMap<i64, Live>;

/// Up to where the index has followed, and the number of the change that told so.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Mark {
    pub(crate) sequence: u64,
    pub(crate) position: Option<String>,
}

/// The log and what it amounts to.
#[derive(Debug)]
pub(crate) struct LiveLog {
    path: PathBuf,
    file: File,
    /// What the log amounts to.
    pub(crate) map: LiveMap,
    /// The last position in it.
    pub(crate) mark: Mark,
    bytes: u64,
    /// Where the last whole frame ends, when a write after it failed.
    torn: bool,
}

const SOLD_OUT: u8 = 0;
const IN_STOCK: u8 = 1;
const FORGOTTEN: u8 = 2;
const ENTRY_BYTES: usize = 17;
const HEAD_BYTES: usize = 8;
/// A log that is larger, and mostly history, is written anew.
const LARGE: u64 = 16 << 20;

/// Reads the log of a generation without changing it.
pub(crate) fn read(folder: &Path) -> Result<(LiveMap, Mark), IndexError> {
    let path = folder.join(LOG_FILE);
    match fs::read(&path) {
        Ok(bytes) => {
            let (map, mark, _) = replay(&bytes);
            Ok((map, mark))
        }
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(Default::default()),
        Err(error) => Err(IndexError::io("read", &path, error)),
    }
}

impl LiveLog {
    /// Opens the log for writing; makes an empty one if there is none.
    pub(crate) fn open(folder: &Path) -> Result<Self, IndexError> {
        let path = folder.join(LOG_FILE);
        let open = || -> io::Result<Self> {
            let mut file = OpenOptions::new().create(true).truncate(false).read(true).write(true).open(&path)?;
            let mut bytes = Vec::new();
            file.read_to_end(&mut bytes)?;
            let (map, mark, whole) = replay(&bytes);
            if whole < bytes.len() as u64 {
                tracing::warn!(lost = bytes.len() as u64 - whole, "the log of live values was torn, as by a crash");
                file.set_len(whole)?;
            }
            file.seek(SeekFrom::Start(whole))?;
            Ok(Self { path: path.clone(), file, map, mark, bytes: whole, torn: false })
        };
        let mut log = open().map_err(|source| IndexError::io("open", &path, source))?;
        log.compact_if_large()?;
        Ok(log)
    }

    /// Makes a change durable; the map follows. With `position`, everything up to it is in the index.
    pub(crate) fn append(
        &mut self,
        sequence: u64,
        position: Option<&str>,
        forgotten: &[i64],
        changed: &[(i64, Live)],
    ) -> Result<(), IndexError> {
        let forgotten = forgotten.iter().filter(|id| self.map.contains_key(id)).map(|&id| (id, None));
        let entries: Vec<_> = forgotten.chain(changed.iter().map(|&(id, live)| (id, Some(live)))).collect();
        if entries.is_empty() && position.is_none() {
            return Ok(());
        }
        self.write(&frame(sequence, position, &entries))
            .map_err(|source| IndexError::io("write", &self.path, source))?;
        for (id, live) in entries {
            match live {
                Some(live) => self.map.insert(id, live),
                None => self.map.remove(&id),
            };
        }
        if let Some(position) = position {
            self.mark = Mark { sequence, position: Some(position.to_owned()) };
        }
        self.compact_if_large()
    }

    fn write(&mut self, frame: &[u8]) -> io::Result<()> {
        if self.torn {
            self.file.set_len(self.bytes)?;
            self.file.seek(SeekFrom::Start(self.bytes))?;
        }
        self.torn = true;
        self.file.write_all(frame)?;
        self.file.sync_data()?;
        self.torn = false;
        self.bytes += frame.len() as u64;
        Ok(())
    }

    fn compact_if_large(&mut self) -> Result<(), IndexError> {
        if self.bytes < LARGE || self.bytes < 4 * (self.map.len() * ENTRY_BYTES) as u64 {
            return Ok(());
        }
        let entries: Vec<_> = self.map.iter().map(|(&id, &live)| (id, Some(live))).collect();
        let whole = frame(self.mark.sequence, self.mark.position.as_deref(), &entries);
        let compact = || -> io::Result<File> {
            crate::generation::replace(&self.path, &whole)?;
            let mut file = OpenOptions::new().read(true).write(true).open(&self.path)?;
            file.seek(SeekFrom::End(0))?;
            Ok(file)
        };
        self.file = compact().map_err(|source| IndexError::io("write", &self.path, source))?;
        self.bytes = whole.len() as u64;
        Ok(())
    }
}

fn frame(sequence: u64, position: Option<&str>, entries: &[(i64, Option<Live>)]) -> Vec<u8> {
    let position = position.unwrap_or_default();
    let mut frame = vec![0; HEAD_BYTES];
    frame.reserve(12 + position.len() + entries.len() * ENTRY_BYTES);
    frame.extend(sequence.to_le_bytes());
    frame.extend((position.len() as u32).to_le_bytes());
    frame.extend(position.as_bytes());
    for &(id, live) in entries {
        let (wish_count, state) = match live {
            Some(Live { wish_count, in_stock: true }) => (wish_count, IN_STOCK),
            Some(Live { wish_count, in_stock: false }) => (wish_count, SOLD_OUT),
            None => (0, FORGOTTEN),
        };
        frame.extend(id.to_le_bytes());
        frame.extend(wish_count.to_le_bytes());
        frame.push(state);
    }
    let body = &frame[HEAD_BYTES..];
    let (length, sum) = (body.len() as u32, crc32fast::hash(body));
    frame[..4].copy_from_slice(&length.to_le_bytes());
    frame[4..HEAD_BYTES].copy_from_slice(&sum.to_le_bytes());
    frame
}

/// What a log amounts to, and how much of it is whole.
fn replay(log: &[u8]) -> (LiveMap, Mark, u64) {
    let (mut map, mut mark) = (LiveMap::default(), Mark::default());
    let mut rest = log;
    while let Some((body, after)) = split_frame(rest) {
        if replay_frame(body, &mut map, &mut mark).is_none() {
            break;
        }
        rest = after;
    }
    (map, mark, (log.len() - rest.len()) as u64)
}

fn split_frame(log: &[u8]) -> Option<(&[u8], &[u8])> {
    let (length, rest) = log.split_first_chunk()?;
    let (sum, rest) = rest.split_first_chunk()?;
    let (body, after) = rest.split_at_checked(u32::from_le_bytes(*length) as usize)?;
    (crc32fast::hash(body) == u32::from_le_bytes(*sum)).then_some((body, after))
}

fn replay_frame(body: &[u8], map: &mut LiveMap, mark: &mut Mark) -> Option<()> {
    let (sequence, rest) = body.split_first_chunk()?;
    let (length, rest) = rest.split_first_chunk()?;
    let (position, entries) = rest.split_at_checked(u32::from_le_bytes(*length) as usize)?;
    for entry in entries.chunks_exact(ENTRY_BYTES) {
        let (id, rest) = entry.split_first_chunk()?;
        let (wish_count, state) = rest.split_first_chunk()?;
        let (id, wish_count) = (i64::from_le_bytes(*id), i64::from_le_bytes(*wish_count));
        match state {
            [SOLD_OUT] => map.insert(id, Live { wish_count, in_stock: false }),
            [IN_STOCK] => map.insert(id, Live { wish_count, in_stock: true }),
            _ => map.remove(&id),
        };
    }
    if !position.is_empty() {
        let position = Some(std::str::from_utf8(position).ok()?.to_owned());
        *mark = Mark { sequence: u64::from_le_bytes(*sequence), position };
    }
    Some(())
}

#[cfg(test)]
mod tests {
    use super::*;

    const OPEN: Live = Live { wish_count: 3, in_stock: true };
    const GONE: Live = Live { wish_count: 4, in_stock: false };

    #[test]
    fn what_was_appended_is_there_after_any_crash_up_to_the_last_whole_frame() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join(LOG_FILE);
        let mut log = LiveLog::open(folder.path()).unwrap();
        log.append(1, None, &[], &[(7, OPEN), (8, OPEN)]).unwrap();
        log.append(2, Some("here"), &[8], &[(7, GONE)]).unwrap();
        let before_last = fs::read(&path).unwrap().len();
        log.append(3, Some("there"), &[], &[(9, OPEN)]).unwrap();
        let whole = fs::read(&path).unwrap();
        for length in before_last..whole.len() {
            fs::write(&path, &whole[..length]).unwrap();
            let log = LiveLog::open(folder.path()).unwrap();
            assert_eq!(log.mark, Mark { sequence: 2, position: Some("here".to_owned()) });
            assert_eq!(log.map, LiveMap::from_iter([(7, GONE)]));
            assert_eq!(fs::read(&path).unwrap().len(), before_last);
        }
        fs::write(&path, &whole).unwrap();
        assert_eq!(LiveLog::open(folder.path()).unwrap().map, LiveMap::from_iter([(7, GONE), (9, OPEN)]));
    }

    #[test]
    fn garbage_in_the_log_is_cut_off() {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join(LOG_FILE), [255; 100]).unwrap();
        let mut log = LiveLog::open(folder.path()).unwrap();
        assert_eq!((&log.map, &log.mark), (&LiveMap::default(), &Mark::default()));
        log.append(1, Some("here"), &[], &[(7, OPEN)]).unwrap();
        assert_eq!(read(folder.path()).unwrap().0, LiveMap::from_iter([(7, OPEN)]));
    }

    #[test]
    fn a_large_log_is_written_anew_and_means_the_same() {
        let folder = tempfile::tempdir().unwrap();
        let mut log = LiveLog::open(folder.path()).unwrap();
        let changes: Vec<(i64, Live)> = (0..10_000).map(|id| (id, OPEN)).collect();
        let mut largest = 0;
        for sequence in 1..=150 {
            log.append(sequence, Some("here"), &[], &changes).unwrap();
            largest = largest.max(fs::metadata(folder.path().join(LOG_FILE)).unwrap().len());
        }
        let longest_frame = 10_000 * ENTRY_BYTES as u64 + 100;
        assert!(log.bytes < largest && largest < LARGE + longest_frame, "{} of {largest}", log.bytes);
        let (map, mark) = read(folder.path()).unwrap();
        assert_eq!((map.len(), mark.sequence), (10_000, 150));
    }
}
