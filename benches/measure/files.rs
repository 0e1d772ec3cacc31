//! The files of an index, in the page cache or not.

use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};

/// All files of a generation.
pub(crate) struct Files(Vec<PathBuf>);

impl Files {
    pub(crate) fn of(folder: &Path) -> io::Result<Self> {
        let entries = fs::read_dir(folder)?.map(|entry| Ok(entry?.path())).collect::<io::Result<Vec<_>>>()?;
        Ok(Self(entries.into_iter().filter(|path| path.is_file()).collect()))
    }

    /// Reads all of them, so that they are in memory.
    pub(crate) fn load_into_memory(&self) -> io::Result<u64> {
        self.0.iter().map(|path| io::copy(&mut File::open(path)?, &mut io::sink())).sum()
    }

    /// Whether none of them is in memory any more. Nothing may have them mapped: what is mapped stays.
    pub(crate) fn drop_from_memory(&self) -> bool {
        self.0.iter().all(|path| drop_pages(path).is_ok())
    }

    /// Whether the system really drops them: whether what is read afterwards comes from the disk.
    pub(crate) fn can_be_dropped(&self) -> bool {
        let read = || {
            let before = read_from_disk()?;
            let size = self.load_into_memory().ok()?;
            Some(read_from_disk()? - before >= size / 2)
        };
        self.drop_from_memory() && read().unwrap_or(false)
    }
}

#[cfg(target_os = "linux")]
fn drop_pages(path: &Path) -> io::Result<()> {
    let file = File::open(path)?;
    // Pages that are not on the disk yet would stay.
    file.sync_all()?;
    Ok(rustix::fs::fadvise(&file, 0, None, rustix::fs::Advice::DontNeed)?)
}

#[cfg(not(target_os = "linux"))]
fn drop_pages(_: &Path) -> io::Result<()> {
    Err(io::ErrorKind::Unsupported.into())
}

/// Bytes that this process has had read from the disk.
fn read_from_disk() -> Option<u64> {
    let counters = fs::read_to_string("/proc/self/io").ok()?;
    counters.lines().find_map(|line| line.strip_prefix("read_bytes: "))?.parse().ok()
}
