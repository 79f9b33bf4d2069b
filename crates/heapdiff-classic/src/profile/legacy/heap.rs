//! Heap profiles of gperftools, tcmalloc and Go; growth and fragmentation profiles.

use super::super::model::Profile;
use super::super::parse_error::FormatError;
use super::builder::{Builder, calls};
use super::exponential::exp;
use super::lines::{Lines, is_comment};
use super::{expression, go_number, memory_map};
use crate::measurement::{as_f64, as_i64};
use regex::{Captures, Regex};
use std::sync::LazyLock;

static HEADER: LazyLock<Regex> = LazyLock::new(|| {
    expression(
        r"heap profile: *([0-9]+): *([0-9]+) *\[ *([0-9]+): *([0-9]+) *\] *@ *(heap[_a-z0-9]*)/?([0-9]*)",
    )
});
static UNSAMPLED_HEADER: LazyLock<Regex> = LazyLock::new(|| {
    expression(r"heap profile: *[0-9]+: *[0-9]+ *\[ *[0-9]+: *[0-9]+ *\] @ (growthz?|fragmentationz?)")
});
static SAMPLE: LazyLock<Regex> =
    LazyLock::new(|| expression(r"(-?[0-9]+): *(-?[0-9]+) *\[ *([0-9]+): *([0-9]+) *\] @([ x0-9a-f]*)"));

/// What the first line says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Header {
    period: i64,
    is_sampled: bool,
    has_allocations: bool,
}

pub(super) fn parse(bytes: &[u8]) -> Result<Profile, FormatError> {
    let mut lines = Lines::new(bytes);
    if !lines.advance() {
        lines.check()?;
        return Err(FormatError::Unrecognized);
    }
    let header = parse_header(lines.line())?;
    let sample_types: &[_] = if header.has_allocations {
        // Of these the last one, what is in use, is shown first.
        &[
            ("alloc_objects", "count"),
            ("alloc_space", "bytes"),
            ("inuse_objects", "count"),
            ("inuse_space", "bytes"),
        ]
    } else {
        &[("objects", "count"), ("space", "bytes")]
    };
    let mut builder = Builder::new(sample_types, ("space", "bytes"), header.period);
    while lines.advance() {
        let line = lines.line().trim();
        if is_comment(line) {
            continue;
        }
        if memory_map::is_beginning(line) {
            break;
        }
        add_sample(&mut builder, line, header)?;
    }
    lines.check()?;
    memory_map::read(&mut lines, &mut builder.profile)?;
    Ok(builder.profile)
}

fn parse_header(line: &str) -> Result<Header, FormatError> {
    let Some(found) = HEADER.captures(line) else {
        return match UNSAMPLED_HEADER.is_match(line) {
            true => Ok(Header { period: 1, is_sampled: false, has_allocations: false }),
            false => Err(FormatError::Unrecognized),
        };
    };
    let text = |place| part(&found, place);
    let period = match text(6) {
        "" => 0,
        period => period.parse().map_err(|_| FormatError::Unrecognized)?,
    };
    let differs = |allocated: &str, in_use: &str| allocated != in_use && allocated != "0";
    let has_allocations = differs(text(3), text(1)) || differs(text(4), text(2));
    let header = Header { period, is_sampled: true, has_allocations };
    match text(5) {
        "heapz_v2" | "heap_v2" => Ok(header),
        "heapprofile" => Ok(Header { period: 1, is_sampled: false, ..header }),
        // Go states twice its rate here, as the first tcmalloc did.
        "heap" => Ok(Header { period: period / 2, ..header }),
        _ => Err(FormatError::Unrecognized),
    }
}

fn add_sample(builder: &mut Builder, line: &str, header: Header) -> Result<(), FormatError> {
    let found = SAMPLE
        .captures(line)
        .ok_or_else(|| FormatError::Line("unexpected number of sample values: got 0, want 6".into()))?;
    let text = |place| part(&found, place);
    let pairs = [(text(3), text(4), "allocation"), (text(1), text(2), "inuse")];
    let mut values = Vec::with_capacity(4);
    let mut block_size = 0;
    for (count, size, what) in pairs.into_iter().skip(usize::from(!header.has_allocations)) {
        let count = go_number::decimal(count).map_err(go_number::malformed_sample(line))?;
        let size = go_number::decimal(size).map_err(go_number::malformed_sample(line))?;
        if count == 0 && size != 0 {
            return Err(FormatError::Line(format!("{what} count was 0 but {what} bytes was {size}")));
        }
        if count != 0 {
            block_size = size.wrapping_div(count);
        }
        let (count, size) = match header.is_sampled {
            true => unsampled(count, size, header.period),
            false => (count, size),
        };
        values.extend([count, size]);
    }
    let addresses = go_number::addresses(text(5)).map_err(go_number::malformed_sample(line))?;
    let labels = builder.block_size(block_size);
    builder.sample(calls(&addresses), &values, labels);
    Ok(())
}

/// What was there, estimated from what was sampled: each sample stands for 1 / (1 - e^(-size / period)), because
/// bytes are picked by a Poisson process. pprof takes the mean size of the samples for all, and cuts off fractions.
pub(super) fn unsampled(count: i64, size: i64, period: i64) -> (i64, i64) {
    if count == 0 || size == 0 {
        return (0, 0);
    }
    if period <= 1 {
        return (count, size);
    }
    let mean_size = as_f64(size) / as_f64(count);
    let scale = 1.0 / (1.0 - exp(-mean_size / as_f64(period)));
    (as_i64(as_f64(count) * scale), as_i64(as_f64(size) * scale))
}

fn part<'t>(found: &Captures<'t>, place: usize) -> &'t str {
    found.get(place).map_or("", |part| part.as_str())
}

#[cfg(test)]
mod tests {
    use super::unsampled;

    #[test]
    fn samples_stand_for_as_much_as_in_pprof() {
        // What pprof 1.24.11 prints with -raw; the second one shows the last bit of the exponential function.
        assert_eq!(unsampled(1, 68_519, 65_536_000), (956, 65_570_265));
        let (count, size) = (15_263_808, 13_368_209_523_715);
        assert_eq!(unsampled(count, size, 65_536_000), (1_149_823_444, 1_007_027_913_327_551));
        assert_eq!(unsampled(3, 100, 1), (3, 100));
        assert_eq!(unsampled(3, 0, 512), (0, 0));
    }
}
