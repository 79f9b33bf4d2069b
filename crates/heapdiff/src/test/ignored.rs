//! What a scope may leave behind.
#![expect(clippy::disallowed_types, reason = "not on the hook path")]

use super::stack_names::StackName;

/// Rules by the names of functions.
#[derive(Clone, Debug, Default)]
pub(super) struct Ignored {
    pub(super) top: Vec<String>,
    pub(super) any: Vec<String>,
    pub(super) spawned_by: Vec<String>,
}

impl Ignored {
    /// Whether a block that `stack` has allocated may stay.
    pub(super) fn has_block(&self, stack: &StackName) -> bool {
        let mentions = |texts: &[String]| texts.iter().any(|text| stack.mentions(text));
        stack.is_printing()
            || stack.is_made_once()
            || self.has_resource(stack)
            // What a task is made of, too.
            || mentions(&self.spawned_by)
    }

    /// Whether a resource that `stack` has acquired may stay.
    pub(super) fn has_resource(&self, stack: &StackName) -> bool {
        self.is_top(stack) || self.any.iter().any(|text| stack.mentions(text))
    }

    /// Whether a task that waits at `parked` and was spawned at `spawned` may stay.
    pub(super) fn has_task(&self, parked: &StackName, spawned: &StackName) -> bool {
        let any = |text: &String| parked.mentions(text) || spawned.mentions(text);
        self.is_top(parked)
            || self.any.iter().any(any)
            || self.spawned_by.iter().any(|text| spawned.top().any(|function| function.contains(text)))
    }

    fn is_top(&self, stack: &StackName) -> bool {
        self.top.iter().any(|text| stack.top().any(|function| function.contains(text)))
    }
}
