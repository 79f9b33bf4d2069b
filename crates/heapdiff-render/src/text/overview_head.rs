//! The first lines of the answer for a series: which kind of growth it is, where the memory went, and whose it is.

use super::TextOptions;
use super::losses;
use super::rates::{Rates, duration, headroom_words};
use super::things;
use super::wrapping::{wrapped, write_remark};
use crate::elide;
use crate::quantity::{self, Unit};
use crate::verdict_words;
use heapdiff_profile::{GrowthKind, Headline, Overview, Reason, Verdict};
use std::io::{self, Write};

/// Writes the lines above the rows.
pub(super) fn write_head(overview: &Overview, options: &TextOptions, out: &mut dyn Write) -> io::Result<()> {
    let of_things = things::sentences(overview);
    for (sentence, is_growth) in &of_things {
        write_sentence(sentence, if *is_growth { "▲ " } else { "? " }, options, out)?;
    }
    let is_said = overview.is_of_things && !of_things.is_empty();
    if !is_said && !matches!(overview.headline.kind, GrowthKind::Tasks | GrowthKind::Resources) {
        write_growth_of_memory(overview, options, out)?;
    }
    if let Some(parts) = where_it_went(&overview.headline) {
        wrapped(&parts, options.width).iter().try_for_each(|line| writeln!(out, "{line}"))?;
    }
    if let Some(headroom) = &overview.trend.headroom {
        wrapped(&headroom_words(headroom), options.width)
            .iter()
            .try_for_each(|line| writeln!(out, "{line}"))?;
    }
    write_process(overview, options, out)
}

/// What of the memory grows.
fn write_growth_of_memory(overview: &Overview, options: &TextOptions, out: &mut dyn Write) -> io::Result<()> {
    let is_growth = matches!(overview.headline.verdict, Verdict::LeakLike)
        || (overview.is_short() && overview.headline.kind != GrowthKind::None);
    let sign = match overview.headline.verdict {
        _ if is_growth => "▲ ",
        Verdict::Inconclusive => "? ",
        _ => "",
    };
    write_sentence(&sentence(overview), sign, options, out)
}

fn write_sentence(sentence: &str, sign: &str, options: &TextOptions, out: &mut dyn Write) -> io::Result<()> {
    for line in wrapped(&format!("{sign}{sentence}"), options.width) {
        let painted = if sign == "▲ " { options.theme.change(1, line) } else { options.theme.strong(line) };
        writeln!(out, "{painted}")?;
    }
    Ok(())
}

/// Which kind of growth this is.
fn sentence(overview: &Overview) -> String {
    let headline = &overview.headline;
    let rise = Unit::Bytes.format(headline.rise);
    let what = subject(overview);
    let snapshots = overview.trend.points.len();
    if overview.is_short() {
        let too_few = format!("{snapshots} snapshots are too few for a verdict, which takes 5");
        return match headline.kind {
            GrowthKind::None => {
                format!("Nothing grew from the first to the last beyond what chance explains; {too_few}.")
            }
            kind => format!("{what} grew by {rise}{}; {too_few}.", aside(kind)),
        };
    }
    let rates = Rates::of_bytes(&overview.trend);
    let (aside, course) = (aside(headline.kind), course(headline));
    let lines = |count: usize| quantity::counted(count as u64, "line");
    match (headline.verdict, headline.rate) {
        (Verdict::LeakLike, Some(rate)) => {
            let chance = quantity::chance(overview.trend.confidence.chance());
            let speed =
                format!("{}, {chance} interval {}", rates.rate(rate.per_second), rates.interval(rate));
            match headline.kind {
                GrowthKind::LiveHeap => {
                    let verb = if headline.growing == 1 { "looks like a leak" } else { "look like leaks" };
                    format!("{what} keeps growing: {speed}. {} {verb}.", lines(headline.growing))
                }
                _ => format!("{what} keeps growing: {speed}{aside}{}.", course.of_shape),
            }
        }
        (Verdict::Inconclusive, _) if headline.kind == GrowthKind::LiveHeap => {
            format!("{what} may be growing: {} cannot be told yet.", lines(headline.undecided))
        }
        (Verdict::Inconclusive, _) => {
            let why = course.so_far;
            format!("{what} rose by {rise}{aside}; whether that goes on cannot be told yet{why}.")
        }
        (Verdict::Bounded, _) if headline.kind == GrowthKind::None => {
            "Nothing keeps growing: what rose has stopped, or comes back.".to_owned()
        }
        (Verdict::Bounded, _) => {
            format!("Nothing keeps growing. {what} rose by {rise}{aside}{}.", course.of_shape)
        }
        _ => "Nothing grows beyond what chance explains.".to_owned(),
    }
}

/// What a curve did and why it is judged so, as parts of the sentence about it.
struct Course {
    /// `, a step: it jumped once, and stands still before and after`.
    of_shape: String,
    /// `. It jumped just before the end: watch it for longer`.
    so_far: String,
}

