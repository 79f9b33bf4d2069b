//! `heapdiff info`.

use crate::arguments::{Format, GlobalArguments, InfoArguments};
use crate::input::Input;
use crate::output;
use heapdiff_profile::ProfileSummary;
use heapdiff_render::json::InfoJson;
use heapdiff_render::text::InfoText;

pub(super) fn run(arguments: &InfoArguments, global: &GlobalArguments) -> anyhow::Result<()> {
    let named = Input::new(global, arguments.process.process.as_deref()).one(&arguments.file)?;
    let file_bytes = std::fs::metadata(&named.name).map_or(0, |metadata| metadata.len());
    let (name, profile, summary) = (named.name.as_str(), &named.profile, &ProfileSummary::of(&named.profile));
    match arguments.format {
        Format::Json => {
            let json = InfoJson { name, file_bytes, profile, summary };
            output::print(|out| json.write(out))
        }
        Format::Text => {
            let text = InfoText { name, file_bytes, profile, summary };
            let options = output::text_options(0);
            output::print(|out| text.write(&options, out))
        }
    }
}
