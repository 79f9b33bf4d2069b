//! What stands above every report that compares: the two files, how they relate, and what may have gone unseen.

use super::TextOptions;
use super::markdown::write_line;
use super::wrapping::write_remark;
use crate::elide;
use crate::markdown;
use crate::quantity;
use crate::side::Side;
use crate::theme;
use heapdiff_profile::{DiffTotal, Interval, Pairing, ValueType};
use std::io::{self, Write};

/// What is compared.
#[derive(Clone, Copy, Debug)]
pub(super) struct ComparisonHead<'a> {
    /// The file that is compared against.
    pub(super) base: &'a Side,
    /// The file that is asked about.
    pub(super) head: &'a Side,
    /// What is counted.
    pub(super) sample_type: &'a ValueType,
    /// How much there is of it, with and without filters.
    pub(super) total: &'a DiffTotal,
    /// How the two relate.
    pub(super) pairing: Pairing,
    /// What growth may go unseen.
    pub(super) resolution_bytes: Option<u64>,
}

impl ComparisonHead<'_> {
    /// Writes it.
    pub(super) fn write(&self, options: &TextOptions, out: &mut dyn Write) -> io::Result<()> {
        if options.is_markdown {
            return self.write_markdown(options, out);
        }
        let unit = options.unit(self.sample_type);
        let whole = self.total.unfiltered;
        let sides = [("base", self.base), ("head", self.head)];
        let longest = |length: &dyn Fn(&Side) -> usize| sides.iter().map(|(_, side)| length(side)).max();
        let whens = longest(&|side| elide::width(&self.when(side))).unwrap_or(0);
        let room = options.width.saturating_sub(whens + 8).max(options.width / 2);
        let width = longest(&|side| elide::width(&side.name)).unwrap_or(0).min(room);
        for (title, side) in sides {
            let name = elide::printable(&side.name);
            let name = elide::start(&name, room);
            let padding = width.saturating_sub(elide::width(&name));
            let title = options.theme.heading(title);
            match self.when(side).as_str() {
                "" => writeln!(out, "{title}  {name}")?,
                when => writeln!(out, "{title}  {name}{:padding$}  {}", "", options.theme.faint(when))?,
            }
        }
        let change = format!("{} {}", theme::direction(whole.delta()), unit.format_change(whole.delta()));
        writeln!(
            out,
            "{}: {} in base, {} in head, {}",
            self.sample_type.kind,
            unit.format(whole.base),
            unit.format(whole.head),
            options.theme.change(whole.delta(), change.trim_start())
        )?;
        let shown = self.total.shown.value;
        if shown != whole && (shown.base, shown.head) != (whole.base, whole.head) {
            writeln!(
                out,
                "the filters let through: {} in base, {} in head, {}",
                unit.format(shown.base),
                unit.format(shown.head),
                unit.format_change(shown.delta())
            )?;
        }
        write_remark(self.pairing_words(), options, out)?;
        write_remark(&resolution(self.resolution_bytes, self.sample_type), options, out)
    }

    /// The change and how sure it is, then the files.
    fn write_markdown(&self, options: &TextOptions, out: &mut dyn Write) -> io::Result<()> {
        let unit = options.unit(self.sample_type);
        let (kind, shown) = (markdown::text(&self.sample_type.kind), &self.total.shown);
        let (base, head) = (unit.format(shown.value.base), unit.format(shown.value.head));
        let delta = shown.value.delta();
        let change = format!("{} {}", theme::direction(delta), unit.format_change(delta));
        // An exact one says nothing more.
        let interval = shown.interval.filter(|interval| interval.low != interval.high);
        let interval = interval.map_or(String::new(), |Interval { low, high }| {
            format!(", interval {}", unit.of_interval(shown.estimated).format_change_range(low, high))
        });
        let whole = self.total.unfiltered;
        let is_all = (shown.value.base, shown.value.head) == (whole.base, whole.head);
        let filtered = if is_all { "" } else { " (what the filters let through)" };
        let title = format!(
            "**{kind}{filtered}: {}**{interval}; {base} in base, {head} in head; {}",
            change.trim_start(),
            self.pairing_words()
        );
        write_line(&title, out)?;
        writeln!(out)?;
        let side = |side: &Side| match self.when(side).as_str() {
            "" => markdown::code(&side.name),
            when => format!("{} ({when})", markdown::code(&side.name)),
        };
        write_line(&format!("{} → {}", side(self.base), side(self.head)), out)
    }

    fn pairing_words(&self) -> &'static str {
        match self.pairing {
            Pairing::Paired if self.sample_type.kind.starts_with("alloc_") => {
                "one process: sums since recording began, of which one contains the other"
            }
            Pairing::Paired => "one process: what is alive in both cancels exactly",
            Pairing::Independent if self.resolution_bytes == Some(0) => {
                "both are counted, nothing is estimated"
            }
            Pairing::Independent => "compared as two estimates: the sampling error of both counts",
        }
    }

    /// `snapshot 31, 15 min 20 s later`.
    fn when(&self, side: &Side) -> String {
        let mut parts = Vec::new();
        if let Some(sequence) = side.sequence {
            parts.push(format!("snapshot {sequence}"));
        }
        let is_head = std::ptr::eq(side, self.head);
        match (self.base.time_nanos, self.head.time_nanos) {
            (base @ 1.., head) if is_head && head == base => parts.push("the same moment".to_owned()),
            (base @ 1.., head @ 1..) if is_head && head >= base => {
                parts.push(format!("{} later", quantity::duration(head.abs_diff(base))));
            }
            (base @ 1.., head @ 1..) if is_head => {
                parts.push(format!("{} earlier", quantity::duration(head.abs_diff(base))));
            }
            _ => parts.extend(quantity::moment(side.time_nanos)),
        }
        parts.join(", ")
    }
}

/// What growth may go unseen.
pub(super) fn resolution(bytes: Option<u64>, sample_type: &ValueType) -> String {
    match bytes {
        None if sample_type.kind == "count" => {
            "resolution: one in so many is recorded, so few may be unseen".to_owned()
        }
        None => "resolution: not known, for the profiles do not say how they were sampled".to_owned(),
        Some(0) => "resolution: exact, for everything was recorded".to_owned(),
        Some(bytes) => {
            let bytes = quantity::bytes(bytes);
            format!("resolution: a stack that changed by less than ±{bytes} may be noise or unseen")
        }
    }
}
