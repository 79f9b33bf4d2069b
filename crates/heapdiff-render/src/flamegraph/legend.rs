//! The legend: what width, colour and outline mean, with the values that the colours stand for.

use super::drawing::{FONT_PX, PADDING_PX};
use super::{Flamegraph, FlamegraphOptions, GraphKind, palette};
use crate::quantity;
use crate::theme;
use quick_xml::Writer;
use quick_xml::events::{BytesEnd, BytesStart, BytesText, Event};
use std::io::{self, Write};

/// How much higher the picture is for the legend, in pixels.
pub(super) const HEIGHT_PX: u32 = 70;
/// Where the line about the box under the pointer stands, in pixels from the top.
pub(super) const DETAILS_Y_PX: u32 = 138;
/// Where the lines of the legend stand.
const FIRST_Y_PX: u32 = 74;
const SECOND_Y_PX: u32 = 94;
const THIRD_Y_PX: u32 = 112;
const SWATCH_WIDTH_PX: u32 = 92;
const SWATCH_HEIGHT_PX: u32 = 16;

/// Rules beside inferno's own.
pub(super) const STYLE: &str = "
#frames .gone > rect { stroke:rgb(30,80,160); stroke-width:1; stroke-dasharray:4 2; }
#frames .new > rect { stroke:rgb(170,50,20); stroke-width:1; }
#frames .chance > rect { fill-opacity:0.4; }
#legend text { fill:rgb(60,60,60); }
#legend .swatch { text-anchor:middle; fill:black; }
#search { opacity:0.7; }
#subtitle { fill:rgb(90,90,90); }
";

/// Writes the legend below the subtitle. `omitted` is the number of boxes that are too narrow to be drawn;
/// `is_uncertain`, whether the change of one may be chance.
pub(super) fn write(
    graph: &Flamegraph<'_>,
    biggest: u64,
    (omitted, is_uncertain): (usize, bool),
    options: &FlamegraphOptions,
    out: &mut Writer<&mut dyn Write>,
) -> io::Result<()> {
    out.write_event(Event::Start(BytesStart::new("g").with_attributes([("id", "legend")])))?;
    let first_line_x = match graph.kind {
        GraphKind::Single => PADDING_PX,
        GraphKind::Diff => swatches(graph, biggest, out)?,
    };
    let (color, width) = match graph.kind {
        GraphKind::Single => (
            "Colour: the crate, or the function where its crate is not known; grey is the standard library.",
            "Width: the value of the stacks through a function.",
        ),
        GraphKind::Diff => (
            "Colour: net change of a function and all it called. Outline: solid is new, dashed vanished.",
            "Width: the larger of base and head of each stack, so what vanished keeps its width.",
        ),
    };
    let order = if options.reverse {
        "At the top: what allocated; below it: its callers."
    } else {
        "At the top: where stacks begin; below: what was called."
    };
    let hidden = match omitted {
        0 => String::new(),
        1 => format!(" 1 box narrower than {} % is not drawn.", options.min_width_percent),
        omitted => {
            let omitted = quantity::count(omitted as u64);
            format!(" {omitted} boxes narrower than {} % are not drawn.", options.min_width_percent)
        }
    };
    text(out, (first_line_x, FIRST_Y_PX), None, color)?;
    text(out, (PADDING_PX, SECOND_Y_PX), None, &format!("{width} {order}"))?;
    let uncertain = if is_uncertain { "Pale, with ~: may be chance. " } else { "" };
    let hands = format!("{uncertain}Click a box to zoom, Ctrl-F to search by regular expression.{hidden}");
    text(out, (PADDING_PX, THIRD_Y_PX), None, &hands)?;
    out.write_event(Event::End(BytesEnd::new("g")))
}

/// Draws five boxes from the deepest shrinkage to the deepest growth; returns where they end.
fn swatches(graph: &Flamegraph<'_>, biggest: u64, out: &mut Writer<&mut dyn Write>) -> io::Result<u32> {
    let deepest = i64::try_from(biggest).unwrap_or(i64::MAX);
    let mut x = PADDING_PX;
    // A quarter of the biggest change has half the depth of its colour.
    for change in [-deepest, -(deepest / 4), 0, deepest / 4, deepest] {
        out.write_event(Event::Empty(BytesStart::new("rect").with_attributes([
            ("x", x.to_string().as_str()),
            ("y", (FIRST_Y_PX - SWATCH_HEIGHT_PX + 4).to_string().as_str()),
            ("width", SWATCH_WIDTH_PX.to_string().as_str()),
            ("height", SWATCH_HEIGHT_PX.to_string().as_str()),
            ("fill", palette::change(change, biggest).to_string().as_str()),
        ])))?;
        let label = match change {
            0 => "unchanged".to_owned(),
            change => format!("{} {}", theme::direction(change), graph.unit().format_change(change)),
        };
        text(out, (x + SWATCH_WIDTH_PX / 2, FIRST_Y_PX), Some("swatch"), &label)?;
        x += SWATCH_WIDTH_PX + 2;
    }
    Ok(x + FONT_PX)
}

fn text(
    out: &mut Writer<&mut dyn Write>,
    (x, y): (u32, u32),
    class: Option<&str>,
    content: &str,
) -> io::Result<()> {
    let mut element = BytesStart::new("text");
    if let Some(class) = class {
        element.push_attribute(("class", class));
    }
    element.push_attribute(("x", x.to_string().as_str()));
    element.push_attribute(("y", y.to_string().as_str()));
    out.write_event(Event::Start(element))?;
    out.write_event(Event::Text(BytesText::new(content)))?;
    out.write_event(Event::End(BytesEnd::new("text")))
}
