//! What the labels of samples say: each label with its values, and how much each of them stands for.

use crate::diff::DiffFigures;
use crate::error::AnalysisError;
use crate::frame::StackId;
use crate::label_value::{LabelRange, LabelText};
use crate::note::Note;
use crate::profile::{Profile, Sample};
use crate::resolve::ResolvedSamples;
use crate::resolved_subject::ResolvedSubject;
use crate::selection::Selection;
use crate::significance::{judge_alone, judge_together};
use crate::subject::{Subject, SubjectTotals};
use crate::tag_ranges::ranges;
use indexmap::IndexSet;
use std::cmp::Reverse;
use std::collections::BTreeSet;

/// All labels.
#[derive(Clone, Debug)]
pub struct TagsReport {
    /// The sums of all samples, and what they are of.
    pub subject: SubjectTotals,
    /// By name.
    pub tags: Vec<Tag>,
    /// What a reader must know.
    pub notes: Vec<Note>,
}

/// A label.
#[derive(Clone, Debug, PartialEq)]
pub struct Tag {
    /// Its name.
    pub key: String,
    /// The sum of all samples that have it.
    pub total: DiffFigures,
    /// The sum of those that do not.
    pub untagged: DiffFigures,
    /// Numbers first, the smallest first; then words, the one that holds or changed most first. They sum to
    /// [`Self::total`], unless what shrank is left out.
    pub values: Vec<TagValue>,
}

/// A value of a label.
#[derive(Clone, Debug, PartialEq)]
pub struct TagValue {
    /// The value.
    pub value: TagText,
    /// The sum of the samples that have it: as a growth from nothing, for one profile.
    pub figures: DiffFigures,
}

/// A value of a label, as it is shown.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum TagText {
    /// A number, or several that are near each other: of many, the powers of two that bytes lie between, and a round
    /// number of others.
    Numbers(LabelRange),
    /// A word; several in the order of the file where a sample has several.
    Words(String),
}

/// Sums up by label.
///
/// # Errors
/// If the profiles have no sample type in common, or not the one that was asked for.
pub fn tags(subject: Subject<'_>, selection: &Selection) -> Result<TagsReport, AnalysisError> {
    let (resolved, mut notes) = ResolvedSubject::new(subject, selection)?;
    let by_stack = resolved.by_stack(&mut notes);
    let all: Vec<_> = (0..resolved.frames.stack_count()).filter_map(StackId::from_index).collect();
    let keys: BTreeSet<&str> = resolved
        .samples()
        .filter(|of| of.value != 0)
        .flat_map(|of| of.sample.labels.iter().map(move |label| of.profile.strings.get(label.key)))
        .filter(|key| selection.filters.shows_label(key))
        .collect();
    let tags = keys.into_iter().map(|key| {
        let mut tag = tag(key, &resolved);
        tag.values.retain(|value| !selection.drop_negative || value.figures.value.delta() >= 0);
        tag
    });
    let mut tags: Vec<Tag> = tags.collect();
    let values = tags.iter_mut().flat_map(|tag| &mut tag.values).map(|value| &mut value.figures);
    judge_together(values.collect(), selection.confidence);
    let mut shown = by_stack.figures_of(&all);
    let sums = tags.iter_mut().flat_map(|tag| [&mut tag.total, &mut tag.untagged]).chain([&mut shown]);
    sums.for_each(|figures| judge_alone(figures, selection.confidence));
    Ok(TagsReport { subject: resolved.totals(&by_stack, shown), tags, notes })
}

/// Sums the samples by the values of one label, in the way in which they are summed by stack elsewhere: the place of
/// a value stands for the handle of a stack. The first place is that of samples without the label.
fn tag(key: &str, resolved: &ResolvedSubject<'_>) -> Tag {
    let mut values: IndexSet<Option<TagText>> = IndexSet::from([None]);
    let put = |samples: &ResolvedSamples| ResolvedSamples { stacks: vec![None; samples.stacks.len()] };
    let (mut base, mut head) = (put(&resolved.base), put(&resolved.head));
    for of in resolved.samples() {
        let place = values.insert_full(TagText::of(key, of.profile, of.sample)).0;
        let side = if of.is_base { &mut base } else { &mut head };
        if let Some(stack) = side.stacks.get_mut(of.index) {
            *stack = StackId::from_index(place);
        }
    }
    // What there is to note has been noted.
    let comparison = resolved.compare(&base, &head, values.len(), &mut Vec::new());
    let gathered = |place: usize| StackId::from_index(place).and_then(|id| comparison.gather(id));
    let mut numbers = Vec::new();
    let mut words = Vec::new();
    for (place, value) in values.iter().enumerate() {
        match (value, gathered(place)) {
            (Some(TagText::Numbers(range)), Some(sum)) => numbers.push((range.clone(), sum)),
            (Some(TagText::Words(word)), Some(sum)) => words.push((word, comparison.figures(&sum))),
            _ => {}
        }
    }
    words.sort_by_key(|&(word, figures)| (Reverse(figures.value.delta().unsigned_abs()), word));
    let numbers = ranges(numbers)
        .into_iter()
        .map(|(range, sum)| TagValue { value: TagText::Numbers(range), figures: comparison.figures(&sum) });
    let words =
        words.into_iter().map(|(word, figures)| TagValue { value: TagText::Words(word.clone()), figures });
    let tagged: Vec<_> = (1..values.len()).filter_map(StackId::from_index).collect();
    Tag {
        key: key.to_owned(),
        total: comparison.figures_of(&tagged),
        untagged: comparison.figures(&gathered(0).unwrap_or_default()),
        values: numbers.chain(words).collect(),
    }
}

impl TagText {
    /// The value of a sample's label; `None` if it does not have it.
    pub(crate) fn of(key: &str, profile: &Profile, sample: &Sample) -> Option<Self> {
        let labels = sample.labels.iter().filter(|label| profile.strings.get(label.key) == key);
        let values: Vec<LabelText<'_>> = labels.map(|label| LabelText::of(profile, label)).collect();
        match values.as_slice() {
            [] => None,
            [LabelText::Number { value, unit }] => Some(Self::Numbers(LabelRange::point(*value, unit))),
            several => {
                let words = several.iter().map(|value| match value {
                    LabelText::Word(word) => (*word).to_owned(),
                    LabelText::Number { value, .. } => value.to_string(),
                });
                Some(Self::Words(words.collect::<Vec<_>>().join(",")))
            }
        }
    }
}
