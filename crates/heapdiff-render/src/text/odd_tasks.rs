//! What the answer for a series says of tasks that are odd.

use super::TextOptions;
use super::naming::{NamedRows, RowName};
use super::table::{Align, Cell};
use crate::quantity;
use heapdiff_profile::{OddTasks, TaskLint, Things};
use std::io::{self, Write};

/// What is odd, the gravest first, each with the place that has most of such tasks; nothing if nothing is.
pub(super) fn write_odd(things: &Things, options: &TextOptions, out: &mut dyn Write) -> io::Result<()> {
    if things.odd.is_empty() {
        return Ok(());
    }
    writeln!(out)?;
    let mut rows =
        NamedRows::new(&[("odd tasks", Align::Left), ("number", Align::Right)]).called("most of them");
    for odd in &things.odd {
        let (name, meaning) = words(odd.lint);
        let cells =
            vec![Cell::plain(format!("! {name}")), Cell::plain(quantity::count(odd.count.unsigned_abs()))];
        rows.push(cells, place(odd, things, options).because(meaning.to_owned()));
    }
    rows.write(options, out)
}

fn place(odd: &OddTasks, things: &Things, options: &TextOptions) -> RowName {
    let name = RowName::of(things.odd_frames.frame(odd.frame), options);
    let name = match odd.spawn {
        Some(spawn) => name.spawned_at(spawn, &things.odd_frames),
        None => name,
    };
    match odd.at_place {
        all if all == odd.count => name,
        here => name.because(format!("{} here", quantity::count(here.unsigned_abs()))),
    }
}

/// What a lint is called, and what it means.
fn words(lint: TaskLint) -> (&'static str, &'static str) {
    match lint {
        TaskLint::LostWaker => ("lost waker", "nobody can wake them: they will never be polled again"),
        TaskLint::NeverYielded => ("never yielded", "in their first poll for a second and more"),
        TaskLint::OnlyRises => ("only rises", "more of them at each snapshot, and at none fewer"),
        TaskLint::Detached => ("detached", "of those, nobody will ask for a result"),
        TaskLint::SelfWaking => ("self-waking", "more than half of their wakes are their own doing"),
        TaskLint::LargeFuture => {
            ("large future", "futures of 2 KiB and more are moved when they are spawned")
        }
    }
}
