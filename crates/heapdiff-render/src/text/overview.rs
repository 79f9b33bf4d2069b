//! `heapdiff DIR`: the answer for a series, on one screen.

use super::TextOptions;
use super::comparison_head::resolution;
use super::losses;
use super::naming::{NamedRows, RowName};
use super::next::write_next;
use super::sparkline::sparkline;
use super::table::{Align, Cell, Row, Table};
use super::wrapping::{wrapped, write_remark};
use crate::elide;
use crate::quantity::{self, Unit};
use crate::theme;
use heapdiff_profile::{DiffTotal, GrowthKind, Movement, Overview, OverviewRow, Pairing, SnapshotPoint};
use std::io::{self, Write};

/// Columns of a row's history.
const SPARKLINE_COLUMNS: usize = 12;

/// In fewer columns there is no room for what each part of the memory is.
const REMARK_WIDTH_MIN: usize = 80;

/// The answer for a series.
#[derive(Clone, Copy, Debug)]
pub struct OverviewText<'a> {
    /// The answer.
    pub overview: &'a Overview,
    /// What to type next, each with what it is good for.
    pub next: &'a [(String, &'static str)],
}

impl OverviewText<'_> {
    /// Writes the answer.
    ///
    /// # Errors
    /// If `out` takes no more.
    pub fn write(&self, options: &TextOptions, out: &mut dyn Write) -> io::Result<()> {
        self.write_process(options, out)?;
        writeln!(out)?;
        self.write_headline(options, out)?;
        writeln!(out)?;
        self.write_memory(options, out)?;
        writeln!(out)?;
        self.write_rows(options, out)?;
        write_next(self.next, options, out)
    }

    /// What this process is, how it was recorded and what is missing.
    fn write_process(&self, options: &TextOptions, out: &mut dyn Write) -> io::Result<()> {
        let overview = self.overview;
        let snapshots = quantity::counted(overview.points.len() as u64, "snapshot");
        let (first, last) = (overview.points.first(), overview.points.last());
        let span = match (first.map_or(0, |p| p.time_nanos), last.map_or(0, |p| p.time_nanos)) {
            (first @ 1.., last) if last > first => {
                format!(" over {}", quantity::duration(last.abs_diff(first)))
            }
            _ => String::new(),
        };
        match &overview.process {
            Some(process) => {
                let since = i64::try_from(process.start_nanos).ok().and_then(quantity::moment);
                let since = since.map_or(String::new(), |since| format!(", started {since}"));
                let name = format!("{} (pid {})", elide::printable(&process.program), process.pid);
                writeln!(out, "{}{since}: {snapshots}{span}", options.theme.strong(name))?;
            }
            None => writeln!(out, "{snapshots}{span} by another profiler")?,
        }
        if let Some(recording) = &overview.recording {
            let period = match recording.period_bytes {
                0 => String::new(),
                1 => "every allocation recorded".to_owned(),
                period => format!("a sample every {} on average", quantity::bytes(period)),
            };
            let cost = &recording.cost;
            let line = format!(
                "{period}, {} alive; the recorder holds {}",
                quantity::counted(cost.live_samples, "sample"),
                quantity::bytes(cost.table_bytes)
            );
            write_remark(line.trim_start_matches(", "), options, out)?;
            let losses = losses::lines(
                &recording.dropped,
                recording.stacks,
                recording.unwinder,
                recording.period_bytes,
            );
            for loss in losses {
                let mut lines = wrapped(&loss, options.width.saturating_sub(9)).into_iter();
                writeln!(out, "{} {}", options.theme.strong("missing:"), lines.next().unwrap_or_default())?;
                lines.try_for_each(|line| writeln!(out, "         {line}"))?;
            }
        }
        Ok(())
    }

    /// Which kind of growth this is, in a sentence.
    fn write_headline(&self, options: &TextOptions, out: &mut dyn Write) -> io::Result<()> {
        let headline = &self.overview.headline;
        let rise = Unit::Bytes.format(headline.rise);
        let sentence = match headline.kind {
            GrowthKind::LiveHeap => match headline.rows_delta.unwrap_or(0) {
                gained if gained >= headline.rise => {
                    format!("The live heap grew: what keeps growing gained {}.", Unit::Bytes.format(gained))
                }
                _ => format!("The live heap grew: the highs of what keeps growing rose by {rise}."),
            },
            GrowthKind::RetainedByAllocator => {
                format!("The allocator keeps {rise} more than it did; the program has freed it.")
            }
            GrowthKind::OutsideAllocator if !self.allocator_is_known() => format!(
                "Memory beside the live heap grew by {rise}: what the allocator keeps, mapped files, stacks, ..."
            ),
            GrowthKind::OutsideAllocator => {
                format!("Memory outside the allocator grew by {rise}: mapped files, stacks, ...")
            }
            GrowthKind::None if !self.is_space() => {
                "Memory did not grow beyond what chance explains.".to_owned()
            }
            GrowthKind::None => "No growth beyond what chance explains.".to_owned(),
        };
        let is_growth = headline.kind != GrowthKind::None;
        let sign = if is_growth { "▲ " } else { "" };
        for line in wrapped(&format!("{sign}{sentence}"), options.width) {
            let painted = match is_growth {
                true => options.theme.change(1, line),
                false => options.theme.strong(line),
            };
            writeln!(out, "{painted}")?;
        }
        if self.overview.pairing == Pairing::Independent {
            write_remark("first and last are compared as two estimates", options, out)?;
        }
        write_remark(&resolution(self.overview.resolution_bytes), options, out)
    }

    /// How live heap, the allocator's reserve and RSS moved, so that the parts add up.
    fn write_memory(&self, options: &TextOptions, out: &mut dyn Write) -> io::Result<()> {
        let overview = self.overview;
        let (Some(base), Some(head)) =
            (overview.points.get(overview.base), overview.points.get(overview.head))
        else {
            return Ok(());
        };
        let mut table = Table::new([
            ("", Align::Left),
            ("first", Align::Right),
            ("last", Align::Right),
            ("", Align::Left),
            ("change", Align::Right),
            ("", Align::Left),
        ]);
        let both = |part: fn(&SnapshotPoint) -> Option<i64>| part(base).zip(part(head));
        let is_space = self.is_space();
        let peak = self.peak();
        let live = if is_space { both(|point| Some(point.live)) } else { both(|point| point.live_bytes) };
        let remark = if is_space { peak.as_str() } else { "estimate of what is in use" };
        // Where either snapshot does not tell what the allocator keeps from what is outside of it, the sum is shown.
        let outside = both(|point| point.split?.outside);
        let (retained, remark_of_retained) = match outside {
            Some(_) => (both(|point| point.split?.retained), "freed, unused or its own"),
            None => (
                both(|point| Some(point.split?.retained?.saturating_add(point.split?.outside.unwrap_or(0)))),
                "at most: with code, stacks",
            ),
        };
        // An allocator that says nothing about itself is part of what is outside.
        let remark_of_outside = match retained {
            Some(_) => "code, stacks, mapped memory",
            None => "the allocator, code, stacks",
        };
        let parts = [
            ("live heap", live, remark),
            ("allocator keeps", retained, remark_of_retained),
            ("heapdiff itself", both(|point| Some(point.split?.recorder)), "the recorder's tables"),
            ("unexplained", outside, remark_of_outside),
            ("RSS", both(|point| i64::try_from(point.rss?).ok()), "resident, the sum of these"),
        ];
        if !is_space {
            let unit = Unit::from_name(&overview.sample_type.unit);
            table.push(memory_row(&overview.sample_type.kind, (base.live, head.live), &unit, &peak, options));
        }
        for (title, values, remark) in parts {
            if let Some(values) = values {
                table.push(memory_row(title, values, &Unit::Bytes, remark, options));
            }
        }
        table.write(options, out)?;
        let DiffTotal { shown, unfiltered } = overview.total;
        if (shown.value.base, shown.value.head) != (unfiltered.base, unfiltered.head) {
            let unit = Unit::from_name(&overview.sample_type.unit);
            writeln!(
                out,
                "the filters let through: {} {} at first, {} at last, {}",
                overview.sample_type.kind,
                unit.format(shown.value.base),
                unit.format(shown.value.head),
                unit.format_change(shown.value.delta())
            )?;
        }
        Ok(())
    }

    /// `peak 350 MiB at snapshot 28`, unless the peak is at either end.
    fn peak(&self) -> String {
        let overview = self.overview;
        let unit = Unit::from_name(&overview.sample_type.unit);
        match overview.points.get(overview.peak) {
            Some(peak)
                if !self.is_cumulative()
                    && overview.peak != overview.base
                    && overview.peak != overview.head =>
            {
                let number = peak.sequence.map_or(overview.peak, |sequence| sequence as usize);
                format!("peak {} in snapshot {number}", unit.format(peak.live))
            }
            _ => self.what_is_live().to_owned(),
        }
    }

    /// Whether the allocator says anything about itself.
    fn allocator_is_known(&self) -> bool {
        self.overview.points.iter().any(|point| point.allocator.is_some())
    }

    /// Whether live bytes are what is counted.
    fn is_space(&self) -> bool {
        self.overview.sample_type.kind == "inuse_space"
    }

    fn what_is_live(&self) -> &'static str {
        match self.overview.resolution_bytes {
            _ if self.is_cumulative() => "since recording began",
            Some(0) => "what is in use",
            _ => "estimate of what is in use",
        }
    }

    /// Whether what is counted only ever rises, so that the last value is the peak.
    fn is_cumulative(&self) -> bool {
        self.overview.sample_type.kind.starts_with("alloc_")
    }

    fn write_rows(&self, options: &TextOptions, out: &mut dyn Write) -> io::Result<()> {
        // At the end of a program, or between two teeth of a saw, what grew is lower than it was at first.
        let has_rise = self
            .overview
            .rows
            .iter()
            .any(|row| row.movement == Movement::Grew && row.figures.value.delta() < row.rise);
        let mut columns = vec![("", Align::Left), ("change", Align::Right)];
        columns.extend(has_rise.then_some(("highs rose", Align::Right)));
        columns.extend([
            ("peak", Align::Right),
            ("objects", Align::Right),
            ("samples", Align::Right),
            ("over time", Align::Left),
        ]);
        let mut rows = NamedRows::new(&columns);
        let mut shown = 0;
        let mut hidden: Vec<String> = Vec::new();
        for (movement, share, verb) in [
            (Movement::Grew, options.rows_max, "grew"),
            (Movement::Higher, options.rows_max.div_ceil(2), "ended higher"),
            (Movement::CameBack, options.rows_max.div_ceil(2), "came back"),
            (Movement::Shrank, options.rows_max.div_ceil(3), "shrank"),
        ] {
            let of_kind = || self.overview.rows.iter().filter(|row| row.movement == movement);
            for row in of_kind().take(share) {
                rows.push(self.cells(row, has_rise, options), self.name(row, options));
                shown += 1;
            }
            let rest = of_kind().count().saturating_sub(share);
            if rest > 0 {
                hidden.push(format!("{} more {verb}", quantity::count(rest as u64)));
            }
        }
        let noise = self.overview.rows.iter().filter(|row| row.movement == Movement::WithinNoise).count();
        if noise > 0 {
            hidden.push(format!(
                "{} moved no more than chance explains",
                quantity::counted(noise as u64, "line")
            ));
        }
        if self.overview.rows.is_empty() {
            return writeln!(out, "No line to show: nothing that was sampled is left.");
        }
        if shown == 0 {
            writeln!(
                out,
                "No line of the program moved more than chance explains ({}).",
                quantity::counted(noise as u64, "line")
            )?;
            return Ok(());
        }
        rows.write(options, out)?;
        if !hidden.is_empty() {
            write_remark(&format!("not shown: {}", hidden.join(", ")), options, out)?;
        }
        let rise = "highs rose: highest in the later half, against highest in the earlier half";
        let samples = "samples: sampled allocations that the change rests on; the more, the surer";
        let has_samples = self.overview.rows.iter().any(|row| row.figures.samples.is_some());
        let legend = [
            Some("▲ grew: highs keep rising   △ higher: levelled off, or too young to tell"),
            Some("▼ shrank   ● came back from a peak: objects and samples are of the peak"),
            has_rise.then_some(rise),
            has_samples.then_some(samples),
        ];
        legend.iter().flatten().try_for_each(|line| write_remark(line, options, out))
    }

    fn name(&self, row: &OverviewRow, options: &TextOptions) -> RowName {
        let frames = &self.overview.frames;
        RowName::of(frames.frame(row.frame), options).through(row.via, frames)
    }

    fn cells(&self, row: &OverviewRow, has_rise: bool, options: &TextOptions) -> Vec<Cell> {
        let unit = Unit::from_name(&self.overview.sample_type.unit);
        let delta = row.figures.value.delta();
        let (word, tendency) = match row.movement {
            Movement::Grew => ("▲ grew", 1),
            Movement::Higher => ("△ higher", 1),
            Movement::CameBack => ("● came back", 0),
            Movement::Shrank => ("▼ shrank", -1),
            Movement::WithinNoise => ("~ noise", 0),
        };
        let (objects, samples) = match row.movement {
            Movement::CameBack => {
                (row.peak_objects.map(|objects| Unit::Count.format(objects)), row.peak_samples)
            }
            _ => (row.figures.objects.map(|o| Unit::Count.format_change(o.delta())), row.figures.samples),
        };
        let mut cells = vec![
            Cell::painted(word, |word| options.theme.change(tendency, word)),
            Cell::painted(unit.format_change(delta), |text| options.theme.change(delta, text)),
        ];
        if has_rise {
            let rise =
                if row.movement == Movement::Grew { unit.format_change(row.rise) } else { String::new() };
            cells.push(Cell::painted(rise, |text| options.theme.change(row.rise, text)));
        }
        cells.extend([
            Cell::plain(unit.format(row.peak)),
            Cell::plain(objects.unwrap_or_else(|| "-".to_owned())),
            Cell::plain(samples.map_or("-".to_owned(), quantity::count)),
            Cell::plain(sparkline(&row.values, SPARKLINE_COLUMNS)),
        ]);
        cells
    }
}

fn memory_row(
    title: &str,
    (first, last): (i64, i64),
    unit: &Unit,
    remark: &str,
    options: &TextOptions,
) -> Row {
    let delta = last.saturating_sub(first);
    let remark = if options.width < REMARK_WIDTH_MIN { "" } else { remark };
    Row {
        cells: vec![
            Cell::plain(title),
            Cell::plain(unit.format(first)),
            Cell::plain(unit.format(last)),
            Cell::painted(theme::direction(delta).trim(), |text| options.theme.change(delta, text)),
            Cell::painted(unit.format_change(delta), |text| options.theme.change(delta, text)),
            Cell::painted(remark, |text| options.theme.faint(text)),
        ],
        below: Vec::new(),
    }
}
