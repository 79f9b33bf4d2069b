//! Frames that go because of their function's name.

use super::matches::Matches;
use super::model::Profile;
use crate::foreign_bytes::is_carried;
use crate::pattern::Pattern;

/// What pruning does to a location.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Pruning {
    /// Nothing.
    None,
    /// It stays with its outer lines, and what is below it goes.
    Below,
    /// It goes with what is below it.
    Whole,
}

impl Profile {
    /// Removes what the profile itself calls uninteresting: the frames of its `drop_frames` without those of its
    /// `keep_frames`. Expressions that are none are passed over, as pprof does.
    pub fn remove_uninteresting(&mut self) {
        if self.drop_frames.is_empty() {
            return;
        }
        // An expression of bytes that are no text is none for Go either.
        let whole = |text: &str| match is_carried(text) {
            false => Pattern::new(&format!("^({text})$")).ok(),
            true => None,
        };
        let Some(drop) = whole(self.text(self.drop_frames)) else { return };
        let keep = match self.text(self.keep_frames) {
            "" => None,
            text => match whole(text) {
                Some(keep) => Some(keep),
                None => return,
            },
        };
        self.prune(&drop, keep.as_ref());
    }

    /// Removes each frame that matches `drop` and not `keep`, with everything that it called.
    fn prune(&mut self, drop: &Pattern, keep: Option<&Pattern>) {
        let mut drop = Matches::new(drop, self);
        let mut keep = keep.map(|keep| Matches::new(keep, self));
        let mut prunings = vec![Pruning::None; self.locations.len()];
        for (id, pruning) in self.location_ids().zip(&mut prunings) {
            let lines = self.lines(self.location(id));
            let matched = lines.iter().rposition(|line| {
                let name = self.function(line.function).name;
                !name.is_empty()
                    && drop.text_as(self, name, simplified)
                    && !keep.as_mut().is_some_and(|keep| keep.text_as(self, name, simplified))
            });
            let Some(matched) = matched else { continue };
            if matched + 1 == lines.len() {
                *pruning = Pruning::Whole;
            } else {
                *pruning = Pruning::Below;
                self.cut_lines(id, matched + 1..usize::MAX);
            }
        }
        self.samples.cut(|sample| {
            // Nothing is pruned before the first interesting frame, or all of a stack could go.
            let mut is_inside = false;
            for (place, id) in sample.stack.iter().enumerate().rev() {
                match prunings.get(id.index()) {
                    Some(Pruning::Whole) if is_inside => return Some(place + 1..usize::MAX),
                    Some(Pruning::Below) if is_inside => return Some(place..usize::MAX),
                    Some(Pruning::Whole | Pruning::Below) => {}
                    _ => is_inside = true,
                }
            }
            Some(0..usize::MAX)
        });
    }

    /// Removes what the innermost matching frame of each stack called; the frame itself stays.
    pub fn prune_from(&mut self, pattern: &Pattern) {
        let mut matches = Matches::new(pattern, self);
        let mut is_match = vec![false; self.locations.len()];
        for (id, is_match) in self.location_ids().zip(&mut is_match) {
            let matched = self.lines(self.location(id)).iter().position(|line| {
                let name = self.function(line.function).name;
                !name.is_empty() && matches.text_as(self, name, simplified)
            });
            if let Some(matched) = matched {
                *is_match = true;
                self.cut_lines(id, matched..usize::MAX);
            }
        }
        self.samples.cut(|sample| {
            let matches = |id: &super::LocationId| is_match.get(id.index()).copied().unwrap_or(false);
            Some(sample.stack.iter().position(matches).unwrap_or(0)..usize::MAX)
        });
    }
}

/// A name without the dot that some systems put before it, and without its arguments.
fn simplified(name: &str) -> &str {
    const WITH_PARENTHESES: [&str; 2] = ["(anonymous namespace)", "operator()"];
    let name = name.strip_prefix('.').unwrap_or(name);
    let mut rest = name;
    while let Some(next) = rest.chars().next() {
        let reserved = WITH_PARENTHESES.iter().find_map(|reserved| rest.strip_prefix(reserved));
        if next == '(' && reserved.is_none() {
            return name.strip_suffix(rest).unwrap_or(name);
        }
        rest = reserved.unwrap_or(rest.get(next.len_utf8()..).unwrap_or_default());
    }
    name
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn arguments_go_and_names_with_parentheses_stay() {
        let names =
            [".f(int)", "(anonymous namespace)::f(int)", "A::operator()(int)", "<(A, B) as T>::f", "..g", ""];
        let simple = names.map(simplified);
        assert_eq!(simple, ["f", "(anonymous namespace)::f", "A::operator()", "<", ".g", ""]);
    }
}
