//! Which texts a pattern matches, found out once a text.

use super::entities::{FunctionId, Location};
use super::model::Profile;
use super::string_table::StringId;
use crate::pattern::Pattern;

/// The answers of one pattern for one profile.
pub(super) struct Matches<'p> {
    pattern: &'p Pattern,
    answers: Vec<Option<bool>>,
}

impl<'p> Matches<'p> {
    pub(super) fn new(pattern: &'p Pattern, profile: &Profile) -> Self {
        Self { pattern, answers: vec![None; profile.strings.len()] }
    }

    /// Whether a text matches.
    pub(super) fn text(&mut self, profile: &Profile, text: StringId) -> bool {
        self.text_as(profile, text, |text| text)
    }

    /// Whether a text matches after `simplify`, which has to be the same for all questions.
    pub(super) fn text_as<'t>(
        &mut self,
        profile: &'t Profile,
        text: StringId,
        simplify: impl Fn(&'t str) -> &'t str,
    ) -> bool {
        if let Some(&Some(known)) = self.answers.get(text.index()) {
            return known;
        }
        let answer = self.pattern.is_match(simplify(profile.text(text)));
        if let Some(slot) = self.answers.get_mut(text.index()) {
            *slot = Some(answer);
        }
        answer
    }

    /// Whether the name or the file of a function matches.
    pub(super) fn function(&mut self, profile: &Profile, function: FunctionId) -> bool {
        let function = profile.function(function);
        self.text(profile, function.name) || self.text(profile, function.filename)
    }

    /// Whether the file of a location's mapping matches.
    pub(super) fn mapping(&mut self, profile: &Profile, location: &Location) -> bool {
        let mapping = location.mapping.and_then(|mapping| profile.mapping(mapping));
        mapping.is_some_and(|mapping| self.text(profile, mapping.file))
    }

    /// Whether anything of a location matches: a function, its file, or the file of the mapping.
    pub(super) fn location(&mut self, profile: &Profile, location: &Location) -> bool {
        profile.lines(location).iter().any(|line| self.function(profile, line.function))
            || self.mapping(profile, location)
    }
}