fn course(headline: &Headline) -> Course {
    let reason = headline.reason.map(verdict_words::reason);
    let so_far = reason.as_ref().map_or(String::new(), |reason| format!(". It {reason}"));
    let of_shape = match (headline.reason, headline.shape, reason) {
        // What happened to the live heap explains it, not its own curve.
        (Some(Reason::WithinPeak), _, Some(reason)) | (_, None, Some(reason)) => format!(": it {reason}"),
        (_, Some(shape), Some(reason)) => format!(", {}: it {reason}", verdict_words::curve(shape)),
        (.., None) => String::new(),
    };
    Course { of_shape, so_far }
}

fn subject(overview: &Overview) -> &'static str {
    let allocator_is_known = overview.trend.points.iter().any(|point| point.allocator.is_some());
    match overview.headline.kind {
        GrowthKind::LiveHeap | GrowthKind::None | GrowthKind::Tasks | GrowthKind::Resources => {
            "The live heap"
        }
        GrowthKind::RetainedByAllocator => "What the allocator keeps",
        GrowthKind::OutsideAllocator if !allocator_is_known => "Memory beside the live heap",
        GrowthKind::OutsideAllocator => "Memory outside the allocator",
    }
}

/// What kinds of memory that is, or whose.
fn aside(kind: GrowthKind) -> &'static str {
    match kind {
        GrowthKind::LiveHeap | GrowthKind::None | GrowthKind::Tasks | GrowthKind::Resources => "",
        GrowthKind::RetainedByAllocator => " (the program has freed it)",
        GrowthKind::OutsideAllocator => " (mapped files, stacks, ...)",
    }
}

/// `RSS +15.0 MiB: live heap +15.0 MiB, allocator keeps 0, unexplained 0`. Of what the recorder itself took, which is
/// in the table, nothing is said.
fn where_it_went(headline: &Headline) -> Option<String> {
    let change = |bytes: i64| Unit::Bytes.format_change(bytes);
    let (rss, live) = (headline.rss_delta?, headline.live_delta?);
    let rest = match (headline.retained_delta, headline.outside_delta) {
        (Some(retained), Some(outside)) => {
            format!("allocator keeps {}, unexplained {}", change(retained), change(outside))
        }
        (None, Some(outside)) => format!("unexplained {}", change(outside)),
        // Where the allocator claims all that is left, nobody can tell the two apart.
        (_, None) => format!("allocator keeps or unexplained {}", change(rss.saturating_sub(live))),
    };
    Some(format!("RSS {}: live heap {}, {rest}", change(rss), change(live)))
}

/// What this process is, how it was recorded and what is missing.
fn write_process(overview: &Overview, options: &TextOptions, out: &mut dyn Write) -> io::Result<()> {
    let trend = &overview.trend;
    let snapshots = quantity::counted(trend.points.len() as u64, "snapshot");
    let span = match trend.seconds.last() {
        Some(&seconds) if trend.has_times => format!(" over {}", duration(seconds)),
        _ => String::new(),
    };
    match &trend.process {
        Some(process) => {
            let since = i64::try_from(process.start_nanos).ok().and_then(quantity::moment);
            let since = since.map_or(String::new(), |since| format!(", started {since}"));
            let name = format!("{} (pid {})", elide::printable(&process.program), process.pid);
            let rest = format!(": {snapshots}{span}{since}");
            if elide::width(&name) + elide::width(&rest) <= options.width {
                writeln!(out, "{}{rest}", options.theme.strong(name))?;
            } else {
                let lines = wrapped(&format!("{name}{rest}"), options.width);
                lines.iter().try_for_each(|line| writeln!(out, "{line}"))?;
            }
        }
        None => writeln!(out, "{snapshots}{span} by another profiler")?,
    }
    let Some(recording) = &overview.recording else { return Ok(()) };
    let losses =
        losses::lines(&recording.dropped, recording.stacks, recording.unwinder, recording.period_bytes);
    for loss in losses {
        let mut lines = wrapped(&loss, options.width.saturating_sub(9)).into_iter();
        writeln!(out, "{} {}", options.theme.strong("missing:"), lines.next().unwrap_or_default())?;
        lines.try_for_each(|line| writeln!(out, "         {line}"))?;
    }
    Ok(())
}

/// How it was recorded.
pub(super) fn write_recording(
    overview: &Overview,
    options: &TextOptions,
    out: &mut dyn Write,
) -> io::Result<()> {
    let Some(recording) = &overview.recording else { return Ok(()) };
    let period = match recording.period_bytes {
        0 => String::new(),
        1 => "every allocation recorded, ".to_owned(),
        period => format!("a sample every {} on average, ", quantity::bytes(period)),
    };
    let cost = &recording.cost;
    let samples = quantity::counted(cost.live_samples, "sample");
    let line = format!("{period}{samples} alive; the recorder holds {}", quantity::bytes(cost.table_bytes));
    write_remark(&line, options, out)
}
