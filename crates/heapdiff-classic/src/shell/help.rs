//! What `help` says.

use crate::options::{Command, Finish, Format, Named, command_lines, variable_lines};

/// What is no report.
const OTHERS: [(&str, &str); 2] =
    [("o/options", "List options and their current values"), ("q/quit/exit/^D", "Exit pprof")];

const TAIL: &str = "
  :   Clear focus/ignore/hide/tagfocus/tagignore

  type \"help <cmd|option>\" for more information
";

/// Help on everything, or on a command, variable or choice. `kinds` are the kinds of the profile's values.
pub(super) fn help(name: &str, kinds: &[String]) -> String {
    if name.is_empty() {
        let commands = command_lines("  Commands:\n", "", &OTHERS);
        return format!("{commands}\n{}{TAIL}", variable_lines(""));
    }
    if let Some(command) = Command::named(name) {
        return of_command(command);
    }
    let text = match Named::find(name) {
        Some(Named::Variable(variable)) => variable.help,
        Some(Named::Choice(_, choice)) => choice.help,
        None => "",
    };
    if text.is_empty() {
        return format!("Unknown command: {name}");
    }
    if name == "sample_index" {
        let kinds = kinds.join(" ");
        return format!("{text}Or use sample_index=name, with name in [{kinds}].\n\n");
    }
    format!("{text}\n")
}

fn of_command(command: &Command) -> String {
    let mut text = format!("{}\n", command.description);
    let usage = usage(command);
    if !usage.is_empty() {
        text.push_str("  Usage:\n");
    }
    for line in usage {
        text.push_str(&format!("    {line}\n"));
    }
    text + "\n"
}

/// How a command is used, in some lines.
fn usage(command: &Command) -> Vec<String> {
    let name = command.name;
    let line = str::to_owned;
    let samples = "Include samples matching focus_regex, and exclude ignore_regex.";
    let to_file = "Optionally save the report on the file f";
    match command.format {
        Format::Comments | Format::Proto | Format::Raw | Format::TopProto | Format::Traces => Vec::new(),
        Format::Tags => vec![
            format!("{name} [tag_regex]* [-ignore_regex]* [>file]"),
            line("List tags with key:value matching tag_regex and exclude ignore_regex."),
        ],
        Format::Tree if command.has_pattern => vec![
            format!("{name} func_regex"),
            line("Display callers and callees of functions matching func_regex."),
        ],
        Format::List | Format::WebList | Format::Disassembly => {
            let is_saved = command.format == Format::Disassembly;
            let file = if is_saved { " >f" } else { "" };
            let functions = "Include functions matching func_regex, or including the address specified.";
            let mut lines = vec![
                // pprof leaves out the space, too.
                format!("{name}<func_regex|address> [-focus_regex]* [-ignore_regex]*{file}"),
                line(functions),
                line(samples),
            ];
            lines.extend(is_saved.then(|| line(to_file)));
            lines
        }
        Format::Callgrind | Format::Dot | Format::Text | Format::Tree => {
            let is_sorted = matches!(command.format, Format::Text | Format::Tree);
            let is_saved = !matches!(command.finish, Finish::Show { .. });
            let (sort, file) = (if is_sorted { " [-cum]" } else { "" }, if is_saved { " >f" } else { "" });
            let mut lines = vec![
                format!("{name} [n] [focus_regex]* [-ignore_regex]*{sort}{file}"),
                line("Include up to n samples"),
                line(samples),
            ];
            lines.extend(is_sorted.then(|| line("-cum sorts the output by cumulative weight")));
            lines.extend(is_saved.then(|| line(to_file)));
            lines
        }
    }
}
