//! How two profiles are compared, and how values are written.

use clap::Args;
use heapdiff_profile::Selection;
use heapdiff_render::quantity::Measure;

/// How two profiles are compared.
#[derive(Debug, Clone, Default, Args)]
#[command(next_help_heading = "How to compare")]
pub(crate) struct ComparisonArguments {
    /// Scale the base so that it holds as much as the head: what is compared then is where memory goes
    #[arg(long, hide_short_help = true)]
    normalize: bool,

    /// Leave out what shrank
    #[arg(long, hide_short_help = true)]
    drop_negative: bool,
}

impl ComparisonArguments {
    /// A selection that compares so.
    pub(crate) fn applied_to(&self, selection: Selection) -> Selection {
        Selection { normalize: self.normalize, drop_negative: self.drop_negative, ..selection }
    }

    /// Whether the base is to be scaled.
    pub(crate) fn normalizes(&self) -> bool {
        self.normalize
    }
}

/// How values are written.
#[derive(Debug, Clone, Default, Args)]
#[command(next_help_heading = "How to print it")]
pub(crate) struct MeasureArguments {
    /// Write all values in this unit, such as `mib` or `ms`; otherwise each in that which suits it
    #[arg(long, value_name = "UNIT", hide_short_help = true)]
    unit: Option<String>,

    /// Divide all values by this number, such as that of the requests served
    #[arg(long, value_name = "NUMBER", hide_short_help = true, value_parser = positive)]
    divide_by: Option<f64>,
}

impl MeasureArguments {
    pub(crate) fn measure(&self) -> Measure {
        Measure { unit: self.unit.clone(), divide_by: self.divide_by }
    }
}

fn positive(text: &str) -> Result<f64, String> {
    match text.parse::<f64>() {
        Ok(number) if number > 0.0 && number.is_finite() => Ok(number),
        _ => Err("expected a number greater than 0".to_owned()),
    }
}
