//! `heapdiff check`: budgets beside what was spent, for people, programs and services that build and test.

mod annotations;
mod junit;
mod markdown;
mod words;

pub use annotations::BudgetAnnotations;
pub use junit::BudgetJunit;
pub use markdown::BudgetMarkdown;
pub(crate) use words::{Words, lack};
