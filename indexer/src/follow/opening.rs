//! Where a follower finds its place in a log, and what it means when there is none.

use openrace_index::Updater;
use tokio::time::Instant;

use super::{Broken, FollowError, Follower, GARBLED, Log};
use crate::binlog::{self, Beginning, BinlogError};
use crate::log_server::{LogServer, RIGHTS};
use crate::{Position, Source};

impl Follower {
    /// The log from where the index is; `None` if MySQL has none to follow.
    pub(super) async fn open_log(&mut self, source: &mut Source) -> Result<Option<Log>, Broken> {
        self.server = None;
        let found = match self.refused.take() {
            Some(refused) => Err(refused),
            None => source.log_end().await?,
        };
        let (server, end) = match found {
            Ok(found) => found,
            Err(reason) => {
                self.observer.without_log(&reason);
                return Ok(None);
            }
        };
        let lost = |reason: &str| Broken::Ended(FollowError::Lost(reason.to_owned()));
        let position = self.updater()?.position().map(Position::parse);
        let position = position.ok_or_else(|| lost("it was built without a binary log"))?;
        let position = position.ok_or_else(|| lost("its position cannot be read"))?;
        let by_gtid = server.id != position.server || self.gone.is_some();
        if by_gtid {
            self.is_purged(&server, &position, source).await?;
            let continues = server.continues(&position, source.connection()).await?;
            continues.map_err(|reason| lost(self.gone.as_ref().unwrap_or(&reason)))?;
        }
        self.seen.clone_from(&position.seen);
        let layout = source.layout().await?;
        (self.server, self.ahead) = (Some(server.clone()), Some((end.clone(), Instant::now())));
        match binlog::read(&self.address, layout, Beginning { position, by_gtid, server, end }).await {
            Ok(log) => Ok(Some(log)),
            Err(error) => Err(self.broken(error)),
        }
    }

    /// Of one server's log only the beginning can be missing: else it was begun anew, and names mean other transactions.
    async fn is_purged(&self, server: &LogServer, position: &Position, source: &mut Source) -> Result<(), Broken> {
        let Some(gone) = self.gone.as_ref().filter(|_| server.id == position.server) else { return Ok(()) };
        let first = source.first_log().await?.unwrap_or_default();
        let is_purged = position.number() < (first.len(), first.as_str());
        if is_purged { Ok(()) } else { Err(Broken::Ended(FollowError::Lost(gone.clone()))) }
    }

    pub(super) fn broken(&mut self, error: BinlogError) -> Broken {
        let lost = |reason| Broken::Ended(FollowError::Lost(reason));
        if error.is_lost() {
            return lost(error.to_string());
        }
        if error.is_gone() {
            let position = self.updater.as_ref().and_then(Updater::position).and_then(Position::parse);
            let here = self.server.as_ref().map(|server| server.id.as_str());
            // Asked for by its transactions it said no already.
            let asked = position.as_ref().is_none_or(|position| Some(position.server.as_str()) != here);
            let names = position.is_some_and(|position| position.gtids.is_some());
            if asked || !names || self.gone.is_some() {
                return lost(error.to_string());
            }
            self.gone = Some(error.to_string());
        }
        if let BinlogError::Garbled(_) = error {
            return self.not_understood(error.to_string());
        }
        if error.is_refusal() {
            self.refused = Some(format!("{error}; {RIGHTS}"));
            return Broken::Renewed;
        }
        Broken::Away(error.to_string())
    }

    /// What cannot be read from the same place again and again must not keep the index from going on.
    pub(super) fn not_understood(&mut self, error: String) -> Broken {
        let position = self.updater.as_ref().and_then(Updater::position).map(str::to_owned);
        let times = if self.garbled.0 == position { self.garbled.1 + 1 } else { 1 };
        self.garbled = (position, times);
        if times < GARBLED { Broken::Away(error) } else { Broken::Ended(FollowError::Lost(error)) }
    }
}
