//! Lays out the boxes through inferno, and then writes names, colours and legend into its picture.

use super::frame_tree::{FrameTree, Node};
use super::{Flamegraph, FlamegraphError, FlamegraphOptions, GraphKind, legend, palette};
use crate::elide;
use crate::quantity;
use crate::theme;
use heapdiff_profile::Interval;
use inferno::flamegraph as inferno_graph;
use quick_xml::events::{BytesStart, BytesText, Event};
use quick_xml::{Reader, Writer};
use std::io::{self, Write};

/// Width of the picture before a browser makes it as wide as its window, in pixels.
pub(super) const WIDTH_PX: u32 = 1200;
/// Space that inferno leaves at the left and at the right, in pixels.
pub(super) const PADDING_PX: u32 = 10;
/// Height of the text, in pixels.
pub(super) const FONT_PX: u32 = 12;
/// Width of a character of a monospace font, as a share of its height.
const FONT_WIDTH: f64 = 0.602;
/// Height of a box, in pixels: a little more than inferno's 16, which is tight for descenders.
const BOX_PX: usize = 18;

/// The picture with boxes named by their index in the tree.
pub(super) fn lay_out(
    graph: &Flamegraph<'_>,
    tree: &FrameTree,
    options: &FlamegraphOptions,
) -> Result<String, FlamegraphError> {
    let mut inferno_options = inferno_graph::Options::default();
    inferno_options.title = elide::printable(&graph.title(tree)).into_owned();
    inferno_options.subtitle = Some(elide::printable(graph.subtitle).into_owned());
    // The root at the top: the reader of a deep stack need not scroll to where it begins.
    inferno_options.direction = inferno_graph::Direction::Inverted;
    inferno_options.bgcolors = Some(inferno_graph::color::BackgroundColor::Flat((252, 252, 251).into()));
    inferno_options.frame_height = BOX_PX;
    inferno_options.font_size = FONT_PX as usize;
    inferno_options.font_width = FONT_WIDTH;
    inferno_options.min_width = options.min_width_percent;
    inferno_options.text_truncate_direction = inferno_graph::TextTruncateDirection::Right;
    inferno_options.name_type = String::new();
    inferno_options.no_javascript = options.without_script;
    // The lines are in the order in which they are to be drawn; only this mode does not sort them. It draws the last
    // line first.
    inferno_options.flame_chart = true;
    // Every colour is replaced below; this one takes no random numbers.
    inferno_options.deterministic = true;
    let lines = tree.folded_lines();
    let mut picture = Vec::new();
    inferno_graph::from_lines(&mut inferno_options, lines.iter().rev().map(String::as_str), &mut picture)
        .map_err(|error| FlamegraphError::Layout(error.to_string()))?;
    String::from_utf8(picture).map_err(|error| FlamegraphError::Layout(error.to_string()))
}

/// Writes inferno's picture with our names, colours, tooltips and legend.
pub(super) fn decorate(
    picture: &str,
    graph: &Flamegraph<'_>,
    tree: &FrameTree,
    options: &FlamegraphOptions,
    out: &mut dyn Write,
) -> Result<(), FlamegraphError> {
    let mut decorator = Decorator {
        graph,
        tree,
        options,
        biggest: tree.nodes().iter().map(|node| node.change().unsigned_abs()).max().unwrap_or(0),
        current: None,
        drawn: 0,
        depth: 0,
        frames_depth: None,
        in_text: false,
    };
    let mut reader = Reader::from_str(picture);
    let mut writer = Writer::new(out);
    loop {
        let event = reader.read_event().map_err(|error| FlamegraphError::Layout(error.to_string()))?;
        if matches!(event, Event::Eof) {
            return Ok(());
        }
        decorator.pass_on(event, &mut writer)?;
    }
}

/// Sees inferno's picture go by, event by event.
struct Decorator<'a> {
    graph: &'a Flamegraph<'a>,
    tree: &'a FrameTree,
    options: &'a FlamegraphOptions,
    /// The biggest change of any box, either way.
    biggest: u64,
    /// The box whose elements are going by.
    current: Option<&'a Node>,
    /// Boxes seen so far.
    drawn: usize,
    /// Elements that are open.
    depth: usize,
    /// What `depth` was when the element that holds the boxes began.
    frames_depth: Option<usize>,
    /// Whether the text of a box is going by, which is replaced.
    in_text: bool,
}

type Out<'a> = Writer<&'a mut dyn Write>;

