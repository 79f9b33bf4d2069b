//! Takes a differing case apart, as long as it still differs.

use crate::case::{Case, Content, Role};
use crate::proto::Profile;

/// How many smaller cases are tried. Each costs two runs of some milliseconds.
const ATTEMPTS_MAX: usize = 1_500;

/// The smallest case found that still differs.
pub(crate) fn shrink(case: Case, mut differs: impl FnMut(&Case) -> bool) -> Case {
    let mut smallest = case;
    let mut attempts = 0;
    loop {
        let mut is_smaller = false;
        // Every list of steps is made anew after a success, since positions move.
        let mut step = 0;
        while let Some(candidate) = candidate(&smallest, step) {
            attempts += 1;
            if attempts > ATTEMPTS_MAX {
                return smallest;
            }
            if candidate != smallest && differs(&candidate) {
                smallest = candidate;
                is_smaller = true;
            } else {
                step += 1;
            }
        }
        if !is_smaller {
            return smallest;
        }
    }
}

/// The case with one thing taken away. The steps go from large things to small ones; None after the last.
fn candidate(case: &Case, step: usize) -> Option<Case> {
    let mut step = step;
    let mut smaller = case.clone();
    if step < case.lines.len() {
        // Without a line there would be no shell.
        if case.lines.len() > 1 {
            smaller.lines.remove(step);
        }
        return Some(smaller);
    }
    step -= case.lines.len();
    if step < case.flags.len() {
        let flag = smaller.flags.remove(step);
        // Without a format pprof would start its shell, and without this flag it changes names: other matters.
        let has_end = !case.lines.is_empty() || smaller.flags.iter().any(|flag| is_report(flag));
        let is_kept = flag.contains("symbolize=none") || !has_end;
        return Some(if is_kept { case.clone() } else { smaller });
    }
    step -= case.flags.len();
    if step < case.inputs.len() {
        let sources = case.inputs.iter().filter(|input| input.role == Role::Source).count();
        if sources > 1 || case.inputs[step].role != Role::Source {
            smaller.inputs.remove(step);
        }
        return Some(smaller);
    }
    step -= case.inputs.len();
    for input in &mut smaller.inputs {
        match &mut input.content {
            Content::Profile { profile, .. } => {
                let steps = Steps::of(profile);
                if step < steps.count() {
                    steps.take(profile, step);
                    return Some(smaller);
                }
                step -= steps.count();
            }
            Content::Bytes(bytes) => {
                let lines: Vec<&[u8]> = bytes.split_inclusive(|byte| *byte == b'\n').collect();
                if step < lines.len() {
                    *bytes = [lines[..step].concat(), lines[step + 1..].concat()].concat();
                    return Some(smaller);
                }
                step -= lines.len();
            }
            Content::File(_) | Content::Missing => {}
        }
    }
    None
}

/// Whether a flag asks for a report.
pub(crate) fn is_report(flag: &str) -> bool {
    const FORMATS: [&str; 13] = [
        "top",
        "text",
        "tree",
        "peek",
        "traces",
        "tags",
        "raw",
        "comments",
        "dot",
        "callgrind",
        "topproto",
        "proto",
        "list",
    ];
    let name = flag.trim_start_matches('-').split('=').next().unwrap_or_default();
    FORMATS.contains(&name)
}

/// How many things of each kind a profile has.
struct Steps {
    halves: usize,
    samples: usize,
    labels: usize,
    frames: usize,
    lines: usize,
    header: usize,
}

impl Steps {
    fn of(profile: &Profile) -> Self {
        let samples = profile.sample.len();
        Self {
            halves: if samples > 3 { 2 } else { 0 },
            samples,
            labels: profile.sample.iter().map(|sample| sample.label.len()).sum(),
            frames: profile.sample.iter().map(|sample| sample.location_id.len()).sum(),
            lines: profile.location.iter().map(|location| location.line.len()).sum(),
            header: 9,
        }
    }

    fn count(&self) -> usize {
        self.halves + self.samples + self.labels + self.frames + self.lines + self.header
    }

    fn take(&self, profile: &mut Profile, mut step: usize) {
        if step < self.halves {
            let middle = profile.sample.len() / 2;
            if step == 0 {
                profile.sample.truncate(middle)
            } else {
                drop(profile.sample.drain(..middle))
            }
            return;
        }
        step -= self.halves;
        if step < self.samples {
            profile.sample.remove(step);
            return;
        }
        step -= self.samples;
        if step < self.labels {
            remove_nth(profile.sample.iter_mut().map(|sample| &mut sample.label), step);
            return;
        }
        step -= self.labels;
        if step < self.frames {
            remove_nth(profile.sample.iter_mut().map(|sample| &mut sample.location_id), step);
            return;
        }
        step -= self.frames;
        if step < self.lines {
            remove_nth(profile.location.iter_mut().map(|location| &mut location.line), step);
            return;
        }
        step -= self.lines;
        match step {
            0 => profile.comment.clear(),
            1 => (profile.drop_frames, profile.keep_frames) = (0, 0),
            2 => profile.time_nanos = 0,
            3 => profile.duration_nanos = 0,
            4 => (profile.period_type, profile.period) = (None, 0),
            5 => profile.default_sample_type = 0,
            6 => profile.doc_url = 0,
            7 => drop_unused_tables(profile),
            _ => profile.location.iter_mut().for_each(|location| location.is_folded = false),
        }
    }
}

/// Removes the item of this number, counted through all lists.
fn remove_nth<'a, T: 'a>(lists: impl Iterator<Item = &'a mut Vec<T>>, mut number: usize) {
    for list in lists {
        if number < list.len() {
            list.remove(number);
            return;
        }
        number -= list.len();
    }
}

/// Drops locations, functions and mappings that nothing refers to. Strings stay: indexes into them would move.
fn drop_unused_tables(profile: &mut Profile) {
    let samples = &profile.sample;
    profile
        .location
        .retain(|location| samples.iter().any(|sample| sample.location_id.contains(&location.id)));
    let locations = &profile.location;
    profile.function.retain(|function| {
        locations.iter().any(|location| location.line.iter().any(|line| line.function_id == function.id))
    });
    profile.mapping.retain(|mapping| locations.iter().any(|location| location.mapping_id == mapping.id));
}
