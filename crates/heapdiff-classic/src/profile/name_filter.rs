//! Filters by the names of functions, source files and mapped files.

use super::entities::{Line, Location, LocationId};
use super::matches::Matches;
use super::model::Profile;
use crate::pattern::Pattern;

/// Which samples and which of their frames to keep. None of them is a filter that keeps all.
#[derive(Clone, Copy, Debug, Default)]
pub struct NameFilters<'p> {
    /// Keep samples with a location that matches.
    pub focus: Option<&'p Pattern>,
    /// Drop samples with a location that matches.
    pub ignore: Option<&'p Pattern>,
    /// Drop the lines that match.
    pub hide: Option<&'p Pattern>,
    /// Keep only the lines that match.
    pub show: Option<&'p Pattern>,
}

/// Which filters found something; of one that matched nothing pprof warns.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[expect(clippy::struct_excessive_bools, reason = "one answer a filter")]
pub struct NameMatches {
    /// There was a location to focus on.
    pub focus: bool,
    /// There was a location to ignore.
    pub ignore: bool,
    /// There was a location to hide.
    pub hide: bool,
    /// There was a location to show.
    pub show: bool,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Attention {
    None,
    Focused,
    Ignored,
}

impl Profile {
    /// Filters samples and lines. Filters look at all locations, also at those that no sample has.
    pub fn filter_by_name(&mut self, filters: &NameFilters<'_>) -> NameMatches {
        let mut found = NameMatches::default();
        let &NameFilters { focus, ignore, hide, show } = filters;
        if focus.is_none() && ignore.is_none() && hide.is_none() && show.is_none() {
            return NameMatches { focus: true, ..found };
        }
        let mut focus = focus.map(|pattern| Matches::new(pattern, self));
        let mut ignore = ignore.map(|pattern| Matches::new(pattern, self));
        let mut hide = hide.map(|pattern| Matches::new(pattern, self));
        let mut show = show.map(|pattern| Matches::new(pattern, self));
        let mut attention = vec![Attention::None; self.locations.len()];
        let mut is_hidden = vec![false; self.locations.len()];
        for (id, (attention, is_hidden)) in
            self.location_ids().zip(attention.iter_mut().zip(is_hidden.iter_mut()))
        {
            let location = self.location(id);
            if ignore.as_mut().is_some_and(|ignore| ignore.location(self, location)) {
                found.ignore = true;
                *attention = Attention::Ignored;
            } else if focus.as_mut().is_none_or(|focus| focus.location(self, location)) {
                found.focus = true;
                *attention = Attention::Focused;
            }
            if let Some(hide) = hide.as_mut()
                && hide.location(self, location)
            {
                found.hide = true;
                *is_hidden = self.hide_lines(id, hide);
            }
            if let Some(show) = show.as_mut() {
                let shows_none = self.show_lines(id, show);
                *is_hidden |= shows_none;
                found.show |= !shows_none;
            }
        }
        self.keep_samples(&attention, &is_hidden);
        found
    }

    /// Drops the lines that match, and says whether none is left.
    fn hide_lines(&mut self, id: LocationId, hide: &mut Matches<'_>) -> bool {
        if hide.mapping(self, self.location(id)) {
            self.set_lines(id, &[]);
            return true;
        }
        self.retain_lines(id, |profile, line| !hide.function(profile, line.function))
    }

    /// Keeps the lines that match, all of them if the mapping does, and says whether none is left.
    fn show_lines(&mut self, id: LocationId, show: &mut Matches<'_>) -> bool {
        if show.mapping(self, self.location(id)) {
            return self.lines(self.location(id)).is_empty();
        }
        self.retain_lines(id, |profile, line| show.function(profile, line.function))
    }

    fn retain_lines(&mut self, id: LocationId, mut keep: impl FnMut(&Self, &Line) -> bool) -> bool {
        let lines = self.lines(self.location(id));
        let kept: Vec<Line> = lines.iter().copied().filter(|line| keep(self, line)).collect();
        if kept.len() != lines.len() {
            self.set_lines(id, &kept);
        }
        kept.is_empty()
    }

    fn keep_samples(&mut self, attention: &[Attention], is_hidden: &[bool]) {
        let attention = |id: &LocationId| attention.get(id.index()).copied().unwrap_or(Attention::None);
        let is_kept = |stack: &[LocationId]| {
            stack.iter().all(|id| attention(id) != Attention::Ignored)
                && stack.iter().any(|id| attention(id) == Attention::Focused)
        };
        if !is_hidden.contains(&true) {
            self.samples.retain(|sample| is_kept(sample.stack));
            return;
        }
        let is_shown = |id: &&LocationId| !is_hidden.get(id.index()).copied().unwrap_or(false);
        self.samples.replace_stacks(|sample, stack| {
            if is_kept(sample.stack) {
                stack.extend(sample.stack.iter().filter(is_shown));
            }
            !stack.is_empty()
        });
    }

    /// Drops what is above the outermost match of each stack, and samples without a match. Says whether there was one.
    pub fn show_from(&mut self, pattern: &Pattern) -> bool {
        let mut matches = Matches::new(pattern, self);
        let mut is_match = vec![false; self.locations.len()];
        for (id, is_match) in self.location_ids().zip(&mut is_match) {
            let location: &Location = self.location(id);
            *is_match = matches.mapping(self, location);
            if *is_match {
                continue;
            }
            let last = self.lines(location).iter().rposition(|line| matches.function(self, line.function));
            if let Some(last) = last {
                *is_match = true;
                self.cut_lines(id, 0..last + 1);
            }
        }
        self.samples.cut(|sample| {
            let matches = |id: &LocationId| is_match.get(id.index()).copied().unwrap_or(false);
            sample.stack.iter().rposition(matches).map(|last| 0..last + 1)
        });
        is_match.contains(&true)
    }
}