impl Decorator<'_> {
    fn pass_on(&mut self, event: Event<'_>, out: &mut Out<'_>) -> Result<(), FlamegraphError> {
        match event {
            Event::Start(element) => {
                self.depth += 1;
                if self.frames_depth.is_some() {
                    self.box_begins(element, out)
                } else {
                    self.picture_begins(element, out)
                }
            }
            Event::Empty(element) => {
                let element = match element.name().as_ref() {
                    b"rect" if self.frames_depth.is_some() => self.colored(&element)?,
                    b"rect" => grown(&element)?,
                    _ => element,
                };
                write(out, Event::Empty(element))
            }
            Event::Text(text) if self.frames_depth.is_some() => self.box_text(&text, out),
            Event::End(element) => {
                self.depth -= 1;
                self.in_text = false;
                if self.frames_depth == Some(self.depth) {
                    self.frames_depth = None;
                    write(out, Event::End(element))?;
                    let omitted = self.tree.nodes().len().saturating_sub(self.drawn);
                    let is_uncertain = self.tree.nodes().iter().any(Node::is_uncertain);
                    return legend::write(
                        self.graph,
                        self.biggest,
                        (omitted, is_uncertain),
                        self.options,
                        out,
                    )
                    .map_err(Into::into);
                }
                if element.name().as_ref() == b"style" {
                    // Behind inferno's rules, so that these win.
                    write(out, Event::Text(BytesText::from_escaped(legend::STYLE)))?;
                }
                write(out, Event::End(element))
            }
            other => write(out, other),
        }
    }

    /// An element outside the boxes: makes room for the legend.
    fn picture_begins(&mut self, element: BytesStart<'_>, out: &mut Out<'_>) -> Result<(), FlamegraphError> {
        let id = attribute(&element, "id")?;
        match (element.name().as_ref(), id.as_deref()) {
            (b"svg", Some("frames")) => {
                self.frames_depth = Some(self.depth - 1);
                let mut element = element;
                element.push_attribute(("y", legend::HEIGHT_PX.to_string().as_str()));
                write(out, Event::Start(element))
            }
            (b"svg", _) => write(out, Event::Start(grown(&element)?)),
            // What inferno says about the box under the pointer, and how much a search found: both directly above
            // the boxes, where the eye is.
            (b"text", Some("details" | "matched")) => {
                let y = f64::from(legend::DETAILS_Y_PX);
                write(out, Event::Start(with_attribute(&element, "y", &format!("{y:.2}"))?))
            }
            _ => write(out, Event::Start(element)),
        }
    }

    /// An element of a box. A `g` and its `title` are held back until the title says which box it is.
    fn box_begins(&mut self, element: BytesStart<'_>, out: &mut Out<'_>) -> Result<(), FlamegraphError> {
        match element.name().as_ref() {
            b"g" | b"title" => Ok(()),
            b"text" => {
                self.in_text = true;
                let label = self.current.map_or(String::new(), |node| {
                    let part =
                        node.width as f64 / self.tree.node(0).map_or(1, |root| root.width.max(1)) as f64;
                    fitting_label(&self.label(node), part * f64::from(WIDTH_PX - 2 * PADDING_PX))
                });
                write(out, Event::Start(element))?;
                write(out, Event::Text(BytesText::new(&label)))
            }
            _ => write(out, Event::Start(element)),
        }
    }

    fn box_text(&mut self, text: &BytesText<'_>, out: &mut Out<'_>) -> Result<(), FlamegraphError> {
        if self.in_text {
            return Ok(());
        }
        let text = String::from_utf8_lossy(text);
        let Some(index) = box_index(&text) else { return Ok(()) };
        let node = self
            .tree
            .node(index)
            .ok_or_else(|| FlamegraphError::Layout(format!("box `{text}` is not one of the tree")))?;
        self.current = Some(node);
        self.drawn += 1;
        let mut group = BytesStart::new("g");
        let class = match (self.graph.kind, node.base, node.head) {
            (GraphKind::Diff, 1.., 0) => "gone",
            (GraphKind::Diff, 0, 1..) => "new",
            _ => "",
        };
        let class = format!("{class}{}", if node.is_uncertain() { " chance" } else { "" });
        if !class.is_empty() {
            group.push_attribute(("class", class.trim_start()));
        }
        write(out, Event::Start(group))?;
        write(out, Event::Start(BytesStart::new("title")))?;
        let tooltip = format!("{} ({})", self.label(node), self.details(node));
        write(out, Event::Text(BytesText::new(&tooltip)))
    }

    /// What stands in the box: the direction of the change, a short name, and the change. inferno's script takes it
    /// from the tooltip, up to the last parenthesis, and cuts it at the right where it does not fit.
    fn label(&self, node: &Node) -> String {
        let name = self.options.names.of(&node.function);
        // XML has no place for control characters, not even escaped.
        let name = elide::printable(&name);
        match (self.graph.kind, node.change()) {
            (GraphKind::Single, _) => format!("{name} {}", self.graph.unit().format(node.head)),
            (GraphKind::Diff, 0) => name.into_owned(),
            (GraphKind::Diff, change) => {
                let sign = if node.is_uncertain() { "~" } else { theme::direction(change) };
                format!("{sign} {name} {}", self.graph.unit().format_change(change))
            }
        }
    }

    /// The rest of the tooltip. It must hold no parentheses: see [`Self::label`].
    fn details(&self, node: &Node) -> String {
        let unit = self.graph.unit();
        let (base, head) = self.tree.node(0).map_or((0, 0), |all| (all.base, all.head));
        let mut parts = vec![match node.place.text(self.options.source_root.as_deref()) {
            Some(place) => format!("{} at {place}", node.function),
            None => node.function.clone(),
        }];
        match self.graph.kind {
            GraphKind::Single => {
                parts.push(format!(
                    "{}, {} of all",
                    unit.format(node.head),
                    quantity::share(node.head, head)
                ));
            }
            GraphKind::Diff => {
                parts.push(format!("base {}, head {}", unit.format(node.base), unit.format(node.head)));
                let change = node.change();
                parts.push(match (node.base, node.head) {
                    _ if change == 0 => "unchanged".to_owned(),
                    (0, _) => format!("new, {} of the whole head", quantity::share(change, head)),
                    (gone, 0) => format!("vanished, {} of the whole base", quantity::share(gone, base)),
                    (before, _) => {
                        let plus = if change > 0 { "+" } else { "" };
                        format!("changed by {plus}{} of its base", quantity::share(change, before))
                    }
                });
            }
        }
        parts.extend(self.interval(node));
        elide::printable(&parts.join("; ")).replace('(', "[").replace(')', "]")
    }

    /// `95 % interval of the change +1.20..+3.40 MiB`; `None` where it is not known, or a point.
    fn interval(&self, node: &Node) -> Option<String> {
        let Interval { low, high } =
            node.figures.interval.filter(|interval| interval.low != interval.high)?;
        let chance = quantity::chance(self.graph.folded.confidence.chance());
        let unit = self.graph.unit();
        let of_interval = unit.of_interval(node.figures.estimated);
        let (unit, of_bytes) = if unit == of_interval { (unit, "") } else { (of_interval, " in bytes") };
        Some(match self.graph.kind {
            GraphKind::Single => {
                format!("{chance} interval{of_bytes} {}", unit.format_range(low.max(0), high.max(0)))
            }
            GraphKind::Diff => {
                let may_be = if node.is_uncertain() { "may be chance; " } else { "" };
                format!(
                    "{may_be}{chance} interval of the change{of_bytes} {}",
                    unit.format_change_range(low, high)
                )
            }
        })
    }

    fn colored(&self, element: &BytesStart<'_>) -> Result<BytesStart<'static>, FlamegraphError> {
        let color = match (self.graph.kind, self.current) {
            (GraphKind::Diff, Some(node)) => palette::change(node.change(), self.biggest),
            (GraphKind::Single, Some(node)) => palette::by_crate(&node.function, node.place.file()),
            (_, None) => palette::change(0, 0),
        };
        with_attribute(element, "fill", &color.to_string())
    }
}

