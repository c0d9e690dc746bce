//! The token helper: the file in which `login` leaves the token for the next commands.
//!
//! It is `~/.vault-token`, as other clients of this API expect, or what `STRONGROOM_TOKEN_PATH`
//! (`BAO_`, `VAULT_`) says. Only its owner may read it.

use std::{
    env, fs,
    io::{self, Write},
    os::unix::fs::{OpenOptionsExt, PermissionsExt},
    path::PathBuf,
};

use client::Token;

use crate::{
    failure::{Failure, Outcome},
    pairs,
};

/// The most bytes of a token file.
const TOKEN_BYTES_MAX: u64 = 64 << 10;

/// The stored token, if there is one.
pub(crate) fn load() -> Outcome<Option<Token>> {
    let Some(path) = path() else { return Ok(None) };
    let failed = |error: &io::Error| {
        let text = format!("Error getting token: read {}: {}", path.display(), pairs::cause(error));
        Failure::Local(text)
    };
    match fs::metadata(&path) {
        Ok(found) if found.len() > TOKEN_BYTES_MAX => {
            let text = format!("Error getting token: {} is too large", path.display());
            return Err(Failure::Local(text));
        }
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(failed(&error)),
        Ok(_) => {}
    }
    let text = fs::read_to_string(&path).map_err(|error| failed(&error))?;
    Ok(Token::parse(&text))
}

/// Stores a token for the next commands.
pub(crate) fn store(token: &Token) -> Outcome {
    let Some(path) = path() else {
        let text = "Error storing token: there is no home directory; set STRONGROOM_TOKEN_PATH";
        return Err(Failure::local(text));
    };
    write(&path, token).map_err(|error| {
        let cause = pairs::cause(&error);
        Failure::local(format!("Error storing token: write {}: {cause}", path.display()))
    })
}

fn write(path: &PathBuf, token: &Token) -> io::Result<()> {
    // Written beside and renamed: never half a token, and never readable by others in between.
    let mut beside = path.clone().into_os_string();
    beside.push(".tmp");
    let beside = PathBuf::from(beside);
    let mut options = fs::OpenOptions::new();
    let mut file = options.write(true).create(true).truncate(true).mode(0o600).open(&beside)?;
    file.set_permissions(fs::Permissions::from_mode(0o600))?;
    file.write_all(token.expose().as_bytes())?;
    file.sync_all()?;
    fs::rename(&beside, path)
}

fn path() -> Option<PathBuf> {
    if let Some(path) = client::settings::variable("TOKEN_PATH").filter(|path| !path.is_empty()) {
        return Some(PathBuf::from(path));
    }
    env::home_dir()
        .filter(|home| !home.as_os_str().is_empty())
        .map(|home| home.join(".vault-token"))
}
