//! A generation as one file, for a server that need not read MySQL to have an index.

use std::fs::{self, File};
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};

use crate::generation::MANIFEST_FILE;
use crate::learned::LEARNED_FILE;
use crate::live::LOG_FILE;
use crate::schema::SCHEMA_VERSION;
use crate::{IndexError, IndexHome, Manifest};

/// tantivy's list of segments: replaced with every commit.
const META_FILE: &str = "meta.json";
/// Files that change in place or are replaced, and so are copied; all others are written once.
const COPIED: [&str; 4] = [META_FILE, ".managed.json", LOG_FILE, LEARNED_FILE];
/// How often a commit may come in between.
const TRIES: usize = 100;

impl IndexHome {
    /// Writes the generation in use as a tar archive, as of one commit, while a server may follow with it.
    pub fn export(&self, to: impl Write) -> Result<Manifest, IndexError> {
        let manifest = self.manifest()?;
        let folder = self.path().join(&manifest.generation);
        let held = Held::new(self.path().join(format!("export-{}", std::process::id())), &folder)?;
        let failed = |source| IndexError::io("export", &folder, source);
        held.pack(to).map_err(failed)?;
        Ok(manifest)
    }

    /// Unpacks what [`export`](Self::export) wrote into a new generation and puts it into use.
    pub fn import(&self, from: impl Read) -> Result<Manifest, IndexError> {
        let rebuild = self.begin()?;
        let folder = rebuild.folder();
        let failed = |source| IndexError::io("unpack the archive into", &folder, source);
        unpack(from, &folder).map_err(failed)?;
        let manifest_path = folder.join(MANIFEST_FILE);
        let manifest = fs::read(&manifest_path).and_then(|json| Ok(serde_json::from_slice::<Manifest>(&json)?));
        let manifest = manifest.map_err(failed)?;
        if manifest.schema != SCHEMA_VERSION {
            return Err(IndexError::Layout { generation: manifest.generation, found: manifest.schema });
        }
        rebuild.adopt(manifest)
    }
}

/// The files of one commit, held by links so that no merge takes them away.
struct Held(PathBuf);

impl Held {
    fn new(held: PathBuf, folder: &Path) -> Result<Self, IndexError> {
        let held = Self(held);
        for _ in 0..TRIES {
            if held.hold(folder).map_err(|source| IndexError::io("link the files of", folder, source))? {
                return Ok(held);
            }
        }
        let source = io::Error::new(io::ErrorKind::ResourceBusy, "it changes too fast");
        Err(IndexError::io("export", folder, source))
    }

    /// Whether no commit came in between.
    fn hold(&self, folder: &Path) -> io::Result<bool> {
        self.release()?;
        fs::create_dir(&self.0)?;
        let before = fs::read(folder.join(META_FILE))?;
        for entry in fs::read_dir(folder)? {
            let name = entry?.file_name();
            let text = name.to_string_lossy();
            let (from, to) = (folder.join(&name), self.0.join(&name));
            let held = if text.ends_with(".lock") || text.ends_with(".new") {
                Ok(())
            } else if COPIED.contains(&&*text) {
                fs::copy(from, to).map(drop)
            } else {
                fs::hard_link(from, to)
            };
            match held {
                // A merge has taken it away.
                Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(false),
                held => held?,
            }
        }
        Ok(fs::read(folder.join(META_FILE))? == before)
    }

    /// The manifest comes last, as in a build: what was cut off on its way has none, and is not taken for an index.
    fn pack(&self, to: impl Write) -> io::Result<()> {
        let names = fs::read_dir(&self.0)?.map(|entry| Ok(entry?.file_name()));
        let mut names = names.collect::<io::Result<Vec<_>>>()?;
        names.sort_by_key(|name| name == MANIFEST_FILE);
        let mut archive = tar::Builder::new(to);
        names.iter().try_for_each(|name| archive.append_path_with_name(self.0.join(name), name))?;
        archive.into_inner()?.flush()
    }

    fn release(&self) -> io::Result<()> {
        match fs::remove_dir_all(&self.0) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
            removed => removed,
        }
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        if let Err(error) = self.release() {
            tracing::warn!(%error, "links of an export stay in {}", self.0.display());
        }
    }
}

/// Takes plain files only: an archive is not to write anywhere else.
fn unpack(from: impl Read, folder: &Path) -> io::Result<()> {
    let mut archive = tar::Archive::new(from);
    for entry in archive.entries()? {
        let mut entry = entry?;
        let path = entry.path()?.into_owned();
        if !entry.header().entry_type().is_file() {
            continue;
        }
        let (Some(name), Some(parent)) = (path.file_name(), path.parent()) else { continue };
        if !matches!(parent.to_str(), Some("" | ".")) {
            return Err(io::Error::new(io::ErrorKind::InvalidData, "the archive is not of an index"));
        }
        let mut file = File::create(folder.join(name))?;
        io::copy(&mut entry, &mut file)?;
        file.sync_all()?;
    }
    Ok(())
}
