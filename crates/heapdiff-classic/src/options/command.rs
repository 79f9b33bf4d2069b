//! The reports that pprof makes, by the names of their flags.

/// What a report is made of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// Costs per function and call, for `KCachegrind`.
    Callgrind,
    /// The comments of the profile.
    Comments,
    /// Instructions with their values.
    Disassembly,
    /// A graph in Graphviz's language.
    Dot,
    /// Source lines with their values.
    List,
    /// The profile itself.
    Proto,
    /// The profile itself as text.
    Raw,
    /// Labels and how much each accounts for.
    Tags,
    /// A row for each function.
    Text,
    /// The rows of [`Format::Text`] as a profile.
    TopProto,
    /// Every stack.
    Traces,
    /// Every function with its callers and callees.
    Tree,
    /// Source lines and instructions as a page.
    WebList,
}

/// What becomes of a report.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Finish {
    /// It is printed.
    Print,
    /// It is printed, unless to a terminal.
    Save,
    /// Graphviz draws it in this format.
    Draw(&'static str),
    /// A program shows it.
    Show {
        /// What Graphviz makes of it first.
        draw: Option<&'static str>,
        /// The programs to try, or none for a browser.
        program: Option<&'static str>,
    },
}

/// A report that can be asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Command {
    /// The name of its flag.
    pub name: &'static str,
    /// What it is made of.
    pub format: Format,
    /// Whether it takes a regular expression.
    pub has_pattern: bool,
    /// What becomes of it.
    pub finish: Finish,
    /// What it is, in one line.
    pub description: &'static str,
}

impl Command {
    /// The command of a name.
    #[must_use]
    pub fn named(name: &str) -> Option<&'static Self> {
        COMMANDS.iter().find(|command| command.name == name)
    }
}

const fn command(name: &'static str, format: Format, finish: Finish, description: &'static str) -> Command {
    Command { name, format, has_pattern: false, finish, description }
}

const fn with_pattern(
    name: &'static str,
    format: Format,
    finish: Finish,
    description: &'static str,
) -> Command {
    Command { name, format, has_pattern: true, finish, description }
}

const fn shown(draw: &'static str, program: Option<&'static str>) -> Finish {
    Finish::Show { draw: Some(draw), program }
}

const KCACHEGRIND: Finish = Finish::Show { draw: None, program: Some("kcachegrind") };
const BROWSER: Finish = Finish::Show { draw: None, program: None };

/// All commands, by name.
pub const COMMANDS: [Command; 25] = [
    command("callgrind", Format::Callgrind, Finish::Save, "Outputs a graph in callgrind format"),
    command("comments", Format::Comments, Finish::Print, "Output all profile comments"),
    with_pattern(
        "disasm",
        Format::Disassembly,
        Finish::Print,
        "Output assembly listings annotated with samples",
    ),
    command("dot", Format::Dot, Finish::Print, "Outputs a graph in DOT format"),
    command("eog", Format::Dot, shown("svg", Some("eog")), "Visualize graph through eog"),
    command("evince", Format::Dot, shown("pdf", Some("evince")), "Visualize graph through evince"),
    command("gif", Format::Dot, Finish::Draw("gif"), "Outputs a graph image in GIF format"),
    command("gv", Format::Dot, shown("ps", Some("gv --noantialias")), "Visualize graph through gv"),
    command("kcachegrind", Format::Callgrind, KCACHEGRIND, "Visualize report in KCachegrind"),
    with_pattern(
        "list",
        Format::List,
        Finish::Print,
        "Output annotated source for functions matching regexp",
    ),
    command("pdf", Format::Dot, Finish::Draw("pdf"), "Outputs a graph in PDF format"),
    with_pattern("peek", Format::Tree, Finish::Print, "Output callers/callees of functions matching regexp"),
    command("png", Format::Dot, Finish::Draw("png"), "Outputs a graph image in PNG format"),
    command("proto", Format::Proto, Finish::Save, "Outputs the profile in compressed protobuf format"),
    command("ps", Format::Dot, Finish::Draw("ps"), "Outputs a graph in PS format"),
    command("raw", Format::Raw, Finish::Print, "Outputs a text representation of the raw profile"),
    command("svg", Format::Dot, Finish::Draw("svg"), "Outputs a graph in SVG format"),
    command("tags", Format::Tags, Finish::Print, "Outputs all tags in the profile"),
    command("text", Format::Text, Finish::Print, "Outputs top entries in text form"),
    command("top", Format::Text, Finish::Print, "Outputs top entries in text form"),
    command("topproto", Format::TopProto, Finish::Save, "Outputs top entries in compressed protobuf format"),
    command("traces", Format::Traces, Finish::Print, "Outputs all profile samples in text form"),
    command("tree", Format::Tree, Finish::Print, "Outputs a text rendering of call graph"),
    command("web", Format::Dot, shown("svg", None), "Visualize graph through web browser"),
    with_pattern("weblist", Format::WebList, BROWSER, "Display annotated source in a web browser"),
];
