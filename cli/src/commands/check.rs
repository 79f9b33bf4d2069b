//! `heapdiff check`.

use super::{ROWS_ON_A_SCREEN, refused, say_notes};
use crate::arguments::{CheckArguments, CheckFormat, Format, GlobalArguments, Inconclusive};
use crate::budget_file::{self, Budgets};
use crate::failure::Failure;
use crate::input::{Comparison, Input, one_snapshot};
use crate::output;
use crate::talk::Talk;
use heapdiff_profile::{
    Budget, BudgetReport, BudgetVerdict, DiffInputs, Limit, NamedProfile, Profile, RateBudget, RateCheck,
    RateLimit, RateOutcome, Selection, check, plant_leak, plant_rate,
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
    let series = if budgets.rates.is_empty() { None } else { Some(series_folder(arguments)?) };
    let comparison = match &budgets.growth[..] {
        [] => None,
        _ => Some(input.comparison(&arguments.base, &arguments.inputs, false)?),
    };
    let sides = match &comparison {
        Some(Comparison { base: Some(base), head }) => Some((base, head)),
        Some(_) => {
            return Err(Failure::usage("nothing to compare with", "name BASE and HEAD, or a folder").into());
        }
        None => None,
    };
    let gate = Gate { budgets: &budgets, selection: &selection, arguments };
    if arguments.self_test {
        return gate.self_test(sides, series, &input, talk);
    }
    let mut report = match sides {
        Some((base, head)) => {
            let inputs = DiffInputs { base: &base.profile, head: &head.profile };
            check(inputs, &budgets.growth, &selection).map_err(refused)?
        }
        None => BudgetReport::default(),
    };
    if let Some(folder) = series {
        report.add_rates(gate.rates(&budgets.rates, |take| gate.each_snapshot(&input, folder, take))?);
    }
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
fn budgets(arguments: &CheckArguments) -> Result<Budgets, Failure> {
    let mut budgets = Budgets::default();
    let (pattern, confidence) = (&arguments.pattern, arguments.selection.confidence);
    let samples_min = arguments.min_samples;
    let per_item =
        arguments.max_per_item.zip(arguments.per.clone()).map(|(limit, per)| Limit::PerItem { limit, per });
    budgets.growth.extend(arguments.max_growth.clone().into_iter().chain(per_item).map(|limit| Budget {
        pattern: pattern.clone(),
        limit,
        confidence,
        samples_min,
    }));
    budgets.rates.extend(arguments.max_rate.clone().map(|limit| RateBudget {
        pattern: pattern.clone(),
        limit,
        confidence,
        samples_min,
    }));
    let default = Path::new(budget_file::DEFAULT_NAME);
    match &arguments.budgets {
        Some(path) => budgets.extend(budget_file::read(path, arguments.per.as_ref())?),
        None if budgets.is_empty() && default.exists() => {
            budgets.extend(budget_file::read(default, arguments.per.as_ref())?);
        }
        None => {}
    }
    if budgets.is_empty() {
        return Err(Failure::usage(
            "no budget to check",
            "say `--max-growth 1MiB`, or write a heapdiff.toml: see `heapdiff check --help`",
        ));
    }
    Ok(if series_folder(arguments).is_ok() { budgets.of_series() } else { budgets })
}

/// The one folder that a rate is about.
fn series_folder(arguments: &CheckArguments) -> Result<&Path, Failure> {
    let hint = "a limit of growth, such as `--max-growth 1MiB`, is for two profiles";
    match &arguments.inputs[..] {
        [folder] if arguments.base.is_empty() && (folder.is_dir() || !folder.exists()) => Ok(folder),
        _ => Err(Failure::usage("a rate, `--max-rate` or `max_rate`, takes one folder with snapshots", hint)),
    }
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

/// A check with everything that is asked.
struct Gate<'a> {
    budgets: &'a Budgets,
    selection: &'a Selection,
    arguments: &'a CheckArguments,
}

/// Takes snapshots, oldest first.
type Take<'a> = &'a mut dyn FnMut(NamedProfile) -> anyhow::Result<()>;

impl Gate<'_> {
    fn each_snapshot(&self, input: &Input<'_>, folder: &Path, take: Take<'_>) -> anyhow::Result<()> {
        let sample_type = self.arguments.selection.sample_type.as_deref();
        input.each_snapshot(folder, sample_type, take).map(|_| ())
    }

    /// What becomes of budgets of rates over the snapshots that `read` hands on.
    fn rates(
        &self,
        budgets: &[RateBudget],
        read: impl FnOnce(Take<'_>) -> anyhow::Result<()>,
    ) -> anyhow::Result<Vec<RateOutcome>> {
        let with_options = |budget: &RateBudget| Ok((budget.clone(), budget.options(self.selection)?));
        let budgets: Vec<_> = budgets.iter().map(with_options).collect::<Result<_, _>>().map_err(refused)?;
        let mut check = RateCheck::new(&budgets);
        let mut names = Vec::new();
        read(&mut |named| {
            check.add(&named).map_err(refused)?;
            names.push(named.name);
            Ok(())
        })?;
        // Nothing can be handled between the first and the last, which is no fault of the program's counter.
        let is_per_item = |(budget, _): &(RateBudget, _)| matches!(budget.limit, RateLimit::PerItem { .. });
        if let ([name], [folder], true) =
            (names.as_slice(), self.arguments.inputs.as_slice(), budgets.iter().any(is_per_item))
        {
            return Err(one_snapshot(folder, Some(name)).into());
        }
        check.finish().map_err(refused)
    }

    /// Judges with a leak planted for each budget in turn: a gate that lets it pass guards nothing.
    fn self_test(
        &self,
        sides: Option<(&NamedProfile, &NamedProfile)>,
        series: Option<&Path>,
        input: &Input<'_>,
        talk: Talk,
    ) -> anyhow::Result<ExitCode> {
        let mut caught = 0;
        if let Some((base, head)) = sides {
            for budget in &self.budgets.growth {
                caught += usize::from(self.catches_growth(budget, base, head, talk)?);
            }
        }
        if let Some(folder) = series {
            let mut snapshots = Vec::new();
            self.each_snapshot(input, folder, &mut |named| {
                snapshots.push(named);
                Ok(())
            })?;
            for budget in &self.budgets.rates {
                caught += usize::from(self.catches_rate(budget, &snapshots, talk)?);
            }
        }
        let count = self.budgets.growth.len() + self.budgets.rates.len();
        output::print(|out| writeln!(out, "{caught} of {count} budgets catch a planted leak"))?;
        Ok(if caught == count { ExitCode::SUCCESS } else { ExitCode::from(EXCEEDED) })
    }

    fn catches_growth(
        &self,
        budget: &Budget,
        base: &NamedProfile,
        head: &NamedProfile,
        talk: Talk,
    ) -> anyhow::Result<bool> {
        let judged = |head: &Profile| {
            let inputs = DiffInputs { base: &base.profile, head };
            check(inputs, std::slice::from_ref(budget), self.selection).map_err(refused)
        };
        let before = judged(&head.profile)?;
        let planted =
            before.outcomes.first().and_then(|outcome| plant_leak(&head.profile, outcome, self.selection));
        let verdict = match planted {
            Some(planted) => Some(judged(&planted)?.verdict()),
            None => None,
        };
        Ok(is_caught(budget.pattern.as_deref(), verdict, "the head", talk))
    }

    fn catches_rate(
        &self,
        budget: &RateBudget,
        snapshots: &[NamedProfile],
        talk: Talk,
    ) -> anyhow::Result<bool> {
        let judged = |snapshots: &[NamedProfile]| {
            let mut all = snapshots.iter().cloned();
            self.rates(std::slice::from_ref(budget), |take| all.try_for_each(take))
        };
        let planted =
            judged(snapshots)?.first().and_then(|outcome| plant_rate(snapshots, outcome, self.selection));
        let verdict = match planted {
            Some(planted) => judged(&planted)?.first().map(|outcome| outcome.verdict),
            None => None,
        };
        Ok(is_caught(budget.pattern.as_deref(), verdict, "the snapshots", talk))
    }
}

/// Whether a budget caught what was planted, and says why not: `None` where there was nothing to plant.
fn is_caught(pattern: Option<&str>, verdict: Option<BudgetVerdict>, place: &str, talk: Talk) -> bool {
    let what = pattern.unwrap_or("everything");
    match verdict {
        Some(BudgetVerdict::Exceeded) => return true,
        Some(_) => {
            talk.warning(&format!("budget `{what}` does not catch a leak of several times what it allows"));
        }
        None => talk.warning(&format!("budget `{what}` matches nothing in {place}, so it can catch nothing")),
    }
    false
}