/// The box that inferno's tooltip `12 (1,024 samples, 3.00%)` belongs to; the root is called `all`.
fn box_index(title: &str) -> Option<usize> {
    match title.split(' ').next()? {
        "all" => Some(0),
        index => index.parse().ok(),
    }
}

/// The beginning of the label, as inferno's script cuts it when the window changes.
fn fitting_label(label: &str, pixels: f64) -> String {
    let characters = (pixels - 6.0) / (f64::from(FONT_PX) * FONT_WIDTH);
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "a number of characters below the width of the picture"
    )]
    let characters = characters.max(0.0) as usize;
    let length = label.chars().count();
    if length <= characters {
        label.to_owned()
    } else if characters < 3 {
        String::new()
    } else {
        let start: String = label.chars().take(characters - 2).collect();
        format!("{start}..")
    }
}

/// An element of the height of the picture, higher by the legend.
fn grown(element: &BytesStart<'_>) -> Result<BytesStart<'static>, FlamegraphError> {
    let Some(height) = attribute(element, "height")?.and_then(|height| height.parse::<u32>().ok()) else {
        return Ok(element.clone().into_owned());
    };
    let height = height + legend::HEIGHT_PX;
    let element = with_attribute(element, "height", &height.to_string())?;
    match attribute(&element, "viewBox")? {
        Some(_) => with_attribute(&element, "viewBox", &format!("0 0 {WIDTH_PX} {height}")),
        None => Ok(element),
    }
}

fn attribute(element: &BytesStart<'_>, name: &str) -> Result<Option<String>, FlamegraphError> {
    let found =
        element.try_get_attribute(name).map_err(|error| FlamegraphError::Layout(error.to_string()))?;
    Ok(found.map(|attribute| String::from_utf8_lossy(&attribute.value).into_owned()))
}

/// The element with another value for one of its attributes.
fn with_attribute(
    element: &BytesStart<'_>,
    name: &str,
    value: &str,
) -> Result<BytesStart<'static>, FlamegraphError> {
    let mut changed = BytesStart::new(String::from_utf8_lossy(element.name().as_ref()).into_owned());
    for attribute in element.attributes() {
        let attribute = attribute.map_err(|error| FlamegraphError::Layout(error.to_string()))?;
        if attribute.key.as_ref() == name.as_bytes() {
            changed.push_attribute((name, value));
        } else {
            changed.push_attribute(attribute);
        }
    }
    Ok(changed)
}

fn write(out: &mut Out<'_>, event: Event<'_>) -> Result<(), FlamegraphError> {
    out.write_event(event).map_err(|error: io::Error| FlamegraphError::Write(error))
}
