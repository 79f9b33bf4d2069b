//! `heapdiff check`.

use super::{ROWS_ON_A_SCREEN, refused, say_notes};
use crate::arguments::{CheckArguments, CheckFormat, Format, GlobalArguments, Inconclusive};
use crate::budget_file;
use crate::failure::Failure;
use crate::input::{Comparison, Input};
use crate::output;
use crate::talk::Talk;
use heapdiff_profile::{
    Budget, BudgetReport, BudgetVerdict, DiffInputs, NamedProfile, Profile, Selection, check, plant_leak,
};
use heapdiff_render::budget::{BudgetAnnotations, BudgetJunit, BudgetMarkdown};
use heapdiff_render::json::BudgetJson;
use heapdiff_render::text::BudgetText;
use std::path::Path;
use std::process::ExitCode;

/// Exit status where a budget is exceeded.
const EXCEEDED: u8 = 1;
/// Exit status where no budget is exceeded, but one cannot be judged.
const INCONCLUSIVE: u8 = 4;

pub(super) fn run(arguments: &CheckArguments, global: &GlobalArguments) -> anyhow::Result<ExitCode> {
    let talk = Talk::new(global.quiet);
    let budgets = budgets(arguments)?;
    let selection = arguments.selection.selection(global.names(Format::Text)).map_err(refused)?;
    let input = Input::new(global, arguments.process.process.as_deref());
    let Comparison { base: Some(base), head } =
        input.comparison(&arguments.base, &arguments.inputs, false)?
    else {
        return Err(Failure::usage("nothing to compare with", "name BASE and HEAD, or a folder").into());
    };
    if arguments.self_test {
        return self_test(&base, &head, &budgets, &selection, talk);
    }
    let inputs = DiffInputs { base: &base.profile, head: &head.profile };
    let report = check(inputs, &budgets, &selection).map_err(refused)?;
    say_notes(&report.notes, talk);
    print(&report, arguments.format, global)?;
    Ok(match report.verdict() {
        BudgetVerdict::Exceeded => ExitCode::from(EXCEEDED),
        BudgetVerdict::Inconclusive if arguments.inconclusive == Inconclusive::Fail => {
            ExitCode::from(INCONCLUSIVE)
        }
        BudgetVerdict::Inconclusive | BudgetVerdict::Held => ExitCode::SUCCESS,
    })
}

/// The budgets that were typed, or those of a file.
fn budgets(arguments: &CheckArguments) -> Result<Vec<Budget>, Failure> {
    let mut budgets = Vec::new();
    if let Some(limit) = arguments.max_growth {
        budgets.push(Budget {
            pattern: arguments.pattern.clone(),
            limit,
            confidence: arguments.selection.confidence,
            samples_min: arguments.min_samples,
        });
    }
    let default = Path::new(budget_file::DEFAULT_NAME);
    match &arguments.budgets {
        Some(path) => budgets.extend(budget_file::read(path, arguments.items)?),
        None if budgets.is_empty() && default.exists() => {
            budgets.extend(budget_file::read(default, arguments.items)?);
        }
        None => {}
    }
    if budgets.is_empty() {
        return Err(Failure::usage(
            "no budget to check",
            "say `--max-growth 1MiB`, or write a heapdiff.toml: see `heapdiff check --help`",
        ));
    }
    Ok(budgets)
}

fn print(report: &BudgetReport, format: CheckFormat, global: &GlobalArguments) -> anyhow::Result<()> {
    let options = output::text_options(ROWS_ON_A_SCREEN, global);
    let source_root = options.source_root.as_deref();
    match format {
        CheckFormat::Text => output::print(|out| BudgetText { report }.write(&options, out)),
        CheckFormat::Json => output::print(|out| BudgetJson { report, rows_max: None }.write(out)),
        CheckFormat::Csv => output::print(|out| BudgetJson { report, rows_max: None }.write_csv(out)),
        CheckFormat::Junit => output::print(|out| BudgetJunit { report, source_root }.write(out)),
        CheckFormat::Github => output::print(|out| BudgetAnnotations { report, source_root }.write(out)),
        CheckFormat::Markdown => output::print(|out| BudgetMarkdown { report, source_root }.write(out)),
    }
}

/// Judges the head with a leak planted for each budget in turn: a gate that lets it pass guards nothing.
fn self_test(
    base: &NamedProfile,
    head: &NamedProfile,
    budgets: &[Budget],
    selection: &Selection,
    talk: Talk,
) -> anyhow::Result<ExitCode> {
    let judged = |head: &Profile, budget: &Budget| {
        let inputs = DiffInputs { base: &base.profile, head };
        check(inputs, std::slice::from_ref(budget), selection).map_err(refused)
    };
    let mut caught = 0;
    for budget in budgets {
        let what = budget.pattern.as_deref().unwrap_or("everything");
        let before = judged(&head.profile, budget)?;
        let allowed = before.outcomes.first().map_or(0, |outcome| outcome.allowed);
        let Some(planted) = plant_leak(&head.profile, budget, allowed) else {
            talk.warning(&format!("budget `{what}` matches nothing in the head, so it can catch nothing"));
            continue;
        };
        let after = judged(&planted, budget)?;
        if after.verdict() == BudgetVerdict::Exceeded {
            caught += 1;
        } else {
            talk.warning(&format!("budget `{what}` does not catch a leak of several times what it allows"));
        }
    }
    let count = budgets.len();
    output::print(|out| writeln!(out, "{caught} of {count} budgets catch a planted leak"))?;
    Ok(if caught == count { ExitCode::SUCCESS } else { ExitCode::from(EXCEEDED) })
}
