//! Help texts, made from the list of commands.

use crate::{
    command::{self, Command, Group},
    flags::{Flag, Kind},
};

const WIDTH: usize = 80;
const PROGRAM: &str = "strongroom";

/// What one sees without a command.
pub(crate) fn top() -> String {
    let mut text = format!("Usage: {PROGRAM} <command> [args]\n\nCommon commands:\n");
    let common: Vec<&Command> =
        command::COMMON.iter().filter_map(|name| command::find(name)).collect();
    text.push_str(&index(common.iter().map(|c| (c.name, c.summary))));
    text.push_str("\nOther commands:\n");
    let single = command::all()
        .filter(|c| !c.name.contains(' ') && !command::COMMON.contains(&c.name))
        .map(|c| (c.name, c.summary));
    let groups =
        command::GROUPS.iter().filter(|g| !g.name.contains(' ')).map(|g| (g.name, g.summary));
    let mut others: Vec<(&str, &str)> = single.chain(groups).collect();
    others.sort_unstable();
    text.push_str(&index(others.into_iter()));
    text.push_str(&format!("\n{PROGRAM} <command> -h explains a command."));
    text
}

/// What a group of commands is about, and which there are.
pub(crate) fn group(group: &Group) -> String {
    let mut text = format!("Usage: {PROGRAM} {} <subcommand> [options] [args]\n\n", group.name);
    text.push_str(&paragraphs(group.about));
    let inside = |name: &'static str| {
        let rest = name.strip_prefix(group.name)?.strip_prefix(' ')?;
        (!rest.contains(' ')).then_some(rest)
    };
    let commands = command::all().filter_map(|c| Some((inside(c.name)?, c.summary)));
    let groups = command::GROUPS.iter().filter_map(|g| Some((inside(g.name)?, g.summary)));
    let mut members: Vec<(&str, &str)> = commands.chain(groups).collect();
    members.sort_unstable();
    text.push_str("\nSubcommands:\n");
    text.push_str(&index(members.into_iter()));
    text.push_str(&format!("\n{PROGRAM} {} <subcommand> -h explains one.", group.name));
    text
}

/// All about one command.
pub(crate) fn command(command: &Command) -> String {
    let usage = format!("Usage: {PROGRAM} {} {}", command.name, command.usage);
    let mut text = format!("{}\n\n", usage.trim_end());
    text.push_str(&paragraphs(command.about));
    text.push_str("\nExamples:\n");
    for (what, line) in command.examples {
        text.push_str(&format!("\n{}\n      $ {line}\n", wrapped(what, 2)));
    }
    let own: Vec<&Flag> = command.flags.iter().flat_map(|flags| flags.iter()).collect();
    if !own.is_empty() {
        text.push_str("\nCommand options:\n");
        own.into_iter().for_each(|flag| text.push_str(&option(flag)));
    }
    for (heading, flags) in command.globals.groups() {
        if !heading.is_empty() {
            text.push_str(&format!("\n{heading}:\n"));
        }
        flags.iter().for_each(|flag| text.push_str(&option(flag)));
    }
    text.trim_end().to_owned()
}

/// One flag with its other names, what its value is, and what it does.
fn option(flag: &Flag) -> String {
    let hint = match flag.kind {
        Kind::Bool => "",
        Kind::Text => "=<text>",
        Kind::Number => "=<number>",
        Kind::Ttl => "=<duration>",
        Kind::List => "=<text,…>",
        Kind::Pairs => "=<name=value>",
    };
    let names: Vec<String> = flag.names.iter().map(|name| format!("-{name}{hint}")).collect();
    let mut help = flag.help.to_owned();
    if !flag.variable.is_empty() {
        let name = flag.variable;
        help.push_str(&format!(" Also by STRONGROOM_{name}, BAO_{name} or VAULT_{name}."));
    }
    format!("\n  {}\n{}\n", names.join(", "), wrapped(&help, 6))
}

fn index<'a>(members: impl Iterator<Item = (&'a str, &'a str)>) -> String {
    members.map(|(name, summary)| format!("    {name:<19} {summary}\n")).collect()
}

fn paragraphs(text: &str) -> String {
    let all: Vec<String> = text.split("\n\n").map(|one| wrapped(one, 2)).collect();
    format!("{}\n", all.join("\n\n"))
}

/// Text in lines of at most [`WIDTH`] columns, after so many blanks. Longer words stand alone.
fn wrapped(text: &str, indent: usize) -> String {
    let blanks = " ".repeat(indent);
    let mut lines = Vec::new();
    let mut line = String::new();
    for word in text.split_whitespace() {
        let wider = indent + line.chars().count() + 1 + word.chars().count() > WIDTH;
        if wider && !line.is_empty() {
            lines.push(std::mem::take(&mut line));
        }
        if !line.is_empty() {
            line.push(' ');
        }
        line.push_str(word);
    }
    lines.push(line);
    lines.iter().map(|line| format!("{blanks}{line}")).collect::<Vec<_>>().join("\n")
}
