//! From paths to a configuration: finds the files, reads them, puts them together.

use std::{
    fs::{self, File},
    io::Read as _,
    path::{Path, PathBuf},
    sync::Arc,
};

use hcl::Body;

use crate::{
    config::Config,
    env::Environment,
    error::{Error, Result},
    section::{Entry, Section},
};

/// The most files in one folder.
pub const FILES_MAX: usize = 1000;

/// A configuration, and what an operator should hear about it.
#[derive(Clone, Debug)]
pub struct Loaded {
    /// The configuration.
    pub config: Config,
    /// One sentence for each key that is not known or has no effect.
    pub warnings: Vec<String>,
}

impl Config {
    /// Reads files, and of folders all files that end in `.hcl` or `.json`, sorted by name.
    ///
    /// Of a key that comes twice the last counts; stanzas of which there may be several add up.
    /// `env` reads an environment variable. Without a path, `STRONGROOM_CONFIG_PATH` gives one.
    pub fn load(paths: &[PathBuf], env: &dyn Fn(&str) -> Option<String>) -> Result<Loaded> {
        let env = Environment(env);
        let from_env = env.get("CONFIG_PATH").filter(|_| paths.is_empty()).map(PathBuf::from);
        let mut sources = Vec::new();
        for path in paths.iter().chain(&from_env) {
            for file in files(path)? {
                sources.push(source(&file)?);
            }
        }
        if sources.is_empty() {
            return Err(Error::NoPaths);
        }
        let names: Vec<_> = sources.iter().map(|(name, _)| &**name).collect();
        let entries = sources
            .iter()
            .flat_map(|(file, body)| body.items.iter().map(move |item| Entry { file, item }));
        let mut outermost = Section::outermost(entries.collect());
        Self::read(&mut outermost, &names.join(", "), env)
    }
}

/// The files that a path stands for.
fn files(path: &Path) -> Result<Vec<PathBuf>> {
    let name = || path.display().to_string();
    let read = |source| Error::Read { file: name(), source };
    if !fs::metadata(path).map_err(read)?.is_dir() {
        return Ok(vec![path.to_owned()]);
    }
    let mut files = Vec::new();
    for entry in fs::read_dir(path).map_err(read)? {
        let file = entry.map_err(read)?.path();
        if file.extension().is_some_and(|end| end == "hcl" || end == "json") && file.is_file() {
            files.push(file);
        }
        if files.len() > FILES_MAX {
            return Err(Error::TooManyFiles(name()));
        }
    }
    if files.is_empty() {
        return Err(Error::NoFiles(name()));
    }
    files.sort();
    Ok(files)
}

/// The name and the items of a file.
fn source(path: &Path) -> Result<(Arc<str>, Body)> {
    let name = path.display().to_string();
    let read = |source| Error::Read { file: name.clone(), source };
    // One byte over the limit is enough for the reader to refuse the rest.
    let limit = u64::try_from(hcl::INPUT_BYTES_MAX).unwrap_or(u64::MAX).saturating_add(1);
    let mut text = String::new();
    File::open(path).map_err(read)?.take(limit).read_to_string(&mut text).map_err(read)?;
    let body = hcl::parse(&text).map_err(|cause| Error::Syntax { file: name.clone(), cause })?;
    Ok((Arc::from(name), body))
}

#[cfg(test)]
mod tests;
