//! What `list`, `traces` and `tags` have in common: one profile, or two to compare.

use super::calls::check_measure;
use super::refused;
use crate::arguments::{Format, GlobalArguments, SubjectArguments};
use crate::failure::Failure;
use crate::input::{Comparison, Input};
use crate::output;
use heapdiff_profile::{Selection, ValueType};
use heapdiff_render::text::TextOptions;

impl SubjectArguments {
    /// Which values, samples and frames.
    pub(super) fn selected(&self, format: Format, global: &GlobalArguments) -> anyhow::Result<Selection> {
        if self.comparison.normalizes() && self.base.is_empty() {
            let hint = "name a profile to compare with";
            return Err(Failure::usage("`--normalize` without `--base`", hint).into());
        }
        let selection = self.selection.selection(global.names(format)).map_err(refused)?;
        Ok(self.comparison.applied_to(selection))
    }

    /// Reads what was named.
    pub(super) fn read(&self, global: &GlobalArguments) -> Result<Comparison, Failure> {
        Input::new(global, self.process.process.as_deref()).subject(&self.base, &self.inputs)
    }

    /// Refuses a unit that does not fit what is counted.
    pub(super) fn check_measure(&self, of: &ValueType, format: Format) -> anyhow::Result<()> {
        check_measure(&self.measure.measure(), of, format)
    }

    /// How text is laid out.
    pub(super) fn text_options(&self, rows: usize, global: &GlobalArguments) -> TextOptions {
        TextOptions { measure: self.measure.measure(), ..output::text_options(rows, global) }
    }
}
