//! `plugin new`: a project that builds and passes, to be filled with what one really wants.

use std::{
    fs,
    path::{Path, PathBuf},
};

use super::templates::{self, Lang, PluginKind};
use crate::{
    call::Call,
    command::{Arguments, Command},
    failure::{Failure, Outcome},
    flags::{Flag, Kind},
    globals::Globals,
    out,
};

/// The longest name of a plugin.
const NAME_MAX: usize = 64;

const FLAGS: &[Flag] = &[
    Flag::new(&["kind"], Kind::Text, "What it is to be: storage (the default), ha-lock or seal."),
    Flag::new(&["lang"], Kind::Text, "The language: rust (the default), c, python or js."),
    Flag::new(&["name"], Kind::Text, "The name of the provider: that of the folder if not given."),
    Flag::new(
        &["sdk"],
        Kind::Text,
        "The source tree of Strongroom, which has the Rust SDK: that around the working folder or \
         around this program if not given.",
    )
    .or_variable("SDK"),
];

pub(super) const COMMAND: Command = Command {
    name: "plugin new",
    summary: "Begin a plugin: a project that builds and passes",
    usage: "[options] [DIR]",
    about: "Makes a folder with a small provider that works, a configuration for plugin test and a \
            README. It keeps everything in memory, or its key in the configuration: put your \
            service in its place, one function after the other, and keep the suite green.",
    examples: &[
        ("A storage in Rust:", "strongroom plugin new -kind=storage -lang=rust mystore"),
        ("A seal in Python:", "strongroom plugin new -kind=seal -lang=python mykms"),
    ],
    flags: &[FLAGS],
    globals: Globals::None,
    arguments: Arguments::Between(0, 1),
    run: new,
};

fn new(call: &Call) -> Outcome {
    let text = |flag: &str, usual: &str| call.given.text(flag).unwrap_or(usual).to_lowercase();
    let (kind, lang) = (text("kind", "storage"), text("lang", "rust"));
    let kind = PluginKind::parse(&kind).ok_or_else(|| {
        Failure::Local(format!("-kind={kind}: the kinds are storage, ha-lock and seal"))
    })?;
    let lang = Lang::parse(&lang).ok_or_else(|| {
        Failure::Local(format!("-lang={lang}: the languages are rust, c, python and js"))
    })?;
    let folder = match call.argument(0) {
        "" => PathBuf::from(call.given.text("name").unwrap_or(match kind {
            PluginKind::Storage => "my-storage",
            PluginKind::HaLock => "my-lock",
            PluginKind::Seal => "my-seal",
        })),
        given => PathBuf::from(given),
    };
    let name = match call.given.text("name") {
        Some(name) => name.to_owned(),
        None => folder.file_name().unwrap_or_default().to_string_lossy().to_lowercase(),
    };
    check_name(&name)?;
    let sdk = if lang == Lang::Rust { sdk(call)? } else { PathBuf::new() };
    if fs::read_dir(&folder).is_ok_and(|mut entries| entries.next().is_some()) {
        return Err(Failure::Local(format!("{} is not empty", folder.display())));
    }
    for (path, content) in templates::files(kind, lang) {
        let content = content.replace("{{dependencies}}", templates::dependencies(kind));
        write(&folder.join(path), &filled(&content, &name, &sdk))?;
    }
    out::line(&next_steps(&folder, kind, lang));
    Ok(())
}

fn check_name(name: &str) -> Outcome {
    let letters = name.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-');
    let starts = name.starts_with(|c: char| c.is_ascii_lowercase());
    if letters && starts && !name.ends_with('-') && name.len() <= NAME_MAX {
        return Ok(());
    }
    Err(Failure::Local(format!(
        "{name:?} is no name for a plugin: begin with a letter, go on with a-z, 0-9 and \"-\"; \
         say another with -name"
    )))
}

/// Where the SDK is.
fn sdk(call: &Call) -> Outcome<PathBuf> {
    let given = call.given.text("sdk").map(str::to_owned);
    let given = given.or_else(|| client::settings::variable("SDK")).filter(|path| !path.is_empty());
    if let Some(given) = given {
        return match sdk_at(Path::new(&given)) {
            Some(folder) => Ok(folder),
            None => Err(Failure::Local(format!(
                "{given} is not the source tree of Strongroom: it has no {SDK_CRATE}"
            ))),
        };
    }
    let here = std::env::current_dir().ok();
    let program = std::env::current_exe().ok();
    let around = here.iter().chain(&program).flat_map(|path| path.ancestors());
    around.into_iter().find_map(sdk_at).ok_or_else(|| {
        Failure::local(
            "The Rust SDK is the source tree of Strongroom: fetch it and say where it is with \
             -sdk=PATH, or in STRONGROOM_SDK",
        )
    })
}

const SDK_CRATE: &str = "core/plugin-api/Cargo.toml";

fn sdk_at(folder: &Path) -> Option<PathBuf> {
    folder.join(SDK_CRATE).is_file().then(|| fs::canonicalize(folder).ok())?
}

fn filled(content: &str, name: &str, sdk: &Path) -> String {
    let content = templates::EXAMPLES
        .iter()
        .fold(content.to_owned(), |content, example| content.replace(example, name));
    content
        .replace("{{name}}", name)
        .replace("{{name_}}", &name.replace('-', "_"))
        .replace("{{sdk}}", &sdk.display().to_string())
}

fn write(path: &Path, content: &str) -> Outcome {
    let fault = |error: std::io::Error| Failure::Local(format!("{}: {error}", path.display()));
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder).map_err(fault)?;
    }
    fs::write(path, content).map_err(fault)
}

fn next_steps(folder: &Path, kind: PluginKind, lang: Lang) -> String {
    let folder = folder.display();
    let volatile = if kind == PluginKind::Seal { "" } else { " -volatile" };
    let read = templates::source(kind, lang);
    format!(
        "{folder} is ready. Next:\n\n    cd {folder}\n    strongroom plugin build\n    \
         strongroom plugin test -config=test.hcl{volatile} <the file that was built>\n\nThen read \
         {read}, and put your service in the place of its stand-in."
    )
}
