//! What stands above every report on one profile: which file it is, what is counted, and what 100 % is.

use super::TextOptions;
use super::markdown::IS_MARKDOWN;
use super::wrapping::write_remark;
use crate::elide;
use crate::markdown;
use crate::quantity;
use crate::side::Side;
use heapdiff_profile::ValueType;
use std::io::{self, Write};

/// One profile.
#[derive(Clone, Copy, Debug)]
pub(super) struct ProfileHead<'a> {
    /// The file.
    pub(super) side: &'a Side,
    /// What is counted.
    pub(super) sample_type: &'a ValueType,
    /// What 100 % is.
    pub(super) total: i64,
    /// What the filters let through.
    pub(super) shown: i64,
    /// Whether 100 % is what the filters let through instead.
    pub(super) is_relative: bool,
}

impl ProfileHead<'_> {
    /// Writes it.
    pub(super) fn write(&self, options: &TextOptions, out: &mut dyn Write) -> io::Result<()> {
        if options.is_markdown {
            return self.write_markdown(options, out);
        }
        let unit = options.unit(self.sample_type);
        writeln!(out, "{}", options.theme.strong(elide::printable(&self.side.name)))?;
        let origin = self.origin();
        if !origin.is_empty() {
            write_remark(&origin, options, out)?;
        }
        let (kind, total) = (&self.sample_type.kind, unit.format(self.total));
        if self.is_relative {
            let shown = unit.format(self.shown);
            let line = format!(
                "{kind}: {total} in all; the filters let {shown} of it through; percentages are of that"
            );
            return write_remark(&line, options, out);
        }
        writeln!(out, "{kind}: {total} in all; percentages are of that")?;
        if self.shown != self.total {
            let share = quantity::share(self.shown, self.total);
            writeln!(out, "the filters let {} of it through ({share})", unit.format(self.shown))?;
        }
        Ok(())
    }

    /// What it holds, and what is said of it.
    fn write_markdown(&self, options: &TextOptions, out: &mut dyn Write) -> io::Result<()> {
        let unit = options.unit(self.sample_type);
        let (kind, file) = (markdown::text(&self.sample_type.kind), markdown::code(&self.side.name));
        write!(out, "{IS_MARKDOWN}**{kind}: {}** in {file}", unit.format(self.total))?;
        let origin = self.origin();
        if !origin.is_empty() {
            write!(out, " ({origin})")?;
        }
        let share = quantity::share(self.shown, self.total);
        let shown = format!("the filters let {} of it through", unit.format(self.shown));
        match self.is_relative {
            true => writeln!(out, "; {shown}, and percentages are of that"),
            false if self.shown != self.total => writeln!(out, "; {shown} ({share})"),
            false => writeln!(out),
        }
    }

    /// `snapshot 31, 2026-11-20 14:03:30 UTC, a sample every 512 KiB on average`, as far as it is known.
    fn origin(&self) -> String {
        let side = self.side;
        let mut parts = Vec::new();
        parts.extend(side.sequence.map(|sequence| format!("snapshot {sequence}")));
        parts.extend(quantity::moment(side.time_nanos));
        parts.extend(match u64::try_from(side.period_bytes) {
            Ok(1) => Some("every allocation recorded".to_owned()),
            Ok(period @ 2..) => Some(format!("a sample every {} on average", quantity::bytes(period))),
            _ => None,
        });
        parts.join(", ")
    }
}
