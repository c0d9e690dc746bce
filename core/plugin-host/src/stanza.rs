//! From the `plugin` stanza of the configuration to what is to be loaded.

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
    time::Duration,
};

use config::{PluginGrant, PluginStanza};

use crate::{Error, Grant, GrantTls, Kind, Limits, PluginSpec, find};

type Values = BTreeMap<String, String>;

/// The most instances that a stanza may ask for.
const INSTANCES_MAX: usize = 1024;
/// The longest call that a stanza may allow.
const CALL_TIME_MAX: Duration = Duration::from_secs(3_600);

impl PluginSpec {
    /// Reads a stanza; a setting that is not known, missing or wrong is an error that names it.
    pub fn from_stanza(
        stanza: &PluginStanza,
        plugin_directory: Option<&Path>,
    ) -> Result<Self, Error> {
        Self::read(stanza, plugin_directory).map_err(|why| Error::Stanza {
            kind: stanza.kind.clone(),
            name: stanza.name.clone(),
            why,
        })
    }

    fn read(stanza: &PluginStanza, plugin_directory: Option<&Path>) -> Result<Self, String> {
        let kind = Kind::from_word(&stanza.kind).ok_or_else(|| {
            format!("\"{}\" is no kind; write storage, ha-lock or seal", stanza.kind)
        })?;
        let mut settings = stanza.settings.clone();
        let path = PathBuf::from(require(&mut settings, "path")?);
        let sha256 = settings.remove("sha256").map(|text| digest(&text)).transpose()?;
        let trust_full = match settings.remove("trust").as_deref() {
            None => false,
            Some("full") => true,
            Some(_) => return Err("the setting \"trust\" must be \"full\" or absent".to_owned()),
        };
        let report = settings.remove("report").map(|path| find(Path::new(&path), plugin_directory));
        finish(&settings)?;
        let grants = stanza.grants.iter().map(|it| {
            let at = |why| format!("{}: grant \"{}\" \"{}\": {why}", it.place, it.kind, it.name);
            Grant::from_stanza(it).map_err(at)
        });
        Ok(Self {
            kind,
            name: stanza.name.clone(),
            path: find(&path, plugin_directory),
            sha256,
            trust_full,
            report,
            grants: grants.collect::<Result<_, _>>()?,
            limits: Limits::from_values(stanza.limits.clone())?,
        })
    }
}

impl Grant {
    fn from_stanza(stanza: &PluginGrant) -> Result<Self, String> {
        let (name, mut settings) = (stanza.name.clone(), stanza.settings.clone());
        let grant = match stanza.kind.as_str() {
            "http" => Self::Http {
                name,
                origins: origins(&mut settings)?,
                methods: settings.remove("methods").map(|text| words(&text)).unwrap_or_default(),
                tls: GrantTls::from_values(&mut settings)?,
            },
            "tcp" => Self::Tcp { name, address: require(&mut settings, "address")? },
            "dir" => Self::Dir {
                name,
                path: require(&mut settings, "path")?.into(),
                writable: switch(&mut settings, "writable")?,
            },
            "env" => Self::Env { variable: name },
            other => {
                return Err(format!("grant \"{other}\" is not known; write http, tcp, dir or env"));
            }
        };
        finish(&settings)?;
        Ok(grant)
    }
}

/// Origins are shown and logged: none of them may carry a password.
fn origins(values: &mut Values) -> Result<Vec<String>, String> {
    let origins = words(&require(values, "origins")?);
    if origins.iter().any(|origin| origin.contains('@')) {
        return Err("\"origins\" has a user before a host; leave it out, and give the plugin its \
                    password in the stanza that uses it"
            .to_owned());
    }
    Ok(origins)
}

impl GrantTls {
    fn from_values(values: &mut Values) -> Result<Self, String> {
        let mut file = |name: &str| values.remove(name).map(PathBuf::from);
        let ca_file = file("ca_file");
        let client = match (file("client_cert_file"), file("client_key_file")) {
            (None, None) => None,
            (Some(certificate), Some(key)) => Some((certificate, key)),
            (Some(_), None) => return Err(beside("client_cert_file", "client_key_file")),
            (None, Some(_)) => return Err(beside("client_key_file", "client_cert_file")),
        };
        Ok(Self { ca_file, client })
    }
}

