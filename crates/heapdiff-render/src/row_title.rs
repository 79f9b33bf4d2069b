//! What the rows of a diff or of a trend are called.

use crate::elide;
use crate::quantity::{self, Unit};
use crate::source_path;
use heapdiff_profile::{DiffBy, Frame, ItemCounts, ItemSeries, LabelRange, RowTitle, TagText};

/// The word for one row.
pub(crate) fn noun(by: &DiffBy) -> &'static str {
    match by {
        DiffBy::Function => "function",
        DiffBy::Line => "line",
        DiffBy::Stack => "stack",
        DiffBy::File => "file",
        DiffBy::Module => "module",
        DiffBy::Crate => "crate",
        DiffBy::Type => "type",
        DiffBy::Thread => "thread",
        DiffBy::Label(_) => "value",
    }
}

/// What the column of names is headed by.
pub(crate) fn heading(by: &DiffBy) -> &'static str {
    match by {
        DiffBy::Function | DiffBy::Line | DiffBy::Stack => "function",
        DiffBy::Label(_) => "label",
        by => noun(by),
    }
}

/// A row's title for people; `None` where it goes by its frame.
pub(crate) fn words(title: &RowTitle, by: &DiffBy, source_root: Option<&str>) -> Option<String> {
    let words = match title {
        RowTitle::Frame => return None,
        RowTitle::Name(name) if *by == DiffBy::File => source_path::shorten(name, source_root).to_owned(),
        RowTitle::Name(name) => name.clone(),
        RowTitle::Value(value) => {
            let value = match value {
                TagText::Words(words) => words.clone(),
                TagText::Numbers(numbers) => range(numbers),
            };
            match by {
                DiffBy::Label(key) => format!("{key}={value}"),
                _ => value,
            }
        }
        RowTitle::Without(key) => format!("[no {key}]"),
    };
    Some(elide::printable(&words).into_owned())
}

/// What a row is by, for programs: the function, `file:line`, the name, word or number, `low..high` of several numbers;
/// `None` where it is a whole stack, or does not have the label.
pub(crate) fn key(title: &RowTitle, by: &DiffBy, frame: Frame<'_>) -> Option<String> {
    match (title, by) {
        (RowTitle::Frame, DiffBy::Function) => Some(frame.function.to_owned()),
        (RowTitle::Frame, DiffBy::Line) if frame.file.is_empty() => Some(frame.function.to_owned()),
        (RowTitle::Frame, DiffBy::Line) => Some(format!("{}:{}", frame.file, frame.line)),
        (RowTitle::Frame | RowTitle::Without(_), _) => None,
        (RowTitle::Name(name), _) => Some(name.clone()),
        (RowTitle::Value(TagText::Words(words)), _) => Some(words.clone()),
        (RowTitle::Value(TagText::Numbers(LabelRange { low, high, .. })), _) if low == high => {
            Some(low.to_string())
        }
        (RowTitle::Value(TagText::Numbers(LabelRange { low, high, .. })), _) => {
            Some(format!("{low}..{high}"))
        }
    }
}

/// What rows are divided by.
pub(crate) fn per_words(per: &ItemCounts) -> String {
    let items = counted_items(per);
    match per.base_scale {
        1.0 => {
            format!("rows, but for samples, are divided by {items} between base and head")
        }
        _ => format!(
            "rows, but for samples, are divided by {items} of the head; the base had {}, and is scaled \
             to as many",
            number(per.items / per.base_scale)
        ),
    }
}

/// `12,000 requests`.
pub(crate) fn counted_items(per: &ItemCounts) -> String {
    items(per.items, per.name.as_deref())
}

/// `12,000 requests`.
pub(crate) fn items(count: f64, name: Option<&str>) -> String {
    format!("{} {}", number(count), elide::printable(name.unwrap_or("items")))
}

/// What rates of a series are told by.
pub(crate) fn items_words(series: &ItemSeries) -> String {
    let items = items(series.total(), series.name.as_deref());
    format!("rates are by items: {items} from the first snapshot to the last")
}

/// `12,000`, or `0.5`.
fn number(number: f64) -> String {
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "whole, and not below 0")]
    let whole = number as u64;
    if number.fract() == 0.0 { quantity::count(whole) } else { format!("{number:.3}") }
}

/// `64 B to 4.00 KiB`.
pub(crate) fn range(range: &LabelRange) -> String {
    // Numbers without a unit go by the name of their label.
    let unit = match range.unit.as_str() {
        "bytes" => Unit::Bytes,
        "nanoseconds" => Unit::Nanoseconds,
        _ => Unit::Count,
    };
    if range.low == range.high {
        return unit.format(range.low);
    }
    format!("{} to {}", unit.format(range.low), unit.format(range.high))
}
