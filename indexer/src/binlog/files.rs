//! Files of the log, and the places in them.

use std::io;

use mysql_async::binlog::EventFlags;
use mysql_async::binlog::events::{BinlogEventHeader, Event, EventData};
use tokio::time::Instant;

use super::reader::Reader;
use super::{BinlogError, Told};
use crate::gtid::Gtid;
use crate::{GtidSet, Position};

impl Reader {
    /// A file begins with what was written before it.
    pub(super) fn previous(&mut self, event: &Event) -> io::Result<()> {
        let Some(EventData::PreviousGtidsEvent(previous)) = event.read_data()? else { return Ok(()) };
        let sources = previous.sids().iter().flat_map(|sid| {
            let tag = sid.tag().map(|tag| tag.as_str());
            sid.intervals().iter().map(move |run| (Gtid::mysql(sid.uuid(), tag, run.start()), run.end() - 1))
        });
        let text = sources.filter_map(|(first, last)| match first {
            Gtid::MySql { source, number } => Some(format!("{source}:{number}-{last}")),
            Gtid::MariaDb { .. } => None,
        });
        let Some(set) = GtidSet::parse(&text.collect::<Vec<_>>().join(",")) else { return Ok(()) };
        match &mut self.position.gtids {
            Some(gtids) => gtids.unite(&set),
            None => self.position.gtids = Some(set),
        }
        Ok(())
    }

    /// Servers name the file that they begin with, and the next one once or twice.
    pub(super) fn rotate(&mut self, name: &[u8], offset: u64) {
        // Before the format is known, a checksum may look like part of the name.
        if !self.described {
            let named = |file: &&Vec<u8>| name.starts_with(file) && [0, 4].contains(&(name.len() - file.len()));
            if let Some(file) = self.files.iter().filter(named).max_by_key(|file| file.len()) {
                self.position.file = String::from_utf8_lossy(file).into_owned();
            }
        } else if name != self.position.file.as_bytes() {
            self.position.file = String::from_utf8_lossy(name).into_owned();
            self.position.offset = offset;
            (self.place, self.position.file_began, self.turned) = (offset, None, true);
        }
    }

    /// The format of a file. A transaction that its predecessor leaves open was cut off by a crash.
    pub(super) fn describe(&mut self, began: u32) -> Result<Vec<Told>, BinlogError> {
        self.described = true;
        if self.position.file_began.replace(began).is_some_and(|before| before != began) {
            return Err(BinlogError::OtherFile(self.position.file.clone()));
        }
        if !std::mem::take(&mut self.turned) {
            return Ok(Vec::new());
        }
        self.changes.clear();
        (self.open, self.in_xa) = (false, false);
        // Else a server that writes nothing would leave the position in a file that is purged some day.
        Ok(vec![Told::End { position: self.told_position(), written_at: began }])
    }

    pub(super) fn idle(&mut self, header: &BinlogEventHeader) -> Vec<Told> {
        if let Some(end) = &self.passes_over {
            let here = Position { offset: advanced(self.place, header), ..self.position.clone() };
            if here.is_before(end) {
                return Vec::new();
            }
        }
        self.passes_over = None;
        vec![Told::Idle { at: Instant::now() }]
    }
}

/// What servers send that is not in the file, or not at this place of it.
pub(super) fn is_made_up(data: &EventData<'_>) -> bool {
    matches!(data, EventData::RotateEvent(_) | EventData::FormatDescriptionEvent(_) | EventData::HeartbeatEvent)
}

/// Where an event ends. Its header tells 32 bits, if any; no event is longer than that.
pub(super) fn advanced(place: u64, header: &BinlogEventHeader) -> u64 {
    if header.log_pos() == 0 || header.flags().contains(EventFlags::LOG_EVENT_ARTIFICIAL_F) {
        return place;
    }
    const LAP: u64 = 1 << 32;
    let end = place / LAP * LAP + u64::from(header.log_pos());
    if end < place { end + LAP } else { end }
}

#[cfg(test)]
mod tests {
    use mysql_async::binlog::EventType;

    use super::*;

    fn header(log_pos: u32, flags: EventFlags) -> BinlogEventHeader {
        BinlogEventHeader::new(0, EventType::QUERY_EVENT, 1, 100, log_pos, flags)
    }

    #[test]
    fn a_transaction_beyond_four_gib_has_places_of_64_bits() {
        let ends = [1_000, 4_000_000_000, 3_000_000_000, 3_000_000_100, 100, 0, 50];
        let mut place = 4;
        let places = ends.map(|end| {
            place = advanced(place, &header(end, EventFlags::empty()));
            place
        });
        const LAP: u64 = 1 << 32;
        let expected = [
            1_000,
            4_000_000_000,
            LAP + 3_000_000_000,
            LAP + 3_000_000_100,
            2 * LAP + 100,
            2 * LAP + 100,
            3 * LAP + 50,
        ];
        assert_eq!(places, expected);
        // What a server makes up on the way is nowhere.
        assert_eq!(advanced(1_000, &header(256, EventFlags::LOG_EVENT_ARTIFICIAL_F)), 1_000);
    }
}