fn beside(there: &str, missing: &str) -> String {
    format!("\"{there}\" is set and \"{missing}\" is missing; they belong together")
}

impl Limits {
    fn from_values(mut values: Values) -> Result<Self, String> {
        let mut limits = Self::default();
        if let Some(bytes) = number(&mut values, "memory", size)? {
            limits.memory_bytes = bytes;
        }
        if let Some(time) = number(&mut values, "call_time", duration)? {
            limits.call_time = time;
        }
        if let Some(fuel) = number(&mut values, "fuel", |text| text.parse().ok())? {
            limits.fuel = fuel;
        }
        let instances =
            |text: &str| text.parse().ok().filter(|it| (1..=INSTANCES_MAX).contains(it));
        if let Some(instances) = number(&mut values, "instances", instances)? {
            limits.instances = instances;
        }
        if let Some(lines) = number(&mut values, "log_lines_per_second", |text| text.parse().ok())?
        {
            limits.log_lines_per_second = lines;
        }
        finish(&values)?;
        Ok(limits)
    }
}

fn require(values: &mut Values, name: &str) -> Result<String, String> {
    let value = values.remove(name).filter(|value| !value.is_empty());
    value.ok_or_else(|| format!("the setting \"{name}\" is missing"))
}

fn finish(values: &Values) -> Result<(), String> {
    match values.keys().next() {
        None => Ok(()),
        Some(name) => Err(format!("the setting \"{name}\" is not known here")),
    }
}

fn number<T>(
    values: &mut Values,
    name: &str,
    parse: impl FnOnce(&str) -> Option<T>,
) -> Result<Option<T>, String> {
    let Some(text) = values.remove(name) else { return Ok(None) };
    match parse(&text) {
        Some(value) => Ok(Some(value)),
        None => Err(format!("the limit \"{name}\" cannot be \"{text}\"")),
    }
}

/// A list as the configuration gives it: joined by commas.
fn words(text: &str) -> Vec<String> {
    text.split(',').map(str::trim).filter(|word| !word.is_empty()).map(str::to_owned).collect()
}

fn switch(values: &mut Values, name: &str) -> Result<bool, String> {
    match values.remove(name).as_deref() {
        None | Some("false") => Ok(false),
        Some("true") => Ok(true),
        Some(_) => Err(format!("the setting \"{name}\" must be true or false")),
    }
}

fn digest(text: &str) -> Result<[u8; 32], String> {
    let bytes = hex::decode(text).ok().and_then(|bytes| bytes.try_into().ok());
    bytes.ok_or_else(|| "the setting \"sha256\" must be 64 hexadecimal digits".to_owned())
}

/// Bytes: `1048576`, `64KiB`, `256MiB`, `1GiB` (the `iB` may be left out).
fn size(text: &str) -> Option<u64> {
    let (digits, unit) = split(text);
    let shift = match unit.trim_end_matches("iB").trim_end_matches('B') {
        "" => 0,
        "K" => 10,
        "M" => 20,
        "G" => 30,
        _ => return None,
    };
    digits.parse::<u64>().ok()?.checked_mul(1 << shift)
}

/// Time: `30` (seconds), `500ms`, `30s`, `1m`. Never zero, and not for ever.
fn duration(text: &str) -> Option<Duration> {
    let (digits, unit) = split(text);
    let count: u64 = digits.parse().ok().filter(|count| *count > 0)?;
    let time = match unit {
        "ms" => Duration::from_millis(count),
        "" | "s" => Duration::from_secs(count),
        "m" => Duration::from_secs(count.checked_mul(60)?),
        _ => return None,
    };
    (time <= CALL_TIME_MAX).then_some(time)
}

fn split(text: &str) -> (&str, &str) {
    let end = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
    text.split_at(end)
}

#[cfg(test)]
mod tests;
