//! What all reports are asked in the same way: which values, samples and frames.

use clap::Args;
use heapdiff_profile::{
    AnalysisError, Confidence, FilterPatterns, Filters, FrameVisibility, Names, Selection,
};
use std::borrow::Cow;

/// An option as it is typed, with its value if it takes one.
pub(crate) type Typed<'a> = (String, Option<Cow<'a, str>>);

/// Which values, samples and frames.
#[derive(Debug, Clone, Default, Args)]
#[command(next_help_heading = "What to look at")]
pub(crate) struct SelectionArguments {
    /// What to count: `inuse_space`, `inuse_objects`, `alloc_space`, `alloc_objects`, or another type in the file
    #[arg(long = "type", value_name = "TYPE")]
    pub(crate) sample_type: Option<String>,

    #[command(flatten)]
    pub(crate) filters: FilterArguments,

    /// Show the frames of the allocator, the standard library and the executor too
    #[arg(long)]
    pub(crate) all_frames: bool,

    /// Leave out inlined functions: what they hold goes to the function that they were inlined into
    #[arg(long, hide_short_help = true)]
    pub(crate) no_inlines: bool,

    /// Begin each stack with the value of this label, such as `epoch`; of several, separated by commas, the first is
    /// outermost
    #[arg(long, value_name = "KEYS", value_delimiter = ',', hide_short_help = true)]
    pub(crate) tag_root: Vec<String>,

    /// End each stack with the value of this label, as if it were what allocates
    #[arg(long, value_name = "KEYS", value_delimiter = ',', hide_short_help = true)]
    pub(crate) tag_leaf: Vec<String>,

    /// How often intervals shall hold the truth, and how sure a change or a verdict must be
    #[arg(long, value_name = "CHANCE", default_value = "0.95", value_parser = chance)]
    pub(crate) confidence: Confidence,
}

fn chance(text: &str) -> Result<Confidence, String> {
    let chance = text.parse().map_err(|_| "expected a number such as 0.95".to_owned())?;
    crate::budget_file::confidence(chance)
}

/// Which samples and frames. Each may be given several times: one that matches is enough.
#[derive(Debug, Clone, Default, Args)]
#[command(next_help_heading = "What to look at")]
pub(crate) struct FilterArguments {
    /// Keep only stacks with a function, source file or mapped file that matches
    #[arg(long, value_name = "REGEX")]
    focus: Vec<String>,

    /// Leave out stacks with a function, source file or mapped file that matches
    #[arg(long, value_name = "REGEX")]
    ignore: Vec<String>,

    /// Remove the frames that match from every stack
    #[arg(long, value_name = "REGEX")]
    hide: Vec<String>,

    /// Remove the frames that do not match from every stack
    #[arg(long, value_name = "REGEX", hide_short_help = true)]
    show: Vec<String>,

    /// Begin each stack at the outermost frame that matches; stacks without one are left out
    #[arg(long, value_name = "REGEX", hide_short_help = true)]
    show_from: Vec<String>,

    /// End each stack at the innermost function that matches, as if it had allocated itself
    #[arg(long, value_name = "REGEX", hide_short_help = true)]
    prune_from: Vec<String>,

    /// Keep only samples with a label that matches: `key=regex`, or a range such as `bytes=1kb:64kb`, `epoch=3:`
    #[arg(long, value_name = "KEY=VALUE", hide_short_help = true)]
    tag_focus: Vec<String>,

    /// Leave out samples with a label that matches
    #[arg(long, value_name = "KEY=VALUE", hide_short_help = true)]
    tag_ignore: Vec<String>,

    /// Show only labels whose name matches, where labels are shown
    #[arg(long, value_name = "REGEX", hide_short_help = true)]
    tag_show: Vec<String>,

    /// Do not show labels whose name matches
    #[arg(long, value_name = "REGEX", hide_short_help = true)]
    tag_hide: Vec<String>,
}

impl SelectionArguments {
    /// The selection that these options mean, for a report that writes names so.
    ///
    /// # Errors
    /// If a filter is not a regular expression, or a range that nothing lies in.
    pub(crate) fn selection(&self, names: Option<Names>) -> Result<Selection, AnalysisError> {
        Ok(Selection {
            sample_type: self.sample_type.clone(),
            filters: Filters::new(&self.filters.patterns())?,
            frames: if self.all_frames { FrameVisibility::All } else { FrameVisibility::default() },
            no_inlines: self.no_inlines,
            tag_root: self.tag_root.clone(),
            tag_leaf: self.tag_leaf.clone(),
            confidence: self.confidence,
            collapse_generics: names == Some(Names::Generics),
            ..Selection::default()
        })
    }

    /// The options as they were typed, each with its value; `focus` takes the place of the one that was asked for.
    pub(crate) fn typed<'a>(&'a self, focus: Option<&'a str>) -> Vec<Typed<'a>> {
        let mut options: Vec<Typed<'a>> = Vec::new();
        options.extend(self.sample_type.as_deref().map(|kind| ("--type".to_owned(), Some(kind.into()))));
        options.extend(focus.map(|focus| ("--focus".to_owned(), Some(focus.into()))));
        for (name, values) in self.filters.named() {
            let values = values.iter().filter(|_| name != "focus" || focus.is_none());
            options.extend(values.map(|value| (format!("--{name}"), Some(value.into()))));
        }
        for (name, keys) in [("--tag-root", &self.tag_root), ("--tag-leaf", &self.tag_leaf)] {
            options.extend(keys.iter().map(|key| (name.to_owned(), Some(key.into()))));
        }
        options.extend(self.typed_confidence());
        let flags = [("--all-frames", self.all_frames), ("--no-inlines", self.no_inlines)];
        options
            .extend(flags.iter().filter(|(_, is_set)| *is_set).map(|(name, _)| ((*name).to_owned(), None)));
        options
    }

    /// The confidence as it was typed; `None` for that which is usual.
    pub(crate) fn typed_confidence(&self) -> Option<Typed<'_>> {
        let [chance, default] = [self.confidence, Confidence::default()].map(Confidence::chance);
        // What is typed is rounded.
        let is_unusual = (chance - default).abs() > 1e-12;
        is_unusual.then(|| ("--confidence".to_owned(), Some(chance.to_string().into())))
    }

    /// The filters in words, for a title; empty if there are none.
    pub(crate) fn filters_in_words(&self) -> String {
        let words = self.filters.named().into_iter().flat_map(|(name, values)| {
            values.iter().map(move |value| format!("{} {value}", name.replace('-', " ")))
        });
        words.collect::<Vec<_>>().join(", ")
    }
}

impl FilterArguments {
    fn patterns(&self) -> FilterPatterns {
        FilterPatterns {
            focus: self.focus.clone(),
            ignore: self.ignore.clone(),
            hide: self.hide.clone(),
            show: self.show.clone(),
            show_from: self.show_from.clone(),
            prune_from: self.prune_from.clone(),
            tag_focus: self.tag_focus.clone(),
            tag_ignore: self.tag_ignore.clone(),
            tag_show: self.tag_show.clone(),
            tag_hide: self.tag_hide.clone(),
        }
    }

    /// Each filter with its name.
    fn named(&self) -> [(&'static str, &[String]); 10] {
        [
            ("focus", &self.focus),
            ("ignore", &self.ignore),
            ("hide", &self.hide),
            ("show", &self.show),
            ("show-from", &self.show_from),
            ("prune-from", &self.prune_from),
            ("tag-focus", &self.tag_focus),
            ("tag-ignore", &self.tag_ignore),
            ("tag-show", &self.tag_show),
            ("tag-hide", &self.tag_hide),
        ]
    }
}
